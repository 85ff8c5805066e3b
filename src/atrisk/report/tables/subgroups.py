"""The effect in every declared subgroup: events of patients by group, each contrast's estimate, and the interaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from atrisk.report.number_form import form_of
from atrisk.report.row_cells import limits_cell, method_words, number, number_cell, p_cell
from atrisk.report.row_index import Key
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
from atrisk.report.tables.methods import statistic_words
from atrisk.report.tables.surgical_words import contrast_label
from atrisk.report.tables.table_words import limits_heading, method_notes, table_name
from atrisk.report.view import View
from atrisk.result.row import Row, is_companion
from atrisk.result.run_result import ComparisonFrame

SUBGROUP = "subgroup"
EFFECTS = ("hazard_ratio", "risk_difference")


def divided_outcomes(view: View, frame: ComparisonFrame, analysis: str) -> tuple[str, ...]:
    """The outcomes of a comparison that have rows of patients divided."""
    rows = (row for row in view.rows.rows if (row.comparison, row.analysis) == (frame.name, analysis))
    return tuple(dict.fromkeys(row.outcome for row in rows))


def effects(view: View, frame: ComparisonFrame, analysis: str, outcome: str) -> list[Row]:
    """The effects of every contrast in every part, in order."""
    rows = view.rows.family(frame.name, analysis, outcome)
    return [row for row in rows if row.statistic in EFFECTS and row.contrast and not is_companion(row)]


def whole_effect(view: View, frame: ComparisonFrame, outcome: str, contrast: str) -> Row | None:
    """The main analysis's own effect of a contrast, of all patients."""
    for analysis, statistic in (("cox", "hazard_ratio"), ("binary", "risk_difference")):
        key = Key(
            analysis=analysis, statistic=statistic, comparison=frame.name, outcome=outcome, contrast=contrast,
            cause=view.cause(frame, outcome),
        )  # fmt: skip
        row = view.rows.find(key)
        if row is not None:
            return row
    return None


def subgroup_table(view: View, frame: ComparisonFrame, outcome: str) -> Table | None:
    """A line a subgroup under its variable, after all patients."""
    rows = effects(view, frame, SUBGROUP, outcome)
    if not rows:
        return None
    lines: list[TableRow] = [level_row(view.say("All patients"), _all_cells(view, frame, outcome))]
    for variable in dict.fromkeys(row.variable for row in rows):
        own = [row for row in rows if row.variable == variable]
        test = _interaction(view, frame, outcome, variable)
        width = len(frame.groups) + 2 * len(frame.contrasts)
        lines.append(heading_row(view.names.variable(variable), (*(EMPTY,) * width, p_cell(view, test))))
        for level in dict.fromkeys(row.level for row in own):
            of_level = [row for row in own if row.level == level]
            lines.append(level_row(view.names.level(variable, level), _cells(view, frame, of_level)))
    table = Table(
        name=table_name(frame, "subgroups", outcome),
        title=view.say("{outcome}: in subgroups").format(outcome=view.names.outcome(outcome)),
        stub=view.say("Subgroup"),
        columns=tuple(_columns(view, frame, rows)),
        rows=tuple(lines),
        notes=(*method_notes(view, _distinct(rows)), *_notes(view, frame, outcome, rows)),
    )
    return without_empty_columns(table)


def _columns(view: View, frame: ComparisonFrame, rows: Sequence[Row]) -> Iterator[Column]:
    counted = view.say("Events / patients")
    for group in frame.groups:
        yield Column(heading=view.names.group(frame.name, group), group=counted)
    for contrast in frame.contrasts:
        label = contrast_label(view, frame, contrast)
        yield Column(heading=statistic_words(view, rows[0].statistic), group=label)
        yield Column(heading=limits_heading(view, rows), group=label)
    yield Column(heading=view.say("p for interaction"))


def _all_cells(view: View, frame: ComparisonFrame, outcome: str) -> tuple[Cell, ...]:
    rows = (whole_effect(view, frame, outcome, contrast) for contrast in frame.contrasts)
    counted = (_whole_counts(view, frame, outcome, group) for group in frame.groups)
    return (*counted, *_effect_cells(view, rows), EMPTY)


def _whole_counts(view: View, frame: ComparisonFrame, outcome: str, group: str) -> Cell:
    """Events of patients of one group in the main analysis."""
    for row in view.rows.family(frame.name, "binary", outcome):
        if (row.statistic, row.group) == ("count", group) and row.denominator is not None:
            total = Piece(view.words.count(row.denominator), row.row_id, "denominator")
            return Cell.of(number(row, view.words.count), " / ", total)
    found = {
        row.statistic: row
        for row in view.rows.family(frame.name, "follow_up", outcome)
        if row.group == group and row.statistic in ("n", "n_event")
    }
    if len(found) < 2:
        return EMPTY
    return Cell.of(number(found["n_event"], view.words.count), " / ", number(found["n"], view.words.count))


def _cells(view: View, frame: ComparisonFrame, own: Sequence[Row]) -> tuple[Cell, ...]:
    by_contrast = {row.contrast: row for row in own}
    counted = tuple(counts_cell(view, own[0], group) for group in frame.groups)
    return (*counted, *_effect_cells(view, (by_contrast.get(contrast) for contrast in frame.contrasts)), EMPTY)


def _effect_cells(view: View, rows: Iterator[Row | None]) -> Iterator[Cell]:
    for row in rows:
        form = form_of(view, row) if row is not None else view.words.ratio
        yield number_cell(row, form)
        yield limits_cell(view, row, form)


def counts_cell(view: View, of: Row, group: str) -> Cell:
    """Events of patients of one group in the part that a row is of."""
    found = {
        row.statistic: row
        for row in view.rows.family(of.comparison, of.analysis, of.outcome)
        if (row.variable, row.subgroup, row.group) == (of.variable, of.subgroup, group)
        and row.statistic in ("n", "n_event")
    }
    if "n" not in found or "n_event" not in found:
        return EMPTY
    return Cell.of(number(found["n_event"], view.words.count), " / ", number(found["n"], view.words.count))


def _interaction(view: View, frame: ComparisonFrame, outcome: str, variable: str) -> Row | None:
    rows = view.rows.family(frame.name, SUBGROUP, outcome)
    return next((row for row in rows if (row.statistic, row.variable) == ("interaction_p", variable)), None)


def _distinct(rows: Sequence[Row]) -> list[Row]:
    return list({(row.method, row.convention): row for row in rows}.values())


def _notes(view: View, frame: ComparisonFrame, outcome: str, rows: Sequence[Row]) -> Iterator[Line]:
    test = next(row for row in view.rows.family(frame.name, SUBGROUP, outcome) if row.statistic == "interaction_p")
    yield line(
        view.say(
            "The test of interaction asks whether the effect is the same in all subgroups of a variable, over all "
            "groups ({method}{scale}). It finds only large interactions where events are few."
        ).format(method=method_words(view, test.method), scale=_scale(view, test))
    )
    for row in view.rows.family(frame.name, SUBGROUP, outcome):
        if row.statistic == "n_excluded" and not row.group and row.value:
            name = view.names.variable(row.variable)
            yield line(
                view.say("{variable}: in no subgroup are ").format(variable=name),
                number(row, view.words.count),
                view.say(" patients, for whom it is not recorded, or lies in none of the bands."),
            )
    warned = dict.fromkeys(row.warning for row in rows if row.warning)
    yield from (line(view.say("Warning: {warning}.").format(warning=view.remark(text))) for text in warned)


def _scale(view: View, test: Row) -> str:
    return f", {view.remark(test.convention)}" if test.convention else ""
