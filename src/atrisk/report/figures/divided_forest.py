"""Forest figures of patients divided: the effect in every subgroup, and without each centre, by contrast."""

from __future__ import annotations

import math
from dataclasses import replace

from atrisk.report.figures.forest_figure import ForestFigure, ForestKind, ForestLine, estimate_line
from atrisk.report.tables.centres import CENTRE, centre_label
from atrisk.report.tables.subgroups import SUBGROUP, divided_outcomes, effects, whole_effect
from atrisk.report.tables.surgical_words import contrast_label
from atrisk.report.tables.table_words import limits_heading, table_name
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame


def divided_forests(view: View, frame: ComparisonFrame) -> tuple[ForestFigure, ...]:
    """One figure an outcome of the subgroups declared, then of the centres."""
    found = [
        _forest(view, frame, outcome, analysis)
        for analysis in (SUBGROUP, CENTRE)
        for outcome in divided_outcomes(view, frame, analysis)
    ]
    return tuple(figure for figure in found if figure is not None)


def divided_name(frame: ComparisonFrame, analysis: str, outcome: str) -> str:
    """The name of such a figure's file."""
    return table_name(frame, {SUBGROUP: "subgroups", CENTRE: "centres"}[analysis], outcome)


def effect_kind(view: View, row: Row) -> ForestKind:
    """The scale on which an effect is drawn."""
    ratio = row.statistic != "risk_difference"
    return ForestKind(
        analysis=row.analysis,
        statistic=row.statistic,
        name="",
        title="",
        x_label=view.say("Hazard ratio (logarithmic scale)") if ratio else view.say("Difference, percentage points"),
        form=view.words.ratio if ratio else view.words.points,
        scale=1.0 if ratio else 100.0,
        null=1.0 if ratio else 0.0,
    )


def _forest(view: View, frame: ComparisonFrame, outcome: str, analysis: str) -> ForestFigure | None:
    rows = effects(view, frame, analysis, outcome)
    if not rows:
        return None
    kind = effect_kind(view, rows[0])
    lines: list[ForestLine] = []
    for contrast in frame.contrasts:
        lines.append(ForestLine(label=contrast_label(view, frame, contrast)))
        whole = whole_effect(view, frame, outcome, contrast)
        if whole is not None:
            words = view.say("All patients") if analysis == SUBGROUP else view.say("Main analysis")
            lines.append(_labelled(view, whole, kind, words))
        own = (row for row in rows if row.contrast == contrast)
        lines += [_labelled(view, row, kind, _label(view, row)) for row in own]
    if not any(math.isfinite(line.value) for line in lines):
        return None
    title = view.say("{outcome}: in subgroups") if analysis == SUBGROUP else view.say("{outcome}: centres")
    return ForestFigure(
        name=divided_name(frame, analysis, outcome),
        title=title.format(outcome=view.names.outcome(outcome)),
        lines=tuple(lines),
        logarithmic=kind.null == 1.0,
        null=kind.null,
        x_label=kind.x_label,
        words_heading=view.say("Estimate ({limits}); events/patients").format(limits=limits_heading(view, rows)),
        footer=view.banner,
    )


def _label(view: View, row: Row) -> str:
    if row.analysis == CENTRE:
        return centre_label(view, row)
    return f"{view.names.variable(row.variable)}: {view.names.level(row.variable, row.level)}"


def _labelled(view: View, row: Row, kind: ForestKind, label: str) -> ForestLine:
    return replace(estimate_line(view, row, kind, counted=True), label=label)
