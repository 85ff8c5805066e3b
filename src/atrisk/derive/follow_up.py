"""Follow-up: from dates, or from a time and a status, to days and how they ended."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from atrisk.derive.code import code
from atrisk.derive.compiled import Breach, RowQuestion
from atrisk.derive.event_interval import EventInterval, event_interval
from atrisk.derive.misfit import MisfitError
from atrisk.derive.patient_question import patient_question
from atrisk.derive.patients import ALIAS, PATIENT, Patients, Visible
from atrisk.derive.row_findings import row_findings
from atrisk.derive.variable import OfPatients
from atrisk.errors import StudyError
from atrisk.read.session import Session, literal
from atrisk.read.table import ColumnType
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.definition import ProgressionFromImaging
from atrisk.study.load import LoadedStudy
from atrisk.study.outcome import FirstOf, Outcome, OutcomeFromDates, OutcomeFromStatus
from atrisk.study.quantity import days_per

EVENT = "event"
HALF_A_DAY = 0.5


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FollowUp:
    """The follow-up of all patients of a cohort for one outcome, in their order; arrays are read-only.

    ``time`` is in days (float64), NaN for patients excluded from this outcome. ``cause`` is 0 where follow-up was
    censored, 1 for the event, 2 and more for competing events; ``causes`` names them from 1 on: ``event``, then as
    declared. ``entry`` is the day at which a patient came under observation (at risk after it), 0 for those observed
    from the start; None where all are. ``excluded`` counts the patients without usable follow-up and
    ``excluded_because`` says why. ``after_censoring`` says whose event, competing ones too, is dated after the
    patient's own date of censoring, and ``no_censoring`` who has no such date; None for an outcome from a time and a
    status, which has none. ``potential`` is the time follow-up would have lasted had nobody been lost: to the event,
    else to the data cut or the declared end; None without a data cut. ``interval`` holds the days between which an
    event seen on scans lies; None unless declared.
    """

    name: str
    time: NDArray[np.float64]
    cause: NDArray[np.int64]
    causes: tuple[str, ...]
    excluded: int
    excluded_because: Remark
    findings: tuple[Finding, ...]
    after_censoring: NDArray[np.bool_] | None = None
    no_censoring: NDArray[np.bool_] | None = None
    potential: NDArray[np.float64] | None = None
    entry: NDArray[np.float64] | None = None
    interval: EventInterval | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Compiled:
    """SQL text of a patient's time, cause and whether the event came after the date of censoring (NULL without such a
    date), and of entry; why they may be unknown, and what to ask of the rows. ``until`` is where follow-up ends, in
    days. ``scans``: days to the last negative scan, the first positive one and the earliest other event, NULL where
    there is none; None where no interval is declared.
    """

    time: str
    cause: str
    late: str
    excluded_because: Remark
    questions: tuple[RowQuestion, ...]
    entry: str | None = None
    until: float | None = None
    without_censoring: str = "FALSE"
    to_cut: str | None = None
    scans: tuple[str, str, str] | None = None


def follow_up(name: str, outcome: Outcome, cohort: OfPatients, loaded: LoadedStudy, session: Session) -> FollowUp:
    """Days from time zero to the event, a competing event or the end of observation.

    From dates: the earliest of the event and the competing events ends follow-up; of events on one day the outcome's
    own comes first, then the competing ones as declared. Without any, follow-up is censored at ``censor``. An event
    after the date of censoring counts: it was seen, though by other means (a death after the last scan). Patients
    with neither an event nor a date of censoring are excluded from this outcome, counted, and a finding warns of
    them; they are not taken for patients followed for 0 days. An event, or a date of censoring that is used, before
    time zero is a finding that blocks. Time 0 is allowed.

    From a time and a status: times are turned into days (years of 365.25, months of 365.25/12 days); the status is
    compared as the code that the cell shows. A code that means nothing, or a negative time, is a finding that blocks; a
    missing time or status excludes the patient as above.

    Where time counts from a date before the one that made a patient eligible, the patient had to live to the latter and
    is at risk from it on (delayed entry, left truncation); an exit on that day counts half a day later, since nobody is
    at risk on the day of entry itself. A missing date of origin or entry excludes the patient as above; an event before
    entry blocks. Dates under ``censored_by`` that lie after time zero, and ``until``, end follow-up whatever comes
    later; an event on such a day counts.

    Raises StudyError, with the line, for names that are not there and columns of another type.
    """
    patients = cohort.patients
    if isinstance(outcome, OutcomeFromDates):
        compiled = _from_dates(name, outcome, patients, loaded)
    else:
        compiled = _from_status(name, outcome, patients, loaded)
    arrays = session.arrays(
        f"SELECT CAST({compiled.time} AS DOUBLE) AS days, CAST({compiled.cause} AS DOUBLE) AS cause,"
        f" CAST(coalesce({compiled.late}, FALSE) AS DOUBLE) AS late, CAST({compiled.entry or 0} AS DOUBLE) AS entry,"
        f" CAST({compiled.without_censoring} AS DOUBLE) AS without, CAST({compiled.to_cut or 0} AS DOUBLE) AS to_cut,"
        f" {_scan_columns(compiled)}"
        f" FROM {patients.relation} {ALIAS} ORDER BY {ALIAS}.{PATIENT}"
    )
    time, cause, late = arrays["days"], arrays["cause"], arrays["late"] == 1
    if compiled.until is not None:
        beyond = time > compiled.until
        time, cause, late = np.where(beyond, compiled.until, time), np.where(beyond, 0.0, cause), late & ~beyond
    entry = np.maximum(arrays["entry"], 0.0)
    known = ~(np.isnan(time) | np.isnan(cause) | np.isnan(entry))
    if compiled.entry is not None:
        known &= time >= entry
        # At risk is who entered before: an exit on the day of entry counts, half a day later.
        time = np.where(known & (time == entry), time + HALF_A_DAY, time)
    time = np.where(known, time, np.nan)
    cause = np.where(known, cause, 0.0).astype(np.int64)
    entry = np.where(known, entry, 0.0)
    without = arrays["without"] == 1
    potential = _potential(time, cause, arrays["to_cut"], compiled.until)
    for array in (time, cause, late, entry, without, potential):
        array.setflags(write=False)
    excluded = int((~known).sum())
    findings = [found for question in compiled.questions for found in row_findings(question, patients.tables, session)]
    if excluded:
        findings.append(_excluded(name, excluded, time.size, compiled.excluded_because))
    return FollowUp(
        name=name,
        time=time,
        cause=cause,
        causes=(EVENT, *outcome.competing),
        excluded=excluded,
        excluded_because=compiled.excluded_because,
        findings=tuple(findings),
        after_censoring=late if isinstance(outcome, OutcomeFromDates) else None,
        no_censoring=without if isinstance(outcome, OutcomeFromDates) else None,
        potential=potential if compiled.to_cut is not None else None,
        entry=entry if compiled.entry is not None else None,
        interval=None
        if compiled.scans is None
        else event_interval(
            time,
            cause,
            last_negative=arrays["last_negative"],
            first_positive=arrays["first_positive"],
            other=arrays["other"],
        ),
    )


def _scan_columns(compiled: _Compiled) -> str:
    days = compiled.scans or ("NULL", "NULL", "NULL")
    names = ("last_negative", "first_positive", "other")
    return ", ".join(f"CAST({sql} AS DOUBLE) AS {name}" for sql, name in zip(days, names, strict=True))


def _potential(
    time: NDArray[np.float64], cause: NDArray[np.int64], to_cut: NDArray[np.float64], until: float | None
) -> NDArray[np.float64]:
    """Days to the event, or to where follow-up would have ended without loss; never less than was observed."""
    end = to_cut if until is None else np.minimum(to_cut, until)
    return np.asarray(np.where(cause > 0, time, np.maximum(time, end)), dtype=np.float64)


def _from_dates(name: str, outcome: OutcomeFromDates, patients: Patients, loaded: LoadedStudy) -> _Compiled:
    place = ("outcomes", name)
    if isinstance(outcome.event, FirstOf):
        parts = [
            _column(text, (*place, "event", "first_of", position), patients, loaded, ColumnType.DATE)
            for position, text in enumerate(outcome.event.first_of)
        ]
    else:
        parts = [_column(outcome.event, (*place, "event"), patients, loaded, ColumnType.DATE)]
    others = [
        _column(text, (*place, "competing", other), patients, loaded, ColumnType.DATE)
        for other, text in outcome.competing.items()
    ]
    censor = _column(outcome.censor, (*place, "censor"), patients, loaded, ColumnType.DATE)
    zero, enters = _origin_and_entry(name, outcome, patients, loaded)
    event = f"least({', '.join(part.sql for part in parts)})" if len(parts) > 1 else parts[0].sql
    candidates = [event, *(other.sql for other in others)]
    # least() passes over NULL, so that it is NULL only where nothing happened.
    first = f"least({', '.join(candidates)})" if len(candidates) > 1 else event
    causes = " ".join(f"WHEN {sql} = {first} THEN {position}" for position, sql in enumerate(candidates, start=1))
    end, ended, stop = f"coalesce({first}, {censor.sql})", "TRUE", ""
    if outcome.censored_by:
        stops = (
            _column(text, (*place, "censored_by", position), patients, loaded, ColumnType.DATE).sql
            for position, text in enumerate(outcome.censored_by)
        )
        # A list, since least() of one value is that value and a date before time zero ends nothing.
        stop = f"list_min(list_filter([{', '.join(stops)}], lambda stop: stop > {patients.time_zero}))"
        ended = f"({first} <= {stop}) IS NOT FALSE"
        end = f"(CASE WHEN {first} IS NOT NULL AND {ended} THEN {first} WHEN {first} IS NULL THEN"
        end += f" least({censor.sql}, {stop}) ELSE {stop} END)"
    cut = loaded.study.study.data_cut
    event, censoring = ("event-before-time-zero", "censoring-before-time-zero")
    if enters is not None:
        event, censoring = ("event-before-entry", "censoring-before-entry")
    start = zero if enters is None else f"greatest({zero}, {enters})"
    dates = (outcome.censor,) if enters is None else (outcome.censor, outcome.from_, loaded.study.entry_of(outcome))
    column = ", ".join(name for name in dates if name is not None)
    return _Compiled(
        time=f"date_diff('day', {zero}, {end})",
        cause=f"(CASE WHEN {ended} THEN (CASE {causes} ELSE 0 END) ELSE 0 END)",
        late=f"({first} > {censor.sql} AND {ended})",
        excluded_because=Remark(
            "no-event-nor-censoring" if enters is None else "no-event-nor-censoring-nor-entry", {"column": column}
        ),
        questions=(
            *(_before_zero(item, f"{item.sql} < {start}", event, patients) for item in [*parts, *others]),
            _before_zero(censor, f"{first} IS NULL AND {censor.sql} < {start}", censoring, patients),
        ),
        entry=None if enters is None else f"date_diff('day', {zero}, {enters})",
        without_censoring=f"({censor.sql} IS NULL OR {censor.sql} < {start})",
        to_cut=None if cut is None else f"date_diff('day', {zero}, {_cut(cut, stop)})",
        until=None if outcome.until is None else outcome.until.days,
        scans=_scans(name, outcome, zero, patients, loaded),
    )


def _scans(
    name: str, outcome: OutcomeFromDates, zero: str, patients: Patients, loaded: LoadedStudy
) -> tuple[str, str, str] | None:
    """SQL texts of the days to the last negative scan, the first positive one, and the earliest other event."""
    if outcome.interval is None:
        return None
    place = ("outcomes", name, "interval")
    imaging = loaded.study.derive.get(outcome.interval)
    if not isinstance(imaging, ProgressionFromImaging):
        hint = "It is a derivation with 'definition: progression_from_imaging'."
        raise StudyError([loaded.problem(place, f"'{outcome.interval}' is not a progression seen on scans", hint)])
    before, seen = (
        _column(f"{outcome.interval}.{field}", place, patients, loaded, ColumnType.DATE).sql
        for field in ("last_negative", "date")
    )
    others = [
        _column(text, (*place[:2], "event"), patients, loaded, ColumnType.DATE).sql
        for text in outcome.event_dates
        if text.partition(".")[0] != outcome.interval
    ]
    first = f"least({', '.join(others)})" if len(others) > 1 else others[0] if others else "NULL::DATE"
    days = [f"date_diff('day', {zero}, {date})" for date in (before, seen, first)]
    return days[0], days[1], days[2]


def _cut(cut: date, stop: str) -> str:
    """SQL text of the date to which patients without an event were to be followed."""
    last = f"DATE {literal(cut.isoformat())}"
    return f"least({last}, {stop})" if stop else last


def _origin_and_entry(
    name: str, outcome: OutcomeFromDates, patients: Patients, loaded: LoadedStudy
) -> tuple[str, str | None]:
    """SQL texts of the date from which time counts and of the date of entry, None where that is the same."""
    place = ("outcomes", name)
    zero = str(patients.time_zero)
    if outcome.from_ is not None:
        zero = _column(outcome.from_, (*place, "from"), patients, loaded, ColumnType.DATE).sql
    entry = loaded.study.entry_of(outcome)
    if entry is None:
        return zero, None
    enters = _column(entry, (*place, "entry"), patients, loaded, ColumnType.DATE).sql
    return zero, None if enters == zero else enters


def _from_status(name: str, outcome: OutcomeFromStatus, patients: Patients, loaded: LoadedStudy) -> _Compiled:
    place = ("outcomes", name)
    numbers = (ColumnType.INTEGER, ColumnType.NUMBER)
    time = _column(outcome.time.column, (*place, "time", "column"), patients, loaded, *numbers)
    status = _column(outcome.status.column, (*place, "status", "column"), patients, loaded)
    entry = outcome.time.entry
    enters = None
    if entry is not None:
        enters = _column(entry, (*place, "time", "entry"), patients, loaded, *numbers).sql
    coded = code(status.sql, status.type)
    meaning = {outcome.status.event: 1, **dict.fromkeys(outcome.status.censored, 0)}
    meaning |= {text: position for position, text in enumerate(outcome.competing.values(), start=2)}
    cases = " ".join(f"WHEN {literal(text)} THEN {cause}" for text, cause in meaning.items())
    unknown = f"{coded} NOT IN ({', '.join(literal(text) for text in meaning)})"
    return _Compiled(
        time=f"({time.sql} * {days_per(outcome.time.unit)!r})",
        cause=f"(CASE {coded} {cases} END)",
        late="FALSE",
        entry=None if enters is None else f"({enters} * {days_per(outcome.time.unit)!r})",
        excluded_because=Remark("no-time-or-status", {"time": outcome.time.column, "status": outcome.status.column}),
        questions=(
            patient_question(
                time,
                f"{time.sql} < 0",
                patients,
                Breach(
                    rule="negative-time",
                    message=Remark("negative-time"),
                    remedy=Remark("negative-time.remedy"),
                ),
            ),
            patient_question(
                status,
                unknown,
                patients,
                Breach(
                    rule="unknown-status",
                    message=Remark("unknown-status", {"outcome": name}),
                    remedy=Remark("unknown-status.remedy"),
                ),
            ),
            *((_entry_after_exit(time, enters, patients),) if enters is not None else ()),
        ),
    )


def _entry_after_exit(time: Visible, enters: str, patients: Patients) -> RowQuestion:
    breach = Breach(
        rule="entry-after-exit", message=Remark("entry-after-exit"), remedy=Remark("entry-after-exit.remedy")
    )
    return patient_question(time, f"{enters} > {time.sql}", patients, breach)


def _column(
    text: str, place: tuple[str | int, ...], patients: Patients, loaded: LoadedStudy, *types: ColumnType
) -> Visible:
    try:
        return patients.resolve("", text, *types)
    except MisfitError as misfit:
        raise StudyError([loaded.problem(place, misfit.message, misfit.hint)]) from None


def _before_zero(item: Visible, condition: str, what: str, patients: Patients) -> RowQuestion:
    return patient_question(
        item,
        condition,
        patients,
        Breach(
            rule="before-time-zero",
            message=Remark(what),
            remedy=Remark("before-time-zero.remedy"),
        ),
    )


def _excluded(name: str, excluded: int, n: int, because: Remark) -> Finding:
    return Finding(
        rule="no-follow-up",
        severity=Severity.WARNS,
        message=Remark(
            "no-follow-up",
            {"outcome": name, "count": excluded, "of_patients": Remark("patients", {"count": n}), "why": because},
        ),
        remedy=Remark("no-follow-up.remedy"),
    )


def groups_without_events(
    followed: FollowUp, groups: dict[str, NDArray[np.bool_]], comparison: str
) -> Iterator[Finding]:
    """A warning for every group of a comparison in which nobody had the outcome's event."""
    for group, members in groups.items():
        if not ((followed.cause == 1) & members).any():
            yield Finding(
                rule="group-without-event",
                severity=Severity.WARNS,
                message=Remark(
                    "group-without-event", {"outcome": followed.name, "comparison": comparison, "group": group}
                ),
                remedy=Remark("group-without-event.remedy"),
            )
