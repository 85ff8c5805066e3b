"""Cumulative incidence under competing risks: the Aalen-Johansen estimator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.competing_risks.incidence_jackknife import (
    ROUNDING,
    FollowedRows,
    IncidenceSteps,
    jackknife_variance,
)
from atrisk.estimate.confidence_limits import ConfType, check_conf_type, normal_quantile, pointwise_limits
from atrisk.summary.codes import codes
from atrisk.summary.event_counts import EventCounts, Shape, case_weights, entry_times, follow_up_times
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

# Of counts; `aalen_johansen_of_rows` (weights, clusters, the jackknife under delayed entry) needs rows.
EXECUTION: Final[Execution] = "mergeable"

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

_ROUNDING = 1e-14


@dataclass(frozen=True, slots=True, eq=False)
class CompetingRisksRows:
    """Follow-up of n patients, row by row; arrays have shape (n,).

    `time`: finite, not negative; `cause`: 0 = censored, 1..C; `group`: codes from 0; `entry`: at risk on
    (entry, time]; `weight`: not negative, rows with weight 0 count for nothing; `cluster`: equal numbers belong
    together. Times are compared exactly: pass fractional ones through `snap_times` first.
    Raises EstimationError for values outside these domains.
    """

    time: Floats
    cause: Codes
    group: Codes | None = None
    entry: Floats | None = None
    weight: Floats | None = None
    cluster: Codes | None = None

    def __post_init__(self) -> None:
        time = follow_up_times(self.time)
        given: dict[str, Any] = {"time": time, "cause": codes("cause", self.cause, time.size)}
        given["group"] = codes("group", self.group, time.size)
        given["entry"] = entry_times(self.entry, time)
        given["weight"] = case_weights(self.weight, time.size)
        if self.cluster is not None:
            if np.shape(self.cluster) != time.shape:
                raise EstimationError("'cluster' must have one value for each follow-up time.")
            given["cluster"] = np.unique(self.cluster, return_inverse=True)[1].reshape(-1)
        for name, value in given.items():
            object.__setattr__(self, name, value)
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True, eq=False)
class IncidenceCurve:
    """The cumulative incidence of each cause in one group.

    Arrays over causes and times have shape (C, T), the others (T,); rows as in SurvivalCurve: one per time at
    which someone enters, has an event or is censored, `n_at_risk` counted just before it. `event_free` is the
    probability of no event of any cause. Numbers are of patients; `weighted_at_risk` is the sum of their weights,
    the same without weights.
    """

    time: Floats
    n_at_risk: Floats
    n_event: Floats
    n_censored: Floats
    weighted_at_risk: Floats
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
    differs from the jackknife of `aalen_johansen_of_rows` in the third digit or so. Limits are NaN while the
    incidence is 0, except plain.
    A group without patients gives an empty curve.
    Raises EstimationError for an unknown `conf_type`, a `conf_level` outside (0, 1), and sums of fractional
    weights, whose jackknife needs rows (`aalen_johansen_of_rows`).
    """
    check_conf_type(conf_type)
    normal_quantile(conf_level)
    if not np.array_equal(counts.events, np.rint(counts.events)):
        raise EstimationError("cumulative incidence needs numbers of patients, not sums of fractional weights.")
    pooled = counts.over_strata()
    return tuple(
        _curve_of_counts(pooled.of_groups(group), conf_type=conf_type, conf_level=conf_level)
        for group in range(counts.shape.n_groups)
    )


