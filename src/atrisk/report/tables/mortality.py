"""Death by a day: 1 - Kaplan-Meier by group, its differences, and the bounds that short follow-up leaves open."""

from __future__ import annotations

from collections.abc import Mapping

from atrisk.report.row_cells import limits, number, number_cell
from atrisk.report.table_model import EMPTY, Cell, Piece, Table, TableRow, heading_row, level_row, line
from atrisk.report.tables.group_columns import group_codes, group_columns
from atrisk.report.tables.surgical_words import surgical_name, surgical_outcomes
from atrisk.report.tables.table_words import limits_heading, method_notes
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame
from atrisk.study.contrast import parsed


def mortality_table(view: View, frame: ComparisonFrame) -> Table | None:
    """Risk of death by a day with limits, bounds and contrasts; None where no outcome is one."""
    outcomes = surgical_outcomes(view, frame, "mortality")
    if not outcomes:
        return None
    lines: list[TableRow] = []
    shown: list[Row] = []
    codes = group_codes(frame, everyone=True)
    for outcome in outcomes:
        rows = view.rows.family(frame.name, "mortality", outcome)
        by_group = {(row.statistic, row.group): row for row in rows if not row.contrast}
        differences = [row for row in rows if row.contrast]
        shown += [row for row in rows if row.statistic in ("risk", "risk_difference")]
        lines.append(heading_row(view.names.outcome(outcome)))
        if any(statistic == "risk" for statistic, _ in by_group):
            cells = [_estimate_cell(view, by_group.get(("risk", code))) for code in codes]
            lines.append(
                level_row(view.say("1 − Kaplan-Meier ({limits})").format(limits=limits_heading(view, rows)), cells)
            )
        lines += [
            level_row(view.say(words), [_bound_cell(view, by_group.get((statistic, code))) for code in codes])
            for statistic, words in (
                ("lowest", "Of all operated, best: unknown taken as alive"),
                ("highest", "Of all operated, worst: unknown taken as dead"),
            )
        ]
        lines.append(level_row(view.say("Unknown (followed for less)"), _short_cells(view, by_group, codes)))
        for row in differences:
            both = limits(view, row, view.words.points)
            cell = Cell((line(number(row, view.words.points), *(line(" (", *both, ")") if both else ())),))
            words = view.say("Difference, points: {contrast}").format(
                contrast=view.names.contrast(frame.name, row.contrast)
            )
            pair = parsed(row.contrast)
            lines.append(level_row(words, [cell if pair and code == pair[0] else EMPTY for code in codes]))
    words = view.say(
        "Leaving out patients followed for less would drop survivors alone; the Kaplan-Meier estimate counts each for "
        "as long as he or she was followed, and the bounds say what would hold if all of them lived, or died. The "
        "table of binary outcomes leaves them out."
    )
    return Table(
        name=surgical_name(frame, "mortality"),
        title=view.say("Death by a set day"),
        stub=view.say("Outcome"),
        columns=group_columns(view, frame, everyone=True),
        rows=tuple(lines),
        notes=(line(words), *method_notes(view, shown)),
    )


def _estimate_cell(view: View, row: Row | None) -> Cell:
    if row is None:
        return EMPTY
    both = limits(view, row, view.words.percent)
    return Cell((line(number(row, view.words.percent)), *([line("(", *both, ")")] if both else [])))


def _bound_cell(view: View, row: Row | None) -> Cell:
    if row is None or row.numerator is None or row.denominator is None:
        return EMPTY
    return Cell.of(
        Piece(view.words.count(row.numerator), row.row_id, "numerator"),
        "/",
        Piece(view.words.count(row.denominator), row.row_id, "denominator"),
        " (",
        number(row, view.words.percent),
        ")",
    )


def _short_cells(view: View, by_group: Mapping[tuple[str, str], Row], codes: tuple[str, ...]) -> list[Cell]:
    return [number_cell(by_group.get(("short_follow_up", code)), view.words.count, muted=True) for code in codes]
