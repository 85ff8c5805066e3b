"""The Wilcoxon (Mann-Whitney) rank-sum test of two independent groups."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.location.kruskal_wallis import midranks
from atrisk.errors import EstimationError
from atrisk.summary.execution import Execution
from atrisk.summary.value_counts import ValueCounts

EXECUTION: Final[Execution] = "mergeable"

# R's wilcox.test counts exactly below this number of patients in both groups, when no values are tied.
EXACT_BELOW = 50


@dataclass(frozen=True, slots=True)
class RankSumTest:
    """The rank-sum test.

    statistic: the number of pairs in which the first group's value is the larger, ties counting one half (R's W).
    p_value: two-sided. exact: whether it was counted. reason: why it is NaN, or empty.
    """

    statistic: float
    p_value: float
    exact: bool
    reason: str = ""


def rank_sum(
    counts: ValueCounts,
    *,
    first: int = 0,
    second: int = 1,
    exact: bool | None = None,
    continuity_correction: bool = True,
) -> RankSumTest:
    """Return the two-sided rank-sum test of group `first` against group `second` (R's wilcox.test).

    Exact: the distribution of W over all divisions of the ranks, twice the smaller tail; only without ties. With
    exact = None it is used where R uses it (both groups below 50, no ties). Else the normal approximation
    z = (W - n1 n2 / 2 -+ 1/2) / s, s^2 = n1 n2 / 12 ((n + 1) - sum (t^3 - t) / (n (n - 1))) over ties of t.
    Missing values are left out. An empty group, all values equal, or an exact test with ties: NaN with a reason.
    Raises EstimationError for a group that is not there.
    """
    ones, twos = _two_groups(counts, first, second)
    n1, n2 = int(ones.sum()), int(twos.sum())
    if n1 == 0 or n2 == 0:
        return RankSumTest(math.nan, math.nan, False, "a group has no values")
    pooled = ones + twos
    n = n1 + n2
    statistic = float(ones @ midranks(pooled)) - n1 * (n1 + 1) / 2.0
    tied = bool((pooled > 1).any())
    if exact is None:
        exact = not tied and n1 < EXACT_BELOW and n2 < EXACT_BELOW
    if exact:
        if tied:
            return RankSumTest(statistic, math.nan, True, "tied values: the exact distribution does not apply")
        return RankSumTest(statistic, _exact_p_value(int(statistic), n1, n2), True)
    if np.count_nonzero(pooled) < 2:
        return RankSumTest(statistic, math.nan, False, "all values are equal")
    from scipy.special import ndtr

    ties = float((pooled.astype(np.float64) ** 3 - pooled).sum())
    deviation = statistic - n1 * n2 / 2.0
    correction = math.copysign(0.5, deviation) if continuity_correction and deviation != 0.0 else 0.0
    z = (deviation - correction) / math.sqrt(n1 * n2 / 12.0 * ((n + 1) - ties / (n * (n - 1.0))))
    return RankSumTest(statistic, 2.0 * float(min(ndtr(z), ndtr(-z))), False)


def conditional_rank_sum_p_value(counts: ValueCounts, *, first: int = 0, second: int = 1) -> float:
    """Return the exact two-sided p value of the rank sum given the ties: over all divisions of the midranks.

    The probability of a rank sum at least as far from its mean as the observed one (R's
    exactRankTests::wilcox.exact); without ties that of `rank_sum(exact=True)`. The distribution is built by adding
    one patient at a time (the shift algorithm of Streitberg and Roehmel 1986, Stat Softw Newsl 12:10-7) with a
    table of n1 times twice the sum of all ranks.
    NaN for a group without values and above a thousand patients, whose divisions are too many for a float64.
    Raises EstimationError for a group that is not there.
    """
    ones, twos = _two_groups(counts, first, second)
    n1, n = int(ones.sum()), int(ones.sum() + twos.sum())
    if n1 in (0, n) or n > 1000:
        return math.nan
    # Midranks are whole numbers of halves.
    doubled = np.rint(2 * midranks(ones + twos)).astype(np.int64)
    scores = np.repeat(doubled, ones + twos)
    ways = np.zeros((n1 + 1, int(np.sort(scores)[n - n1 :].sum()) + 1))
    # ways[k, s]: in how many ways k of the patients so far have the doubled rank sum s.
    ways[0, 0] = 1.0
    for score in scores:
        ways[1:, score:] += ways[:-1, : ways.shape[1] - score].copy()
    mean = n1 * (n + 1)
    away = np.abs(np.arange(ways.shape[1]) - mean)
    return min(1.0, float(ways[n1, away >= abs(int(ones @ doubled) - mean)].sum() / ways[n1].sum()))


def _two_groups(counts: ValueCounts, first: int, second: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if not (0 <= first < len(counts.missing) and 0 <= second < len(counts.missing)) or first == second:
        raise EstimationError("the rank-sum test needs two different groups of the counts")
    return counts.counts[first], counts.counts[second]


def _exact_p_value(statistic: int, n1: int, n2: int) -> float:
    """Return twice the smaller tail of W, counted in whole numbers of any size."""
    ways = ways_of_rank_sums(n1, n2)
    # W is symmetric about n1 n2 / 2: the tail beyond the observed value is the tail below its mirror image.
    nearer_end = min(statistic, n1 * n2 - statistic)
    return min(1.0, 2 * sum(ways[: nearer_end + 1]) / math.comb(n1 + n2, n1))


def ways_of_rank_sums(n1: int, n2: int) -> list[int]:
    """Return the number of divisions of n1 + n2 ranks with W = 0, 1, ..., n1 n2.

    The coefficients of the Gaussian binomial, product over i of (1 - q^(n2 + i)) / (1 - q^i).
    """
    top = n1 * n2
    ways = [1] + [0] * top
    for i in range(1, n1 + 1):
        for w in range(top, n2 + i - 1, -1):
            ways[w] -= ways[w - n2 - i]
        for w in range(i, top + 1):
            ways[w] += ways[w - i]
    return ways
