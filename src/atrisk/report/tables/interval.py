"""Outcomes whose event lies between two scans: what the intervals allow, and what each dating of it says."""

from __future__ import annotations

from collections.abc import Iterator

from atrisk.report.row_cells import limits_cell, number_cell
from atrisk.report.row_index import Key
from atrisk.report.table_model import Column, Line, Table, TableRow, heading_row, level_row, line
from atrisk.report.tables.estimates import EstimateLine, estimate_table
from atrisk.report.tables.surgical_words import contrast_label
from atrisk.report.tables.table_words import (
    adjustment_note,
    limits_heading,
    method_notes,
    table_name,
    time_unit,
    without_number,
)
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame
from atrisk.study.contrast import all_groups


def interval_table(view: View, frame: ComparisonFrame, outcome: str) -> Table | None:
    """Survival at each landmark by Turnbull's curve, its lowest and its highest value, beside the scan-dated one."""
    rows = [row for row in view.rows.family(frame.name, "interval_censored", outcome) if row.time is not None]
    lowest = [row for row in rows if row.statistic == "survival_lowest"]
    if not lowest:
        return None
    highest = {(row.group, row.time): row for row in rows if row.statistic == "survival_highest"}
    unit = time_unit(view, outcome)
    dated: list[Row] = []
    lines: list[TableRow] = []
    for time in dict.fromkeys(row.time for row in lowest):
        lines.append(heading_row(view.words.time_point(time or 0.0, unit)))
        for row in lowest:
            if row.time != time:
                continue
            key = Key(
                analysis="survival", statistic="survival", comparison=frame.name, outcome=outcome, group=row.group,
                time=time,
            )  # fmt: skip
            scan = view.rows.find(key)
            dated += [scan] if scan is not None else []
            high = highest[row.group, row.time]
            percent = view.words.percent
            lowest_cell = number_cell(row, percent) if row.value is not None else without_number(view, row)
            cells = (
                lowest_cell, number_cell(high, percent), number_cell(scan, percent), limits_cell(view, scan, percent),
            )  # fmt: skip
            lines.append(level_row(view.names.group(frame.name, row.group), cells))
    note = view.say(
        "Where the two values differ, a step of the curve lies somewhere between two scans and the data cannot say "
        "where. No confidence limits stand beside it: none of proven coverage exist for this curve. Dated by scans, "
        "every progression counts as late as it can have happened."
    )
    return Table(
        name=table_name(frame, "between-scans", outcome),
        title=view.say("{outcome} with events between scans").format(outcome=view.names.outcome(outcome)),
        stub=view.say("Time and group"),
        columns=(
            Column(heading=view.say("Lowest"), group=view.say("Between scans")),
            Column(heading=view.say("Highest"), group=view.say("Between scans")),
            Column(heading=view.say("Estimate"), group=view.say("Dated by scans")),
            Column(heading=limits_heading(view, dated), group=view.say("Dated by scans")),
        ),
        rows=tuple(lines),
        notes=(line(note), *method_notes(view, [*lowest, *dated])),
    )


def dating_table(view: View, frame: ComparisonFrame, outcome: str) -> Table | None:
    """Median by group and hazard ratio by contrast, for each way in which an event between two scans can be dated."""
    lines = [*_medians(view, frame, outcome), *_ratios(view, frame, outcome)]
    if not lines:
        return None
    adjusted = sum(line.p is not None and line.p.p_adjusted is not None for line in lines)
    notes: list[Line] = [
        line(
            view.say(
                "One set of patients and scans, dated in four ways; none is selected. The last negative scan is the "
                "earliest an event can have been, the first positive scan the latest."
            )
        )
    ]
    if adjusted:
        notes.append(line(adjustment_note(view, frame, adjusted)))
    return estimate_table(
        view,
        lines,
        name=table_name(frame, "dating", outcome),
        title=view.say("{outcome}: by how progression is dated").format(outcome=view.names.outcome(outcome)),
        stub=view.say("Measure and dating"),
        notes=notes,
    )


def _words(view: View, term: str) -> str:
    return {
        "last negative scan": view.say("At the last negative scan"),
        "half way": view.say("Half way between the two scans"),
        "first positive scan": view.say("At the first positive scan"),
    }[term]


def _medians(view: View, frame: ComparisonFrame, outcome: str) -> Iterator[EstimateLine]:
    dated = [row for row in view.rows.family(frame.name, "dating", outcome) if row.statistic == "median"]
    between = [row for row in view.rows.family(frame.name, "interval_censored", outcome) if row.time is None]
    unit = view.words.unit_of_time(time_unit(view, outcome))
    for group in frame.groups if dated else ():
        label = view.say("Median, {unit}: {group}").format(unit=unit, group=view.names.group(frame.name, group))
        yield EstimateLine(label=label)
        yield from (EstimateLine(label=_words(view, row.term), row=row) for row in dated if row.group == group)
        for row in between:
            if row.group == group:
                earliest = row.statistic == "median_lowest"
                words = view.say("Between scans, earliest") if earliest else view.say("Between scans, latest")
                yield EstimateLine(label=words, row=row)


def _ratios(view: View, frame: ComparisonFrame, outcome: str) -> Iterator[EstimateLine]:
    dated = [row for row in view.rows.family(frame.name, "dating", outcome) if row.statistic == "hazard_ratio"]
    models = view.rows.family(frame.name, "interval_hazard", outcome)
    tests = {
        row.contrast: row for row in view.rows.family(frame.name, "interval_log_rank", outcome) if row.statistic == "p"
    }
    everyone = all_groups(frame.groups)
    for contrast in frame.contrasts:
        label = view.say("Hazard ratio: {contrast}").format(contrast=contrast_label(view, frame, contrast))
        yield EstimateLine(label=label)
        yield from (EstimateLine(label=_words(view, row.term), row=row) for row in dated if row.contrast == contrast)
        p = next((row for row in models if (row.statistic, row.contrast) == ("p", contrast)), None)
        for row in models:
            if (row.statistic, row.contrast) == ("hazard_ratio", contrast):
                yield EstimateLine(label=view.say("Between scans (Weibull model)"), row=row, p=p)
        test = tests.get(everyone if len(frame.groups) == 2 else contrast)
        if test is not None:
            yield EstimateLine(label=view.say("Between scans, log-rank test"), p=test)
    if len(frame.groups) > 2 and everyone in tests:
        yield EstimateLine(label=contrast_label(view, frame, everyone))
        yield EstimateLine(label=view.say("Between scans, log-rank test"), p=tests[everyone])
