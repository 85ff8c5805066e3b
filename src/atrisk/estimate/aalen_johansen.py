"""Cumulative incidence under competing risks: the Aalen-Johansen estimator."""

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


@dataclass(frozen=True, slots=True, eq=False)
class IncidenceCurve:
    """The cumulative incidence of each cause in one group.

    Arrays over causes and times have shape (C, T), the others (T,); rows as in SurvivalCurve: one per time at
    which someone enters, has an event or is censored, `n_at_risk` counted just before it. `event_free` is the
    probability of no event of any cause.
    """

    time: Floats
    n_at_risk: Floats
    n_event: Floats
    n_censored: Floats
    event_free: Floats
    incidence: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    n: float
    last_time: float
    conf_type: ConfType
    conf_level: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True, eq=False)
class IncidenceLandmarks:
    """Cumulative incidence at M chosen times.

    Shapes: `estimate`, `std_err`, `lower`, `upper`, `n_event` (C, M); the others (M,). Columns with
    `estimable` false hold NaN.
    """

    time: Floats
    estimate: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    event_free: Floats
    n_at_risk: Floats
    n_event: Floats
    n_censored: Floats
    estimable: Flags

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def aalen_johansen(
    counts: EventCounts, *, conf_type: ConfType = "log", conf_level: float = 0.95
) -> tuple[IncidenceCurve, ...]:
    """The cumulative incidence of every cause in each group, strata thrown together.

    Definition: F_k(t) = sum_{s <= t} S(s-) d_k(s) / n(s), S the Kaplan-Meier curve of any event.
    Variance: the infinitesimal jackknife sum_i U_i(t)^2, with
    U_i(t) = sum_{s <= t} [S(s-) dM_ik(s) - (F_k(t) - F_k(s)) dM_i(s) / (1 - d/n)] / n(s),
    dM_ik(s) = 1{i has event k at s} - Y_i(s) d_k/n and dM_i its sum over causes. Without delayed entry the
    products over different times add up to 0 over the patients, and what is left follows from the counts:
    sum_s [S(s-)^2 p_k (1 - p_k) + (F_k(t) - F_k(s))^2 p / (1 - p) - 2 S(s-) (F_k(t) - F_k(s)) p_k] / n(s),
    p_k = d_k/n, p = d/n.
    Source: Aalen and Johansen 1978; Therneau, Crowson and Atkinson, vignette "compete" of R's survival;
    derivation in docs/methods/aalen_johansen.md.
    Edges: with delayed entry the same formula is Greenwood's (increments independent given the past), which
    differs from R's jackknife in the third digit or so. Limits are NaN while the incidence is 0, except plain.
    A group without patients gives an empty curve.
    Raises EstimationError for an unknown `conf_type`, a `conf_level` outside (0, 1), and sums of fractional
    weights, whose jackknife needs rows.
    """
    check_conf_type(conf_type)
    normal_quantile(conf_level)
    if not np.array_equal(counts.events, np.rint(counts.events)):
        raise EstimationError("cumulative incidence needs numbers of patients, not sums of fractional weights.")
    pooled = counts.over_strata()
    return tuple(
        _curve(pooled.of_groups(group), conf_type=conf_type, conf_level=conf_level)
        for group in range(counts.shape.n_groups)
    )


def cumulative_incidence_at(curve: IncidenceCurve, times: ArrayLike, *, extend: bool = False) -> IncidenceLandmarks:
    """Cumulative incidence, its limits and the counts at chosen times.

    Definition: the step functions F_k(t); `n_at_risk` just before t, events and censorings up to and with t.
    Edges: beyond the last follow-up time not estimable (NaN) unless nobody is left free of events;
    `extend=True` carries the last values on, as R does.
    Raises EstimationError for times that are not finite or negative.
    """
    chosen = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if not np.all(np.isfinite(chosen)) or np.any(chosen < 0):
        raise EstimationError("landmark times must be finite and not negative.")
    place = np.searchsorted(curve.time, chosen, side="right")
    next_row = np.searchsorted(curve.time, chosen, side="left")
    ended = bool(curve.event_free.size) and curve.event_free[-1] == 0.0
    known = (chosen <= curve.last_time) | ended
    if extend and curve.n > 0:
        known = np.ones(chosen.shape, dtype=bool)
    before = np.zeros((curve.incidence.shape[0], 1))
    no_limit = before if curve.conf_type == "plain" else np.full_like(before, np.nan)

    def at(values: Floats, start: Floats) -> Floats:
        return np.where(known, np.concatenate((start, values), axis=-1)[..., place], np.nan)

    return IncidenceLandmarks(
        time=chosen,
        estimate=at(curve.incidence, before),
        std_err=at(curve.std_err, before),
        lower=at(curve.lower, no_limit),
        upper=at(curve.upper, no_limit),
        event_free=at(curve.event_free, np.ones(1)),
        n_at_risk=np.concatenate((curve.n_at_risk, [0.0]))[next_row],
        n_event=np.concatenate((before, np.cumsum(curve.n_event, axis=1)), axis=1)[:, place],
        n_censored=np.concatenate(([0.0], np.cumsum(curve.n_censored)))[place],
        estimable=known,
    )


def _curve(counts: EventCounts, *, conf_type: ConfType, conf_level: float) -> IncidenceCurve:
    events = counts.events[:, 0, 0].astype(np.float64)
    lost = counts.censored[0, 0].astype(np.float64)
    n = counts.at_risk[0, 0].astype(np.float64)
    d = events.sum(axis=0)
    rows = (counts.entries[0, 0] > 0) | (d > 0) | (lost > 0)
    time, events, d, lost, n = counts.time[rows], events[:, rows], d[rows], lost[rows], n[rows]
    hazard = np.divide(events, n, out=np.zeros_like(events), where=d > 0)
    # d == n exactly where everybody fails: 1 - d/n must then be 0, not a rounding error of it.
    survivors = np.where((d > 0) & (d == n), 0.0, 1.0 - hazard.sum(axis=0))
    event_free = np.asarray(np.cumprod(survivors), dtype=np.float64)
    before = np.concatenate(([1.0], event_free))[:-1]
    incidence = np.asarray(np.cumsum(before * hazard, axis=1))
    std_err = np.sqrt(_variance(incidence, before, hazard, n, d))
    lower, upper = pointwise_limits(incidence, std_err, conf_type=conf_type, conf_level=conf_level)
    gone = time[(d > 0) | (lost > 0)]
    return IncidenceCurve(
        time=time,
        n_at_risk=n,
        n_event=events,
        n_censored=lost,
        event_free=event_free,
        incidence=incidence,
        std_err=std_err,
        lower=lower,
        upper=upper,
        n=float(counts.n[0, 0]),
        last_time=float(gone[-1]) if gone.size else float("nan"),
        conf_type=conf_type,
        conf_level=conf_level,
    )


def _variance(incidence: Floats, before: Floats, hazard: Floats, n: Floats, d: Floats) -> Floats:
    """The variance of F_k(t), the squares in F_k(t) - F_k(s) multiplied out so that running sums suffice."""
    spread = np.divide(d, n * (n - d), out=np.zeros_like(d), where=(d > 0) & (d < n))
    share = np.divide(before * hazard, n, out=np.zeros_like(hazard), where=d > 0)
    own = before * share * (1 - hazard)
    variance = np.cumsum(own + spread * incidence**2 + 2 * share * incidence, axis=1)
    variance += incidence**2 * np.cumsum(spread)
    variance -= 2 * incidence * np.cumsum(spread * incidence + share, axis=1)
    # A rounding error below 0 where the variance is 0.
    return np.maximum(variance, 0.0)
