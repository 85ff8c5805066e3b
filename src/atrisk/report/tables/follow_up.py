"""Patients, events, medians and length of follow-up of one time-to-event outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from atrisk.report.row_cells import DASH, number_cell
from atrisk.report.row_index import Key
from atrisk.report.table_model import EMPTY, Cell, Line, Piece, Table, TableRow, line, plain_row
from atrisk.report.tables.group_columns import group_codes, group_columns
from atrisk.report.tables.table_words import limits_heading, table_name, time_unit
from atrisk.report.view import View
from atrisk.result.remark import Remark, has_code
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame
from atrisk.study.outcome import OutcomeFromDates


def follow_up_table(view: View, frame: ComparisonFrame, outcome: str) -> Table | None:
    """Patients, events, median time to the event and length of follow-up, by group."""
    everyone = view.rows.family(frame.name, "follow_up", outcome)
    if not everyone:
        return None
    codes = group_codes(frame, everyone=True)
    unit = time_unit(view, outcome)

    def row_of(analysis: str, statistic: str, code: str, cause: str = "") -> Row | None:
        return view.rows.find(
            Key(
                analysis=analysis,
                statistic=statistic,
                comparison=frame.name,
                outcome=outcome,
                group=code,
                cause=cause,
            )
        )

    def counts(title: str, statistic: str, cause: str = "") -> TableRow:
        cells = [number_cell(row_of("follow_up", statistic, code, cause), view.words.count) for code in codes]
        return plain_row(title, cells)

    lines = [counts(view.say("Patients with follow-up"), "n")]
    if any(row.statistic == "n_entered_late" for row in everyone):
        lines.append(counts(view.say("Entered after the origin of time"), "n_entered_late"))
    lines.append(counts(view.names.event(outcome), "n_event"))
    competing = dict.fromkeys(row.cause for row in everyone if row.statistic == "n_competing")
    lines += [
        counts(view.say("{cause} (competing)").format(cause=view.names.cause(outcome, cause)), "n_competing", cause)
        for cause in competing
    ]
    lines += _late_rows(view, everyone, counts)
    if any(row.statistic == "n_without_censoring_date" and row.value for row in everyone):
        title = view.say("No {censor} recorded; counted because of the event")
        lines.append(counts(title.format(censor=censored_at(view, outcome)), "n_without_censoring_date"))
    lines.append(counts(view.say("Censored"), "n_censored"))
    if any(row.statistic == "n_excluded" and row.value for row in everyone):
        lines.append(counts(view.say("Without usable follow-up"), "n_excluded"))
    person_time = [
        number_cell(row_of("follow_up", "person_time", code), lambda days: view.words.duration(days, "years"))
        for code in codes
    ]
    lines.append(plain_row(view.say("Person-years"), person_time))
    if any(row.statistic == "completeness" for row in everyone):
        complete = [number_cell(row_of("follow_up", "completeness", code), view.words.percent) for code in codes]
        lines.append(plain_row(view.say("Completeness of follow-up"), complete))
    # There is no curve of all patients together, whose median would be that of a mixture.
    medians = [row_of("survival", "median", code) for code in codes]
    in_unit = view.words.unit_of_time(unit)
    if any(row is not None for row in medians):
        title = view.say("Median time to the event, {unit} ({limits})")
        limits_words = limits_heading(view, [row for row in medians if row is not None])
        lines.append(
            plain_row(
                title.format(unit=in_unit, limits=limits_words),
                [median_cell(view, row, unit) if row is not None else Cell.of(DASH) for row in medians],
            )
        )
    lines += _mean_rows(view, frame, outcome, codes)
    reverse = [row_of("follow_up", "median", code) for code in codes]
    title = view.say("Median follow-up, {unit} ({limits})")
    limits_words = limits_heading(view, [row for row in reverse if row is not None])
    lines.append(
        plain_row(title.format(unit=in_unit, limits=limits_words), [median_cell(view, row, unit) for row in reverse])
    )
    return Table(
        name=table_name(frame, "follow-up", outcome),
        title=view.say("{outcome}: events and follow-up").format(outcome=view.names.outcome(outcome)),
        stub="",
        columns=group_columns(view, frame, everyone=True),
        rows=tuple(lines),
        notes=_follow_up_notes(view, everyone),
    )


def _mean_rows(view: View, frame: ComparisonFrame, outcome: str, codes: Sequence[str]) -> Iterator[TableRow]:
    """The mean time free of the event up to the declared horizon, where there is one."""
    means = restricted_means(view, frame, outcome, "")
    if means:
        cells = [
            median_cell(view, means[code], time_unit(view, outcome)) if code in means else Cell.of(DASH)
            for code in codes
        ]
        yield plain_row(mean_heading(view, list(means.values())), cells)


def restricted_means(view: View, frame: ComparisonFrame, outcome: str, stratum: str) -> dict[str, Row]:
    """The mean time free of the event by group; empty where no horizon is declared."""
    rows = view.rows.family(frame.name, "restricted_mean", outcome, stratum)
    return {row.group: row for row in rows if row.statistic == "restricted_mean"}


def mean_heading(view: View, rows: Sequence[Row]) -> str:
    """The heading of mean times, with their horizon, unit and confidence level."""
    unit = time_unit(view, rows[0].outcome)
    return view.say("Mean time free of the event up to {time}, {unit} ({limits})").format(
        time=view.words.time_point(rows[0].time or 0.0, unit),
        unit=view.words.unit_of_time(unit),
        limits=limits_heading(view, rows),
    )


def _late_rows(view: View, rows: Sequence[Row], counts: Callable[[str, str, str], TableRow]) -> Iterator[TableRow]:
    """Events dated after the date on which follow-up would else have been censored, where there are any."""
    late = [row for row in rows if row.statistic == "n_after_censoring" and row.value]
    for cause in dict.fromkeys(row.cause for row in late):
        event = view.names.cause(late[0].outcome, cause) if cause else view.names.event(late[0].outcome)
        title = view.say("{event}: of these, dated after {censor}").format(
            event=event, censor=censored_at(view, late[0].outcome)
        )
        yield counts(title, "n_after_censoring", cause)


def _warning(view: View, outcome: str, warning: str) -> str:
    """A row's warning, in which the date of censoring has the name that the table gives it."""
    if isinstance(warning, Remark) and has_code(warning, "late-events"):
        warning = Remark(warning.code, {**warning.values, "date": censored_at(view, outcome)})
    return view.remark(warning)


