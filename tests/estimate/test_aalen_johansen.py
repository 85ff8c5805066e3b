"""Cumulative incidence by hand, against a slow jackknife, and its invariances (against R: tests/verify)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.errors import EstimationError
from atrisk.estimate.competing_risks.aalen_johansen import (
    CompetingRisksRows,
    aalen_johansen,
    aalen_johansen_of_rows,
    aalen_variance,
    cumulative_incidence_at,
)
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier
from atrisk.summary.event_counts import EventCounts, Shape


def test_six_patients_by_hand() -> None:
    """docs/methods/aalen_johansen.md. Times 1..6 with causes 1, 2, 0, 1, 2, 0: S before each event is 1, 5/6,
    2/3, 4/9 with 6, 5, 3, 2 at risk, so F_1 = 1/6 at 1, 1/6 + 2/9 = 7/18 at 4; F_2 = 1/6 at 2, 7/18 at 5.
    Variance of F_1 at 1: (1/6)(5/6)/6 = 5/216; at 2 the same increment moves F_1 no more: F_1(2) - F_1(2) = 0."""
    (curve,) = aalen_johansen(EventCounts.of([1, 2, 3, 4, 5, 6], [1, 2, 0, 1, 2, 0]))
    np.testing.assert_allclose(curve.incidence[0], [1 / 6, 1 / 6, 1 / 6, 7 / 18, 7 / 18, 7 / 18], rtol=1e-14)
    np.testing.assert_allclose(curve.incidence[1], [0, 1 / 6, 1 / 6, 1 / 6, 7 / 18, 7 / 18], rtol=1e-14)
    np.testing.assert_allclose(curve.event_free, [5 / 6, 2 / 3, 2 / 3, 4 / 9, 2 / 9, 2 / 9], rtol=1e-14)
    np.testing.assert_allclose(curve.std_err[0, :3] ** 2, [5 / 216] * 3, rtol=1e-12)
    assert np.isnan(curve.lower[1, 0])
    marks = cumulative_incidence_at(curve, [0.5, 4.5, 7])
    np.testing.assert_allclose(marks.estimate[0], [0, 7 / 18, np.nan], rtol=1e-14)
    np.testing.assert_array_equal(marks.n_at_risk, [6, 2, 0])
    np.testing.assert_array_equal(marks.n_event, [[0, 2, 2], [0, 1, 2]])
    np.testing.assert_array_equal(marks.estimable, [True, True, False])


rows = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 2)), min_size=1, max_size=25)


def slow_jackknife(time: np.ndarray, cause: np.ndarray, k: int, t: float) -> float:
    """The standard error of F_k(t) from every patient's influence, by the derivative with respect to the
    patient's weight, taken as a difference (oracle: ourselves, slowly)."""

    def incidence(weight: np.ndarray) -> float:
        survival, total = 1.0, 0.0
        for s in sorted({float(v) for v in time if v <= t}):
            at_risk = weight[time >= s].sum()
            total += survival * weight[(time == s) & (cause == k)].sum() / at_risk
            survival *= 1 - weight[(time == s) & (cause > 0)].sum() / at_risk
        return total

    step, influence = 1e-5, []
    for i in range(time.size):
        up, down = np.ones(time.size), np.ones(time.size)
        up[i] += step
        down[i] -= step
        influence.append((incidence(up) - incidence(down)) / (2 * step))
    return math.sqrt(sum(u * u for u in influence))


@given(rows)
@settings(deadline=None, max_examples=40)
def test_standard_errors_are_the_infinitesimal_jackknife(patients: list) -> None:
    time, cause = np.array(patients).T
    (curve,) = aalen_johansen(EventCounts.of(time, cause, shape=Shape(n_causes=2)))
    for k in (1, 2):
        for i, t in enumerate(curve.time):
            # A difference quotient of step 1e-5 carries an error of about 1e-9 in each influence.
            assert curve.std_err[k - 1, i] == pytest.approx(slow_jackknife(time, cause, k, t), abs=1e-7)


