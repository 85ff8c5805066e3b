"""Exposures that begin during follow-up: who was exposed when, survival, hazard ratio and test, landmark analyses."""

from __future__ import annotations

from collections.abc import Sequence

from atrisk.report.row_cells import limits_cell, number, number_cell
from atrisk.report.table_model import (
    Cell,
    Column,
    Line,
    Piece,
    Table,
    TableRow,
    heading_row,
    level_row,
    line,
    plain_row,
)
from atrisk.report.tables.estimates import EstimateLine, estimate_table
from atrisk.report.tables.table_words import limits_heading, method_notes, time_unit, without_number
from atrisk.report.view import View
from atrisk.result.row import Row


def exposure_words(view: View, level: str) -> str:
    """What readers call the two states."""
    return view.say("Exposed") if level == "exposed" else view.say("Not exposed, or not yet")


def exposed_table(view: View, name: str) -> Table:
    """How many were exposed when; events and person-time in each state."""
    rows = _rows(view, "time_dependent", name)
    titles = {
        "always": view.say("Exposed from time zero"),
        "changed": view.say("Exposed later, while followed"),
        "too late": view.say("Exposed on the last day of follow-up or after it: counted as never exposed"),
        "never": view.say("Never exposed"),
    }
    counts = {row.level: row for row in rows if row.statistic == "count"}
    lines = [
        plain_row(words, (number_cell(counts[level], view.words.count), _of(view, counts[level])))
        for level, words in titles.items()
    ]
    for level in ("unexposed", "exposed"):
        found = {row.statistic: row for row in rows if row.level == level}
        time = number(found["person_time"], lambda days: view.words.duration(days, "years"))
        lines.append(heading_row(exposure_words(view, level)))
        lines.append(level_row(view.say("Events"), (number_cell(found["n_event"], view.words.count), Cell.of(""))))
        lines.append(level_row(view.say("Person-years"), (Cell.of(time), Cell.of(""))))
    return Table(
        name=f"exposed-{name}",
        title=view.say("{exposure}: who was exposed when").format(exposure=_label(view, name)),
        stub=view.say("Patients"),
        columns=(Column(heading=view.say("Number")), Column(heading=view.say("of"))),
        rows=tuple(lines),
        notes=(
            line(
                view.say(
                    "A patient counts as not exposed up to and on the day on which the exposure begins. Compared as "
                    "if exposed from the start, patients could not have died before it, and exposure would look better "
                    "than it is (immortal time)."
                )
            ),
        ),
    )


def _of(view: View, row: Row) -> Cell:
    return Cell.of(Piece(view.words.count(row.denominator or 0.0), row.row_id, "denominator"))


def exposure_survival_table(view: View, name: str) -> Table | None:
    """Survival in each state at the landmarks of the outcome."""
    rows = [row for row in _rows(view, "time_dependent", name) if row.statistic == "survival"]
    if not rows:
        return None
    outcome, percent = rows[0].outcome, view.words.percent
    lines: list[TableRow] = []
    for time in dict.fromkeys(row.time for row in rows):
        lines.append(heading_row(view.words.time_point(time or 0.0, time_unit(view, outcome))))
        for row in rows:
            if row.time == time:
                estimate = number_cell(row, percent) if row.value is not None else without_number(view, row)
                lines.append(level_row(exposure_words(view, row.level), (estimate, limits_cell(view, row, percent))))
    note = view.say(
        "Everybody counts in the curve of the state they are in at the time; the clock is not set back on exposure. No "
        "group of patients has one of these curves: they describe staying in one state all along."
    )
    return Table(
        name=f"exposed-survival-{name}",
        title=view.say("{exposure}: {outcome} by exposure").format(
            exposure=_label(view, name), outcome=view.names.outcome(outcome)
        ),
        stub=view.say("Time and exposure"),
        columns=(Column(heading=view.names.outcome(outcome)), Column(heading=limits_heading(view, rows))),
        rows=tuple(lines),
        notes=(line(note), *method_notes(view, rows), *_before_the_first_event(view, rows)),
    )


