"""Kaplan-Meier by hand, its edges, and its invariances."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.errors import EstimationError
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier, quantile, reverse_kaplan_meier, survival_at
from atrisk.summary.event_counts import EventCounts, Shape

SIX = EventCounts.of([2, 3, 3, 5, 5, 8], [1, 1, 0, 1, 0, 0])

rows = st.lists(st.tuples(st.integers(0, 15), st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=30)


def test_six_patients_by_hand() -> None:
    """docs/methods/kaplan_meier.md: S = 5/6, 2/3, 4/9, 4/9 at 2, 3, 5, 8;
    Greenwood's sums 1/30, 1/30 + 1/20 = 1/12, 1/12 + 1/6 = 1/4, so that se = S sqrt(sum)."""
    (curve,) = kaplan_meier(SIX)
    np.testing.assert_allclose(curve.survival, [5 / 6, 2 / 3, 4 / 9, 4 / 9], rtol=1e-14)
    sums = np.array([1 / 30, 1 / 12, 1 / 4, 1 / 4])
    np.testing.assert_allclose(curve.std_err, curve.survival * np.sqrt(sums), rtol=1e-14)
    np.testing.assert_allclose(curve.cumulative_hazard, [1 / 6, 11 / 30, 7 / 10, 7 / 10], rtol=1e-14)
    np.testing.assert_array_equal(curve.n_at_risk, [6, 5, 3, 1])
    z = 1.959963984540054
    np.testing.assert_allclose(curve.lower[2], 4 / 9 * math.exp(-z / 2), rtol=1e-14)
    assert curve.n == 6
    assert curve.last_time == 8


def test_landmarks_of_six_patients() -> None:
    """At 0, 4, 5, 8 and 9: the last lies beyond the follow-up while S > 0."""
    (curve,) = kaplan_meier(SIX)
    marks = survival_at(curve, [0, 4, 5, 8, 9])
    np.testing.assert_allclose(marks.estimate, [1, 2 / 3, 4 / 9, 4 / 9, np.nan], rtol=1e-14)
    np.testing.assert_array_equal(marks.n_at_risk, [6, 3, 3, 1, 0])
    np.testing.assert_array_equal(marks.n_event, [0, 2, 3, 3, 3])
    np.testing.assert_array_equal(marks.n_censored, [0, 1, 2, 3, 3])
    np.testing.assert_array_equal(marks.estimable, [True, True, True, True, False])
    assert survival_at(curve, [9], extend=True).estimate[0] == pytest.approx(4 / 9, rel=1e-14)


def test_survival_stays_estimable_after_it_has_reached_zero() -> None:
    (curve,) = kaplan_meier(EventCounts.of([1, 2], [1, 1]))
    marks = survival_at(curve, [2, 50])
    np.testing.assert_array_equal(marks.estimate, [0, 0])
    assert np.all(marks.estimable)
    assert np.all(np.isnan(marks.std_err))


def test_quantiles_by_hand() -> None:
    """S of 1, 2, 3, 4 (all events) is 3/4, 1/2, 1/4, 0: the median is the middle of the flat [2, 3].
    With 3 and 4 censored the flat at 1/2 runs to the last time: (2 + 4) / 2. R gives 2.5 and 3."""
    (every,) = kaplan_meier(EventCounts.of([1, 2, 3, 4], [1, 1, 1, 1]))
    assert quantile(every).estimate == 2.5
    (ended,) = kaplan_meier(EventCounts.of([1, 2, 3, 4], [1, 1, 0, 0]))
    assert quantile(ended).estimate == 3.0
    assert math.isnan(quantile(ended).upper)
    assert math.isnan(quantile(ended, 0.75).estimate)


def test_the_reverse_curve_swaps_events_and_censorings() -> None:
    """Censorings 3, 5, 8 among 5, 3, 1 at risk: 4/5, 4/5 x 2/3 = 8/15, 0; the median follow-up is 8."""
    (curve,) = reverse_kaplan_meier(SIX)
    np.testing.assert_allclose(curve.survival, [1, 4 / 5, 8 / 15, 0], rtol=1e-14)
    assert quantile(curve).estimate == 8