@given(rows)
@settings(deadline=None)
def test_incidences_and_survival_sum_to_one(patients: list) -> None:
    time, cause = np.array(patients).T
    counts = EventCounts.of(time, cause, shape=Shape(n_causes=2))
    (curve,) = aalen_johansen(counts)
    (overall,) = kaplan_meier(counts)
    np.testing.assert_allclose(curve.incidence.sum(axis=0) + curve.event_free, 1, rtol=1e-12)
    np.testing.assert_allclose(curve.event_free, overall.survival, rtol=1e-12, atol=1e-15)
    for k in (1, 2):
        (alone,) = kaplan_meier(counts.of_cause(k))
        assert np.all(curve.incidence[k - 1] <= 1 - alone.survival + 1e-12)


@given(rows)
@settings(deadline=None)
def test_one_cause_gives_one_minus_kaplan_meier_with_its_standard_error(patients: list) -> None:
    time, cause = np.array(patients).T
    counts = EventCounts.of(time, np.minimum(cause, 1))
    (curve,), (km,) = aalen_johansen(counts), kaplan_meier(counts)
    np.testing.assert_allclose(curve.incidence[0], 1 - km.survival, rtol=1e-12, atol=1e-14)
    alive = km.survival > 0
    np.testing.assert_allclose(curve.std_err[0][alive], km.std_err[alive], rtol=1e-7, atol=1e-9)


def test_relabelling_the_causes_permutes_the_curves() -> None:
    time, cause = np.array([3, 1, 4, 1, 5, 9, 2, 6]), np.array([1, 2, 0, 1, 2, 0, 1, 2])
    (curve,) = aalen_johansen(EventCounts.of(time, cause))
    (other,) = aalen_johansen(EventCounts.of(time, np.array([0, 2, 1])[cause]))
    np.testing.assert_array_equal(curve.incidence, other.incidence[::-1])
    np.testing.assert_array_equal(curve.std_err, other.std_err[::-1])


def test_a_group_without_patients_and_fractional_weights() -> None:
    (empty,) = aalen_johansen(EventCounts.zero(Shape(n_causes=2)))
    assert np.all(np.isnan(cumulative_incidence_at(empty, [1.0], extend=True).estimate))
    with pytest.raises(EstimationError):
        aalen_johansen(EventCounts.of([1.0], [1], weight=[0.5]))


weighted = st.lists(
    st.tuples(
        st.integers(2, 9), st.integers(0, 2), st.integers(0, 8), st.sampled_from([0.5, 1.0, 2.5]), st.integers(0, 3)
    ),
    min_size=1,
    max_size=20,
)


def slow_influences(rows: CompetingRisksRows, k: int, t: float) -> np.ndarray:
    """Each row's w_i times the derivative of F_k(t) with respect to its weight, by the difference of two curves
    computed patient by patient (oracle: ourselves, slowly)."""
    weight = np.asarray(rows.weight)

    def incidence(weights: np.ndarray) -> float:
        survival, total = 1.0, 0.0
        for s in sorted({float(v) for v in rows.time if v <= t}):
            here = (rows.time >= s) & (np.asarray(rows.entry) < s)
            failing = here & (rows.time == s)
            total += survival * weights[failing & (rows.cause == k)].sum() / weights[here].sum()
            # Everybody failing leaves nobody, whatever the rounding of the sums.
            everybody = np.array_equal(failing & (rows.cause > 0), here)
            survival *= 0.0 if everybody else 1 - weights[failing & (rows.cause > 0)].sum() / weights[here].sum()
        return total

    step = 1e-5
    return np.array(
        [
            weight[i] * (incidence(weight + step * unit) - incidence(weight - step * unit)) / (2 * step)
            for i, unit in enumerate(np.eye(weight.size))
        ]
    )


