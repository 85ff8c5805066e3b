"""Balance of the confounders before and after weighting, in one table a pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from atrisk.report.number_form import form_of
from atrisk.report.row_cells import DASH, number_cell
from atrisk.report.table_model import (
    EMPTY,
    Cell,
    Column,
    Table,
    TableRow,
    heading_row,
    level_row,
    line,
    plain_row,
    without_empty_columns,
)
from atrisk.report.tables.adjusted import estimand_words
from atrisk.report.tables.surgical_words import contrast_label
from atrisk.report.tables.table_words import table_name
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame


@dataclass(frozen=True, slots=True)
class BalanceKind:
    """One way of looking at balance: as the groups are, or adjusted; by what its rows say it is, and in words."""

    key: tuple[str, str]
    words: str


def kind_key(row: Row) -> tuple[str, str]:
    """The way of looking at balance to which a row belongs: whom its groups are to resemble, and how."""
    return row.estimand, row.adjustment_set


def balance_kinds(view: View, rows: Sequence[Row]) -> tuple[BalanceKind, ...]:
    """The ways in which these rows look at balance, in order; the unadjusted one first."""
    found: dict[tuple[str, str], Row] = {}
    for row in rows:
        found.setdefault(kind_key(row), row)
    return tuple(
        BalanceKind(key, estimand_words(view, row) if row.estimand else view.say("Unadjusted"))
        for key, row in found.items()
    )


def balance_tables(view: View, frame: ComparisonFrame, outcome: str) -> tuple[Table, ...]:
    """The table of each pair for which a score was made."""
    return tuple(table for contrast in frame.contrasts if (table := _table(view, frame, outcome, contrast)) is not None)


def _table(view: View, frame: ComparisonFrame, outcome: str, contrast: str) -> Table | None:
    rows = [row for row in view.rows.family(frame.name, "balance", outcome) if row.contrast == contrast]
    if not rows:
        return None
    kinds = balance_kinds(view, rows)
    smd, ratio = view.say("Standardised difference"), view.say("Ratio of variances")
    columns = [Column(heading=heading, group=kind.words) for kind in kinds for heading in (smd, ratio)]
    place = frame.contrasts.index(contrast) + 1
    table = Table(
        name=f"{table_name(frame, 'balance', outcome)}-{place}",
        title=view.say("{contrast}: balance of the confounders").format(contrast=contrast_label(view, frame, contrast)),
        stub=view.say("Confounder"),
        columns=tuple(columns),
        rows=(*_lines(view, rows, kinds), *_effective(view, frame, rows, kinds)),
        notes=(
            line(
                view.say(
                    "Differences of means in units of the standard deviation of the two groups as they are, which no "
                    "weighting changes. {dash}: not estimable, or of a level, whose share says it all."
                ).format(dash=DASH)
            ),
        ),
    )
    return without_empty_columns(table)


def _lines(view: View, rows: Sequence[Row], kinds: Sequence[BalanceKind]) -> list[TableRow]:
    found = {(kind_key(row), row.variable, row.level, row.statistic): row for row in rows}
    lines: list[TableRow] = []
    for variable in dict.fromkeys(row.variable for row in rows if row.variable):
        levels = dict.fromkeys(row.level for row in rows if row.variable == variable)
        label = view.names.variable(variable)
        if list(levels) != [""]:
            lines.append(heading_row(label))
        for level in levels:
            cells = tuple(
                _cell(view, found.get((kind.key, variable, level, statistic)))
                for kind in kinds
                for statistic in ("smd", "variance_ratio")
            )
            made = plain_row(label, cells) if level == "" else level_row(view.names.level(variable, level), cells)
            lines.append(made)
    return lines


def _cell(view: View, row: Row | None) -> Cell:
    return number_cell(row, form_of(view, row)) if row is not None else EMPTY


def _effective(view: View, frame: ComparisonFrame, rows: Sequence[Row], kinds: Sequence[BalanceKind]) -> list[TableRow]:
    """The effective sample size of each group, under the standardised differences it belongs to."""
    found = {(kind_key(row), row.group): row for row in rows if row.statistic == "effective_n"}
    groups = dict.fromkeys(group for _kind, group in found)
    if not groups:
        return []
    lines = [heading_row(view.say("Effective sample size"))]
    for group in groups:
        cells: list[Cell] = []
        for kind in kinds:
            row = found.get((kind.key, group))
            cells += [_cell(view, row), EMPTY]
        lines.append(level_row(view.names.group(frame.name, group), tuple(cells)))
    return lines
