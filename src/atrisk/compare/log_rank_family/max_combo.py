"""The MaxCombo test: the strongest of several weighted log-rank tests, with a p value that knows of the choice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.log_rank_family.joint_normal_tail import any_beyond
from atrisk.compare.log_rank_family.log_rank import event_times
from atrisk.compare.log_rank_family.rank_weight import LOG_RANK, RankWeight
from atrisk.errors import EstimationError
from atrisk.summary.event_counts import EventCounts
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]

EXECUTION: Final[Execution] = "mergeable"

FOUR_WEIGHTS: Final = (
    LOG_RANK,
    RankWeight("fleming-harrington", gamma=1),
    RankWeight("fleming-harrington", rho=1, gamma=1),
    RankWeight("fleming-harrington", rho=1),
)


@dataclass(frozen=True, slots=True, eq=False)
class MaxComboTest:
    """The tests of two groups with K weights: z (K,), their correlation (K, K), max |z| and its two-sided p value.

    z is positive where the first group has more events than expected. A weight that gives no variance has z NaN
    and does not count; without any, `statistic` and `p_value` are NaN. `strongest` is the place of the weight with
    the largest |z|, -1 without any.
    """

    weights: tuple[RankWeight, ...]
    z: Floats
    correlation: Floats
    statistic: float
    strongest: int
    p_value: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def max_combo(counts: EventCounts, *, weights: Sequence[RankWeight] = FOUR_WEIGHTS) -> MaxComboTest:
    """The MaxCombo test of two groups, summed over strata.

    Definition: z_k = U_k / sqrt(V_kk), U_k the weighted sum of d_1 - d n_1 / n and
    V_kl = sum w_k w_l (n_1/n) (1 - n_1/n) d (n - d) / (n - 1); p = P(max |Z_k| > max |z_k|) for normal Z with the
    correlation of V. By default the Fleming-Harrington weights (0,0), (0,1), (1,1) and (1,0).
    Source: Karrison 2016, Stata J 16:678; Lin et al. 2020, Stat Biopharm Res 12:187.
    Edges: all causes count as one; for two of several groups `counts.of_groups(i, j)`.
    Raises EstimationError unless there are two groups, one to four weights, and counts of patients.
    """
    if counts.shape.n_groups != 2:
        raise EstimationError("the MaxCombo test compares two groups: choose them with of_groups.")
    if not 1 <= len(weights) <= 4:
        raise EstimationError("the MaxCombo test combines one to four weights.")
    if not np.array_equal(counts.events, np.rint(counts.events)):
        raise EstimationError("the MaxCombo test needs numbers of patients, not sums of fractional weights.")
    score, covariance = _scores(counts, weights)
    deviation = np.sqrt(np.diag(covariance))
    used = np.flatnonzero(deviation > 0)
    z = np.full(len(weights), np.nan)
    z[used] = score[used] / deviation[used]
    correlation = np.full(covariance.shape, np.nan)
    correlation[np.ix_(used, used)] = covariance[np.ix_(used, used)] / np.outer(deviation[used], deviation[used])
    statistic, strongest, p_value = math.nan, -1, math.nan
    if used.size:
        strongest = int(used[np.argmax(np.abs(z[used]))])
        statistic = float(abs(z[strongest]))
        p_value = any_beyond(correlation[np.ix_(used, used)], statistic)
    return MaxComboTest(
        weights=tuple(weights),
        z=z,
        correlation=correlation,
        statistic=statistic,
        strongest=strongest,
        p_value=p_value,
    )


def _scores(counts: EventCounts, weights: Sequence[RankWeight]) -> tuple[Floats, Floats]:
    """The weighted differences of the first group (K,), and their covariance (K, K), over all strata."""
    one_cause = counts.any_cause()
    score, covariance = np.zeros(len(weights)), np.zeros((len(weights), len(weights)))
    for stratum in range(counts.shape.n_strata):
        events, at_risk = event_times(one_cause.of_stratum(stratum))
        d, n = events.sum(axis=0), at_risk.sum(axis=0)
        share = at_risk[0] / n
        spread = share * (1 - share) * d * np.divide(n - d, n - 1, out=np.zeros_like(d), where=n > 1)
        w = np.array([weight.at(d, n) for weight in weights])
        score += w @ (events[0] - d * share)
        covariance += (w * spread) @ w.T
    return score, covariance
