"""A statistic of two weighted groups and its difference, treated less untreated, with limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.weighting.estimated_score import standard_errors
from atrisk.estimate.confidence_limits import ConfType, normal_quantile, pointwise_limits
from atrisk.estimate.wald import two_sided
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class WeightedGroups:
    """A statistic of the treated and the untreated (row 0 and 1) at M places: (2, M) each."""

    estimate: Floats
    std_err: Floats
    lower: Floats
    upper: Floats

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True, eq=False)
class WeightedDifference:
    """Differences treated less untreated at M places (M,), and the groups they are of.

    `std_err` knows that the score (and, where there are some, the models of the hazards) is estimated;
    `std_err_score_known` is what it were if these were known.
    `reasons` (M): why values are NaN, or empty.
    """

    groups: WeightedGroups
    estimate: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    p_value: Floats
    std_err_score_known: Floats
    reasons: tuple[str, ...]
    conf_level: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True, eq=False)
class GroupStatistic:
    """What an estimator hands on: estimates (2, M), the influence of each patient on them (2, n, M), reasons (M).

    `influence_score_known`: without the part of what was estimated before. `highest` bounds the statistic, whose limits
    in a group are on the `scale`.
    """

    estimate: Floats
    influence: Floats
    influence_score_known: Floats
    reasons: tuple[str, ...]
    highest: float
    scale: ConfType


def difference_of(statistic: GroupStatistic, *, cluster: Codes | None, conf_level: float) -> WeightedDifference:
    """Standard errors, limits and p of a statistic of two groups and of their difference.

    The groups share the score, and their errors are correlated through it: the variance of the difference is that of
    the difference of influences, not the sum of two variances. Limits: difference -/+ z se, cut to what is possible.
    Edges: where no patient moves a group's estimate (nobody, or everybody, had the event) nothing is known of its
    error, and there are no limits.
    """
    z = normal_quantile(conf_level)
    moved = np.any(statistic.influence != 0, axis=1) & ~np.isnan(statistic.estimate)
    std_errs = np.where(moved, [standard_errors(part, cluster) for part in statistic.influence], np.nan)
    both = np.all(moved, axis=0)
    full, plain = (
        np.where(both, standard_errors(parts[0] - parts[1], cluster), np.nan)
        for parts in (statistic.influence, statistic.influence_score_known)
    )
    estimate = statistic.estimate[0] - statistic.estimate[1]
    lower, upper = pointwise_limits(
        statistic.estimate / statistic.highest,
        std_errs / statistic.highest,
        conf_type=statistic.scale,
        conf_level=conf_level,
    )
    reasons = tuple(
        reason or ("" if known else "in a group nobody, or everybody, had the event: its error is not known")
        for reason, known in zip(statistic.reasons, both, strict=True)
    )
    return WeightedDifference(
        groups=WeightedGroups(statistic.estimate, std_errs, lower * statistic.highest, upper * statistic.highest),
        estimate=estimate,
        std_err=full,
        lower=np.maximum(estimate - z * full, -statistic.highest),
        upper=np.minimum(estimate + z * full, statistic.highest),
        p_value=two_sided(estimate / full),
        std_err_score_known=plain,
        reasons=reasons,
        conf_level=conf_level,
    )