def censored_at(view: View, outcome: str) -> str:
    """What readers call the date at which the study file censors patients without an event."""
    timed = view.names.timed(outcome)
    return view.names.column(timed.censor) if isinstance(timed, OutcomeFromDates) else ""


def _follow_up_notes(view: View, rows: Sequence[Row]) -> tuple[Line, ...]:
    notes = [
        view.say(
            "Follow-up by the reverse Kaplan-Meier method: censoring is what is timed, and an event of the outcome "
            "censors it."
        )
    ]
    if any(row.statistic == "n_entered_late" for row in rows):
        notes.append(
            view.say(
                "Delayed entry: time counts from an earlier date than that from which patients were observed, and each "
                "is at risk from entry on; nobody who died before could be entered. Who left on the day of entry "
                "counts half a day later. With few at risk early on, curves rest on few patients there."
            )
        )
    for row in rows:
        if row.statistic == "n_after_censoring" and row.value:
            notes.append(
                view.say(
                    "Without an event, follow-up ends at {censor}. An event dated later counts all the same, such as a "
                    "death after the last scan or contact, and follow-up then reaches to its day: patients with an "
                    "event are followed longer than those without."
                ).format(censor=censored_at(view, row.outcome))
            )
            break
    if any(row.statistic == "completeness" for row in rows):
        notes.append(
            view.say(
                "Completeness: observed over potential person-time (Clark's C). Potential is the time to the event; "
                "without one, to the data cut or the declared end of follow-up."
            )
        )
    warned = dict.fromkeys(row.warning for row in rows if row.warning)
    notes += [view.say("Warning: {warning}.").format(warning=_warning(view, rows[0].outcome, each)) for each in warned]
    reasons = dict.fromkeys(row.note for row in rows if row.statistic == "n_excluded" and row.value and row.note)
    notes += [view.say("Without usable follow-up: {reason}.").format(reason=view.remark(reason)) for reason in reasons]
    return tuple(line(note) for note in notes)


def median_cell(view: View, row: Row | None, unit: str) -> Cell:
    """A median time with its limits below it; words where it, or a limit, is not reached."""
    if row is None:
        return EMPTY
    if row.value is None:
        words = view.say("not reached") if has_code(row.error, "not-reached") else view.say("not estimable")
        middle = Piece(words, row.row_id)
    else:
        middle = Piece(view.words.duration(row.value, unit), row.row_id)
    low, high = view.rows.companion(row, "conf_low"), view.rows.companion(row, "conf_high")
    if low is None or high is None or (low.value is None and high.value is None):
        return Cell.of(middle)
    ends = [
        Piece(view.words.duration(end.value, unit) if end.value is not None else view.say("not reached"), end.row_id)
        for end in (low, high)
    ]
    return Cell(((middle,), (Piece("("), ends[0], Piece(view.words.style.between), ends[1], Piece(")"))))
