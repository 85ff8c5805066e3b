"""Entries, events and censorings per time, the additive summary behind every curve and every rank test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.summary.codes import codes, kind_in_words
from atrisk.summary.counts_by_time import counts_by_time
from atrisk.summary.read_only import make_arrays_read_only

Numbers = NDArray[Any]
Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Shape:
    """How many groups, strata and causes of events a table of counts has."""

    n_groups: int = 1
    n_strata: int = 1
    n_causes: int = 1

    def __post_init__(self) -> None:
        if min(self.n_groups, self.n_strata, self.n_causes) < 1:
            raise EstimationError("a table of event counts needs at least one group, one stratum and one cause.")


@dataclass(frozen=True, slots=True, eq=False)
class EventCounts:
    """What happens at each time, counted by cause, stratum and group.

    Definition: at a time t, `events` leave the risk set by an event of a cause, `censored` leave it without
    one, `entries` join it just after t (delayed entry: at risk on (entry, time]); `entered_before` are at risk
    from the start. Only these are stored, because only these add: the number at risk is derived. The sum of the
    tables of two sets of patients is the table of their union.

    Shapes: `time` (T,), strictly increasing; `events` (causes, strata, groups, T); `censored` and `entries`
    (strata, groups, T); `entered_before` (strata, groups). Counts are int64, sums of case weights float64.
    Conventions: events come before censorings at the same time; who enters at t is not yet at risk at t.
    """

    time: Floats
    entered_before: Numbers
    entries: Numbers
    events: Numbers
    censored: Numbers

    def __post_init__(self) -> None:
        causes, strata, groups, times = self.events.shape
        expected = {
            "time": (times,),
            "entered_before": (strata, groups),
            "entries": (strata, groups, times),
            "censored": (strata, groups, times),
        }
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise EstimationError(f"the shape of '{name}' does not fit that of 'events'.")
        Shape(n_groups=groups, n_strata=strata, n_causes=causes)
        if not np.all(np.diff(self.time) > 0):
            raise EstimationError("the times of event counts must be strictly increasing.")
        make_arrays_read_only(self)

    @classmethod
    def zero(cls, shape: Shape) -> EventCounts:
        """The table of no patients: the neutral element of `+`."""
        cells = (shape.n_strata, shape.n_groups)
        return cls(
            time=np.empty(0),
            entered_before=np.zeros(cells, dtype=np.int64),
            entries=np.zeros((*cells, 0), dtype=np.int64),
            events=np.zeros((shape.n_causes, *cells, 0), dtype=np.int64),
            censored=np.zeros((*cells, 0), dtype=np.int64),
        )

    @classmethod
    def of(
        cls,
        time: ArrayLike,
        cause: ArrayLike,
        *,
        group: ArrayLike | None = None,
        stratum: ArrayLike | None = None,
        entry: ArrayLike | None = None,
        weight: ArrayLike | None = None,
        shape: Shape | None = None,
    ) -> EventCounts:
        """The table of some patients.

        `time` (n,): follow-up, finite and not negative, in any unit. `cause` (n,): 0 = censored, 1..C = the
        cause of the event. `group`, `stratum` (n,): codes from 0. `entry` (n,): delayed entry, before `time`.
        `weight` (n,): case weights, finite and not negative. `shape`: needed where a group, stratum or cause
        may be absent from these patients; otherwise the highest code decides.
        Times are compared exactly: pass fractional ones through `snap_times` first.
        Raises EstimationError if a value is outside its domain or lengths differ.
        """
        times = follow_up_times(time)
        n = times.size
        causes = codes("cause", cause, n)
        groups = None if group is None else codes("group", group, n)
        strata = None if stratum is None else codes("stratum", stratum, n)
        weights = case_weights(weight, n)
        entered = entry_times(entry, times)
        shape = _covering(shape, groups, strata, causes)
        sizes = (shape.n_causes + 1, shape.n_strata, shape.n_groups)
        grid, exits, entries = counts_by_time(times, entered, (causes, strata, groups), weights, sizes)
        if entered is None:
            before = exits.sum(axis=(0, 3))
        else:
            before = np.zeros((shape.n_strata, shape.n_groups), dtype=exits.dtype)
        return cls(time=grid, entered_before=before, entries=entries, events=exits[1:].copy(), censored=exits[0].copy())

    @property
    def shape(self) -> Shape:
        """Numbers of groups, strata and causes."""
        causes, strata, groups, _ = self.events.shape
        return Shape(n_groups=groups, n_strata=strata, n_causes=causes)

    @property
    def n(self) -> Numbers:
        """Patients (or the sum of their weights) per stratum and group: (strata, groups)."""
        return np.asarray(self.entered_before + self.entries.sum(axis=-1))

    @property
    def exits(self) -> Numbers:
        """Leaving the risk set at each time, for whatever reason: (strata, groups, T)."""
        return np.asarray(self.events.sum(axis=0) + self.censored)

    @property
    def at_risk(self) -> Numbers:
        """The number at risk just before each time: (strata, groups, T)."""
        change = self.entries - self.exits
        return np.asarray(self.entered_before[..., None] + np.cumsum(change, axis=-1) - change)

    @property
    def person_time(self) -> Floats:
        """Time under observation, from entry to exit and summed over patients, per stratum and group."""
        observed: Floats = (self.exits - self.entries) @ self.time
        return observed

    def __add__(self, other: EventCounts) -> EventCounts:
        """The table of both sets of patients; exact for counts."""
        if self.shape != other.shape:
            raise EstimationError("event counts of different shapes cannot be added: pass the same `shape` to both.")
        grid = np.union1d(self.time, other.time)
        here, there = np.searchsorted(grid, self.time), np.searchsorted(grid, other.time)

        def merged(mine: Numbers, theirs: Numbers) -> Numbers:
            total = np.zeros((*mine.shape[:-1], grid.size), dtype=np.result_type(mine, theirs))
            total[..., here] += mine
            total[..., there] += theirs
            return total

        return EventCounts(
            time=grid,
            entered_before=self.entered_before + other.entered_before,
            entries=merged(self.entries, other.entries),
            events=merged(self.events, other.events),
            censored=merged(self.censored, other.censored),
        )

    def of_groups(self, *groups: int) -> EventCounts:
        """The same patients' table, restricted to some groups in the order given."""
        chosen = list(groups)
        if any(not 0 <= group < self.shape.n_groups for group in chosen):
            raise EstimationError("a group number lies outside the table of event counts.")
        return EventCounts(
            time=self.time,
            entered_before=self.entered_before[:, chosen],
            entries=self.entries[:, chosen],
            events=self.events[:, :, chosen],
            censored=self.censored[:, chosen],
        )

    def over_strata(self) -> EventCounts:
        """The table with all strata thrown together."""
        return EventCounts(
            time=self.time,
            entered_before=self.entered_before.sum(axis=0, keepdims=True),
            entries=self.entries.sum(axis=0, keepdims=True),
            events=self.events.sum(axis=1, keepdims=True),
            censored=self.censored.sum(axis=0, keepdims=True),
        )

    def over_groups(self) -> EventCounts:
        """The table with all groups thrown together."""
        return EventCounts(
            time=self.time,
            entered_before=self.entered_before.sum(axis=1, keepdims=True),
            entries=self.entries.sum(axis=1, keepdims=True),
            events=self.events.sum(axis=2, keepdims=True),
            censored=self.censored.sum(axis=1, keepdims=True),
        )

    def of_stratum(self, stratum: int) -> EventCounts:
        """The table of one stratum."""
        if not 0 <= stratum < self.shape.n_strata:
            raise EstimationError("a stratum number lies outside the table of event counts.")
        only = slice(stratum, stratum + 1)
        return EventCounts(
            time=self.time,
            entered_before=self.entered_before[only],
            entries=self.entries[only],
            events=self.events[:, only],
            censored=self.censored[only],
        )

    def any_cause(self) -> EventCounts:
        """The table with all causes taken for one."""
        return self._exits_as(self.events.sum(axis=0, keepdims=True), self.censored)

    def of_cause(self, cause: int) -> EventCounts:
        """The table of one cause (1..C); events of the others count as censorings."""
        if not 1 <= cause <= self.shape.n_causes:
            raise EstimationError("a cause number lies outside the table of event counts.")
        events = self.events[cause - 1 : cause]
        return self._exits_as(events, self.exits - events[0])

    def reversed(self) -> EventCounts:
        """The table with censoring as the event and events as censorings, for the time under observation."""
        return self._exits_as(self.censored[None], self.events.sum(axis=0))

    def _exits_as(self, events: Numbers, censored: Numbers) -> EventCounts:
        return EventCounts(
            time=self.time,
            entered_before=self.entered_before,
            entries=self.entries,
            events=events.copy(),
            censored=censored.copy(),
        )


