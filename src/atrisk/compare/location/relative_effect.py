"""How often a value of one group exceeds one of another: the estimate that belongs to the rank-sum test."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from atrisk.compare.interval import Interval, not_estimable
from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.summary.execution import Execution
from atrisk.summary.value_counts import ValueCounts

EXECUTION: Final[Execution] = "mergeable"

METHOD = "placements, logit limits"


def relative_effect(counts: ValueCounts, *, first: int = 0, second: int = 1, conf_level: float = 0.95) -> Interval:
    """Return P(X > Y) + P(X = Y) / 2 for X of group `first` and Y of group `second`, ties counting one half.

    The estimate is W / (n1 n2), W the rank-sum statistic: one half means that neither group tends to the larger
    values. The placement of a value is the share of the other group below it, ties one half; the variance is
    s1^2 / n1 + s2^2 / n2 with s^2 the sample variances of the placements (Sen 1967; DeLong, DeLong and Clarke-Pearson
    1988, Biometrics 44:837-45; Brunner and Munzel 2000, Biom J 42:17-25, which allows unequal spreads and ties), the
    limits theta -/+ z se / (theta (1 - theta)) on the scale of log(theta / (1 - theta)), so that they stay within 0
    and 1. Missing values are left out.
    Edges: a group without values: NaN; fewer than two values in a group, or no overlap or no spread of placements (a
    variance of 0): the estimate alone, with a reason. Raises EstimationError for a group that is not there or a level
    outside (0, 1).
    """
    z = normal_quantile(conf_level)
    groups = len(counts.missing)
    if not (0 <= first < groups and 0 <= second < groups) or first == second:
        raise EstimationError("the relative effect needs two different groups of the counts")
    ones, twos = (counts.counts[group].astype(np.float64) for group in (first, second))
    n1, n2 = float(ones.sum()), float(twos.sum())
    if n1 == 0 or n2 == 0:
        return not_estimable("a group has no values", conf_level=conf_level, method=METHOD)
    below_twos = (np.cumsum(twos) - twos / 2.0) / n2
    below_ones = (np.cumsum(ones) - ones / 2.0) / n1
    theta = float(ones @ below_twos) / n1
    if min(n1, n2) < 2:
        reason = "a group of one value has no variance"
        return Interval(theta, math.nan, math.nan, conf_level, METHOD, reason)
    # The mean placement of the second group is 1 - theta.
    spread_one = float(ones @ (below_twos - theta) ** 2) / (n1 - 1.0)
    spread_two = float(twos @ (below_ones - (1.0 - theta)) ** 2) / (n2 - 1.0)
    variance = spread_one / n1 + spread_two / n2
    if variance <= 0.0 or not 0.0 < theta < 1.0:
        reason = "the placements do not vary: the limits cannot be estimated"
        return Interval(theta, math.nan, math.nan, conf_level, METHOD, reason)
    centre, width = math.log(theta / (1.0 - theta)), z * math.sqrt(variance) / (theta * (1.0 - theta))
    lower, upper = (1.0 / (1.0 + math.exp(-(centre + side * width))) for side in (-1.0, 1.0))
    return Interval(theta, lower, upper, conf_level, METHOD)
