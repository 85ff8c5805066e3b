"""The difference of two weighted risks of an outcome without follow-up."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.compare.weighting.estimated_score import group_influences
from atrisk.compare.weighting.score_weights import ScoreWeights
from atrisk.compare.weighting.weighted_difference import GroupStatistic, WeightedDifference, difference_of
from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.regression_sample import finite_numbers
from atrisk.summary.codes import codes
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]


def weighted_risk_difference(
    outcome: ArrayLike, weights: ScoreWeights, *, cluster: ArrayLike | None = None, conf_level: float = 0.95
) -> WeightedDifference:
    """The weighted risks of the treated and the untreated, and their difference: M = 1.

    Definition: p_g = sum w y / sum w over group g (Hajek's ratio: the weights need not sum to the patients); the
    derivative by a patient's weight is (y - p_g) / sum w. Limits of the risks on the logit scale.
    Source: Lunceford and Davidian 2004, Stat Med 23:2937-60.
    `outcome` (n,): 0 or 1; `cluster` (n,): codes from 0.
    Edges: a risk of 0 or 1 has no error, and the difference then no limits. Raises EstimationError for other outcomes
    and unequal lengths.
    """
    y = finite_numbers("the outcome", outcome)
    if y.shape != weights.weight.shape or np.any((y != 0) & (y != 1)):
        raise EstimationError("the outcome must be 0 or 1, one for each patient with a weight.")
    estimate, by_weight = np.empty((2, 1)), np.zeros((2, y.size, 1))
    for group, mine in enumerate((weights.treated, ~weights.treated)):
        w = weights.weight[mine]
        # A share of 0 or 1 exactly, which a quotient of sums may miss by rounding.
        risk = float(y[mine][0]) if np.ptp(y[mine]) == 0 else float(w @ y[mine] / w.sum())
        estimate[group] = risk
        by_weight[group, mine, 0] = (y[mine] - risk) / w.sum()
    influence, plain = group_influences(weights, by_weight)
    statistic = GroupStatistic(estimate, influence, plain, ("",), highest=1.0, scale="logit")
    of_clusters = None if cluster is None else codes("cluster", cluster, y.size)
    return difference_of(statistic, cluster=of_clusters, conf_level=conf_level)
