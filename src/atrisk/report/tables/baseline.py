"""Table 1: who the patients were, by group, with standardised differences; p values only where asked for."""

from __future__ import annotations

from collections.abc import Sequence

from atrisk.report.row_cells import number, number_cell, p_cell
from atrisk.report.table_model import EMPTY, Cell, Column, Line, Table, TableRow, line
from atrisk.report.tables.baseline_block import Block
from atrisk.report.tables.group_columns import group_codes, group_columns
from atrisk.report.tables.table_words import MARKS, marked_methods
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame


def baseline_table(view: View, frame: ComparisonFrame) -> Table | None:
    """The baseline table of one comparison; None where none was asked for.

    Numbers show median (quartiles) and mean (standard deviation) on lines of their own; levels show n (%), or n/N (%)
    where values are missing, so that the denominator is always in sight.
    """
    rows = [row for row in view.rows.family(frame.name, "baseline", "") if row.variable]
    if not rows:
        return None
    by_variable: dict[str, list[Row]] = {}
    for row in rows:
        by_variable.setdefault(row.variable, []).append(row)
    contrasts = tuple(dict.fromkeys(row.contrast for row in rows if row.statistic == "smd"))
    tests = tuple(dict.fromkeys(row.method for row in rows if row.statistic == "p"))
    lines: list[TableRow] = []
    for variable, own in by_variable.items():
        block = Block(
            view=view,
            label=view.names.variable(variable),
            variable=variable,
            own=own,
            codes=group_codes(frame, everyone=True),
            beside=lambda kind, own=own: _beside(view, own, contrasts, tests, kind),  # type: ignore[misc]
        )
        lines += block.rows()
    return Table(
        name="baseline" if frame.name == "main" else f"baseline-{frame.name}",
        title=view.say("Baseline characteristics by group"),
        stub=view.say("Variable"),
        columns=_columns(view, frame, contrasts, with_p=bool(tests)),
        rows=tuple(lines),
        notes=_notes(view, rows, tests),
    )


def _columns(view: View, frame: ComparisonFrame, contrasts: Sequence[str], *, with_p: bool) -> tuple[Column, ...]:
    differences = tuple(
        Column(heading=view.names.contrast(frame.name, contrast), group=view.say("Standardised difference"))
        for contrast in contrasts
    )
    p_values = (Column(heading=view.say("p, all groups")),) if with_p else ()
    return (*group_columns(view, frame, everyone=True), *differences, *p_values)


def _beside(
    view: View, own: Sequence[Row], contrasts: Sequence[str], tests: Sequence[str], kind: str
) -> tuple[Cell, ...]:
    """Standardised differences and the p value that go with numbers (``continuous``) or with levels."""
    decimals = view.words.style.difference_decimals
    by_contrast = {row.contrast: row for row in own if row.statistic == "smd" and row.method == kind}
    by_chance = {row.contrast: row for row in own if row.statistic == "smd_by_chance" and row.method == kind}

    def difference(contrast: str) -> Cell:
        row, expected = by_contrast.get(contrast), by_chance.get(contrast)
        if row is None or expected is None or expected.value is None:
            return number_cell(row, form)
        return Cell.of(number(row, form), " (", number(expected, form), ")")

    def form(value: float) -> str:
        return view.words.number(value, decimals)

    cells = [difference(contrast) for contrast in contrasts]
    if tests:
        by_rank = kind == "continuous"
        found = [row for row in own if row.statistic == "p" and (row.method == "kruskal-wallis") == by_rank]
        cells.append(_marked(view, found[0], tests) if found else EMPTY)
    return tuple(cells)


def _marked(view: View, row: Row, tests: Sequence[str]) -> Cell:
    cell = p_cell(view, row)
    return Cell.of(*cell.lines[0], MARKS[tests.index(row.method)]) if row.value is not None else cell


def _notes(view: View, rows: Sequence[Row], tests: Sequence[str]) -> tuple[Line, ...]:
    say = view.say
    notes = [
        say(
            "Levels are n (%); where values are missing, n/N (%) with N the patients for whom the variable is "
            "recorded. IQR: first to third quartile. SD: standard deviation."
        )
    ]
    if any(row.statistic == "smd" for row in rows):
        notes.append(
            say(
                "Standardised difference: in units of the standard deviation (root of the mean of both variances); "
                "first group minus second for numbers and true/false. For several levels it is a distance, which has "
                "no sign and exceeds 0 by chance alone: in brackets what it is on average in groups of these sizes "
                "drawn from one population."
            )
        )
    if any(row.statistic == "n_limit" for row in rows):
        notes.append(
            say(
                "Values recorded only as a limit: quantiles that rest on one are printed as limits, tests of ranks "
                "take <1 as below 1 and >10 as above 10; mean, standard deviation and standardised difference are not "
                "estimated."
            )
        )
    if any(row.statistic == "n_in_no_band" and row.value for row in rows):
        notes.append(
            say(
                "Values in none of the declared bands count in the median and mean; shares of bands are of the values "
                "in one of them."
            )
        )
    if any(row.statistic == "n_one_index" and row.value for row in rows):
        notes.append(
            say(
                "Graded on one index alone: Ki-67 or mitoses were not recorded. The higher of the two decides, so that "
                "such a grade can only be too low; the percentages of the grades include these patients."
            )
        )
    if tests:
        named = marked_methods(view, tests)
        notes.append(say("Each p value compares all groups at once: {tests}.").format(tests=named))
    reasons = dict.fromkeys(
        row.note for row in rows if (row.statistic, row.method) == ("p", "chi-squared") and row.note
    )
    notes += [say("Not by Fisher's exact test: {reason}.").format(reason=view.remark(reason)) for reason in reasons]
    return tuple(line(note) for note in notes)
