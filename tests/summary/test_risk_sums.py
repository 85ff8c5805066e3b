"""The laws of the sums behind a Newton step, and what is at risk."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.errors import EstimationError
from atrisk.summary.risk_sums import RiskGrid, RiskSums, weighted_gram

patient = st.tuples(st.integers(1, 8), st.integers(0, 1), st.integers(-3, 3), st.integers(0, 2), st.integers(0, 4))
patients = st.lists(patient, max_size=20)


def parts(rows: list):
    span, event, x, stratum, entry = np.array(rows, dtype=int).reshape(-1, 5).T
    covariates = np.column_stack([x, x * x]).astype(float)
    return (
        RiskGrid.of((entry + span).astype(float), stratum, entry.astype(float)),
        event.astype(bool),
        covariates,
        (1.0 + stratum) / 2,
        0.25 * x,
        (entry, entry + span, stratum),
    )


def sums(rows: list) -> RiskSums:
    grid, event, covariates, weight, log_risk, _ = parts(rows)
    return RiskSums.of(grid, event, covariates, weight, log_risk)


def assert_same(left: RiskSums, right: RiskSums) -> None:
    for name in RiskSums.__slots__:
        np.testing.assert_allclose(getattr(left, name), getattr(right, name), rtol=1e-12, atol=1e-12, err_msg=name)


@given(patients, patients, patients)
@settings(deadline=None)
def test_laws_of_addition(first: list, second: list, third: list) -> None:
    a, b, c = sums(first), sums(second), sums(third)
    assert_same(a + RiskSums.zero(2), a)
    assert_same(RiskSums.zero(2) + a, a)
    assert_same(a + b, b + a)
    assert_same((a + b) + c, a + (b + c))
    assert_same(a + b, sums(first + second))


@given(patients)
@settings(deadline=None)
def test_at_risk_and_gram_against_their_definitions(rows: list) -> None:
    grid, event, x, weight, log_risk, (entry, leave, stratum) = parts(rows)
    s0, s1 = sums(rows).at_risk()
    risk = weight * np.exp(log_risk)
    rng = np.random.default_rng(0)
    c1, c1f = rng.random(grid.time.size), rng.random(grid.time.size)
    expected = np.zeros((2, 2))
    for k in range(grid.time.size):
        there = (stratum == grid.stratum[k]) & (entry < grid.time[k]) & (leave >= grid.time[k])
        dead = there & event & (leave == grid.time[k])
        assert s0[k] == pytest.approx(risk[there].sum(), rel=1e-12, abs=1e-12)
        np.testing.assert_allclose(s1[k], risk[there] @ x[there], rtol=1e-12, atol=1e-11)
        expected += c1[k] * (x[there].T * risk[there]) @ x[there] - c1f[k] * (x[dead].T * risk[dead]) @ x[dead]
    np.testing.assert_allclose(weighted_gram(grid, event, x, risk, (c1, c1f)), expected, rtol=1e-10, atol=1e-10)


def test_sums_over_different_covariates_do_not_add() -> None:
    with pytest.raises(EstimationError):
        RiskSums.zero(1) + RiskSums.zero(2)
