"""The Hodges-Lehmann shift between two groups, with the limits that belong to the rank-sum test."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.interval import Interval, not_estimable
from atrisk.compare.location.wilcoxon import ways_of_rank_sums
from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import normal_quantile, require_conf_level
from atrisk.summary.execution import Execution
from atrisk.summary.value_counts import ValueCounts

EXECUTION: Final[Execution] = "mergeable"

EXACT = "Hodges-Lehmann, exact limits"
APPROXIMATE = "Hodges-Lehmann, limits by the normal approximation"
# Pairs of distinct values that may be listed: some 200 MB of differences, counts and their order.
MOST_PAIRS = 10_000_000


def hodges_lehmann(
    counts: ValueCounts, *, first: int = 0, second: int = 1, conf_level: float = 0.95, exact: bool = True
) -> Interval:
    """Return the median of all differences of a value of group `first` minus one of group `second`.

    Exact limits (R's wilcox.test(exact = TRUE, conf.int = TRUE)): the q-th smallest and the q-th largest difference,
    q the smallest number with P(W <= q) >= (1 - conf_level) / 2 under the exact distribution of W, at least 1
    (Bauer 1972, J Am Stat Assoc 67:687). In small groups no limits reach the level: these are then the extremes.
    Otherwise the shifts d at which the test of X - d against Y with the normal approximation, continuity corrected,
    crosses its quantile z: the q-th smallest and largest difference, q the smallest whole number not below
    (n1 n2 - 1) / 2 - z s and at least 1, s^2 = n1 n2 / 12 ((n + 1) - sum (t^3 - t) / (n (n - 1))) over the ties t
    within each group, since at nearly every d no value of one group meets one of the other (the root that R's
    wilcox.test(exact = FALSE, conf.int = TRUE) seeks to 1e-4, to the last digit).
    Unit: that of the values. Edges: a group without values, tied values with `exact` (the exact distribution does not
    apply) and more than ten million pairs of distinct values: NaN limits, or none at all, with a reason.
    Raises EstimationError for a group that is not there.
    """
    require_conf_level(conf_level)
    method = EXACT if exact else APPROXIMATE
    groups = len(counts.missing)
    if not (0 <= first < groups and 0 <= second < groups) or first == second:
        raise EstimationError("the shift needs two different groups of the counts")
    ones, twos = counts.counts[first], counts.counts[second]
    n1, n2 = int(ones.sum()), int(twos.sum())
    if n1 == 0 or n2 == 0:
        return not_estimable("a group has no values", conf_level=conf_level, method=method)
    if np.count_nonzero(ones) * np.count_nonzero(twos) > MOST_PAIRS:
        return not_estimable("too many pairs of values to list", conf_level=conf_level, method=method)
    differences = _Differences.of(counts.values, ones, twos)
    estimate = (differences.smallest((n1 * n2 + 1) // 2) + differences.smallest(n1 * n2 // 2 + 1)) / 2.0
    if not exact:
        place = _approximate_place(ones, twos, conf_level)
    elif bool((ones + twos > 1).any()):
        reason = "tied values: the exact distribution does not apply"
        return Interval(estimate, math.nan, math.nan, conf_level, method, reason)
    else:
        place = _exact_place(n1, n2, conf_level)
    return Interval(
        estimate, differences.smallest(place), differences.smallest(n1 * n2 + 1 - place), conf_level, method
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Differences:
    """All differences between two groups: distinct ones in order, and how many pairs lie at or below each."""

    ordered: NDArray[np.float64]
    reached: NDArray[np.int64]

    @classmethod
    def of(cls, values: NDArray[np.float64], ones: NDArray[np.int64], twos: NDArray[np.int64]) -> _Differences:
        one, two = np.flatnonzero(ones), np.flatnonzero(twos)
        listed = (values[one][:, None] - values[two][None, :]).ravel()
        order = np.argsort(listed, kind="stable")
        return cls(listed[order], np.cumsum((ones[one][:, None] * twos[two][None, :]).ravel()[order]))

    def smallest(self, place: int) -> float:
        """The difference at a place, counted from 1."""
        return float(self.ordered[np.searchsorted(self.reached, place)])


def _exact_place(n1: int, n2: int, conf_level: float) -> int:
    ways, tail = ways_of_rank_sums(n1, n2), (1.0 - conf_level) / 2.0
    target, total, place = tail * math.comb(n1 + n2, n1), 0, -1
    while total < target:
        place += 1
        total += ways[place]
    return max(place, 1)


def _approximate_place(ones: NDArray[np.int64], twos: NDArray[np.int64], conf_level: float) -> int:
    n1, n2 = int(ones.sum()), int(twos.sum())
    n = n1 + n2
    ties = sum(float((own.astype(np.float64) ** 3 - own).sum()) for own in (ones, twos))
    deviation = math.sqrt(max(0.0, n1 * n2 / 12.0 * ((n + 1) - ties / (n * (n - 1.0)))))
    return max(math.ceil((n1 * n2 - 1) / 2.0 - normal_quantile(conf_level) * deviation), 1)
