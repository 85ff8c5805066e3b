"""Survival or cumulative incidence at the landmark times."""

from __future__ import annotations

from collections.abc import Iterator

from atrisk.report.row_cells import limits_cell, number, number_cell
from atrisk.report.table_model import (
    Cell,
    Column,
    Line,
    Table,
    TableRow,
    heading_row,
    level_row,
    line,
    without_empty_columns,
)
from atrisk.report.tables.table_words import limits_heading, method_notes, table_name, time_unit, without_number
from atrisk.report.view import View
from atrisk.report.wording import FEW_AT_RISK
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame

# After an estimate that rests on few patients at risk.
_FEW = "\N{DAGGER}"


def landmark_table(view: View, frame: ComparisonFrame, outcome: str) -> Table | None:
    """Survival or cumulative incidence at each landmark time, by group, with limits and numbers at risk."""
    rows = _rows(view, frame, outcome, "")
    title = view.say("{outcome}: cumulative incidence at set times") if _incidence(rows) else None
    return _table(view, frame, rows, title or view.say("{outcome} at set times"), "landmarks")


def strata_landmark_table(view: View, frame: ComparisonFrame, outcome: str) -> Table | None:
    """The same by group within each stratum; None without strata."""
    rows = [row for stratum in frame.strata for row in _rows(view, frame, outcome, stratum)]
    title = view.say("{outcome}: cumulative incidence at set times, by stratum") if _incidence(rows) else None
    title = title or view.say("{outcome} at set times, by stratum")
    return _table(view, frame, rows, title, "strata-landmarks")


def _rows(view: View, frame: ComparisonFrame, outcome: str, stratum: str) -> list[Row]:
    return [
        row
        for analysis in ("survival", "cumulative_incidence")
        for row in view.rows.family(frame.name, analysis, outcome, stratum)
        if row.statistic == analysis and row.time is not None
    ]


def _incidence(rows: list[Row]) -> bool:
    return bool(rows) and rows[0].analysis == "cumulative_incidence"


def _table(view: View, frame: ComparisonFrame, rows: list[Row], title: str, kind: str) -> Table | None:
    if not rows:
        return None
    outcome = rows[0].outcome
    unit = time_unit(view, outcome)
    lines: list[TableRow] = []
    several = len({row.cause for row in rows}) > 1
    for cause in dict.fromkeys(row.cause for row in rows):
        for time in dict.fromkeys(row.time for row in rows if row.cause == cause):
            at = view.words.time_point(time or 0.0, unit)
            if several:
                at = f"{view.names.cause(outcome, cause)}, {at}"
            lines.append(heading_row(at))
            chosen = [row for row in rows if row.time == time and row.cause == cause]
            lines += [level_row(_whose(view, frame, row), _landmark_cells(view, row)) for row in chosen]
    table = Table(
        name=table_name(frame, kind, outcome),
        title=title.format(outcome=view.names.outcome(outcome)),
        stub=view.say("Time and group") if kind == "landmarks" else view.say("Time, stratum and group"),
        columns=(
            Column(heading=view.say("Cumulative incidence") if _incidence(rows) else view.names.outcome(outcome)),
            Column(heading=limits_heading(view, rows)),
            Column(heading=view.say("At risk")),
            Column(heading=view.say("Events before")),
            Column(heading=view.say("Censored before")),
            Column(heading=view.say("Not yet entered")),
        ),
        rows=tuple(lines),
        notes=(*method_notes(view, rows), *_edge_notes(view, rows)),
    )
    return without_empty_columns(table)


def _whose(view: View, frame: ComparisonFrame, row: Row) -> str:
    group = view.names.group(frame.name, row.group)
    return f"{view.names.stratum(frame.name, row.stratum)}: {group}" if row.stratum else group


def _edge_notes(view: View, rows: list[Row]) -> Iterator[Line]:
    """Where few are at risk, and what limits mean where nobody has had the event yet: the standard error is then 0."""
    if any(_few(view, row) for row in rows):
        words = view.say("{mark} fewer than {few} patients at risk: curves are pale there.")
        yield line(words.format(mark=_FEW, few=FEW_AT_RISK))
    if any(row.analysis == "survival" and row.value == 1.0 and _low(view, row) == 1.0 for row in rows):
        yield line(
            view.say(
                "Before the first event survival is {whole}, its standard error 0, and its limits are {whole} to "
                "{whole} by R's convention: the method says nothing about precision there."
            ).format(whole=view.words.percent(1.0))
        )
    if any(row.value is not None and _low(view, row) is None for row in rows):
        yield line(
            view.say("Limits of this kind do not exist where the estimate is {none} or {whole}.").format(
                none=view.words.percent(0.0), whole=view.words.percent(1.0)
            )
        )


def _few(view: View, row: Row) -> bool:
    """Whether the estimate rests on few patients at risk."""
    at_risk = view.rows.companion(row, "n_at_risk")
    return row.value is not None and at_risk is not None and at_risk.value is not None and at_risk.value < FEW_AT_RISK


def _low(view: View, row: Row) -> float | None:
    limit = view.rows.companion(row, "conf_low")
    return limit.value if limit is not None else None


def _landmark_cells(view: View, row: Row) -> tuple[Cell, ...]:
    percent = view.words.percent
    counts = (
        number_cell(view.rows.companion(row, name), view.words.count, muted=True)
        for name in ("n_at_risk", "n_event_before", "n_censored_before", "n_not_entered")
    )
    mark = (_FEW,) if _few(view, row) else ()
    estimate = Cell.of(number(row, percent), *mark) if row.value is not None else without_number(view, row)
    return (estimate, limits_cell(view, row, percent), *counts)
