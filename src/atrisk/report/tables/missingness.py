"""What is missing in an adjusted comparison: together with what, in which group, and in which patients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from atrisk.report.row_cells import number_cell
from atrisk.report.table_model import EMPTY, Cell, Column, Table, TableRow, heading_row, level_row, line, plain_row
from atrisk.report.tables.group_columns import group_codes, group_columns
from atrisk.report.tables.table_words import table_name
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame

# As the rows name them.
_BETWEEN_NAMES, _COMPLETE, _INCOMPLETE = "; ", "complete", "incomplete"


def missingness_of(view: View, frame: ComparisonFrame) -> list[Row]:
    """Every row about missing values of a comparison."""
    return [row for row in view.rows.rows if (row.comparison, row.analysis) == (frame.name, "missingness")]


def names_lacking(row: Row) -> tuple[str, ...]:
    """The variables and outcomes missing in a pattern."""
    return tuple(row.text_value.split(_BETWEEN_NAMES)) if row.text_value else ()


def label_of(view: View, name: str, rows: Sequence[Row]) -> str:
    """The label of a variable or outcome among these rows."""
    outcome = any(row.outcome == name for row in rows)
    return view.names.outcome(name) if outcome else view.names.variable(name)


def missing_table(view: View, frame: ComparisonFrame) -> Table | None:
    """How many of each group lack each variable, and which are missing together; None where nothing is missing."""
    rows = missingness_of(view, frame)
    patterns = [row for row in rows if row.statistic == "count"]
    if not patterns:
        return None
    codes = group_codes(frame, everyone=True)
    lines: list[TableRow] = [heading_row(view.say("Not recorded"))]
    for name in dict.fromkeys(row.variable or row.outcome for row in rows if row.statistic == "missing" and row.value):
        own = {row.group: row for row in rows if row.statistic == "missing" and name == (row.variable or row.outcome)}
        lines.append(level_row(label_of(view, name, rows), _counts(view, own, codes)))
    lines.append(heading_row(view.say("Not recorded together")))
    for term in dict.fromkeys(row.term for row in patterns):
        by_group = {row.group: row for row in patterns if row.term == term}
        names = [label_of(view, name, rows) for name in names_lacking(by_group[""])]
        lines.append(level_row("; ".join(names) or view.say("Nothing is missing"), _counts(view, by_group, codes)))
    return Table(
        name=table_name(frame, "missing", "together"),
        title=view.say("Confounders and outcomes that are not recorded"),
        stub=view.say("Missing"),
        columns=group_columns(view, frame, everyone=True),
        rows=tuple(lines),
        notes=(line(view.say("Patients. What is recorded only as a limit counts as recorded.")),),
    )


def _counts(view: View, by_group: dict[str, Row], codes: Sequence[str]) -> tuple[Cell, ...]:
    return tuple(number_cell(by_group.get(code), view.words.count) for code in codes)


def incomplete_table(view: View, frame: ComparisonFrame) -> Table | None:
    """Patients who lack some value beside those who lack none, variable by variable."""
    rows = [row for row in missingness_of(view, frame) if row.statistic in ("mean", "proportion", "smd")]
    if not rows:
        return None
    lines: list[TableRow] = []
    for name in dict.fromkeys(row.variable or row.outcome for row in rows):
        lines += _lines_of(view, name, [row for row in rows if name == (row.variable or row.outcome)])
    complete, incomplete = view.say("Nothing missing"), view.say("Something missing")
    return Table(
        name=table_name(frame, "missing", "patients"),
        title=view.say("Patients with and without missing values"),
        stub=view.say("Variable"),
        columns=(
            Column(heading=complete),
            Column(heading=incomplete),
            Column(heading=view.say("Standardised difference")),
        ),
        rows=tuple(lines),
        notes=(
            line(
                view.say(
                    "Means of numbers, shares of levels, each among patients who have the variable; of outcomes the "
                    "share in whom the event was seen, however long they were followed. The difference is with less "
                    "without missing values, of more than two levels a distance. An analysis of complete patients is "
                    "one of the first column alone."
                )
            ),
        ),
    )


def _lines_of(view: View, name: str, own: Sequence[Row]) -> Iterator[TableRow]:
    label = label_of(view, name, own)
    by_place = {(row.level, row.term): row for row in own if row.statistic != "smd"}
    smd = next((row for row in own if row.statistic == "smd"), None)
    difference = number_cell(smd, lambda value: view.words.number(value, view.words.style.difference_decimals))
    levels = [level for level in dict.fromkeys(level for level, _ in by_place) if level]
    if not levels or levels == ["true"]:
        form: Callable[[float], str] = view.words.percent if levels else lambda value: view.words.number(value, 1)
        level = levels[0] if levels else ""
        cells = [number_cell(by_place.get((level, term)), form) for term in (_COMPLETE, _INCOMPLETE)]
        yield plain_row(label, (*cells, difference))
        return
    yield heading_row(label, (EMPTY, EMPTY, difference))
    for level in levels:
        cells = [number_cell(by_place.get((level, term)), view.words.percent) for term in (_COMPLETE, _INCOMPLETE)]
        yield level_row(view.names.level(name, level), (*cells, EMPTY))
