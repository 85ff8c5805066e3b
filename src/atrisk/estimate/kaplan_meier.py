"""Kaplan-Meier curves, survival at landmark times, quantiles, and the reverse curve of follow-up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import ConfType, check_conf_type, normal_quantile, pointwise_limits
from atrisk.summary.event_counts import EventCounts
from atrisk.summary.frozen_arrays import make_arrays_read_only

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# R calls a survival probability equal to 1 - p within this distance when it looks for a quantile.
_PLATEAU = float(np.sqrt(np.finfo(np.float64).eps))


@dataclass(frozen=True, slots=True, eq=False)
class SurvivalCurve:
    """The Kaplan-Meier estimate of one group: one row per time at which someone enters, fails or is censored.

    Arrays have shape (T,). `n_at_risk` is counted just before the time, so that the number at risk at any t is
    that of the next row. `std_err` is the standard error of `survival`, `std_err_cumulative_hazard` that of the
    Nelson-Aalen `cumulative_hazard`. `last_time` is the longest follow-up, NaN without patients.
    """

    time: Floats
    n_at_risk: Floats
    n_event: Floats
    n_censored: Floats
    survival: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    cumulative_hazard: Floats
    std_err_cumulative_hazard: Floats
    n: float
    last_time: float
    conf_type: ConfType
    conf_level: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """Survival at chosen times; arrays have the shape of `time`. Rows with `estimable` false hold NaN."""

    time: Floats
    estimate: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    n_at_risk: Floats
    n_event: Floats
    n_censored: Floats
    estimable: Flags

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True)
class Quantile:
    """The time by which a share `probability` has had the event; NaN where the curve or limit stays above."""

    probability: float
    estimate: float
    lower: float
    upper: float


def kaplan_meier(
    counts: EventCounts, *, conf_type: ConfType = "log", conf_level: float = 0.95
) -> tuple[SurvivalCurve, ...]:
    """The Kaplan-Meier curve of each group, strata and causes thrown together.

    Definition: S(t) = prod_{s <= t} (1 - d(s) / n(s)), d events among n at risk just before s.
    Variance: S(t)^2 sum_{s <= t} d / (n (n - d)).
    Source: Kaplan and Meier 1958, eq. 2b; Greenwood 1926 (Kalbfleisch and Prentice 2002, eq. 1.13).
    Edges: a stratum or a cause alone: `counts.of_stratum(i)`, `counts.of_cause(k)`. Once S = 0 its standard
    error and limits are NaN and S stays 0, also when delayed entries refill the risk set. A group without
    patients gives an empty curve. With weights, Greenwood's formula takes the weighted counts.
    Raises EstimationError for an unknown `conf_type` or a `conf_level` outside (0, 1).
    """
    check_conf_type(conf_type)
    normal_quantile(conf_level)
    pooled = counts.over_strata().any_cause()
    return tuple(
        _curve(pooled.of_groups(group), conf_type=conf_type, conf_level=conf_level)
        for group in range(counts.shape.n_groups)
    )


def reverse_kaplan_meier(
    counts: EventCounts, *, conf_type: ConfType = "log", conf_level: float = 0.95
) -> tuple[SurvivalCurve, ...]:
    """The curve of follow-up of each group: the time to censoring, with events as its censorings.

    Definition: Kaplan-Meier of the table with events and censorings exchanged; its median is the median
    follow-up had nobody had the event.
    Source: Schemper and Smith 1996, Control Clin Trials 17:343. Ties as in R's `Surv(time, status == 0)`:
    censorings then come before events at the same time.
    """
    return kaplan_meier(counts.reversed(), conf_type=conf_type, conf_level=conf_level)


def survival_at(curve: SurvivalCurve, times: ArrayLike, *, extend: bool = False) -> Landmarks:
    """Survival, its limits and the counts at chosen times.

    Definition: the step function S(t); `n_at_risk` just before t, `n_event` and `n_censored` up to and with t.
    Edges: beyond the last follow-up time S is not estimable unless it has reached 0: the row holds NaN and
    `estimable` is false. `extend=True` carries the last value on as R's `summary(fit, times=, extend=TRUE)`
    does. Before the first row S = 1 and both limits are 1.
    Raises EstimationError for times that are not finite or negative.
    """
    chosen = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if not np.all(np.isfinite(chosen)) or np.any(chosen < 0):
        raise EstimationError("landmark times must be finite and not negative.")
    place = np.searchsorted(curve.time, chosen, side="right")
    next_row = np.searchsorted(curve.time, chosen, side="left")
    ended = bool(curve.survival.size) and curve.survival[-1] == 0.0
    known = (chosen <= curve.last_time) | ended
    if extend and curve.n > 0:
        known = np.ones(chosen.shape, dtype=bool)

    def at(values: Floats, start: float) -> Floats:
        return np.where(known, np.concatenate(([start], values))[place], np.nan)

    return Landmarks(
        time=chosen,
        estimate=at(curve.survival, 1.0),
        std_err=at(curve.std_err, 0.0),
        lower=at(curve.lower, 1.0),
        upper=at(curve.upper, 1.0),
        n_at_risk=np.concatenate((curve.n_at_risk, [0.0]))[next_row],
        n_event=np.concatenate(([0.0], np.cumsum(curve.n_event)))[place],
        n_censored=np.concatenate(([0.0], np.cumsum(curve.n_censored)))[place],
        estimable=known,
    )


def quantile(curve: SurvivalCurve, probability: float = 0.5) -> Quantile:
    """The time by which a share p has had the event, with limits from the pointwise limits.

    Definition: the first time with S(t) <= 1 - p; where S equals 1 - p on a flat, the middle of that flat (to
    the last time if it never ends). The limits invert the curves of the limits in the same way.
    Source: Brookmeyer and Crowley 1982; conventions of R's quantile.survfit.
    Edges: NaN where the curve (or limit) does not come down to 1 - p.
    Raises EstimationError for a probability outside (0, 1).
    """
    if not 0 < probability < 1:
        raise EstimationError("the probability of a quantile must lie between 0 and 1.")
    left = curve.n_event + curve.n_censored > 0
    time = curve.time[left]
    target = 1.0 - probability
    return Quantile(
        probability=probability,
        estimate=_first_at_or_below(time, curve.survival[left], target),
        lower=_first_at_or_below(time, curve.lower[left], target),
        upper=_first_at_or_below(time, curve.upper[left], target),
    )


def _first_at_or_below(time: Floats, values: Floats, target: float) -> float:
    known = ~np.isnan(values)
    reached = np.flatnonzero(known & (values <= target + _PLATEAU))
    if reached.size == 0:
        return float("nan")
    first = reached[0]
    if abs(values[first] - target) > _PLATEAU:
        return float(time[first])
    # R joins the flat to its end: the next drop, or the last time at which the curve is known.
    dropped = np.flatnonzero(known & (values < target - _PLATEAU))
    end = dropped[0] if dropped.size else np.flatnonzero(known)[-1]
    return float((time[first] + time[end]) / 2)


def _curve(counts: EventCounts, *, conf_type: ConfType, conf_level: float) -> SurvivalCurve:
    entries = counts.entries[0, 0].astype(np.float64)
    d = counts.events[0, 0, 0].astype(np.float64)
    lost = counts.censored[0, 0].astype(np.float64)
    n = counts.at_risk[0, 0].astype(np.float64)
    rows = (entries > 0) | (d > 0) | (lost > 0)
    time, d, lost, n = counts.time[rows], d[rows], lost[rows], n[rows]
    failed = d > 0
    hazard = np.divide(d, n, out=np.zeros_like(d), where=failed)
    # Weighted sums leave n - d a rounding error above 0 where everybody at risk fails.
    everyone = failed & (n - d <= 1e-12 * n)
    survival = np.asarray(np.cumprod(np.where(everyone, 0.0, 1.0 - hazard)), dtype=np.float64)
    step = np.divide(d, n * (n - d), out=np.zeros_like(d), where=failed & ~everyone)
    std_err = np.where(survival > 0, survival * np.sqrt(np.cumsum(step)), np.nan)
    lower, upper = pointwise_limits(survival, std_err, conf_type=conf_type, conf_level=conf_level)
    variance = np.divide(hazard, n, out=np.zeros_like(d), where=failed)
    gone = time[(d > 0) | (lost > 0)]
    return SurvivalCurve(
        time=time,
        n_at_risk=n,
        n_event=d,
        n_censored=lost,
        survival=survival,
        std_err=std_err,
        lower=lower,
        upper=upper,
        cumulative_hazard=np.cumsum(hazard),
        std_err_cumulative_hazard=np.sqrt(np.cumsum(variance)),
        n=float(counts.n[0, 0]),
        last_time=float(gone[-1]) if gone.size else float("nan"),
        conf_type=conf_type,
        conf_level=conf_level,
    )
