"""Follow-up read from a data frame: times, events or causes, entry, groups, strata, clusters, weights, offset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atrisk.api.answer import RowsUsed
from atrisk.api.complete_rows import CompleteRows, Names, as_levels, chosen_level, complete_rows
from atrisk.api.level import Level, Levels
from atrisk.api.terms import Design, Term, columns_of, declared_levels, design
from atrisk.errors import EstimationError
from atrisk.summary.event_counts import EventCounts, Shape, snap_times
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Whole times up to here differ by more than R's tolerance, 1.5e-8 of the mean distinct time.
_NEVER_TIED = 1e6


@dataclass(frozen=True, slots=True)
class FollowUpColumns:
    """Which columns play which role, and how they are coded: the words every function of follow-up shares."""

    time: str
    event: str
    event_value: Levels | None = None
    censored_value: Levels | None = None
    event_map: Mapping[Level, str] | None = None
    censor: str | None = None
    entry: str | None = None
    group: Names | None = None
    strata: Names | None = None
    cluster: Names | None = None
    weights: str | None = None
    offset: str | None = None
    covariates: tuple[Term, ...] = ()
    timefix: bool = True
    # What else a function reads from the same rows: what it is asked for -> its column.
    others: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class FollowUp:
    """Follow-up of n rows. `cause` (n,): 0 = censored, 1..C as named in `causes`; labels are those of the codes."""

    time: Floats
    cause: Codes
    causes: tuple[str, ...]
    entry: Floats | None
    group: Codes
    groups: tuple[str, ...]
    stratum: Codes
    strata: tuple[str, ...]
    cluster: Codes | None
    weight: Floats | None
    offset: Floats | None
    design: Design | None
    at: Codes
    rows: RowsUsed
    notes: tuple[str, ...]
    conventions: tuple[str, ...]
    complete: CompleteRows

    def __post_init__(self) -> None:
        make_arrays_read_only(self)

    @property
    def event(self) -> Flags:
        """Whether a row ends with an event of any cause."""
        return np.asarray(self.cause > 0)

    def counts(self) -> EventCounts:
        """The additive table of these rows; weights are sums of weights."""
        return EventCounts.of(
            self.time,
            self.cause,
            group=self.group,
            stratum=self.stratum,
            entry=self.entry,
            weight=self.weight,
            shape=Shape(n_groups=len(self.groups), n_strata=len(self.strata), n_causes=len(self.causes)),
        )

    def cause_number(self, cause: str) -> int:
        """The number of a cause, from 1."""
        if cause not in self.causes:
            raise EstimationError(f"cause: '{cause}' is not in the event_map; it names {', '.join(self.causes)}.")
        return self.causes.index(cause) + 1


def read_follow_up(data: Any, columns: FollowUpColumns) -> FollowUp:
    """Read and check follow-up; errors name the column and the row, never a value."""
    roles: dict[str, Names | None] = {
        "time": columns.time,
        "event": columns.event,
        "entry": columns.entry,
        "group": columns.group,
        "strata": columns.strata,
        "cluster": columns.cluster,
        "weights": columns.weights,
        "offset": columns.offset,
        "covariates": columns_of(columns.covariates),
        **columns.others,
    }
    rows = complete_rows(data, roles, declared_levels(columns.covariates))
    time, entry = _times(rows, columns)
    cause, causes, notes = _causes(rows, columns)
    weight, said = case_weights(rows, columns.weights)
    group, groups = rows.codes(columns.group)
    stratum, strata = rows.codes(columns.strata)
    return FollowUp(
        time=time,
        cause=cause,
        causes=causes,
        entry=entry,
        group=group,
        groups=groups,
        stratum=stratum,
        strata=strata,
        cluster=None if columns.cluster is None else rows.codes(columns.cluster)[0],
        weight=weight,
        offset=None if columns.offset is None else rows.numbers(columns.offset, "an offset"),
        design=design(rows, columns.covariates) if columns.covariates else None,
        at=rows.at,
        rows=rows.account,
        notes=notes + said,
        conventions=_conventions(columns),
        complete=rows,
    )


def case_weights(rows: CompleteRows, name: str | None) -> tuple[Floats | None, tuple[str, ...]]:
    """Case weights, none of them negative, and a note on those that are 0."""
    if name is None:
        return None, ()
    weight = rows.numbers(name, "weights")
    rows.refuse_where(weight < 0, name, "a weight must not be negative.")
    none = int((weight == 0).sum())
    if none == weight.size:
        raise EstimationError(f"column '{name}': every weight is 0, so that nobody takes part.")
    return weight, (f"{none} rows have weight 0 and count for nothing",) if none else ()


def _times(rows: CompleteRows, columns: FollowUpColumns) -> tuple[Floats, Floats | None]:
    time = rows.numbers(columns.time, "follow-up times")
    rows.refuse_where(time < 0, columns.time, "a follow-up time must not be negative.")
    if columns.entry is None:
        return (_snapped(time) if columns.timefix else time), None
    entry = rows.numbers(columns.entry, "entry times")
    words = f"the entry must lie before the end of follow-up in '{columns.time}': correct the row or leave it out."
    rows.refuse_where(entry >= time, columns.entry, words)
    if columns.timefix:
        entry, time = _snapped(np.stack([entry, time]))
        words = f"the entry equals the end of follow-up in '{columns.time}' up to rounding (timefix)."
        rows.refuse_where(entry >= time, columns.entry, words)
    return time, entry


def _snapped(times: Floats) -> Floats:
    """Times tied by R's rule; whole numbers below a million lie too far apart for it, and need no sorting."""
    if times.max() <= _NEVER_TIED and np.array_equal(times, np.rint(times)):
        return times
    return snap_times(times)


