"""Binary outcomes: n/N with exact limits by group, then differences with limits before their tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from atrisk.report.row_cells import adjusted_cell, count_cell, limits, limits_cell, number, number_cell, p_cell
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
    plain_row,
    without_empty_columns,
)
from atrisk.report.tables.group_columns import group_codes, group_columns
from atrisk.report.tables.surgical_words import (
    row_label,
    strata,
    stratum_label,
    surgical_name,
    surgical_outcomes,
    with_contrast,
)
from atrisk.report.tables.table_words import (
    adjustment_note,
    limits_heading,
    marked_methods,
    marked_p_cell,
    method_notes,
)
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame
from atrisk.study.contrast import all_groups


def binary_table(view: View, frame: ComparisonFrame) -> Table | None:
    """n/N and per cent with exact limits by group; strata below each outcome where the comparison has them."""
    outcomes = surgical_outcomes(view, frame, "binary")
    if not outcomes:
        return None
    codes = group_codes(frame, everyone=True)
    lines: list[TableRow] = []
    shown: list[Row] = []
    for outcome in outcomes:
        label = view.names.outcome(outcome)
        own_strata = strata(view, frame, "binary", outcome)
        if len(own_strata) > 1:
            lines.append(heading_row(label))
        for stratum in own_strata:
            rows = view.rows.family(frame.name, "binary", outcome, stratum)
            shown += [row for row in rows if row.statistic == "proportion"]
            places = {(row.statistic, row.group): row for row in rows}
            cells = [_share_cell(view, places.get(("count", code)), places.get(("proportion", code))) for code in codes]
            if len(own_strata) > 1:
                lines.append(level_row(stratum_label(view, frame, stratum), cells))
            else:
                lines.append(plain_row(label, cells))
            if any(row.statistic == "missing" and row.value for row in rows):
                missing = [number_cell(places.get(("missing", code)), view.words.count, muted=True) for code in codes]
                words = view.say("Missing")
                if len(own_strata) > 1:
                    words = f"{stratum_label(view, frame, stratum)}: {words.lower()}"
                lines.append(level_row(words, missing))
    heading = view.say("n/N (%), below it {limits}.").format(limits=limits_heading(view, shown))
    return Table(
        name=surgical_name(frame, "binary-outcomes"),
        title=view.say("Binary outcomes by group"),
        stub=view.say("Outcome"),
        columns=group_columns(view, frame, everyone=True),
        rows=tuple(lines),
        notes=(line(heading), *method_notes(view, shown)),
    )


def _share_cell(view: View, count: Row | None, share: Row | None) -> Cell:
    if count is None or count.value is None or count.denominator is None:
        return EMPTY
    fraction = line(number(count, view.words.count), "/", *_denominator(view, count))
    if share is None or share.value is None:
        return Cell((fraction,))
    both = limits(view, share, view.words.percent)
    return Cell((line(*fraction, " (", number(share, view.words.percent), ")"), *([both] if both else [])))


def _denominator(view: View, count: Row) -> Line:
    total = count_cell(view, count, None, with_total=True).lines[0]
    return total[2:]


def difference_table(view: View, frame: ComparisonFrame) -> Table | None:
    """Risk differences with limits, then Fisher's test, for each contrast and for all groups; strata apart."""
    lines: list[TableRow] = []
    tests: list[Row] = []
    differences: list[Row] = []
    pooled_tests = [row for row in _stratified(view, frame) if row.statistic == "p"]
    of_groups = [
        row for row in view.rows.rows if (row.comparison, row.analysis, row.statistic) == (frame.name, "binary", "p")
    ]
    methods = tuple(dict.fromkeys(row.method for row in (*of_groups, *pooled_tests)))
    for outcome in surgical_outcomes(view, frame, "binary"):
        own = list(_difference_rows(view, frame, outcome, methods))
        if own:
            lines += [heading_row(view.names.outcome(outcome)), *own]
        for stratum in strata(view, frame, "binary", outcome):
            rows = view.rows.family(frame.name, "binary", outcome, stratum)
            tests += [row for row in rows if row.statistic == "p"]
            differences += [row for row in rows if row.statistic == "risk_difference"]
    if not lines:
        return None
    columns = (
        Column(heading=view.say("Risk difference, percentage points")),
        Column(heading=limits_heading(view, differences)),
        Column(heading=view.say("p")),
        Column(heading=view.say("p, adjusted")),
    )
    notes = [line(view.say("Differences are the first group minus the second, assuming independent patients."))]
    notes += method_notes(view, [*differences, *_stratified(view, frame), *tests])
    if len(methods) > 1:
        notes.append(line(view.say("p: {tests}.").format(tests=marked_methods(view, methods))))
    notes += _warnings(view, pooled_tests)
    first = next((row for row in tests if row.p_adjusted is not None), None)
    if first is not None:
        family = sum(row.family == first.family for row in tests)
        notes.append(line(adjustment_note(view, frame, family)))
    table = Table(
        name=surgical_name(frame, "risk-differences"),
        title=with_contrast(view, frame, view.say("Differences in risk between groups")),
        stub=view.say("Outcome and contrast"),
        columns=columns,
        rows=tuple(lines),
        notes=tuple(notes),
    )
    return without_empty_columns(table)