def test_delayed_entry_by_hand() -> None:
    """Spans (0, 2], (1, 3], (2, 4], all events: at risk 2, 2, 1, so S = 1/2, 1/4, 0. The row at 1 is an entry."""
    (curve,) = kaplan_meier(EventCounts.of([2, 3, 4], [1, 1, 1], entry=[0, 1, 2]))
    left = curve.n_event > 0
    np.testing.assert_array_equal(curve.n_at_risk[left], [2, 2, 1])
    np.testing.assert_allclose(curve.survival[left], [1 / 2, 1 / 4, 0])
    np.testing.assert_array_equal(survival_at(curve, [1, 2, 2.5]).n_at_risk, [1, 2, 2])


def test_a_group_without_patients_and_a_group_without_events() -> None:
    empty, quiet = kaplan_meier(EventCounts.of([4, 6], [0, 0], group=[1, 1], shape=Shape(n_groups=2)))
    assert empty.n == 0
    assert math.isnan(empty.last_time)
    assert math.isnan(survival_at(empty, [1.0], extend=True).estimate[0])
    assert math.isnan(quantile(empty).estimate)
    np.testing.assert_array_equal(quiet.survival, [1, 1])
    np.testing.assert_array_equal(quiet.std_err, [0, 0])
    assert math.isnan(quantile(quiet).estimate)


def test_an_event_on_day_0_counts_at_0() -> None:
    (curve,) = kaplan_meier(EventCounts.of([0, 1], [1, 0]))
    np.testing.assert_array_equal(curve.survival, [0.5, 0.5])


@given(rows)
@settings(deadline=None)
def test_relabelling_the_groups_permutes_the_curves(patients: list) -> None:
    time, cause, group = np.array(patients).T
    shape = Shape(n_groups=2)
    curves = kaplan_meier(EventCounts.of(time, cause, group=group, shape=shape))
    swapped = kaplan_meier(EventCounts.of(time, cause, group=1 - group, shape=shape))
    for mine, other in zip(curves, swapped[::-1], strict=True):
        np.testing.assert_array_equal(mine.survival, other.survival)
        np.testing.assert_array_equal(mine.lower, other.lower)


@given(rows)
@settings(deadline=None)
def test_a_change_of_unit_scales_the_times_alone(patients: list) -> None:
    time, cause, _ = np.array(patients).T
    (days,) = kaplan_meier(EventCounts.of(time, cause))
    (other,) = kaplan_meier(EventCounts.of(time / 4, cause))
    np.testing.assert_array_equal(days.time / 4, other.time)
    np.testing.assert_array_equal(days.survival, other.survival)
    assert quantile(days).estimate / 4 == quantile(other).estimate or math.isnan(quantile(days).estimate)


@given(rows, st.sampled_from(["plain", "log", "log-log", "logit", "arcsin"]))
@settings(deadline=None)
def test_limits_enclose_the_estimate_and_whole_weights_replicate(patients: list, conf_type) -> None:
    time, cause, weight = np.array(patients).T
    weight = weight + 1
    (weighted,) = kaplan_meier(EventCounts.of(time, cause, weight=weight), conf_type=conf_type)
    repeated = EventCounts.of(np.repeat(time, weight), np.repeat(cause, weight))
    (replicated,) = kaplan_meier(repeated, conf_type=conf_type)
    np.testing.assert_allclose(weighted.std_err, replicated.std_err, rtol=1e-12)
    known = ~np.isnan(weighted.lower)
    assert np.all(weighted.lower[known] <= weighted.survival[known] + 1e-15)
    assert np.all(weighted.upper[known] >= weighted.survival[known] - 1e-15)


@pytest.mark.parametrize(
    "call",
    [
        lambda: kaplan_meier(SIX, conf_level=1.0),
        lambda: kaplan_meier(SIX, conf_type="wald"),
        lambda: quantile(kaplan_meier(SIX)[0], 1.0),
        lambda: survival_at(kaplan_meier(SIX)[0], [-1.0]),
        lambda: survival_at(kaplan_meier(SIX)[0], [np.nan]),
    ],
)
def test_arguments_outside_their_domain_are_refused(call) -> None:
    with pytest.raises(EstimationError):
        call()