def _causes(rows: CompleteRows, columns: FollowUpColumns) -> tuple[Codes, tuple[str, ...], tuple[str, ...]]:
    """The cause of each row, their names, and what there is to say of codes that were not declared."""
    name = columns.event
    if columns.event_map is not None:
        return (*_mapped(rows, name, columns.event_map, columns.censor), ())
    if columns.event_value is None:
        if columns.censored_value is not None:
            raise EstimationError("censored_value needs event_value: say which code is the event.")
        return chosen_level(rows, name, None, "event_value").astype(np.int64), ("event",), ()
    happened = rows.columns[name].any_of(rows.at, as_levels(columns.event_value))
    if columns.censored_value is not None:
        censored = rows.columns[name].any_of(rows.at, as_levels(columns.censored_value))
        rows.refuse_where(happened & censored, name, "the code is declared both as an event and as censored.")
        rows.refuse_where(~happened & ~censored, name, "a code that is neither in event_value nor in censored_value.")
        return happened.astype(np.int64), ("event",), ()
    others = len(rows.columns[name].coded(rows.at[~happened])[1]) if not happened.all() else 0
    note = f"{others} different codes of '{name}' count as censored; declare them with censored_value to be sure"
    return happened.astype(np.int64), ("event",), (note,) if others > 1 else ()


def _mapped(
    rows: CompleteRows, name: str, event_map: Mapping[Level, str], censor: str | None
) -> tuple[Codes, tuple[str, ...]]:
    states = tuple(dict.fromkeys(event_map.values()))
    censoring = states[0] if censor is None and states else censor
    if censoring not in states:
        raise EstimationError("event_map must name the state of censored rows; say which with censor.")
    causes = tuple(state for state in states if state != censoring)
    if not causes:
        raise EstimationError("event_map names no event, only censoring.")
    code = np.full(rows.n, -1, dtype=np.int64)
    for value, state in event_map.items():
        code[rows.equals(name, value)] = 0 if state == censoring else causes.index(state) + 1
    rows.refuse_where(code < 0, name, "the code is not in event_map: declare every code that occurs.")
    return code, causes


def _conventions(columns: FollowUpColumns) -> tuple[str, ...]:
    said = ["events before censorings at one time"]
    if columns.entry is not None:
        said.append("who enters at t is at risk just after t")
    said.append("times tied within rounding (timefix)" if columns.timefix else "times compared exactly")
    return tuple(said)


def require_groups(follow_up: FollowUp, least: int = 2) -> None:
    """Stop unless there are enough groups to compare."""
    if len(follow_up.groups) < least:
        raise EstimationError(
            f"a comparison needs at least {least} groups; the rows used hold {len(follow_up.groups)}."
        )


def as_terms(covariates: Term | Sequence[Term]) -> tuple[Term, ...]:
    """One or several terms."""
    from atrisk.api.terms import Factor, Spline

    return (covariates,) if isinstance(covariates, str | Factor | Spline) else tuple(covariates)
