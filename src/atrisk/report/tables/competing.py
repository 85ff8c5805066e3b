"""Where events compete: the two hazard ratios side by side with Gray's test, and what ignoring the others would say."""

from __future__ import annotations

from collections.abc import Iterator

from atrisk.report.number_form import form_of
from atrisk.report.row_cells import limits_cell, number_cell
from atrisk.report.row_index import Key
from atrisk.report.table_model import Column, Line, Table, TableRow, heading_row, level_row, line
from atrisk.report.tables.estimates import EstimateLine, estimate_table
from atrisk.report.tables.surgical_words import contrast_label, row_label, stratum_label, with_contrast
from atrisk.report.tables.table_words import adjustment_note, limits_heading, method_notes, table_name, time_unit
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame
from atrisk.study.contrast import all_groups


def competing_table(view: View, frame: ComparisonFrame, outcome: str) -> Table | None:
    """Cause-specific and subdistribution hazard ratio of each contrast, and Gray's test, also within strata."""
    lines: list[EstimateLine] = []
    for stratum in ("", *frame.strata):
        lines += _lines(view, frame, outcome, stratum)
    adjusted = sum(line.p is not None and line.p.p_adjusted is not None for line in lines)
    notes: list[Line] = [
        line(
            view.say(
                "The cause-specific ratio compares rates among those still free of every event; the subdistribution "
                "ratio keeps those with another event at risk and so speaks of the cumulative incidence. Where the "
                "other event also differs between groups the two differ, and neither is wrong."
            )
        )
    ]
    if adjusted:
        notes.append(line(adjustment_note(view, frame, adjusted)))
    title = view.say("{event}: groups compared with the other events competing")
    return estimate_table(
        view,
        lines,
        name=table_name(frame, "competing", outcome),
        title=with_contrast(view, frame, title.format(event=_event(view, frame, outcome))),
        stub=view.say("Contrast and measure"),
        notes=notes,
    )


def _event(view: View, frame: ComparisonFrame, outcome: str) -> str:
    cause = view.cause(frame, outcome)
    return view.names.cause(outcome, cause) if cause else view.names.outcome(outcome)


def _lines(view: View, frame: ComparisonFrame, outcome: str, stratum: str) -> Iterator[EstimateLine]:
    """The lines of one stratum; none where the outcome has no competing events."""
    cause = view.cause(frame, outcome)
    where = stratum_label(view, frame, stratum) if frame.strata else ""

    def row_of(analysis: str, statistic: str, contrast: str) -> Row | None:
        return view.rows.find(
            Key(
                analysis=analysis, statistic=statistic, comparison=frame.name, outcome=outcome, contrast=contrast,
                stratum=stratum, cause=cause,
            )
        )  # fmt: skip

    everyone = all_groups(frame.groups)
    overall = row_of("gray", "p", everyone)
    if overall is None:
        return
    two = len(frame.groups) == 2
    for contrast in frame.contrasts:
        yield EstimateLine(label=row_label(view, frame, contrast, where))
        for analysis, statistic, words in (
            ("cox", "hazard_ratio", view.say("Cause-specific hazard ratio")),
            ("fine_gray", "subdistribution_hazard_ratio", view.say("Subdistribution hazard ratio")),
        ):
            row = row_of(analysis, statistic, contrast)
            if row is not None:
                yield EstimateLine(label=words, row=row, p=row_of(analysis, "p", contrast))
        test = overall if two else row_of("gray", "p", contrast)
        if test is not None:
            yield EstimateLine(label=view.say("Gray's test"), p=test)
    if not two:
        label = contrast_label(view, frame, everyone)
        yield EstimateLine(label=f"{where}: {label}" if where else label)
        yield EstimateLine(label=view.say("Gray's test"), p=overall)


def ignoring_table(view: View, frame: ComparisonFrame, outcome: str) -> Table | None:
    """The cumulative incidence beside what 1 minus Kaplan-Meier would say, so that the bias is seen."""
    rows = [
        row
        for stratum in ("", *frame.strata)
        for row in view.rows.family(frame.name, "ignoring_competing", outcome, stratum)
    ]
    naive = [row for row in rows if row.statistic == "naive_incidence"]
    if not naive:
        return None
    excess = {(row.group, row.stratum, row.time): row for row in rows if row.statistic == "naive_excess"}
    unit = time_unit(view, outcome)
    lines: list[TableRow] = []
    for time in dict.fromkeys(row.time for row in naive):
        lines.append(heading_row(view.words.time_point(time or 0.0, unit)))
        for row in naive:
            if row.time == time:
                too_high = excess.get((row.group, row.stratum, row.time))
                lines.append(_ignoring_line(view, frame, row, too_high))
    note = view.say(
        "Biased, and shown only so that the bias is seen: 1 − Kaplan-Meier takes patients who had a competing event "
        "for patients who could still have this one. Read the cumulative incidence."
    )
    return Table(
        name=table_name(frame, "ignoring-competing", outcome),
        title=view.say("{event}: what ignoring the competing events would have said").format(
            event=_event(view, frame, outcome)
        ),
        stub=view.say("Time and group"),
        columns=(
            Column(heading=view.say("Cumulative incidence")),
            Column(heading=view.say("1 − Kaplan-Meier (biased)")),
            Column(heading=limits_heading(view, naive)),
            Column(heading=view.say("Too high by, percentage points")),
        ),
        rows=tuple(lines),
        notes=(line(note), *method_notes(view, naive)),
    )


def _ignoring_line(view: View, frame: ComparisonFrame, row: Row, excess: Row | None) -> TableRow:
    right = view.rows.find(
        Key(
            analysis="cumulative_incidence", statistic="cumulative_incidence", comparison=row.comparison,
            outcome=row.outcome, group=row.group, stratum=row.stratum, cause=row.cause, time=row.time,
        )
    )  # fmt: skip
    label = view.names.group(frame.name, row.group)
    if row.stratum:
        label = f"{view.names.stratum(frame.name, row.stratum)}: {label}"
    percent = view.words.percent
    too_high = number_cell(excess, form_of(view, excess) if excess is not None else percent)
    return level_row(
        label, (number_cell(right, percent), number_cell(row, percent), limits_cell(view, row, percent), too_high)
    )
