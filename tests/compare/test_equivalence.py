"""Margins, power and E-values: published examples, by hand, by simulation of the definition, and their laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atrisk.compare.equivalence.e_value import e_value
from atrisk.compare.equivalence.hazard_ratio_power import (
    detectable_hazard_ratio,
    events_needed,
    log_hazard_ratio_std_err,
    power,
)
from atrisk.compare.equivalence.margin_test import equivalence, non_inferiority
from atrisk.compare.interval import Interval, not_estimable
from atrisk.compare.proportions.paired_difference import newcombe_paired_difference
from atrisk.errors import EstimationError


def interval(estimate: float, lower: float, upper: float, conf_level: float = 0.95) -> Interval:
    return Interval(estimate, lower, upper, conf_level, "given")


def test_non_inferiority_looks_at_the_worse_limit() -> None:
    """A hazard ratio of 0.95 (0.75 to 1.20): below 1.25, not below 1.2; a limit at the margin does not do."""
    ratio = interval(0.95, 0.75, 1.20)
    assert non_inferiority(ratio, 1.25, worse="higher", scale="ratio").met is True
    assert non_inferiority(ratio, 1.20, worse="higher", scale="ratio").met is False
    difference = interval(-0.02, -0.09, 0.05)
    assert non_inferiority(difference, -0.10, worse="lower").met is True
    assert non_inferiority(difference, -0.05, worse="lower").met is False


def test_one_sided_p_by_the_normal_table() -> None:
    """d -0.02, se 0.04, margin -0.10: z = 2, and the normal table has 0.0227501 beyond 2."""
    found = non_inferiority(interval(-0.02, -0.0984, 0.0584), -0.10, worse="lower", std_err=0.04)
    assert found.p_value == pytest.approx(0.022750131948179195, rel=1e-12)
    assert found.alpha == pytest.approx(0.025)
    # log 1.25 - log 1 = 0.22314 over 0.22314 / 1.959964 is the 2.5 % quantile.
    ratio = non_inferiority(
        interval(1.0, 0.8, 1.25), 1.25, worse="higher", scale="ratio", std_err=math.log(1.25) / 1.959963984540054
    )
    assert ratio.p_value == pytest.approx(0.025, rel=1e-12)
    assert ratio.met is False


def test_equivalence_is_both_one_sided_tests() -> None:
    """d 0.01, se 0.05, margins -/+ 0.1: z 1.8 and 2.2; the larger p, 0.0359303, belongs to the upper margin."""
    reach = 1.6448536269514722 * 0.05
    found = equivalence(interval(0.01, 0.01 - reach, 0.01 + reach, 0.90), -0.10, 0.10, std_err=0.05)
    assert found.met is True
    assert found.alpha == pytest.approx(0.05)
    assert found.p_value == pytest.approx(0.03593031911292579, rel=1e-12)


@given(
    estimate=st.floats(-0.5, 0.5),
    std_err=st.floats(0.005, 0.5),
    margin=st.floats(0.01, 0.6),
    conf_level=st.sampled_from([0.8, 0.9, 0.95]),
)
def test_limits_and_p_agree(estimate: float, std_err: float, margin: float, conf_level: float) -> None:
    """With normal limits the margin is excluded exactly where p is below alpha."""
    z = {0.8: 1.2815515655446004, 0.9: 1.6448536269514722, 0.95: 1.959963984540054}[conf_level]
    effect = interval(estimate, estimate - z * std_err, estimate + z * std_err, conf_level)
    found = non_inferiority(effect, margin, worse="higher", std_err=std_err)
    if abs(effect.upper - margin) > 1e-9:
        assert found.met == (found.p_value < found.alpha)


def test_no_limits_no_verdict() -> None:
    found = non_inferiority(
        not_estimable("no event in either group", conf_level=0.95, method="x"), 1.3, worse="higher", scale="ratio"
    )
    assert found.met is None
    assert found.reason == "no event in either group"
    unknown = non_inferiority(interval(0.0, -0.1, math.nan), 0.2, worse="higher", std_err=math.nan)
    assert unknown.met is None
    assert math.isnan(unknown.p_value)
    both = equivalence(not_estimable("nobody", conf_level=0.95, method="x"), -0.1, 0.1)
    assert (both.met, both.reason) == (None, "nobody")


@pytest.mark.parametrize(
    ("margin", "worse", "scale", "words"),
    [
        (0.9, "higher", "ratio", "must lie above 1"),
        (0.05, "lower", "difference", "must lie below 0"),
        (-0.5, "lower", "ratio", "must lie above 0"),
        (math.nan, "higher", "ratio", "must lie above 1"),
    ],
)
def test_a_margin_on_the_wrong_side_is_refused(margin: float, worse: str, scale: str, words: str) -> None:
    with pytest.raises(EstimationError, match=words):
        non_inferiority(interval(1.0, 0.8, 1.3), margin, worse=worse, scale=scale)  # type: ignore[arg-type]


def test_schoenfeld_by_hand() -> None:
    """Half and half, ratio 2, 90 %: (1.959964 + 1.281552)^2 / (0.25 x 0.480453) = 87.48, so 88 events."""
    assert events_needed(2.0, 0.5, wanted_power=0.9) == 88
    # 32 of 317 patients, margin 1.33, true ratio 1: (2.801585)^2 / (0.090756 x 0.081325) = 1063.4.
    assert events_needed(1.0, 32 / 317, margin=1.33) == 1064
    # 125 events: se = 1 / sqrt(125 x 0.0907561) = 0.296898; exp(2.801585 x 0.296898) = 2.2974.
    assert detectable_hazard_ratio(125, 32 / 317) == pytest.approx(2.2974, abs=5e-5)
    assert log_hazard_ratio_std_err(100, 0.5) == pytest.approx(0.2)


def test_power_is_the_share_of_rejections() -> None:
    """Drawing the estimate from its normal distribution gives the power within four standard errors of the draw."""
    stream = np.random.Generator(np.random.PCG64(5))
    for ratio, events, share in ((1.3, 80, 0.4), (0.5, 60, 0.2), (1.0, 50, 0.5)):
        std_err = 1 / math.sqrt(events * share * (1 - share))
        drawn = stream.normal(math.log(ratio), std_err, 200_000)
        rejected = float(np.mean(np.abs(drawn) > 1.959963984540054 * std_err))
        assert abs(power(ratio, events, share) - rejected) < 4 * math.sqrt(0.25 / 200_000)


@given(events=st.floats(5, 5000), share=st.floats(0.02, 0.98), wanted=st.floats(0.3, 0.99))
def test_the_detectable_ratio_has_the_wanted_power(events: float, share: float, wanted: float) -> None:
    """But for rejections on the wrong side, which the formula leaves out."""
    ratio = detectable_hazard_ratio(events, share, wanted_power=wanted)
    assert wanted - 1e-9 <= power(ratio, events, share) <= wanted + 0.002


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_bad_power_questions_are_refused(bad: float) -> None:
    with pytest.raises(EstimationError):
        power(bad, 100, 0.5)
    with pytest.raises(EstimationError):
        power(1.2, bad, 0.5)
    with pytest.raises(EstimationError):
        power(1.2, 100, bad)
    with pytest.raises(EstimationError):
        events_needed(1.3, 0.5, margin=1.3)


def test_published_e_values() -> None:
    """VanderWeele and Ding 2017: 3.9 (1.8 to 8.7) has 7.26 and 3.0; 0.80 (0.71 to 0.91) has 1.81 and 1.43."""
    found = e_value(interval(3.9, 1.8, 8.7))
    assert (round(found.estimate, 2), round(found.limit, 2)) == (7.26, 3.0)
    found = e_value(interval(0.80, 0.71, 0.91))
    assert (round(found.estimate, 2), round(found.limit, 2)) == (1.81, 1.43)


def test_e_values_of_common_outcomes_by_hand() -> None:
    """Hazard ratio 4: (1 - 0.5^2) / (1 - 0.5^0.5) = 0.75 / 0.2928932 = 2.5606602; odds ratio 4: 2 + sqrt 2."""
    hazard = e_value(interval(4.0, 0.9, 9.0), measure="hazard ratio, common outcome")
    away = 2.5606601717798214
    assert hazard.estimate == pytest.approx(away + math.sqrt(away * (away - 1)), rel=1e-12)
    assert hazard.limit == 1.0
    odds = e_value(interval(4.0, 4.0, 9.0), measure="odds ratio, common outcome")
    assert odds.estimate == pytest.approx(2 + math.sqrt(2), rel=1e-12)


@given(ratio=st.floats(0.05, 20), measure=st.sampled_from(["risk ratio", "hazard ratio, common outcome"]))
def test_an_e_value_does_not_know_which_group_is_first(ratio: float, measure: str) -> None:
    here = e_value(interval(ratio, ratio, ratio), measure=measure)  # type: ignore[arg-type]
    there = e_value(interval(1 / ratio, 1 / ratio, 1 / ratio), measure=measure)  # type: ignore[arg-type]
    assert here.estimate == pytest.approx(there.estimate, rel=1e-9)
    assert here.estimate >= 1


def test_published_paired_differences() -> None:
    """Newcombe 1998, table II (36, 12, 2, 0); Fagerland et al. 2014, airway reactivity of 21 children (1, 1, 7, 12)."""
    found = newcombe_paired_difference(36, 12, 2, 0)
    assert [round(x, 4) for x in (found.estimate, found.lower, found.upper)] == [0.2, 0.0569, 0.3404]
    found = newcombe_paired_difference(1, 1, 7, 12)
    assert [round(x, 3) for x in (found.estimate, found.lower, found.upper)] == [-0.286, -0.507, -0.026]


@given(counts=st.lists(st.integers(0, 60), min_size=4, max_size=4).filter(lambda counts: sum(counts) > 0))
def test_exchanged_pairs_turn_the_sign(counts: list[int]) -> None:
    both, first, second, neither = counts
    here = newcombe_paired_difference(both, first, second, neither)
    there = newcombe_paired_difference(both, second, first, neither)
    assert -1 <= here.lower <= here.estimate <= here.upper <= 1
    assert here.lower == pytest.approx(-there.upper, abs=1e-12)


def test_no_pairs_and_no_counts() -> None:
    assert newcombe_paired_difference(0, 0, 0, 0).reason == "no pairs"
    with pytest.raises(EstimationError):
        newcombe_paired_difference(1, -1, 0, 3)
