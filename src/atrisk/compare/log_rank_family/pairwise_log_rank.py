"""Rank tests of every pair of groups, with p values adjusted for their number."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.log_rank_family.log_rank import LogRankTest, weighted_log_rank
from atrisk.compare.log_rank_family.rank_weight import LOG_RANK, RankWeight
from atrisk.compare.multiplicity import Method, adjust
from atrisk.summary.event_counts import EventCounts
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "mergeable"


@dataclass(frozen=True, slots=True, eq=False)
class PairwiseTests:
    """The tests of the pairs (0, 1), (0, 2), (1, 2), ... of groups; arrays have one value a pair."""

    pairs: tuple[tuple[int, int], ...]
    tests: tuple[LogRankTest, ...]
    p_value: NDArray[np.float64]
    p_adjusted: NDArray[np.float64]
    adjustment: Method

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def pairwise_log_rank(
    counts: EventCounts, *, weight: RankWeight = LOG_RANK, adjustment: Method = "holm"
) -> PairwiseTests:
    """The rank test of every pair of groups, the others left out, stratified where the counts are.

    Definition: `weighted_log_rank` of two groups at a time; weights that need a pooled curve pool these two.
    `adjustment`: holm, benjamini-hochberg, bonferroni or none (see `multiplicity.adjust`); a pair that cannot be
    tested keeps NaN and does not count. Errors as in `log_rank`.
    """
    pairs = tuple(itertools.combinations(range(counts.shape.n_groups), 2))
    tests = tuple(weighted_log_rank(counts.of_groups(*pair), weight) for pair in pairs)
    p_value = np.array([test.p_value for test in tests], dtype=np.float64)
    return PairwiseTests(
        pairs=pairs, tests=tests, p_value=p_value, p_adjusted=adjust(p_value, adjustment), adjustment=adjustment
    )
