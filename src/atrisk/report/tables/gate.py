"""The gate before an estimate by a propensity score: what was asked for, what was found, how far the groups overlap."""

from __future__ import annotations

from collections.abc import Sequence

from atrisk.report.number_form import form_of
from atrisk.report.row_cells import number_cell
from atrisk.report.sentence import filled
from atrisk.report.table_model import (
    EMPTY,
    Cell,
    Column,
    Line,
    Piece,
    Table,
    TableRow,
    heading_row,
    level_row,
    line,
    without_empty_columns,
)
from atrisk.report.tables.balance import BalanceKind, balance_kinds, kind_key
from atrisk.report.tables.surgical_words import contrast_label
from atrisk.report.tables.table_words import table_name
from atrisk.report.view import View
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame


def gate_table(view: View, frame: ComparisonFrame, outcome: str) -> Table | None:
    """What was asked before any estimate by a score, and whether it holds; how far the groups of a pair overlap."""
    rows = view.rows.family(frame.name, "gate", outcome)
    if not rows:
        return None
    overlap = view.rows.family(frame.name, "overlap", outcome)
    lines: list[TableRow] = []
    for contrast in frame.contrasts:
        own = [row for row in rows if row.contrast == contrast]
        if own:
            lines.append(heading_row(contrast_label(view, frame, contrast)))
            lines += _overlap_lines(view, [row for row in overlap if row.contrast == contrast])
            for kind in balance_kinds(view, own):
                lines += _gate_lines(view, [row for row in own if kind_key(row) == kind.key], kind)
    table = Table(
        name=table_name(frame, "gate", outcome),
        title=view.say("{outcome}: what must hold before an estimate by a propensity score stands alone").format(
            outcome=view.names.outcome(outcome)
        ),
        stub=view.say("Pair and criterion"),
        columns=(
            Column(heading=view.say("Found")),
            Column(heading=view.say("Asked for")),
            Column(heading=view.say("Met")),
        ),
        rows=tuple(lines),
        notes=tuple(_gate_notes(view, rows)),
    )
    return without_empty_columns(table)


def _overlap_lines(view: View, rows: Sequence[Row]) -> list[TableRow]:
    words = {
        "equipoise": view.say("Share in equipoise, {group}"),
        "outside_support": view.say("Share outside the common support, {group}"),
        "c_statistic": view.say("c-statistic of the score"),
    }
    return [
        level_row(
            words[row.statistic].format(group=view.names.group(row.comparison, row.group)),
            (number_cell(row, form_of(view, row)), EMPTY, EMPTY),
        )
        for row in rows
    ]


def _gate_lines(view: View, rows: Sequence[Row], kind: BalanceKind) -> list[TableRow]:
    words = {
        "largest_smd": view.say("largest standardised difference"),
        "effective_n": view.say("effective sample size of the smaller group"),
        "equipoise": view.say("share in equipoise of the worse group"),
        "detectable_hazard_ratio": view.say("hazard ratio it would detect"),
    }
    verdicts = {row.of: row for row in rows if row.statistic == "met"}
    lines: list[TableRow] = []
    for row in rows:
        if row.statistic not in words:
            continue
        form, verdict = form_of(view, row), verdicts.get(row.statistic)
        asked = EMPTY
        if row.margin is not None:
            below = row.statistic == "largest_smd"
            limit = form(row.margin) if row.statistic == "equipoise" else f"{row.margin:g}"
            words_of_limit = view.say("below {limit}") if below else view.say("at least {limit}")
            asked = Cell((filled(words_of_limit, {"limit": Piece(limit, row.row_id, "margin")}),))
        met = EMPTY
        if verdict is not None:
            met = Cell.of(Piece(view.say("met") if verdict.value else view.say("not met"), verdict.row_id))
        label = view.say("{estimand}: {criterion}").format(estimand=kind.words, criterion=words[row.statistic])
        lines.append(level_row(label, (number_cell(row, form_of(view, row)), asked, met)))
    return lines


def _gate_notes(view: View, rows: Sequence[Row]) -> list[Line]:
    notes = [
        line(
            view.say(
                "Equipoise: a preference score (the propensity score, freed of how many are in each group) from 0.3 to "
                "0.7. Effective sample size: as many patients of equal weight say as much. All of this was computed "
                "before any outcome was compared by the score."
            )
        )
    ]
    said = {row.note.values["outcome"] for row in rows if isinstance(row.note, Remark)}
    for outcome in said:
        words = view.say("Balance and overlap of these patients stand under {outcome}.")
        notes.append(line(words.format(outcome=view.names.outcome(str(outcome)))))
    reasons = dict.fromkeys(row.error for row in rows if row.error)
    return notes + [line(view.say("Not estimable: {reason}.").format(reason=view.remark(each))) for each in reasons]
