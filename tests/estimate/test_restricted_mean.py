"""Restricted mean survival time and its contrasts by hand and at their edges (R: test_kaplan_meier_reference)."""

from __future__ import annotations

import math

import numpy as np
import pytest

import atrisk
from atrisk.errors import EstimationError
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier
from atrisk.estimate.survival_curve.restricted_mean import (
    RestrictedMean,
    restricted_mean,
    restricted_mean_difference,
    restricted_mean_ratio,
)
from atrisk.summary.event_counts import EventCounts, Shape

SIX = kaplan_meier(EventCounts.of([2, 3, 3, 5, 5, 8], [1, 1, 0, 1, 0, 0]))[0]


def test_six_patients_by_hand() -> None:
    """S = 1 to 2, 5/6 to 3, 2/3 to 5, 4/9 on: up to 6 the area is 2 + 5/6 + 4/3 + 4/9 = 83/18.
    Areas from 2, 3, 5 to 6: 47/18, 16/9, 4/9; Greenwood's steps 1/30, 1/20, 1/6."""
    mean = restricted_mean(SIX, 6)
    assert mean.estimate == pytest.approx(83 / 18, rel=1e-14)
    variance = (47 / 18) ** 2 / 30 + (16 / 9) ** 2 / 20 + (4 / 9) ** 2 / 6
    assert mean.std_err == pytest.approx(math.sqrt(variance), rel=1e-14)
    assert mean.upper == pytest.approx(83 / 18 + 1.959963984540054 * math.sqrt(variance), rel=1e-14)


def test_beyond_the_follow_up_it_is_not_estimable_unless_survival_is_zero() -> None:
    assert not restricted_mean(SIX, 8.5).estimable
    assert math.isnan(restricted_mean(SIX, 8.5).estimate)
    (dead,) = kaplan_meier(EventCounts.of([1, 2], [1, 1]))
    assert restricted_mean(dead, 10).estimate == 1.5
    (empty,) = kaplan_meier(EventCounts.zero(Shape()))
    assert math.isnan(restricted_mean(empty, 1, extend=True).estimate)


@pytest.mark.parametrize("tau", [0.0, -1.0, np.inf, np.nan])
def test_a_horizon_outside_its_domain_is_refused(tau: float) -> None:
    with pytest.raises(EstimationError):
        restricted_mean(SIX, tau)


def mean_of(estimate: float, std_err: float, *, tau: float = 10.0, estimable: bool = True) -> RestrictedMean:
    return RestrictedMean(tau, estimate, std_err, math.nan, math.nan, estimable, 0.95)


def test_difference_and_ratio_by_hand() -> None:
    """8 (se 0.3) against 5 (se 0.4): difference 3, se 0.5, z = 6; ratio 1.6, se of its log
    sqrt(0.0375^2 + 0.08^2), and erfc(z / sqrt 2) is the two-sided p."""
    first, second = mean_of(8, 0.3), mean_of(5, 0.4)
    difference = restricted_mean_difference(first, second)
    assert difference.estimate == 3
    assert difference.std_err == pytest.approx(0.5, rel=1e-14)
    assert difference.lower == pytest.approx(3 - 1.959963984540054 * 0.5, rel=1e-14)
    assert difference.p_value == pytest.approx(math.erfc(6 / math.sqrt(2)), rel=1e-12)
    ratio = restricted_mean_ratio(first, second)
    std_err = math.sqrt(0.0375**2 + 0.08**2)
    assert ratio.estimate == pytest.approx(1.6, rel=1e-14)
    assert ratio.upper == pytest.approx(1.6 * math.exp(1.959963984540054 * std_err), rel=1e-14)
    assert ratio.p_value == pytest.approx(math.erfc(math.log(1.6) / std_err / math.sqrt(2)), rel=1e-12)
    assert restricted_mean_ratio(second, first).lower == pytest.approx(1 / ratio.upper, rel=1e-14)


def test_what_cannot_be_compared_says_so() -> None:
    beyond = mean_of(math.nan, math.nan, estimable=False)
    for contrast in (restricted_mean_difference, restricted_mean_ratio):
        assert math.isnan(contrast(beyond, mean_of(5, 0.4)).estimate)
        assert contrast(beyond, mean_of(5, 0.4)).reason
        nobody = contrast(mean_of(10, 0.0), mean_of(10, 0.0))
        assert math.isnan(nobody.p_value)
        assert nobody.reason
        with pytest.raises(EstimationError):
            contrast(mean_of(5, 0.4), mean_of(5, 0.4, tau=9.0))
    assert math.isnan(restricted_mean_ratio(mean_of(5, 0.4), mean_of(0, 0.0)).estimate)


def test_a_group_without_an_event_is_warned_of() -> None:
    """Its standard error of 0 is no knowledge: the limits are those of the other group alone."""
    for contrast in (restricted_mean_difference, restricted_mean_ratio):
        assert contrast(mean_of(8, 0.3), mean_of(5, 0.4)).warning == ""
        for pair in ((mean_of(10, 0.0), mean_of(8, 0.4)), (mean_of(8, 0.4), mean_of(10, 0.0))):
            assert "rest on the other group alone" in contrast(*pair).warning
    assert restricted_mean_difference(mean_of(10, 0.0), mean_of(8, 0.4)).std_err == 0.4


def test_the_functions_over_frames_name_the_pair_that_is_warned_of() -> None:
    patients = {"days": [3, 5, 6, 9, 9, 9], "died": [1, 1, 0, 0, 0, 0], "arm": ["a", "a", "a", "b", "b", "b"]}
    curves = atrisk.kaplan_meier(patients, time="days", event="died", group="arm")
    (note,) = atrisk.restricted_mean_contrasts(curves, tau=6).notes
    assert note.startswith("a vs b: a group has no variance before tau")
