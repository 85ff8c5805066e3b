"""A statistic of two weighted groups and its difference, treated less untreated, with limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.weighting.estimated_score import covariance, influence_with_score, influence_without_score
from atrisk.compare.weighting.score_weights import ScoreWeights
from atrisk.estimate.confidence_limits import ConfType, normal_quantile, pointwise_limits
from atrisk.estimate.wald import two_sided
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class WeightedGroups:
    """A statistic of the treated and the untreated (row 0 and 1) at M places, from 0 to `highest`: (2, M) each."""

    estimate: Floats
    std_err: Floats
    lower: Floats
    upper: Floats

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True, eq=False)
class WeightedDifference:
    """Differences treated less untreated at M places (M,), and the groups they are of.

    `std_err` knows that the score is estimated; `std_err_score_known` is what it were if the weights were known.
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
    """What an estimator hands on: estimates (2, M), their derivatives by each patient's weight (2, n, M), reasons.

    A patient moves only the own group's estimate: the other's derivatives are 0. `highest` bounds the statistic.
    """

    estimate: Floats
    by_weight: Floats
    reasons: tuple[str, ...]
    highest: float
    scale: ConfType


def difference_of(
    statistic: GroupStatistic, weights: ScoreWeights, *, cluster: Codes | None, conf_level: float
) -> WeightedDifference:
    """Standard errors, limits and p of a statistic of two groups and of their difference.

    The groups share the score, and their errors are correlated through it: the variance of the difference is that of
    the difference of influences, not the sum of two variances. Limits: difference -/+ z se, cut to what is possible;
    those of the groups on the statistic's `scale`.
    Edges: where no patient's weight moves a group's estimate (nobody, or everybody, had the event) nothing is known of
    its error, and there are no limits.
    """
    z = normal_quantile(conf_level)
    by_group = [_std_err(influence_with_score(weights, part), cluster) for part in statistic.by_weight]
    moved = np.any(statistic.by_weight != 0, axis=1)
    known = ~np.isnan(statistic.estimate)
    std_errs = np.where(moved & known, np.stack(by_group), np.nan)
    gap = statistic.by_weight[0] - statistic.by_weight[1]
    both = np.all(moved & known, axis=0)
    std_err = np.where(both, _std_err(influence_with_score(weights, gap), cluster), np.nan)
    plain = np.where(both, _std_err(influence_without_score(weights, gap), cluster), np.nan)
    estimate = statistic.estimate[0] - statistic.estimate[1]
    share = statistic.estimate / statistic.highest
    lower, upper = pointwise_limits(
        share, std_errs / statistic.highest, conf_type=statistic.scale, conf_level=conf_level
    )
    reasons = tuple(
        reason or ("" if known_here else "in a group nobody, or everybody, had the event: its error is not known")
        for reason, known_here in zip(statistic.reasons, both, strict=True)
    )
    return WeightedDifference(
        groups=WeightedGroups(statistic.estimate, std_errs, lower * statistic.highest, upper * statistic.highest),
        estimate=estimate,
        std_err=std_err,
        lower=np.maximum(estimate - z * std_err, -statistic.highest),
        upper=np.minimum(estimate + z * std_err, statistic.highest),
        p_value=two_sided(estimate / std_err),
        std_err_score_known=plain,
        reasons=reasons,
        conf_level=conf_level,
    )


def _std_err(influence: Floats, cluster: Codes | None) -> Floats:
    return np.asarray(np.sqrt(np.diag(covariance(influence, cluster))))
