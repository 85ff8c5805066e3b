"""A table of estimates of several kinds, one a line: the estimate, its limits, its p value, of how many patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from atrisk.report.number_form import form_of
from atrisk.report.row_cells import adjusted_cell, limits_cell, number_cell, p_cell, patients_cell
from atrisk.report.table_model import (
    EMPTY,
    Column,
    Line,
    Table,
    TableRow,
    heading_row,
    level_row,
    without_empty_columns,
)
from atrisk.report.tables.table_words import limits_heading, method_notes
from atrisk.report.view import View
from atrisk.result.row import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateLine:
    """One line: an estimate with the test that belongs to it, or a test alone; without either, a heading.

    ``seen``: the view in which the estimate's limits are found, where it is that of an alternative.
    """

    label: str
    row: Row | None = None
    p: Row | None = None
    seen: View | None = None


def estimate_table(
    view: View, lines: Sequence[EstimateLine], *, name: str, title: str, stub: str, notes: Sequence[Line] = ()
) -> Table | None:
    """The table of these lines, the methods of its rows named below; None where no line has one."""
    rows = [line.row for line in lines if line.row is not None]
    tests = [line.p for line in lines if line.p is not None]
    if not rows and not tests:
        return None
    table = Table(
        name=name,
        title=title,
        stub=stub,
        columns=(
            Column(heading=view.say("Estimate")),
            Column(heading=limits_heading(view, rows)),
            Column(heading=view.say("p")),
            Column(heading=view.say("p, adjusted")),
            Column(heading=view.say("Patients (events)")),
        ),
        rows=tuple(_table_row(view, line) for line in lines),
        notes=(*method_notes(view, [*rows, *tests]), *notes),
    )
    return without_empty_columns(table)


def _table_row(view: View, line: EstimateLine) -> TableRow:
    if line.row is None and line.p is None:
        return heading_row(line.label)
    if line.row is None:
        counted = patients_cell(view, line.p, events=True)
        return level_row(line.label, (EMPTY, EMPTY, p_cell(view, line.p), adjusted_cell(view, line.p), counted))
    form = form_of(view, line.row)
    return level_row(
        line.label,
        (
            number_cell(line.row, form),
            limits_cell(line.seen or view, line.row, form),
            p_cell(view, line.p) if line.p is not None else EMPTY,
            adjusted_cell(view, line.p),
            patients_cell(view, line.row, events=True),
        ),
    )
