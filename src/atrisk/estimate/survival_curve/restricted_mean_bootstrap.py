"""Restricted mean survival time by bootstrap."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier
from atrisk.estimate.survival_curve.restricted_mean import restricted_mean
from atrisk.estimate.survival_curve.restricted_mean_replicates import AT_A_TIME, restricted_means
from atrisk.summary.event_counts import EventCounts
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "mergeable"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RestrictedMeanBootstrap:
    """Bootstrap replicates (R,) of a restricted mean, of a difference or of a ratio, with percentile limits.

    `std_err` is the standard deviation of the replicates. `reason` says why the values are NaN.
    """

    estimate: float
    std_err: float
    lower: float
    upper: float
    replicates: Floats
    tau: float
    conf_level: float
    seed: int
    reason: str = ""

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def bootstrap_restricted_mean(
    counts: EventCounts, tau: float, *, seed: int, replicates: int = 10_000, conf_level: float = 0.95
) -> tuple[RestrictedMeanBootstrap, ...]:
    """The restricted mean of each group up to tau, by resampling its patients.

    Definition: as many patients as the group has are drawn from it with replacement, time and event together; the
    limits are the quantiles (1 - level)/2 and (1 + level)/2 of the replicates' restricted means (R's type 7).
    Source: Efron 1981, J Am Stat Assoc 76:312; Efron and Tibshirani 1993, section 13.3.
    Strata and causes are thrown together. Patients are drawn by the raw 64-bit numbers of PCG64, the groups in order
    from one stream, so that a seed means the same under every version of NumPy. A replicate whose follow-up ends
    before tau carries its last value on.
    Edges: a group whose own restricted mean is not estimable up to tau has NaN and no replicates, with a reason.
    Raises EstimationError for delayed entry or fractional weights, a tau that is not finite and above 0, a negative
    seed, fewer than two replicates, and a level outside (0, 1).
    """
    normal_quantile(conf_level)
    if counts.entries.any() or not np.array_equal(counts.exits, np.rint(counts.exits)):
        raise EstimationError("a bootstrap of counts needs whole patients who are followed from the start.")
    if seed < 0 or replicates < 2:
        raise EstimationError("a bootstrap needs a seed of 0 or more and at least two replicates.")
    stream = np.random.PCG64(seed)
    pooled = counts.over_strata().any_cause()
    results = []
    for group, curve in enumerate(kaplan_meier(counts)):
        observed = restricted_mean(curve, tau)
        values = np.empty(0)
        if observed.estimable:
            parts = _replicates(pooled.of_groups(group), tau, stream, replicates)
            values = np.concatenate(list(parts))
        results.append(_summary(observed.estimate, values, tau, conf_level, seed))
    return tuple(results)


def bootstrap_difference(first: RestrictedMeanBootstrap, second: RestrictedMeanBootstrap) -> RestrictedMeanBootstrap:
    """The difference of two groups' restricted means, first minus second, replicate by replicate.

    Raises EstimationError unless both come from one call of `bootstrap_restricted_mean`. NaN where either is.
    """
    if (first.tau, first.conf_level, first.seed) != (second.tau, second.conf_level, second.seed):
        raise EstimationError("bootstraps compare only up to one tau, at one level and from one seed.")
    if not first.replicates.size or not second.replicates.size:
        return _summary(math.nan, np.empty(0), first.tau, first.conf_level, first.seed)
    if first.replicates.size != second.replicates.size:
        raise EstimationError("bootstraps compare only with equally many replicates.")
    difference = first.replicates - second.replicates
    return _summary(first.estimate - second.estimate, difference, first.tau, first.conf_level, first.seed)


def _replicates(counts: EventCounts, tau: float, stream: np.random.PCG64, replicates: int) -> Iterator[Floats]:
    """Restricted means of resamples of one group, some at a time."""
    failing, lost = counts.events[0, 0, 0].astype(np.int64), counts.censored[0, 0].astype(np.int64)
    there = np.flatnonzero(failing + lost > 0)
    time, failing, lost = counts.time[there], failing[there], lost[there]
    # A patient is 2 * time, plus 1 with an event.
    kinds = np.repeat(np.arange(2 * time.size), np.column_stack((lost, failing)).ravel())
    done = 0
    while done < replicates:
        size = min(replicates - done, max(1, AT_A_TIME // kinds.size))
        drawn = stream.random_raw(size * kinds.size) % np.uint64(kinds.size)
        cell = kinds[drawn.astype(np.int64)] * size
        cell += np.tile(np.arange(size), kinds.size)
        table = np.bincount(cell, minlength=2 * time.size * size).reshape(time.size, 2, size).astype(np.float64)
        at_risk = np.cumsum(table.sum(axis=1)[::-1], axis=0)[::-1]
        yield restricted_means(table[:, 1], at_risk, time, tau)[0]
        done += size


def _summary(estimate: float, values: Floats, tau: float, conf_level: float, seed: int) -> RestrictedMeanBootstrap:
    if not values.size:
        nan, reason = math.nan, "tau lies beyond the follow-up of a group"
        return RestrictedMeanBootstrap(nan, nan, nan, nan, values, tau, conf_level, seed, reason)
    tail = (1 - conf_level) / 2
    lower, upper = np.quantile(values, (tail, 1 - tail))
    return RestrictedMeanBootstrap(
        estimate, float(values.std(ddof=1)), float(lower), float(upper), values, tau, conf_level, seed
    )
