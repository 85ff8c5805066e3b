"""Ordered and numeric outcomes: their distribution by group, then tests of ranks."""

from __future__ import annotations

from collections.abc import Sequence

from atrisk.report.row_cells import adjusted_cell, method_words, p_cell
from atrisk.report.table_model import (
    EMPTY,
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
from atrisk.report.tables.baseline_block import Block
from atrisk.report.tables.group_columns import group_codes, group_columns
from atrisk.report.tables.surgical_words import (
    row_label,
    strata,
    stratum_label,
    surgical_name,
    surgical_outcomes,
    with_contrast,
)
from atrisk.report.tables.table_words import adjustment_note
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame


def distribution_table(view: View, frame: ComparisonFrame) -> Table | None:
    """Levels of ordered outcomes and quantiles of numeric ones by group; strata apart."""
    lines: list[TableRow] = []
    kinds: set[str] = set()
    for analysis in ("ordinal", "numeric"):
        for outcome in surgical_outcomes(view, frame, analysis):
            kinds.add(analysis)
            for stratum in strata(view, frame, analysis, outcome):
                label = view.names.outcome(outcome)
                if frame.strata:
                    label = f"{label}: {stratum_label(view, frame, stratum)}"
                block = Block(
                    view=view,
                    label=label,
                    variable=outcome,
                    own=view.rows.family(frame.name, analysis, outcome, stratum),
                    codes=group_codes(frame, everyone=True),
                    beside=lambda _kind: (),
                )
                lines += block.rows()
    if not lines:
        return None
    notes = []
    if "ordinal" in kinds:
        notes.append(
            line(
                view.say(
                    "Levels are n (%) of those recorded, n/N (%) where values are missing; below them exact limits "
                    "(Clopper-Pearson)."
                )
            )
        )
    if "numeric" in kinds:
        notes.append(line(view.say("IQR: first to third quartile.")))
    return Table(
        name=surgical_name(frame, "distributions"),
        title=view.say("Ordered and numeric outcomes by group"),
        stub=view.say("Outcome"),
        columns=group_columns(view, frame, everyone=True),
        rows=tuple(lines),
        notes=tuple(notes),
    )


def rank_table(view: View, frame: ComparisonFrame) -> Table | None:
    """Tests of ranks of the ordinal and numeric outcomes, for each contrast and for all groups."""
    lines: list[TableRow] = []
    tests: list[Row] = []
    for analysis in ("ordinal", "numeric"):
        for outcome in surgical_outcomes(view, frame, analysis):
            lines.append(heading_row(view.names.outcome(outcome)))
            for stratum in strata(view, frame, analysis, outcome):
                own = [r for r in view.rows.family(frame.name, analysis, outcome, stratum) if r.statistic == "p"]
                tests += own
                within = stratum_label(view, frame, stratum) if frame.strata else ""
                lines += [
                    level_row(row_label(view, frame, row.contrast, within), _rank_cells(view, row)) for row in own
                ]
    if not tests:
        return None
    notes: list[Line] = [line(view.say("Ranks: ordered levels are taken in their declared order."))]
    first = next((row for row in tests if row.p_adjusted is not None), None)
    if first is not None:
        notes.append(line(adjustment_note(view, frame, sum(row.family == first.family for row in tests))))
    table = Table(
        name=surgical_name(frame, "rank-tests"),
        title=with_contrast(view, frame, view.say("Tests of ranks for ordered and numeric outcomes")),
        stub=view.say("Outcome and contrast"),
        columns=(
            Column(heading=view.say("Test")),
            Column(heading=view.say("Patients")),
            Column(heading=view.say("p")),
            Column(heading=view.say("p, adjusted")),
        ),
        rows=tuple(lines),
        notes=tuple(notes),
    )
    return without_empty_columns(table)


def _rank_cells(view: View, row: Row) -> Sequence[Cell]:
    patients = Cell.of(view.words.count(row.n)) if row.n is not None else EMPTY
    return (Cell.of(method_words(view, row.method)), patients, p_cell(view, row), adjusted_cell(view, row))