def _stratified(view: View, frame: ComparisonFrame) -> list[Row]:
    return [
        row
        for row in view.rows.rows
        if (row.comparison, row.analysis) == (frame.name, "stratified") and row.statistic in ("risk_difference", "p")
    ]


def _difference_rows(view: View, frame: ComparisonFrame, outcome: str, methods: Sequence[str]) -> Iterator[TableRow]:
    everyone = all_groups(frame.groups)
    two = len(frame.groups) == 2
    for stratum in strata(view, frame, "binary", outcome):
        places = {
            (row.statistic, row.contrast): row for row in view.rows.family(frame.name, "binary", outcome, stratum)
        }
        # Of two groups there is one contrast, and the test of all groups is the test of that contrast.
        for contrast in frame.contrasts if two else (*frame.contrasts, everyone):
            difference = places.get(("risk_difference", contrast))
            test = places.get(("p", everyone if two else contrast))
            if difference is None and test is None:
                continue
            within = stratum_label(view, frame, stratum) if frame.strata else ""
            yield level_row(
                row_label(view, frame, contrast, within), _difference_cells(view, difference, test, methods)
            )
    for contrast in frame.contrasts:
        key = Key(
            analysis="stratified",
            statistic="risk_difference",
            comparison=frame.name,
            outcome=outcome,
            contrast=contrast,
        )
        pooled = view.rows.find(key)
        if pooled is not None:
            named = row_label(view, frame, contrast, view.say("Stratified (Mantel-Haenszel)"))
            yield level_row(
                named, _difference_cells(view, pooled, view.rows.find(replace(key, statistic="p")), methods)
            )


def _difference_cells(view: View, difference: Row | None, test: Row | None, methods: Sequence[str]) -> tuple[Cell, ...]:
    return (
        number_cell(difference, view.words.points),
        limits_cell(view, difference, view.words.points),
        marked_p_cell(view, test, methods),
        adjusted_cell(view, test),
    )


def _warnings(view: View, rows: Sequence[Row]) -> Iterator[Line]:
    """What rows warn of, once each, with the outcomes."""
    for warning in dict.fromkeys(row.warning for row in rows if row.warning):
        warned = [row for row in rows if row.warning == warning]
        of = ", ".join(dict.fromkeys(view.names.outcome(row.outcome) for row in warned))
        opening = view.say("Warning, {outcomes}: ").format(outcomes=of)
        yield line(opening, Piece(view.remark(warning), warned[0].row_id, "warning"), ".")


def odds_ratio_table(view: View, frame: ComparisonFrame) -> Table | None:
    """Odds ratios over the strata with limits, and the test of no association in any stratum."""
    rows = [row for row in view.rows.rows if (row.comparison, row.analysis) == (frame.name, "stratified")]
    ratios = [row for row in rows if row.statistic == "odds_ratio"]
    if not ratios:
        return None
    tests = {(row.outcome, row.contrast): row for row in rows if row.statistic == "p"}
    exact = {(row.outcome, row.contrast): row for row in rows if row.statistic == "exact_p"}
    same = {(row.outcome, row.contrast): row for row in rows if row.statistic == "homogeneity_p"}
    lines = [
        plain_row(
            f"{view.names.outcome(row.outcome)}: {view.names.contrast(frame.name, row.contrast)}",
            (
                number_cell(row, view.words.ratio),
                limits_cell(view, row, view.words.ratio),
                p_cell(view, tests.get((row.outcome, row.contrast))),
                p_cell(view, exact.get((row.outcome, row.contrast))),
                p_cell(view, same.get((row.outcome, row.contrast))),
            ),
        )
        for row in ratios
    ]
    table = Table(
        name=surgical_name(frame, "odds-ratios"),
        title=view.say("Odds ratios within strata, combined"),
        stub=view.say("Outcome and contrast"),
        columns=(
            Column(heading=view.say("Odds ratio")),
            Column(heading=limits_heading(view, ratios)),
            Column(heading=view.say("p")),
            Column(heading=view.say("p, exact")),
            Column(heading=view.say("p for heterogeneity")),
        ),
        rows=tuple(lines),
        notes=(
            *method_notes(view, [*ratios, *tests.values(), *exact.values(), *same.values()]),
            *_warnings(view, list(tests.values())),
            *_homogeneity_notes(view, same),
        ),
    )
    return without_empty_columns(table)


def _homogeneity_notes(view: View, tests: Mapping[tuple[str, str], Row]) -> tuple[Line, ...]:
    if not tests:
        return ()
    words = view.say(
        "The last column tests whether the odds ratio is the same in all strata. With few events in a stratum it can "
        "miss a difference: the differences in risk within each stratum stand in the table of differences."
    )
    return (line(words),)
