"""The Hodges-Lehmann shift between two groups, with the limits that belong to the exact rank-sum test."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from atrisk.compare.interval import Interval, not_estimable, require_conf_level
from atrisk.compare.location.wilcoxon import ways_of_rank_sums
from atrisk.errors import EstimationError
from atrisk.summary.execution import Execution
from atrisk.summary.value_counts import ValueCounts

EXECUTION: Final[Execution] = "mergeable"

METHOD = "Hodges-Lehmann, exact limits"
# Pairs of patients that may be listed: 80 MB of differences.
MOST_PAIRS = 10_000_000


def hodges_lehmann(counts: ValueCounts, *, first: int = 0, second: int = 1, conf_level: float = 0.95) -> Interval:
    """Return the median of all differences of a value of group `first` minus one of group `second`.

    Limits (R's wilcox.test(exact = TRUE, conf.int = TRUE)): the q-th smallest and the q-th largest difference, q
    the smallest number with P(W <= q) >= (1 - conf_level) / 2 under the exact distribution of W, at least 1
    (Bauer 1972, J Am Stat Assoc 67:687). In small groups no limits reach the level: these are then the extremes.
    Unit: that of the values. Edges: a group without values, tied values (the exact distribution does not apply)
    and more than ten million pairs: NaN limits, or none at all, with a reason.
    Raises EstimationError for a group that is not there.
    """
    require_conf_level(conf_level)
    groups = len(counts.missing)
    if not (0 <= first < groups and 0 <= second < groups) or first == second:
        raise EstimationError("the shift needs two different groups of the counts")
    ones, twos = counts.counts[first], counts.counts[second]
    n1, n2 = int(ones.sum()), int(twos.sum())
    if n1 == 0 or n2 == 0:
        return not_estimable("a group has no values", conf_level=conf_level, method=METHOD)
    if n1 * n2 > MOST_PAIRS:
        return not_estimable("too many pairs of patients to list", conf_level=conf_level, method=METHOD)
    one, other = np.repeat(counts.values, ones), np.repeat(counts.values, twos)
    differences = np.sort((one[:, None] - other[None, :]).ravel())
    estimate = float(np.median(differences))
    if bool((ones + twos > 1).any()):
        reason = "tied values: the exact distribution does not apply"
        return Interval(estimate, math.nan, math.nan, conf_level, METHOD, reason)
    ways, tail = ways_of_rank_sums(n1, n2), (1.0 - conf_level) / 2.0
    target, total, place = tail * math.comb(n1 + n2, n1), 0, -1
    while total < target:
        place += 1
        total += ways[place]
    place = max(place, 1)
    return Interval(estimate, float(differences[place - 1]), float(differences[-place]), conf_level, METHOD)
