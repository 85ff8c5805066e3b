"""Delta-adjusted contrasts, the search for the tipping point, and bounds by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from atrisk.compare.delta_adjusted import (
    censoring_bounds,
    delta_adjusted_hazard_ratio,
    delta_adjusted_survival_difference,
    tipping_point,
)
from atrisk.compare.interval import Interval, not_estimable
from atrisk.errors import EstimationError
from atrisk.estimate.imputation.censored_outcome import AfterCensoring, impute_after_censoring
from atrisk.estimate.imputation.pooled_model import pool_contrasts
from atrisk.estimate.proportional_hazards.cox import cox
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows


def cohort(n: int = 300) -> tuple[FollowUpRows, AfterCensoring]:
    source = np.random.Generator(np.random.PCG64(3))
    group = source.integers(0, 3, n)
    time, lost = source.exponential(60.0, n), source.uniform(5, 120, n)
    rows = FollowUpRows.of(np.ceil(np.minimum(time, lost)), (time <= lost).astype(int), group=group)
    return rows, AfterCensoring(group == 2, 90.0, 4, m=10)


def test_the_hazard_ratio_is_that_of_the_imputed_data_pooled() -> None:
    """One model of all groups with another reference: the contrast and its variance do not depend on it."""
    rows, assumed = cohort()
    assumed = replace(assumed, delta=0.8)
    imputed = impute_after_censoring(rows, assumed)
    fits = [
        cox(CoxSample(time, event > 0, np.column_stack((rows.group == 1, rows.group == 2)).astype(float)))
        for time, event in zip(imputed.time, imputed.event, strict=True)
    ]
    expected = pool_contrasts([fit.coef for fit in fits], [fit.covariance for fit in fits], contrasts=[-1.0, 1.0])
    found = delta_adjusted_hazard_ratio(rows, assumed, contrast=(2, 1))
    assert (found.estimate, found.lower, found.upper) == pytest.approx(
        tuple(float(np.exp(value[0])) for value in (expected.estimate, expected.lower, expected.upper)), rel=1e-8
    )
    turned = delta_adjusted_hazard_ratio(rows, assumed, contrast=(1, 2))
    assert turned.estimate == pytest.approx(1 / found.estimate, rel=1e-8)


def test_a_higher_delta_worsens_the_group_and_stays_within_the_bounds() -> None:
    rows, assumed = cohort()
    ratios, differences = [], []
    for delta in (-1.0, 0.0, 1.0, 2.0):
        moved = replace(assumed, delta=delta)
        ratios.append(delta_adjusted_hazard_ratio(rows, moved, contrast=(2, 0)).estimate)
        differences.append(delta_adjusted_survival_difference(rows, moved, contrast=(2, 0), at=60.0).estimate)
    assert ratios == sorted(ratios)
    assert differences == sorted(differences, reverse=True)
    lowest, highest = censoring_bounds(rows, assumed.moved, contrast=(2, 0), at=60.0)
    assert lowest.estimate[0] <= differences[-1]
    assert differences[0] <= highest.estimate[0]


def test_covariates_impute_and_adjust() -> None:
    rows, assumed = cohort()
    x = np.random.Generator(np.random.PCG64(8)).normal(size=(rows.time.size, 1))
    found = delta_adjusted_hazard_ratio(rows, assumed, contrast=(2, 0), covariates=x)
    assert found.lower < found.estimate < found.upper


def test_what_cannot_be_estimated_is_said() -> None:
    rows = FollowUpRows.of([1.0, 2.0, 3.0, 4.0], [0, 0, 1, 0], group=[0, 0, 1, 1])
    assumed = AfterCensoring(np.zeros(4, dtype=bool), 5.0, 1, m=2)
    found = delta_adjusted_hazard_ratio(rows, assumed, contrast=(1, 0))
    assert math.isnan(found.estimate)
    assert "no finite" in found.reason
    assert "ends before" in delta_adjusted_survival_difference(rows, assumed, contrast=(1, 0), at=4.0).reason


def test_bounds_by_hand() -> None:
    """Four a group; by 3 one of each has died. First: one lost at 2; second: two lost at 1.

    Lowest: the first's dies too, 2 of 4 left; the second's live on, 3 of 4. Highest: 3 of 4 against 1 of 4.
    """
    rows = FollowUpRows.of([1, 2, 3, 4, 1, 1, 3, 4], [1, 0, 0, 0, 0, 0, 1, 0], group=[0] * 4 + [1] * 4)
    lowest, highest = censoring_bounds(rows, np.ones(8, dtype=bool), contrast=(0, 1), at=3.0)
    assert lowest.estimate == pytest.approx([0.5 - 0.75], rel=1e-12)
    assert highest.estimate == pytest.approx([0.75 - 0.25], rel=1e-12)
    # Only the second group's lost ones are moved: the first is 3/4 by Kaplan-Meier.
    one, other = censoring_bounds(rows, np.repeat([False, True], 4), contrast=(0, 1), at=3.0)
    assert (one.estimate[0], other.estimate[0]) == pytest.approx((0.75 - 0.75, 0.75 - 0.25), abs=1e-12)


def effect_of(slope: float) -> Callable[[float], Interval]:
    """0.8 exp(slope delta), limits a factor 1.1 away: the upper one passes 1 at log(1 / 0.88) / slope."""

    def effect(delta: float) -> Interval:
        middle = 0.8 * math.exp(slope * delta)
        return Interval(middle, middle / 1.1, middle * 1.1, 0.95, "by hand")

    return effect


def test_the_turning_point_by_hand() -> None:
    found = tipping_point(effect_of(0.5), [0, 0.2, 0.4, 2.0], concluded=lambda limits: limits.upper < 1, tolerance=1e-6)
    truth = math.log(1 / 0.88) / 0.5
    assert found.holds == (True, True, False, False)
    assert found.turning is not None
    assert found.turning[0] <= truth <= found.turning[1]
    assert found.turning[1] - found.turning[0] <= 1e-6


def test_downwards_and_without_a_turning_point() -> None:
    def below(limits: Interval) -> bool:
        return limits.upper < 1

    down = tipping_point(effect_of(-0.5), [0, -1.0], concluded=below)
    assert down.turning is not None
    assert down.turning[0] > down.turning[1]
    assert (
        tipping_point(effect_of(-0.5), [0, 1.0], concluded=below).reason
        == "the conclusion holds at all deltas looked at"
    )
    assert "as the analysis stands" in tipping_point(effect_of(0.5), [1.0, 2.0], concluded=below).reason

    def nothing(delta: float) -> Interval:
        return effect_of(0.5)(0.0) if delta == 0 else not_estimable("none", conf_level=0.95, method="none")

    gone = tipping_point(nothing, [0, 1.0], concluded=below)
    assert gone.holds == (True, None)
    assert "cannot be estimated" in gone.reason


@pytest.mark.parametrize(("deltas", "words"), [([], "finite deltas"), ([0, 1, 0.5], "one direction")])
def test_bad_deltas_are_refused(deltas: list[float], words: str) -> None:
    with pytest.raises(EstimationError, match=words):
        tipping_point(effect_of(1.0), deltas, concluded=lambda limits: True)


def test_bad_contrasts_are_refused() -> None:
    rows, assumed = cohort()
    for contrast in ((1, 1), (0, 5)):
        with pytest.raises(EstimationError, match="two different groups"):
            delta_adjusted_hazard_ratio(rows, assumed, contrast=contrast)
    with pytest.raises(EstimationError, match="at least two"):
        delta_adjusted_hazard_ratio(rows, replace(assumed, m=1), contrast=(0, 1))
    with pytest.raises(EstimationError, match="beyond the end"):
        delta_adjusted_survival_difference(rows, assumed, contrast=(0, 1), at=91.0)
    with pytest.raises(EstimationError, match="true or false"):
        censoring_bounds(rows, np.ones(3), contrast=(0, 1), at=1.0)