def aalen_johansen_of_rows(
    rows: CompetingRisksRows, *, n_causes: int | None = None, conf_type: ConfType = "log", conf_level: float = 0.95
) -> tuple[IncidenceCurve, ...]:
    """The cumulative incidence of every cause in each group, from patients' rows.

    Definition: as `aalen_johansen`, with sums of weights in place of numbers of patients; the variance is the
    infinitesimal jackknife, sum over clusters of (sum of w_i U_i(t))^2, also under delayed entry.
    Source: as there; incidence_jackknife.py. `n_causes`: where the highest cause may be absent from the rows.
    Edges: rows with weight 0 are among the numbers of patients and count for nothing else; without any weight the
    incidence stays 0.
    Raises EstimationError for an unknown `conf_type` and a `conf_level` outside (0, 1).
    """
    check_conf_type(conf_type)
    normal_quantile(conf_level)
    highest = int(rows.cause.max(initial=1))
    shape = Shape(n_causes=max(highest, 1) if n_causes is None else n_causes)
    n_groups = int(rows.group.max(initial=0)) + 1 if rows.group is not None else 1
    return tuple(
        _curve_of_rows(_of_group(rows, group), shape, conf_type=conf_type, conf_level=conf_level)
        for group in range(n_groups)
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


def aalen_variance(curve: IncidenceCurve) -> Floats:
    """Aalen's variance of the cumulative incidence of each cause at the times of a curve: (C, T).

    Definition: sum over s <= t of S(s-)^2 [(1 - (F_k(t) - F_k(s))/S(s))^2 v_k + ((F_k(t) - F_k(s))/S(s))^2 v_o],
    v = d (n - d) / (n^2 (n - 1)) for the d events of cause k and of all others (1/n^2 for a single one), each as
    if it stood alone; a time at which nobody is left free of events adds S(s-)^2 v_k.
    Source: Aalen 1978, Ann Stat 6:534; as cmprsk::cuminc. Larger than the jackknife by about d/n where times tie.
    Raises EstimationError for a curve with weights or delayed entry.
    """
    n, events = curve.n_at_risk, curve.n_event
    gone = np.concatenate(([0.0], np.cumsum(events.sum(axis=0) + curve.n_censored)[:-1]))
    if not np.array_equal(curve.weighted_at_risk, n) or not np.array_equal(n, curve.n - gone):
        raise EstimationError("Aalen's variance is for patients without weights and without delayed entry.")
    after = curve.event_free
    before = np.concatenate(([1.0], after))[:-1]
    inverse = np.divide(1.0, after, out=np.zeros_like(after), where=after > 0)

    def spread(d: Floats) -> Floats:
        """Variance of the increment of the hazard, times S(s-)^2."""
        tied = np.divide(d - 1, n - 1, out=np.zeros_like(d), where=d > 1)
        return np.asarray(before**2 * np.divide(d * (1 - tied), n**2, out=np.zeros_like(d), where=n > 0))

    variance = np.empty_like(curve.incidence)
    for k, incidence in enumerate(curve.incidence):
        own = spread(events[k])
        other = np.where(after > 0, spread(events.sum(axis=0) - events[k]), 0.0)
        reach = 1 + inverse * incidence
        # The squares multiplied out, so that running sums suffice.
        constant = np.cumsum(own * reach**2 + other * (inverse * incidence) ** 2)
        linear = np.cumsum(own * inverse * reach + other * inverse**2 * incidence)
        squares = constant + incidence**2 * np.cumsum((own + other) * inverse**2)
        variance[k] = squares - 2 * incidence * linear
        variance[k][variance[k] <= ROUNDING * squares] = 0.0
    return variance


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """The counts of one group at the times at which someone enters, has an event or is censored.

    `counted_at_risk`, `counted_events` (T,): numbers of patients with a weight above 0.
    """

    time: Floats
    n_at_risk: Floats
    n_event: Floats
    n_censored: Floats
    weighted_at_risk: Floats
    weighted_events: Floats
    counted_at_risk: Floats
    counted_events: Floats
    n: float

    @classmethod
    def of(cls, counts: EventCounts, weighted: EventCounts, counted: EventCounts) -> _Table:
        """From tables of the same patients: their numbers, their weights, and those with a weight."""
        events = counts.events[:, 0, 0].astype(np.float64)
        lost, n = counts.censored[0, 0].astype(np.float64), counts.at_risk[0, 0].astype(np.float64)
        rows = (counts.entries[0, 0] > 0) | (events.sum(axis=0) > 0) | (lost > 0)
        return cls(
            time=counts.time[rows],
            n_at_risk=n[rows],
            n_event=events[:, rows],
            n_censored=lost[rows],
            weighted_at_risk=weighted.at_risk[0, 0].astype(np.float64)[rows],
            weighted_events=weighted.events[:, 0, 0].astype(np.float64)[:, rows],
            counted_at_risk=counted.at_risk[0, 0].astype(np.float64)[rows],
            counted_events=counted.events[:, 0, 0].sum(axis=0).astype(np.float64)[rows],
            n=float(counts.n[0, 0]),
        )

    def steps(self) -> IncidenceSteps:
        """The curve's steps."""
        # Whether someone fails, and whether everybody does, is told from whole numbers: 1 - d/n must then be 0, and
        # sums of weights that should cancel leave rounding errors behind.
        failing = self.counted_events > 0
        at_risk = np.where(self.counted_at_risk > 0, self.weighted_at_risk, 0.0)
        hazard = np.divide(self.weighted_events, at_risk, out=np.zeros_like(self.n_event), where=failing)
        everybody = failing & (self.counted_events == self.counted_at_risk)
        survivors = np.where(everybody, 0.0, 1.0 - hazard.sum(axis=0))
        before = np.concatenate(([1.0], np.cumprod(survivors)))[:-1]
        return IncidenceSteps(
            incidence=np.asarray(np.cumsum(before * hazard, axis=1)),
            hazard=hazard,
            before=before,
            survivors=survivors,
            at_risk=at_risk,
        )


def _curve_of_counts(counts: EventCounts, *, conf_type: ConfType, conf_level: float) -> IncidenceCurve:
    table = _Table.of(counts, counts, counts)
    steps = table.steps()
    variance = _variance(steps.incidence, steps.before, steps.hazard, table.n_at_risk, table.n_event.sum(axis=0))
    return _curve(table, steps, variance, conf_type=conf_type, conf_level=conf_level)


def _curve_of_rows(rows: CompetingRisksRows, shape: Shape, *, conf_type: ConfType, conf_level: float) -> IncidenceCurve:
    n = rows.time.size
    weight = np.ones(n) if rows.weight is None else rows.weight

    def counted(weights: Floats | None) -> EventCounts:
        return EventCounts.of(rows.time, rows.cause, entry=rows.entry, weight=weights, shape=shape)

    table = _Table.of(counted(None), counted(weight), counted((weight > 0).astype(np.float64)))
    steps, heavy = table.steps(), weight > 0
    first = np.zeros(n, dtype=np.int64)
    if rows.entry is not None:
        first = np.searchsorted(table.time, rows.entry, side="right").astype(np.int64, copy=False)
    followed = FollowedRows(
        first=first[heavy],
        last=np.searchsorted(table.time, rows.time)[heavy],
        cause=rows.cause[heavy],
        weight=weight[heavy],
        cluster=None if rows.cluster is None else rows.cluster[heavy],
    )
    return _curve(table, steps, jackknife_variance(steps, followed), conf_type=conf_type, conf_level=conf_level)


def _of_group(rows: CompetingRisksRows, group: int) -> CompetingRisksRows:
    mine = np.ones(rows.time.size, dtype=bool) if rows.group is None else rows.group == group
    return CompetingRisksRows(
        time=rows.time[mine],
        cause=rows.cause[mine],
        entry=None if rows.entry is None else rows.entry[mine],
        weight=None if rows.weight is None else rows.weight[mine],
        cluster=None if rows.cluster is None else rows.cluster[mine],
    )


def _curve(
    table: _Table, steps: IncidenceSteps, variance: Floats, *, conf_type: ConfType, conf_level: float
) -> IncidenceCurve:
    std_err = np.sqrt(variance)
    # Summed steps end a rounding error from 1, where there are no limits.
    incidence = np.where(np.abs(steps.incidence - 1.0) < _ROUNDING, 1.0, steps.incidence)
    lower, upper = pointwise_limits(incidence, std_err, conf_type=conf_type, conf_level=conf_level)
    gone = table.time[(table.n_event.sum(axis=0) > 0) | (table.n_censored > 0)]
    return IncidenceCurve(
        time=table.time,
        n_at_risk=table.n_at_risk,
        n_event=table.n_event,
        n_censored=table.n_censored,
        weighted_at_risk=table.weighted_at_risk,
        event_free=steps.before * steps.survivors,
        incidence=incidence,
        std_err=std_err,
        lower=lower,
        upper=upper,
        n=table.n,
        last_time=float(gone[-1]) if gone.size else float("nan"),
        conf_type=conf_type,
        conf_level=conf_level,
    )


def _variance(incidence: Floats, before: Floats, hazard: Floats, n: Floats, d: Floats) -> Floats:
    """The variance of F_k(t), the squares in F_k(t) - F_k(s) multiplied out so that running sums suffice."""
    spread = np.divide(d, n * (n - d), out=np.zeros_like(d), where=(d > 0) & (d < n))
    share = np.divide(before * hazard, n, out=np.zeros_like(hazard), where=d > 0)
    own = before * share * (1 - hazard)
    squares = np.cumsum(own + spread * incidence**2 + 2 * share * incidence, axis=1)
    squares += incidence**2 * np.cumsum(spread)
    variance = squares - 2 * incidence * np.cumsum(spread * incidence + share, axis=1)
    return np.where(variance > ROUNDING * squares, variance, 0.0)
