"""The laws of the sums behind a Newton step, and what is at risk."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.errors import EstimationError
from atrisk.summary.risk_sums import RiskRows, RiskSums, weighted_gram
from atrisk.summary.spans import Spans

patient = st.tuples(st.integers(1, 8), st.integers(0, 1), st.integers(-3, 3), st.integers(0, 2), st.integers(0, 4))
patients = st.lists(patient, max_size=20)


def parts(rows: list):
    span, event, x, stratum, entry = np.array(rows, dtype=int).reshape(-1, 5).T
    covariates = np.column_stack([x, x * x]).astype(float)
    spans, index = Spans.of((entry + span).astype(float), stratum, entry.astype(float))
    rows_ = RiskRows.of(spans, index, event.astype(bool), covariates, (1.0 + stratum) / 2)
    return rows_, 0.25 * x, (entry, entry + span, stratum)


def of(rows: RiskRows, log_risk: np.ndarray) -> RiskSums:
    return RiskSums.of(rows, rows.weight * np.exp(log_risk), float((rows.weight * log_risk)[rows.event].sum()))


def sums(rows: list) -> RiskSums:
    patients_, log_risk, _ = parts(rows)
    return of(patients_, log_risk)


def assert_same(left: RiskSums, right: RiskSums) -> None:
    for name in ("stratum", "time", "entry"):
        np.testing.assert_array_equal(getattr(left.spans, name), getattr(right.spans, name), err_msg=name)
    for name in RiskSums.__slots__[1:]:
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


@given(patients, st.booleans())
@settings(deadline=None)
def test_at_risk_and_gram_against_their_definitions(rows: list, delayed: bool) -> None:
    people, log_risk, (entry, leave, stratum) = parts(rows)
    if not delayed:
        entry = np.full(leave.size, -np.inf)
        spans, index = Spans.of(leave.astype(float), stratum, None)
        people = RiskRows.of(spans, index, people.event, people.x, people.weight)
    table = of(people, log_risk)
    s0 = people.spans.at_risk(table.risk[:, None])[:, 0]
    s1 = people.spans.at_risk(table.risk_x)
    x, risk = people.x, people.weight * np.exp(log_risk)
    cells = people.spans.cell_time.size
    rng = np.random.default_rng(0)
    c1, c1f = rng.random(cells), rng.random(cells)
    expected = np.zeros((2, 2))
    for k in range(cells):
        t, s = people.spans.cell_time[k], people.spans.cell_stratum[k]
        there = (stratum == s) & (entry < t) & (leave >= t)
        dead = there & people.event & (leave == t)
        assert s0[k] == pytest.approx(risk[there].sum(), rel=1e-12)
        np.testing.assert_allclose(s1[k], risk[there] @ x[there], rtol=1e-12, atol=1e-12)
        expected += c1[k] * (x[there].T * risk[there]) @ x[there] - c1f[k] * (x[dead].T * risk[dead]) @ x[dead]
    np.testing.assert_allclose(weighted_gram(people, risk, (c1, c1f)), expected, rtol=1e-10, atol=1e-10)


def test_a_huge_risk_not_yet_there_costs_no_digits() -> None:
    """Spans (0, 1], (0, 2], (1, 3] with risks 1, 1, 1e20: at 1 the first two are at risk, and their sum is 2."""
    spans, index = Spans.of(np.array([1.0, 2.0, 3.0]), np.zeros(3, dtype=int), np.array([0.0, 0.0, 1.0]))
    risk = np.array([1.0, 1.0, 1e20])[np.argsort(index)]
    np.testing.assert_array_equal(spans.at_risk(risk[:, None])[:, 0], [2.0, 1.0 + 1e20, 1e20])


def test_sums_over_different_covariates_do_not_add() -> None:
    with pytest.raises(EstimationError):
        RiskSums.zero(1) + RiskSums.zero(2)
