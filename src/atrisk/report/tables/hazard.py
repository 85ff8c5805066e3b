"""Hazard ratios and log-rank tests of one time-to-event outcome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from atrisk.report.row_cells import adjusted_cell, limits_cell, method_words, number_cell, p_cell
from atrisk.report.row_index import Key
from atrisk.report.table_model import Column, Line, Table, TableRow, line, plain_row, without_empty_columns
from atrisk.report.tables.table_words import adjustment_note, limits_heading, p_statement, table_name
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame
from atrisk.study.contrast import all_groups

# Below this p value of the test of proportional hazards the table says what a hazard ratio then means.
_DOUBTFUL = 0.05


def hazard_table(view: View, frame: ComparisonFrame, outcome: str) -> Table | None:
    """Hazard ratios with limits first, then the log-rank test of each contrast and of all groups."""
    cause = view.cause(frame, outcome)
    tests = [row for row in view.rows.family(frame.name, "log_rank", outcome) if row.statistic == "p"]
    ratios = [row for row in view.rows.family(frame.name, "cox", outcome) if row.statistic == "hazard_ratio"]
    if not tests and not ratios:
        return None
    columns = (
        Column(heading=view.say("Hazard ratio")),
        Column(heading=limits_heading(view, ratios)),
        Column(heading=view.say("Log-rank p")),
        Column(heading=view.say("Log-rank p, adjusted")),
        Column(heading=view.say("Cox model p")),
    )
    table = Table(
        name=table_name(frame, "comparison", outcome),
        title=view.say("{outcome}: groups compared").format(outcome=view.names.outcome(outcome)),
        stub=view.say("Contrast"),
        columns=columns,
        rows=tuple(_contrast_rows(view, frame, outcome, cause)),
        notes=tuple(_comparison_notes(view, frame, outcome, tests)),
    )
    return without_empty_columns(table)


def _contrast_rows(view: View, frame: ComparisonFrame, outcome: str, cause: str) -> Iterator[TableRow]:
    def row_of(analysis: str, statistic: str, contrast: str) -> Row | None:
        return view.rows.find(
            Key(
                analysis=analysis,
                statistic=statistic,
                comparison=frame.name,
                outcome=outcome,
                contrast=contrast,
                cause=cause,
            )
        )

    everyone = all_groups(frame.groups)
    two = len(frame.groups) == 2
    # Of two groups there is one contrast, and the test of all groups is the test of that contrast.
    for contrast in frame.contrasts if two else (*frame.contrasts, everyone):
        ratio, test = row_of("cox", "hazard_ratio", contrast), row_of("log_rank", "p", everyone if two else contrast)
        if ratio is None and test is None:
            continue
        cells = [
            number_cell(ratio, view.words.ratio),
            limits_cell(view, ratio, view.words.ratio),
            p_cell(view, test),
            adjusted_cell(view, test),
            p_cell(view, row_of("cox", "p", contrast)),
        ]
        label = view.names.contrast(frame.name, contrast)
        if contrast == everyone:
            label = view.say("All groups: {groups}").format(groups=label)
        yield plain_row(label, cells)


def _comparison_notes(view: View, frame: ComparisonFrame, outcome: str, tests: Sequence[Row]) -> Iterator[Line]:
    methods = dict.fromkeys(row.method for row in tests)
    cox = dict.fromkeys(
        (row.method, row.convention)
        for row in view.rows.family(frame.name, "cox", outcome)
        if row.statistic == "hazard_ratio"
    )
    yield line(view.say("A hazard ratio above 1 means more events per time in the group named first."))
    named = [method_words(view, method) for method in methods]
    named += [", ".join(part for part in (method_words(view, method), ties) if part) for method, ties in cox]
    if named:
        yield line(view.say("Methods: {methods}.").format(methods="; ".join(named)))
    n_adjusted = sum(row.p_adjusted is not None for row in tests)
    if n_adjusted:
        yield line(adjustment_note(view, frame, n_adjusted))
    for row in view.rows.family(frame.name, "cox", outcome):
        if row.statistic == "proportional_hazards_p" and row.value is not None:
            words = view.say("Proportional hazards over all groups, {method}").format(
                method=method_words(view, row.method)
            )
            yield line(f"{words}: ", *p_statement(view, row), ".")
            if row.value < _DOUBTFUL:
                yield line(
                    view.say("The hazards are not proportional: a hazard ratio averages an effect that changes.")
                )
    estimated = any(row.statistic == "hazard_ratio" for row in view.rows.family(frame.name, "cox", outcome))
    if estimated and len(frame.groups) > 2:
        yield line(view.say("Hazard ratios and their p values come from one model of all groups, unadjusted."))