def _before_the_first_event(view: View, rows: Sequence[Row]) -> list[Line]:
    """What limits mean where nobody has had the event yet, in the words of the other tables of survival."""
    if not any(row.value == 1.0 for row in rows):
        return []
    words = view.say(
        "Before the first event survival is {whole}, its standard error 0, and its limits are {whole} to "
        "{whole} by R's convention: the method says nothing about precision there."
    )
    return [line(words.format(whole=view.words.percent(1.0)))]


def exposure_ratio_table(view: View, name: str) -> Table | None:
    """The start-stop hazard ratios with the Mantel-Byar test, then every landmark analysis."""
    rows, landmarks = _rows(view, "time_dependent", name), _rows(view, "landmark", name)
    lines = [EstimateLine(label=view.say("Exposure counted from its day on"))]
    for method, words in (
        ("start-stop cox", view.say("Hazard ratio")),
        ("start-stop cox by group", view.say("Hazard ratio, stratified by the study's groups")),
    ):
        own = {row.statistic: row for row in rows if row.method == method}
        lines.append(EstimateLine(label=words, row=own.get("hazard_ratio"), p=own.get("p")))
    test = next((row for row in rows if (row.statistic, row.method) == ("p", "mantel-byar")), None)
    lines.append(EstimateLine(label=view.say("Mantel-Byar test"), p=test))
    notes = [
        line(view.say("Warning: "), Piece(view.remark(row.warning), row.row_id, "warning"), ".")
        for row in rows
        if row.warning and row.method == "start-stop cox" and row.statistic == "hazard_ratio"
    ]
    rules = len(notes)
    for start in dict.fromkeys(row.time_start for row in landmarks):
        at = [row for row in landmarks if row.time_start == start]
        own = {row.statistic: row for row in at if row.contrast}
        when = view.words.time_point(start or 0.0, time_unit(view, at[0].outcome))
        lines.append(EstimateLine(label=view.say("Landmark analysis at {time}").format(time=when)))
        lines.append(EstimateLine(label=view.say("Hazard ratio"), row=own.get("hazard_ratio"), p=own.get("p")))
        notes.append(line(f"{when}: ", *_landmark_pieces(view, at, own.get("hazard_ratio"))))
    if len(notes) > rules:
        rule = view.say(
            "Landmark analysis: of those followed beyond the landmark, exposed up to and on it against all others, "
            "with time counted from it; events and ends of follow-up on the day itself are before it."
        )
        notes.insert(rules, line(rule))
    return estimate_table(
        view,
        lines,
        name=f"exposure-{name}",
        title=view.say("{exposure}: exposed against not exposed").format(exposure=_label(view, name)),
        stub=view.say("Analysis and measure"),
        notes=notes,
    )


def _landmark_pieces(view: View, rows: Sequence[Row], ratio: Row | None) -> list[Piece | str]:
    """Who is compared at a landmark, in words with their rows."""
    count = view.words.count
    by_place = {(row.statistic, row.level): row for row in rows if not row.contrast}
    pieces: list[Piece | str] = []
    for level in ("exposed", "unexposed"):
        pieces += [
            f"{exposure_words(view, level)} ",
            number(by_place["n", level], count),
            view.say(", events afterwards "),
            number(by_place["n_event", level], count),
            "; ",
        ]
    pieces += [view.say("exposed only later "), number(by_place["n_exposed_later", ""], count)]
    for statistic, words in (
        ("n_event_before", view.say("with the event before ")),
        ("n_censored_before", view.say("follow-up ended before ")),
        ("n_not_entered", view.say("not yet entered ")),
    ):
        row = view.rows.companion(ratio, statistic) if ratio is not None else None
        if row is not None:
            pieces += ["; ", words, number(row, count)]
    return [*pieces, "."]


def _label(view: View, name: str) -> str:
    return view.text(view.result.study.time_dependent[name].label)


def _rows(view: View, analysis: str, name: str) -> list[Row]:
    """The rows of an exposure without their companions."""
    outcome = view.result.study.time_dependent[name].outcome
    return [row for row in view.rows.family("main", analysis, outcome) if row.term == name]