def snap_times(time: ArrayLike) -> Floats:
    """Floating times with those that differ only by rounding made equal.

    Definition: two neighbouring distinct times are tied when their gap is at most sqrt(eps) = 1.49e-8, or at
    most that times the mean absolute distinct time; the lowest of a run of tied times stands for all.
    Source: the `timefix` rule of R's survival (vignette "tied times").
    `time` may have any shape; ties are sought among all its values, so stack entry and exit times:
    `snap_times(np.stack([entry, time]))`. Whole days need no snapping. Values that are not finite stay.
    """
    times = np.asarray(time, dtype=np.float64)
    tolerance = np.sqrt(np.finfo(np.float64).eps)
    # Whole numbers lie 1 apart: too far to be tied, unless they are as large as seconds over years.
    if times.size and np.max(np.abs(times)) * tolerance < 1 and np.array_equal(times, np.rint(times)):
        return times.copy()
    distinct = np.unique(times[np.isfinite(times)])
    if distinct.size < 2:
        return times.copy()
    gap = np.diff(distinct)
    tied = (gap <= tolerance) | (gap <= tolerance * np.abs(distinct).mean())
    lowest = distinct[np.concatenate(([True], ~tied))]
    snapped = times.copy()
    finite = np.isfinite(times)
    snapped[finite] = lowest[np.searchsorted(lowest, times[finite], side="right") - 1]
    return snapped


