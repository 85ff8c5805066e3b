"""Weighted Kaplan-Meier survival and restricted means of two groups, and their differences."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.compare.weighting.estimated_score import group_influences
from atrisk.compare.weighting.score_weights import ScoreWeights, require_rows
from atrisk.compare.weighting.weighted_difference import GroupStatistic, WeightedDifference, difference_of
from atrisk.estimate.confidence_limits import ConfType
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.estimate.survival_curve.kaplan_meier import SurvivalCurve, survival_at
from atrisk.estimate.survival_curve.restricted_mean import restricted_mean
from atrisk.estimate.survival_curve.survival_curves import survival_curves
from atrisk.estimate.survival_curve.weight_derivative import restricted_mean_by_weight, survival_by_weight
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_BEYOND = "lies beyond the follow-up of a group"


def weighted_survival(
    rows: FollowUpRows,
    weights: ScoreWeights,
    time: ArrayLike,
    *,
    conf_type: ConfType = "log-log",
    conf_level: float = 0.95,
) -> WeightedDifference:
    """The weighted survival of the treated and the untreated at M times, and its difference.

    Definition: S_g(t) = prod (1 - d_g / n_g), d and n sums of weights; variance from the influences of
    `influence_with_score`.
    Source: Cole and Hernan 2004, Comput Methods Programs Biomed 75:45-9; Xie and Liu 2005, Stat Med 24:3089-110 (the
    curve); Lunceford and Davidian 2004 (the score's part).
    `rows`: one a patient, in the order of the weights, without weights of their own; their groups are not looked at.
    Clusters count over both groups. Edges: beyond the follow-up of a group nothing is carried forward.
    Raises EstimationError for other rows, negative times, unknown `conf_type`, a level outside (0, 1).
    """
    parts, curves = _curves(rows, weights)
    there = [survival_at(curve, time) for curve in curves]
    at = there[0].time
    by_weight = np.zeros((2, rows.time.size, at.size))
    for group, (part, curve) in enumerate(zip(parts, curves, strict=True)):
        by_weight[group, _of(weights, group)] = survival_by_weight(part, curve, at)
    known = there[0].estimable & there[1].estimable
    influence, plain = group_influences(weights, by_weight)
    statistic = GroupStatistic(
        estimate=np.stack([one.estimate for one in there]),
        influence=influence,
        influence_score_known=plain,
        reasons=tuple("" if here else f"the time {_BEYOND}" for here in known),
        highest=1.0,
        scale=conf_type,
    )
    return difference_of(statistic, cluster=rows.cluster, conf_level=conf_level)


def weighted_restricted_mean(
    rows: FollowUpRows, weights: ScoreWeights, tau: float, *, conf_level: float = 0.95
) -> WeightedDifference:
    """The weighted restricted mean survival up to tau of the treated and the untreated, and its difference: M = 1.

    Definition: the areas under the curves of `weighted_survival`, in the unit of the times; normal limits.
    Source: Conner et al. 2019, Stat Med 38:3832-60 (the estimator; here the score's error is in the variance).
    Edges and errors as there; a tau beyond the follow-up of a group, its curve above 0, is not estimable.
    """
    parts, curves = _curves(rows, weights)
    means = [restricted_mean(curve, tau) for curve in curves]
    by_weight = np.zeros((2, rows.time.size, 1))
    for group, (part, curve) in enumerate(zip(parts, curves, strict=True)):
        by_weight[group, _of(weights, group)] = restricted_mean_by_weight(part, curve, tau)
    known = means[0].estimable and means[1].estimable
    influence, plain = group_influences(weights, by_weight)
    statistic = GroupStatistic(
        estimate=np.array([[mean.estimate] for mean in means]),
        influence=influence,
        influence_score_known=plain,
        reasons=("" if known else f"tau {_BEYOND}",),
        highest=tau,
        scale="plain",
    )
    return difference_of(statistic, cluster=rows.cluster, conf_level=conf_level)


def _curves(rows: FollowUpRows, weights: ScoreWeights) -> tuple[list[FollowUpRows], list[SurvivalCurve]]:
    """The rows and the curve of the treated, then of the untreated."""
    require_rows(rows, weights)
    weighted = FollowUpRows(
        time=rows.time,
        event=rows.event,
        group=np.where(weights.treated, 0, 1),
        entry=rows.entry,
        weight=weights.weight,
        cluster=None,
    )
    parts = [weighted.of_group(group) for group in (0, 1)]
    return parts, [survival_curves(part, robust=False)[0] for part in parts]


def _of(weights: ScoreWeights, group: int) -> Flags:
    return weights.treated if group == 0 else ~weights.treated