@given(weighted)
@settings(deadline=None, max_examples=40)
def test_jackknife_under_weights_entry_and_clusters(patients: list) -> None:
    time, cause, entry, weight, cluster = (np.array(column) for column in zip(*patients, strict=True))
    entry = np.minimum(entry, time - 1)
    for clusters in (None, cluster):
        rows = CompetingRisksRows(time, cause, entry=entry, weight=weight, cluster=clusters)
        (curve,) = aalen_johansen_of_rows(rows, n_causes=2)
        for k in (1, 2):
            for i, t in enumerate(curve.time):
                each = slow_influences(rows, k, t)
                sums = each if clusters is None else np.bincount(cluster, weights=each)
                assert curve.std_err[k - 1, i] == pytest.approx(math.sqrt(sums @ sums), abs=1e-6)


@given(rows)
@settings(deadline=None)
def test_rows_without_weights_and_entry_give_the_curve_of_counts(patients: list) -> None:
    time, cause = np.array(patients).T
    (of_rows,) = aalen_johansen_of_rows(CompetingRisksRows(time, cause), n_causes=2)
    (of_counts,) = aalen_johansen(EventCounts.of(time, cause, shape=Shape(n_causes=2)))
    for name in ("time", "n_at_risk", "n_event", "incidence", "event_free"):
        np.testing.assert_allclose(getattr(of_rows, name), getattr(of_counts, name), rtol=1e-13)
    np.testing.assert_allclose(of_rows.std_err, of_counts.std_err, rtol=1e-7, atol=1e-8)


def test_rows_of_weight_zero_are_only_counted() -> None:
    """The curve of the patients with a weight; the numbers of all."""
    time, cause, weight = [1.0, 2, 2, 3, 4], [1, 2, 1, 0, 1], [1.0, 0, 2, 1, 1]
    (all_rows,) = aalen_johansen_of_rows(CompetingRisksRows(time, cause, weight=weight))
    heavy = np.array(weight) > 0
    (alone,) = aalen_johansen_of_rows(
        CompetingRisksRows(np.array(time)[heavy], np.array(cause)[heavy], weight=np.array(weight)[heavy]), n_causes=2
    )
    np.testing.assert_array_equal(all_rows.n_at_risk, [5, 4, 2, 1])
    np.testing.assert_array_equal(all_rows.weighted_at_risk, [5, 4, 2, 1])
    np.testing.assert_allclose(all_rows.incidence, alone.incidence, rtol=1e-14)
    np.testing.assert_allclose(all_rows.std_err, alone.std_err, rtol=1e-12)


def test_aalen_variance_by_hand() -> None:
    """Times 1, 2 with causes 1, 2 of 3 patients, one censored at 3. S = 1, 2/3, 1/3. F_1 = 1/3 from time 1 on.
    At time 1: v_1 = 1/9, (1 - 0)^2 / 9 = 1/9. At time 2, F_1(2) - F_1(1) = 0: still 1/9.
    F_2(2) = (2/3)(1/2) = 1/3: the event of cause 1 at 1 moves it by -(F_2(2) - F_2(1))/S(1) = -1/2, squared times
    1/9 = 1/36; its own: S(2-)^2 (1/4) = 1/9; sum 5/36."""
    (curve,) = aalen_johansen(EventCounts.of([1, 2, 3], [1, 2, 0]))
    np.testing.assert_allclose(
        aalen_variance(curve), [[1 / 9, 1 / 9, 1 / 9], [0, 5 / 36, 5 / 36]], rtol=1e-14, atol=1e-16
    )
    (late,) = aalen_johansen(EventCounts.of([2.0, 3.0], [1, 2], entry=[0.0, 1.0]))
    with pytest.raises(EstimationError, match="delayed entry"):
        aalen_variance(late)


@pytest.mark.parametrize(
    "given",
    [
        {"time": [1.0, -1], "cause": [0, 1]},
        {"time": [1.0, np.nan], "cause": [0, 1]},
        {"time": [1.0, 2], "cause": [0, 0.5]},
        {"time": [1.0, 2], "cause": [0, 1], "entry": [1.0, 1]},
        {"time": [1.0, 2], "cause": [0, 1], "weight": [1.0, -1]},
        {"time": [1.0, 2], "cause": [0, 1], "cluster": [1]},
    ],
)
def test_rows_outside_their_domain_are_refused(given: dict) -> None:
    with pytest.raises(EstimationError):
        CompetingRisksRows(**given)