def follow_up_times(time: ArrayLike) -> Floats:
    """Follow-up times as a checked one-dimensional array of float64."""
    times = _numbers("follow-up times", time)
    if times.ndim != 1:
        raise EstimationError("follow-up times must be a one-dimensional array.")
    if not _within_zero_and(np.inf, times):
        raise EstimationError("follow-up times must be finite and not negative.")
    return times


def entry_times(entry: ArrayLike | None, time: Floats) -> Floats | None:
    """Entry times as a checked array; every one must lie before its follow-up time."""
    if entry is None:
        return None
    entered = _numbers("entry times", entry)
    if entered.shape != time.shape or not np.all(np.isfinite(entered)):
        raise EstimationError("entry times must be finite, one for each follow-up time.")
    if np.any(entered >= time):
        raise EstimationError("every entry time must lie before its follow-up time.")
    return entered


def case_weights(weight: ArrayLike | None, n: int) -> Floats | None:
    """Case weights as a checked array."""
    if weight is None:
        return None
    weights = _numbers("weights", weight)
    if weights.shape != (n,) or not _within_zero_and(np.inf, weights):
        raise EstimationError("weights must be finite and not negative, one for each follow-up time.")
    return weights


def _within_zero_and(end: float, values: Floats) -> bool:
    """Whether 0 <= value < end for all; a value that is not a number makes both extremes so, and no array arises."""
    return values.size == 0 or bool(values.min() >= 0 and values.max() < end)


def _numbers(name: str, values: ArrayLike) -> Floats:
    """Values as float64; dates and texts are refused, which NumPy would turn into numbers of its own choice."""
    given = np.asarray(values)
    if given.size and given.dtype.kind not in "biuf":
        raise EstimationError(f"{name} must be numbers, not {kind_in_words(given)}.")
    return given.astype(np.float64, copy=False)


def _covering(shape: Shape | None, groups: Codes | None, strata: Codes | None, causes: Codes) -> Shape:
    def highest(values: Codes | None) -> int:
        return int(values.max()) if values is not None and values.size else 0

    needed = Shape(n_groups=highest(groups) + 1, n_strata=highest(strata) + 1, n_causes=max(highest(causes), 1))
    if shape is None:
        return needed
    if needed.n_groups > shape.n_groups or needed.n_strata > shape.n_strata or needed.n_causes > shape.n_causes:
        raise EstimationError("a group, stratum or cause code lies outside the shape that was asked for.")
    return shape
