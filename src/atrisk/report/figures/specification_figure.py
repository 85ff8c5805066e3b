"""The specification curve: one effect in every way it was computed, in the order declared, the main analysis marked."""

from __future__ import annotations

import math
from dataclasses import replace

from atrisk.report.figures.divided_forest import effect_kind
from atrisk.report.figures.forest_figure import ForestFigure, ForestLine, estimate_line
from atrisk.report.tables.specifications import specifications, specified_outcomes
from atrisk.report.tables.surgical_words import contrast_label
from atrisk.report.tables.table_words import limits_heading, table_name
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame


def specification_figures(view: View, frame: ComparisonFrame) -> tuple[ForestFigure, ...]:
    """One figure an outcome, its contrasts below each other."""
    found = (_figure(view, frame, outcome) for outcome in specified_outcomes(view, frame))
    return tuple(figure for figure in found if figure is not None)


def specification_name(frame: ComparisonFrame, outcome: str) -> str:
    """The name of the figure's file."""
    return table_name(frame, "specifications", outcome)


def _figure(view: View, frame: ComparisonFrame, outcome: str) -> ForestFigure | None:
    lines: list[ForestLine] = []
    rows: list[Row] = []
    for contrast in frame.contrasts:
        lines.append(ForestLine(label=contrast_label(view, frame, contrast)))
        for each in specifications(view, frame, outcome, contrast):
            drawn = estimate_line(each.seen, each.row, effect_kind(view, each.row), counted=True)
            lines.append(replace(drawn, label=each.label, marked=each.main))
            rows.append(each.row)
    if not any(math.isfinite(line.value) for line in lines):
        return None
    kind = effect_kind(view, rows[0])
    return ForestFigure(
        name=specification_name(frame, outcome),
        title=view.say("{outcome}: every specification").format(outcome=view.names.outcome(outcome)),
        lines=tuple(lines),
        logarithmic=kind.null == 1.0,
        null=kind.null,
        x_label=kind.x_label,
        words_heading=view.say("Estimate ({limits}); events/patients").format(limits=limits_heading(view, rows)),
        footer=view.banner,
    )
