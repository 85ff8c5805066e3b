"""Statistics without a number, with the reason; and warnings that came with those that have one."""

from __future__ import annotations

from atrisk.report.table_model import Cell, Column, Piece, Table, TableRow, line, plain_row
from atrisk.report.tables.methods import analysis_words, statistic_words
from atrisk.report.tables.table_words import time_unit
from atrisk.report.view import View
from atrisk.result.remark import has_code
from atrisk.result.row import Row, is_companion


def not_estimated_table(view: View) -> Table | None:
    """Each estimate that could not be computed and why; limits that fail with their estimate are not repeated.

    Nor are limits of a median that are not reached: the tables say so in their place.
    """
    estimated = {row.estimate_id for row in view.rows.rows if not is_companion(row) and row.value is not None}
    empty = [
        row
        for row in view.rows.rows
        if row.error
        and row.analysis != "published"
        and (not is_companion(row) or (row.estimate_id in estimated and not has_code(row.error, "limit-not-reached")))
    ]
    return _reasons(
        view,
        empty,
        name="not-estimated",
        title=view.say("What could not be estimated"),
    )


def warnings_table(view: View) -> Table | None:
    """Estimates that came with a warning."""
    warned = [row for row in view.rows.rows if row.warning]
    return _reasons(view, warned, name="warnings", title=view.say("Warnings"))


def _reasons(view: View, rows: list[Row], *, name: str, title: str) -> Table | None:
    if not rows:
        return None
    return Table(
        name=name,
        title=title,
        stub=view.say("Statistic"),
        columns=(
            Column(heading=view.say("Of"), align="start"),
            Column(heading=view.say("Reason"), align="start"),
        ),
        rows=tuple(_reason_row(view, own) for own in _alike(rows)),
        notes=(line(view.say("No values were substituted.")),) if name == "not-estimated" else (),
    )


def _alike(rows: list[Row]) -> list[list[Row]]:
    """Rows of one outcome or variable with one reason, together: they differ in statistic, group or contrast."""
    found: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        key = (row.comparison, row.analysis, row.outcome, row.variable, row.stratum, row.error or row.warning)
        found.setdefault(key, []).append(row)
    return list(found.values())


def _reason_row(view: View, rows: list[Row]) -> TableRow:
    first = rows[0]
    statistics = ", ".join(dict.fromkeys(statistic_words(view, row.statistic).lower() for row in rows))
    whose = "; ".join(dict.fromkeys(part for row in rows if (part := _member(view, row))))
    of = ": ".join(part for part in (_subject(view, first), whose) if part)
    return plain_row(
        f"{analysis_words(view, first.analysis)}: {statistics}",
        (
            Cell.of(of),
            Cell.of(
                Piece(view.remark(first.error or first.warning), first.row_id, "error" if first.error else "warning")
            ),
        ),
    )


def _subject(view: View, row: Row) -> str:
    """What a row is of: outcome or variable, stratum, comparison."""
    names = view.names
    parts = []
    if row.outcome:
        parts.append(names.outcome(row.outcome))
    if row.variable:
        parts.append(names.variable(row.variable))
    if row.stratum:
        parts.append(names.stratum(row.comparison, row.stratum))
    if row.comparison != "main":
        frame = names.frame(row.comparison)
        parts.append(view.text(frame.label) if frame is not None else row.comparison)
    return ", ".join(parts)


def _member(view: View, row: Row) -> str:
    """Which of a subject's numbers a row is: of which group or contrast, level, cause and time."""
    names = view.names
    parts = []
    if row.contrast:
        parts.append(names.contrast(row.comparison, row.contrast))
    elif row.analysis not in ("stratified", "published"):
        parts.append(names.group(row.comparison, row.group))
    if row.level:
        parts.append(names.level(row.variable or row.outcome, row.level))
    if row.cause:
        parts.append(names.cause(row.outcome, row.cause))
    if row.time is not None:
        parts.append(view.words.time_point(row.time, time_unit(view, row.outcome)))
    return ", ".join(parts)
