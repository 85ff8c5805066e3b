"""The Kruskal-Wallis test: do the groups' values tend to be larger in one than in another?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.summary.execution import Execution
from atrisk.summary.value_counts import ValueCounts

EXECUTION: Final[Execution] = "mergeable"


@dataclass(frozen=True, slots=True)
class KruskalWallisTest:
    """The Kruskal-Wallis test; n counts the patients with a value, reason says why it is NaN, or is empty."""

    statistic: float
    df: int
    p_value: float
    n: int
    reason: str = ""


def midranks(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean rank of the patients at each value; counts: all groups together, shape (n_values,)."""
    return np.cumsum(counts) - (counts - 1) / 2.0


def kruskal_wallis(counts: ValueCounts) -> KruskalWallisTest:
    """Return the tie-corrected Kruskal-Wallis test of the groups.

    H = (n - 1) sum_g n_g (mean rank of g - (n + 1)/2)^2 / sum_i (rank_i - (n + 1)/2)^2 on groups - 1 degrees of
    freedom, with midranks: the usual H divided by its tie correction (Kruskal and Wallis 1952, J Am Stat Assoc
    47:583-621, eq. 1.3 and 1.4) without their cancellation; R's kruskal.test.
    Missing values and groups without values are left out; with fewer than two groups, or all values equal, the
    test is NaN with a reason.
    """
    used = counts.counts[counts.n > 0]
    pooled = used.sum(axis=0)
    n = int(pooled.sum())
    if len(used) < 2:
        return KruskalWallisTest(math.nan, 0, math.nan, n, "fewer than two groups have values")
    df = len(used) - 1
    from_middle = midranks(pooled) - (n + 1) / 2.0
    spread = float(pooled @ from_middle**2)
    if np.count_nonzero(pooled) < 2:
        return KruskalWallisTest(math.nan, df, math.nan, n, "all values are equal")
    from scipy.special import chdtrc

    rank_sums = used @ from_middle
    statistic = (n - 1) * float((rank_sums**2 / used.sum(axis=1)).sum()) / spread
    return KruskalWallisTest(statistic, df, float(chdtrc(df, statistic)), n)
