"""Events of censored patients imputed under a hazard that differs from that of the patients still followed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.proportional_hazards.baseline_hazard import baseline_hazard
from atrisk.estimate.proportional_hazards.cox import cox
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.estimate.random_stream import Stream, streams
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier
from atrisk.summary.event_counts import EventCounts
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class AfterCensoring:
    """What is assumed of patients after they are censored.

    `moved` (n,): whose time after censoring is imputed (those lost to follow-up in one group, say); the others stay
    censored. `until`: to which time, in the unit of the follow-up. `delta`: logarithm of their hazard relative to that
    of the patients of their group still followed; 0: as if censoring were independent. `seed`, `m`: of the data sets.
    """

    moved: Flags
    until: float
    seed: int
    delta: float = 0.0
    m: int = 20

    def __post_init__(self) -> None:
        moved = np.asarray(self.moved)
        if moved.ndim != 1 or moved.dtype != np.bool_:
            raise EstimationError("who is imputed after censoring must be true or false for each patient.")
        if not (math.isfinite(self.until) and self.until > 0) or not math.isfinite(self.delta):
            raise EstimationError("the end of imputed follow-up must be above 0, and the delta finite.")
        if isinstance(self.m, bool) or self.m != int(self.m) or self.m < 1:
            raise EstimationError("the number of imputed data sets must be a whole number from 1.")
        object.__setattr__(self, "moved", moved)
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True, eq=False)
class ImputedFollowUp:
    """Follow-up (m, n) of m data sets, and whether (1) it ends with the event; `n_imputed` (m,): imputed events."""

    time: Floats
    event: Codes
    n_imputed: Codes

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def impute_after_censoring(
    rows: FollowUpRows, assumed: AfterCensoring, *, covariates: ArrayLike | None = None
) -> ImputedFollowUp:
    """Events and follow-up after censoring, m times, under a hazard exp(delta) times that of those still followed.

    Definition: for each data set the patients of each group are drawn anew with replacement, and S* is the Kaplan-Meier
    curve of the group's draw, or, with `covariates` (n, p), that of a Cox model of the draw with a baseline hazard of
    its own for each group (Breslow). A patient censored at c has the event at the first t > c at which
    (S*(t) / S*(c))^exp(delta) <= U, U uniform, if t <= until; else follow-up ends without it at `until`, or where that
    of the draw ends, whichever is first, but not before c. The redrawing stands for what is not known of the curve.
    Source: Taylor, Murray and Hsu 2002, Stat Probab Lett 58:221 (Kaplan-Meier imputation); Jackson et al. 2014, Stat
    Med 33:4681 (delta on the log hazard, Cox); Lipkovich, Ratitch and O'Kelly 2016, Pharm Stat 15:216.
    Draws and U do not depend on delta: imputed times fall as delta rises, data set by data set.
    Edges: who has had the event, is followed to `until`, or is not to be moved, stays as observed. Where nobody of the
    draw was followed beyond c the patient stays censored at c. Delayed entry is allowed.
    Raises EstimationError for weights, unequal lengths, and a Cox model of a draw without finite coefficients.
    """
    n = rows.time.size
    if rows.weight is not None or rows.cluster is not None:
        raise EstimationError("events after censoring are imputed for patients without weights and clusters.")
    if assumed.moved.shape != (n,):
        raise EstimationError("who is imputed after censoring must be said of every patient.")
    x = None if covariates is None else np.asarray(covariates, dtype=np.float64)
    open_ended = np.flatnonzero(assumed.moved & (rows.event == 0) & (rows.time < assumed.until))
    time, event = np.tile(rows.time, (assumed.m, 1)), np.tile(rows.event, (assumed.m, 1))
    for number, stream in enumerate(streams(assumed.seed, assumed.m)):
        drawn = _drawn_patients(rows.group, stream)
        luck = -np.log(stream.uniform(n))
        curves, risk = _curves(rows, drawn, x)
        reach = luck / (math.exp(assumed.delta) * risk)
        for group, (steps, hazard, last) in curves.items():
            mine = open_ended[rows.group[open_ended] == group]
            _fill(time[number], event[number], mine, (steps, hazard, min(last, assumed.until)), reach)
    imputed = event.sum(axis=1) - int(rows.event.sum())
    return ImputedFollowUp(time=time, event=event, n_imputed=imputed.astype(np.int64))


def _drawn_patients(group: Codes, stream: Stream) -> Codes:
    """As many patients of each group as it has, with replacement: (n,)."""
    parts = []
    for code in np.unique(group):
        own = np.flatnonzero(group == code)
        parts.append(own[stream.whole(own.size, low=0, high=own.size - 1)])
    return np.concatenate(parts)


# Times, cumulative hazard -log S there, and the end of follow-up.
_Curve = tuple[Floats, Floats, float]


def _curves(rows: FollowUpRows, drawn: Codes, x: Floats | None) -> tuple[dict[int, _Curve], Floats]:
    """The curve of each group of a draw, and the risk of every patient (n,) relative to it."""
    time, event, group = rows.time[drawn], rows.event[drawn], rows.group[drawn]
    entry = None if rows.entry is None else rows.entry[drawn]
    if x is None:
        found = {}
        for code in np.unique(rows.group):
            mine = group == code
            (curve,) = kaplan_meier(
                EventCounts.of(time[mine], event[mine], entry=None if entry is None else entry[mine])
            )
            with np.errstate(divide="ignore"):
                found[int(code)] = (curve.time, -np.log(curve.survival), curve.last_time)
        return found, np.ones(rows.time.size)
    codes, stratum = np.unique(rows.group, return_inverse=True)
    sample = CoxSample(time, event > 0, x[drawn], stratum=stratum[drawn], entry=entry)
    fit = cox(sample)
    if np.any(np.isinf(fit.coef)) or not np.any(np.isfinite(fit.coef)):
        raise EstimationError(
            "the Cox model of the redrawn patients has no finite coefficients: impute with fewer covariates, or none."
        )
    found = {
        int(codes[curve.stratum]): (
            curve.time,
            curve.cumulative_hazard,
            float(time[group == codes[curve.stratum]].max()),
        )
        for curve in baseline_hazard(sample, fit)
    }
    return found, np.exp(x @ np.nan_to_num(fit.coef, nan=0.0))


def _fill(time: Floats, event: Codes, mine: Codes, curve: _Curve, reach: Floats) -> None:
    """Put the imputed ends of some patients into one data set."""
    steps, hazard, end = curve
    before = np.concatenate(([0.0], hazard))[np.searchsorted(steps, time[mine], side="right")]
    place = np.searchsorted(hazard, before + reach[mine], side="left")
    there = np.concatenate((steps, [np.inf]))[place]
    # A curve that has come down to 0 by the time of censoring tells nothing of what follows.
    happens = (there <= end) & np.isfinite(before) & (there > time[mine])
    time[mine] = np.where(happens, there, np.maximum(time[mine], end))
    event[mine] = happens
