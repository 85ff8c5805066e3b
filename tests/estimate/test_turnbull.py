"""Turnbull's curve by hand, against Kaplan-Meier, a slow EM, the conditions of a maximum (against R: tests/verify)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.errors import EstimationError
from atrisk.estimate.interval_censored.turnbull import survival_bounds, turnbull
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier
from atrisk.summary.event_counts import EventCounts


def test_four_patients_by_hand() -> None:
    """(0, 1], (0, 2], (1, 3], (2, 4]. Innermost are (0, 1], (1, 2], (2, 3]; the second patient holds the first two,
    the third the last two. With masses p, q, r: log p + log(p + q) + log(q + r) + log r. By symmetry p = r, and
    p (1 - p) with p <= 1/2 is largest at p = 1/2, q = 0."""
    curve = turnbull([0.0, 0, 1, 2], [1.0, 2, 3, 4])
    np.testing.assert_array_equal(curve.left, [0, 2])
    np.testing.assert_array_equal(curve.right, [1, 3])
    np.testing.assert_allclose(curve.mass, [0.5, 0.5], rtol=1e-10)
    np.testing.assert_array_equal(curve.survival, [0.5, 0])
    assert curve.n_candidates == 3
    assert curve.log_likelihood == pytest.approx(4 * np.log(0.5), rel=1e-12)
    assert curve.converged


def test_exact_and_right_censored_times_give_kaplan_meier() -> None:
    random = np.random.default_rng(2)
    time, event = random.integers(1, 15, 60).astype(float), random.integers(0, 2, 60)
    (km,) = kaplan_meier(EventCounts.of(time, event))
    curve = turnbull(time, np.where(event == 1, time, np.inf))
    low, high = survival_bounds(curve, km.time)
    np.testing.assert_allclose(high, km.survival, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(low[km.time < km.time.max()], km.survival[km.time < km.time.max()], rtol=1e-9)


intervals = st.lists(
    st.tuples(st.integers(0, 12), st.one_of(st.integers(0, 5), st.none())), min_size=1, max_size=25
).map(lambda rows: [(low, None if wide is None else low + wide) for low, wide in rows])


def slow_em(lower: np.ndarray, upper: np.ndarray, rounds: int) -> float:
    """The log-likelihood after many EM steps on every elementary interval, with a dense matrix."""
    ends = np.unique(np.concatenate((lower, upper[np.isfinite(upper)])))
    # Elementary pieces: every point, and every open interval between neighbours; one tail.
    pieces = [(e, e) for e in ends] + list(zip(ends, np.append(ends[1:], np.inf), strict=True))

    def holds(a: float, b: float, p: float, q: float) -> bool:
        if a == b:
            return p == q == a
        return a < p <= b if p == q else a <= p and q <= b

    rows = zip(lower, upper, strict=True)
    held = np.array([[holds(a, b, p, q) for p, q in pieces] for a, b in rows], dtype=float)
    mass = np.full(len(pieces), 1 / len(pieces))
    for _ in range(rounds):
        mass = mass * (held.T @ (1 / (held @ mass))) / lower.size
    return float(np.log(held @ mass).sum())


@given(intervals)
@settings(deadline=None, max_examples=60)
def test_is_a_maximum(rows: list) -> None:
    lower = np.array([low for low, _ in rows], dtype=float)
    upper = np.array([np.inf if high is None else high for _, high in rows])
    curve = turnbull(lower, upper)
    assert curve.converged
    assert curve.kkt_excess <= 1e-9 * len(rows)
    assert curve.mass.sum() == pytest.approx(1, rel=1e-12)
    assert np.all(curve.mass > 0)
    # EM climbs towards the maximum from below and never passes it.
    em = slow_em(lower, upper, 3000)
    assert em <= curve.log_likelihood + 1e-9
    assert em == pytest.approx(curve.log_likelihood, abs=5e-3)


@given(intervals, st.integers(0, 10**6))
@settings(deadline=None, max_examples=30)
def test_order_and_replication_do_not_matter(rows: list, seed: int) -> None:
    lower = np.array([low for low, _ in rows], dtype=float)
    upper = np.array([np.inf if high is None else high for _, high in rows])
    order = np.random.default_rng(seed).permutation(len(rows))
    plain = turnbull(lower, upper)
    twice = turnbull(np.tile(lower[order], 2), np.tile(upper[order], 2))
    weighted = turnbull(lower, upper, weight=np.full(len(rows), 2.0))
    for other in (twice, weighted):
        assert other.log_likelihood == pytest.approx(2 * plain.log_likelihood, rel=1e-9, abs=1e-9)
        np.testing.assert_allclose(other.mass, plain.mass, rtol=1e-7, atol=1e-9)


def test_bounds_inside_and_outside_intervals() -> None:
    curve = turnbull([0.0, 0, 2, 5], [1.0, 1, 3, 5])
    low, high = survival_bounds(curve, [0, 0.5, 1, 1.5, 2, 2.5, 3, 4.9, 5])
    np.testing.assert_allclose(high, [1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0], atol=1e-12)
    np.testing.assert_allclose(low, [1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0], atol=1e-12)
    with pytest.raises(EstimationError):
        survival_bounds(curve, [np.nan])


def test_left_censored_and_open_ends() -> None:
    """Missing ends: nothing before 0, nothing after. Two patients, before 2 and after 5: half the mass on each."""
    curve = turnbull([np.nan, 5], [2.0, np.nan])
    np.testing.assert_array_equal(curve.left, [0, 5])
    np.testing.assert_array_equal(curve.right, [2, np.inf])
    np.testing.assert_allclose(curve.mass, [0.5, 0.5])


def test_many_patients_take_moments() -> None:
    """Twenty thousand patients examined at random days: the conditions of a maximum hold."""
    random = np.random.default_rng(1)
    time = random.weibull(1.5, 20_000) * 200
    lower = np.floor(time / 10) * 10 - random.integers(0, 10, 20_000)
    curve = turnbull(np.maximum(lower, 0), np.maximum(lower, 0) + 20)
    assert curve.converged
    assert curve.kkt_excess < 1e-9 * 20_000


def test_what_is_refused() -> None:
    for lower, upper, weight in (
        ([3.0], [2.0], None),
        ([np.inf], [np.inf], None),
        ([1.0], [-1.0], None),
        ([1.0], [2.0], [-1.0]),
        ([1.0], [2.0], [0.0]),
        ([], [], None),
        ([[1.0]], [[2.0]], None),
    ):
        with pytest.raises(EstimationError):
            turnbull(lower, upper, weight=weight)
