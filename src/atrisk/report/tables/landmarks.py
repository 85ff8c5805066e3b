"""Survival or cumulative incidence at the landmark times."""

from __future__ import annotations

from atrisk.report.row_cells import limits_cell, number, number_cell
from atrisk.report.table_model import Cell, Column, Table, TableRow, heading_row, level_row
from atrisk.report.tables.table_words import limits_heading, method_notes, table_name, time_unit, without_number
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame


def landmark_table(view: View, frame: ComparisonFrame, outcome: str) -> Table | None:
    """Survival or cumulative incidence at each landmark time, by group, with limits and numbers at risk."""
    unit = time_unit(view, outcome)
    lines: list[TableRow] = []
    rows = [
        row
        for analysis in ("survival", "cumulative_incidence")
        for row in view.rows.family(frame.name, analysis, outcome)
        if row.statistic == analysis and row.time is not None
    ]
    if not rows:
        return None
    several = len({row.cause for row in rows}) > 1
    for cause in dict.fromkeys(row.cause for row in rows):
        for time in dict.fromkeys(row.time for row in rows if row.cause == cause):
            at = view.words.time_point(time or 0.0, unit)
            if several:
                at = f"{view.names.cause(outcome, cause)}, {at}"
            lines.append(heading_row(at))
            chosen = [row for row in rows if row.time == time and row.cause == cause]
            lines += [level_row(view.names.group(frame.name, row.group), _landmark_cells(view, row)) for row in chosen]
    incidence = rows[0].analysis == "cumulative_incidence"
    title = (
        view.say("{outcome}: cumulative incidence at set times")
        if incidence
        else view.say("{outcome}: survival at set times")
    )
    return Table(
        name=table_name(frame, "landmarks", outcome),
        title=title.format(outcome=view.names.outcome(outcome)),
        stub=view.say("Time and group"),
        columns=(
            Column(heading=view.say("Cumulative incidence") if incidence else view.say("Survival")),
            Column(heading=limits_heading(view, rows)),
            Column(heading=view.say("At risk")),
            Column(heading=view.say("Events before")),
            Column(heading=view.say("Censored before")),
        ),
        rows=tuple(lines),
        notes=method_notes(view, rows),
    )


def _landmark_cells(view: View, row: Row) -> tuple[Cell, ...]:
    percent = view.words.percent
    counts = (
        number_cell(view.rows.companion(row, name), view.words.count, muted=True)
        for name in ("n_at_risk", "n_event_before", "n_censored_before")
    )
    estimate = Cell.of(number(row, percent)) if row.value is not None else without_number(view, row)
    return (estimate, limits_cell(view, row, percent), *counts)
