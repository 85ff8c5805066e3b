"""The comparison of restricted mean survival times by permutation, for groups too small for chi squared."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.log_rank_family.permutation_log_rank import PermutationTest, shuffled_labels
from atrisk.errors import EstimationError
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier
from atrisk.estimate.survival_curve.restricted_mean import restricted_mean
from atrisk.estimate.survival_curve.restricted_mean_replicates import AT_A_TIME, restricted_means
from atrisk.summary.event_counts import EventCounts
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "mergeable"

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

# Statistics that are equal in exact arithmetic differ in their last bits.
_TIE = 1e-9


def permutation_restricted_mean(
    counts: EventCounts, tau: float, *, seed: int, replicates: int = 10_000
) -> PermutationTest:
    """The k-sample test of equal restricted means up to tau, with a permutation p value.

    Definition: with the restricted mean m_g of each group and its variance v_g, Q = sum (m_g - m)^2 / v_g, m the mean
    of the m_g weighted by 1 / v_g; p = (1 + number of shuffles with Q at least the observed) / (1 + replicates).
    Dividing by each shuffle's own variances keeps the test right in large groups also where censoring differs.
    Source: Horiguchi and Uno 2020, Stat Med 39:2655; Ditzhaus, Yu and Xu 2023, Stat Med 42:2226 (studentised).
    Causes and strata are thrown together. A shuffle whose follow-up in a group ends before tau carries its last value
    on; one in which a group has no variance counts as at least as extreme. Shuffles as in `permutation_log_rank`.
    Edges: fewer than two groups, tau beyond the follow-up of a group, or a group without a variance: NaN with a reason.
    Raises EstimationError for delayed entry or fractional weights, a tau that is not finite and above 0, a negative
    seed and fewer than one replicate.
    """
    if counts.entries.any() or not np.array_equal(counts.exits, np.rint(counts.exits)):
        raise EstimationError("a permutation test needs whole patients who are followed from the start.")
    if seed < 0 or replicates < 1:
        raise EstimationError("a permutation test needs a seed of 0 or more and at least one replicate.")
    observed = [restricted_mean(curve, tau) for curve in kaplan_meier(counts)]
    reason = "fewer than two groups" if len(observed) < 2 else ""
    if not all(mean.estimable for mean in observed):
        reason = "tau lies beyond the follow-up of a group"
    elif not all(mean.std_err > 0 for mean in observed):
        reason = "in a group nobody has the event before tau"
    if reason:
        return PermutationTest(math.nan, math.nan, math.nan, 0, False, seed, reason)
    means = np.array([[mean.estimate] for mean in observed])
    statistic = float(_statistic(means, np.array([[mean.std_err**2] for mean in observed]))[0])
    reached = _reached(counts.over_strata().any_cause(), tau, statistic * (1 - _TIE), seed, replicates)
    p_value = (1 + reached) / (1 + replicates)
    return PermutationTest(statistic, p_value, math.sqrt(p_value * (1 - p_value) / replicates), replicates, False, seed)


def _reached(counts: EventCounts, tau: float, limit: float, seed: int, replicates: int) -> int:
    """How many shuffles have a statistic of at least the limit."""
    failing, leaving = (table.astype(np.int64) for table in (counts.events[0, 0], counts.exits[0]))
    groups, times = leaving.shape
    # Patients from the last time to the first, as in the log-rank test, those with the event before the others.
    cells = np.stack((failing, leaving - failing), axis=1)[:, :, ::-1].transpose(2, 1, 0).ravel()
    kind = np.repeat(np.arange(cells.size), cells)
    label, event = kind % groups, (kind // groups) % 2 == 0
    failed = np.cumsum(failing.sum(axis=0)[::-1])
    # The event times up to tau, the first of them first, as places from the last time on.
    at = np.flatnonzero((failing.sum(axis=0) > 0) & (counts.time <= tau))
    time, at = counts.time[at], times - 1 - at
    present = np.cumsum(leaving.sum(axis=0)[::-1])[at] - 1
    until, before = failed[at], (failed - failing.sum(axis=0)[::-1])[at]
    stream = np.random.PCG64(seed)
    reached = done = 0
    while done < replicates:
        size = min(replicates - done, max(1, AT_A_TIME // label.size))
        labels = shuffled_labels(label, stream, size)
        means, variances = np.empty((groups, size)), np.empty((groups, size))
        for group in range(groups):
            mine = labels == group
            at_risk = np.cumsum(mine, axis=0, dtype=np.float32)[present].astype(np.float64)
            so_far = np.zeros((int(failed[-1]) + 1, size), dtype=np.float32)
            np.cumsum(mine[event], axis=0, out=so_far[1:])
            events = (so_far[until] - so_far[before]).astype(np.float64)
            means[group], variances[group] = restricted_means(events, at_risk, time, tau)
        reached += int((_statistic(means, variances) >= limit).sum())
        done += size
    return reached


def _statistic(means: Floats, variances: Floats) -> Floats:
    """Q of groups' means and variances (G, R): (R,), infinite where a group has no variance."""
    without = np.any(variances <= 0, axis=0)
    weight = 1 / np.where(without, 1.0, variances)
    middle = (weight * means).sum(axis=0) / weight.sum(axis=0)
    return np.where(without, np.inf, (weight * (means - middle) ** 2).sum(axis=0))
