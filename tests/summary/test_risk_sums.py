"""The laws of the sums behind a Newton step, and what is at risk."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.errors import EstimationError
from atrisk.summary import risk_sums
from atrisk.summary.risk_sets import RiskCells, RiskSets
from atrisk.summary.risk_sums import RiskRows, RiskSums, lived_through, weighted_gram

patient = st.tuples(st.integers(1, 8), st.integers(0, 1), st.integers(-3, 3), st.integers(0, 2), st.integers(0, 4))
patients = st.lists(patient, max_size=20)


def parts(rows: list, cells: RiskCells | None = None, *, delayed: bool = True):
    span, event, x, stratum, entry = np.array(rows, dtype=int).reshape(-1, 5).T
    covariates = np.column_stack([x, x * x]).astype(float)
    joined = entry.astype(float) if delayed else None
    sets = RiskSets.of((entry + span).astype(float), stratum, joined, cells=cells)
    rows_ = RiskRows(sets, event.astype(bool), covariates, (1.0 + stratum) / 2)
    return rows_, 0.25 * x, (entry if delayed else np.full(entry.size, -np.inf), entry + span, stratum)


def of(rows: RiskRows, log_risk: np.ndarray) -> RiskSums:
    return RiskSums.of(rows, rows.weight * np.exp(log_risk), float((rows.weight * log_risk)[rows.event].sum()))


def sums(rows: list, cells: RiskCells) -> RiskSums:
    patients_, log_risk, _ = parts(rows, cells)
    return of(patients_, log_risk)


def assert_same(left: RiskSums, right: RiskSums) -> None:
    assert left.cells.same_as(right.cells)
    for name in RiskSums.__slots__[1:]:
        np.testing.assert_allclose(getattr(left, name), getattr(right, name), rtol=1e-12, atol=1e-12, err_msg=name)


@given(patients, patients, patients)
@settings(deadline=None)
def test_laws_of_addition(first: list, second: list, third: list) -> None:
    agreed = parts(first + second + third)[0].sets.cells
    a, b, c = sums(first, agreed), sums(second, agreed), sums(third, agreed)
    assert_same(a + RiskSums.zero(agreed, 2), a)
    assert_same(RiskSums.zero(agreed, 2) + a, a)
    assert_same(a + b, b + a)
    assert_same((a + b) + c, a + (b + c))
    assert_same(a + b, sums(first + second, agreed))


@pytest.mark.parametrize("large", [False, True])
@given(patients, st.booleans())
@settings(deadline=None)
def test_at_risk_and_gram_against_their_definitions(large: bool, rows: list, delayed: bool) -> None:
    with mock.patch.object(risk_sums, "_LARGE", 0 if large else 10**9):
        people, log_risk, (entry, leave, stratum) = parts(rows, delayed=delayed)
        table = of(people, log_risk)
    x, risk = people.x, people.weight * np.exp(log_risk)
    cells = people.sets.cells
    rng = np.random.default_rng(0)
    c1, c1f = rng.random(cells.size), rng.random(cells.size)
    expected, lived = np.zeros((2, 2)), np.zeros(len(rows))
    s0 = people.sets.at_risk(risk[:, None])[:, 0]
    for k in range(cells.size):
        t, s = cells.time[k], cells.stratum[k]
        there = (stratum == s) & (entry < t) & (leave >= t)
        dead = there & people.event & (leave == t)
        assert table.risk[k] == pytest.approx(risk[there].sum(), rel=1e-12)
        assert s0[k] == pytest.approx(risk[there].sum(), rel=1e-12)
        assert table.events[k] == dead.sum()
        assert table.failing[k] == pytest.approx(risk[dead].sum(), rel=1e-12)
        assert table.event_weight[k] == pytest.approx(people.weight[dead].sum(), rel=1e-12)
        np.testing.assert_allclose(table.risk_x[k], risk[there] @ x[there], rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(table.failing_x[k], risk[dead] @ x[dead], rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(table.event_x[k], people.weight[dead] @ x[dead], rtol=1e-12, atol=1e-12)
        expected += c1[k] * (x[there].T * risk[there]) @ x[there] - c1f[k] * (x[dead].T * risk[dead]) @ x[dead]
        lived += c1[k] * there - c1f[k] * dead
    np.testing.assert_allclose(weighted_gram(people, risk, (c1, c1f)), expected, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(lived_through(people, (c1, c1f)), lived, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(
        people.sets.covered(np.column_stack((c1, c1f))),
        [
            [h[(cells.stratum == s) & (cells.time > a) & (cells.time <= b)].sum() for h in (c1, c1f)]
            for a, b, s in zip(entry, leave, stratum, strict=True)
        ]
        or np.empty((0, 2)),
        rtol=1e-10,
        atol=1e-10,
    )


def test_a_huge_risk_not_yet_there_costs_no_digits() -> None:
    """Follow-up (0, 1], (0, 2], (1, 3] with risks 1, 1, 1e20: at 1 the first two are at risk, and their sum is 2."""
    sets = RiskSets.of(np.array([1.0, 2.0, 3.0]), None, np.array([0.0, 0.0, 1.0]))
    risk = np.array([1.0, 1.0, 1e20])
    np.testing.assert_array_equal(sets.at_risk(risk[:, None])[:, 0], [2.0, 1.0 + 1e20, 1e20])


def test_sums_over_different_cells_or_covariates_do_not_add() -> None:
    early, late = (RiskCells.of(np.array([time]), None)[0] for time in (1.0, 2.0))
    with pytest.raises(EstimationError):
        RiskSums.zero(early, 1) + RiskSums.zero(early, 2)
    with pytest.raises(EstimationError):
        RiskSums.zero(early, 1) + RiskSums.zero(late, 1)


@pytest.mark.parametrize(("time", "stratum"), [(1.5, 0), (3.0, 0), (1.0, 2)])
def test_patients_outside_the_agreed_cells_are_refused(time: float, stratum: int) -> None:
    agreed, _ = RiskCells.of(np.array([1.0, 2.0, 1.0]), np.array([0, 0, 1]))
    with pytest.raises(EstimationError, match="agreed"):
        RiskSets.of(np.array([time]), np.array([stratum]), None, cells=agreed)
