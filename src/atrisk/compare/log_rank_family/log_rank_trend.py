"""The log-rank test for trend over ordered groups."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from atrisk.compare.log_rank_family.log_rank import LogRankTest
from atrisk.errors import EstimationError
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "mergeable"


@dataclass(frozen=True, slots=True)
class TrendTest:
    """U = sum of score times (observed - expected), its variance, z = U / sqrt(V), z^2 on 1 df, two-sided p."""

    score: float
    variance: float
    z: float
    chi_squared: float
    df: int
    p_value: float


def log_rank_trend(test: LogRankTest, scores: ArrayLike | None = None) -> TrendTest:
    """The test for trend of any rank test, weighted or stratified, over groups that have an order.

    Definition: z = sum s_j (O_j - E_j) / sqrt(s' V s), s the scores of the groups (0, 1, 2, ... by default);
    positive where higher scores fail earlier. Source: Tarone 1975, Biometrika 62:679.
    Edges: a variance of 0 (no two groups with different scores at risk together) gives NaN with df 0.
    Raises EstimationError unless there is one finite score for each group, not all equal.
    """
    groups = test.difference.size
    given = np.arange(groups, dtype=np.float64) if scores is None else np.asarray(scores, dtype=np.float64)
    if given.shape != (groups,) or not np.all(np.isfinite(given)):
        raise EstimationError("a test for trend needs one finite score for each group.")
    if np.all(given == given[0]):
        raise EstimationError("a test for trend needs at least two different scores.")
    score, variance = float(given @ test.difference), float(given @ test.variance @ given)
    # Scores of groups that are never at risk together leave rounding, not a variance.
    if variance <= 1e-13 * float(np.abs(given) @ np.abs(test.variance) @ np.abs(given)):
        nan = float("nan")
        return TrendTest(score=score, variance=0.0, z=nan, chi_squared=nan, df=0, p_value=nan)
    z = score / math.sqrt(variance)
    return TrendTest(
        score=score, variance=variance, z=z, chi_squared=z * z, df=1, p_value=math.erfc(abs(z) / math.sqrt(2))
    )
