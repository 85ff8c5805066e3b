"""Hazard ratios along what is assumed of patients after censoring, as forest figures."""

from __future__ import annotations

import math

from atrisk.report.figures.forest_figure import ForestFigure, ForestLine
from atrisk.report.tables.table_words import limits_heading
from atrisk.report.tables.tipping import factor_words, tipping_of
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.study.tipping_point import TippingPoint


def tipping_figures(view: View) -> tuple[ForestFigure, ...]:
    """One figure for each declared tipping point that could be computed."""
    found = (_figure(view, name, declared) for name, declared in view.result.study.tipping_points.items())
    return tuple(figure for figure in found if figure is not None)


def _figure(view: View, name: str, declared: TippingPoint) -> ForestFigure | None:
    rows = [row for row in tipping_of(view, name) if row.statistic == "hazard_ratio"]
    if not any(row.value is not None for row in rows):
        return None
    outcome, pair = view.names.outcome(declared.outcome), view.names.contrast("main", str(declared.pair))
    return ForestFigure(
        name=f"tipping-{name}",
        title=view.say("{outcome}, {pair}: if patients fare otherwise after censoring").format(
            outcome=outcome, pair=pair
        ),
        lines=(
            ForestLine(label=f"{outcome}: {pair}"),
            *(_line(view, _label(view, declared, row), row) for row in rows),
        ),
        logarithmic=True,
        null=1.0,
        x_label=view.say("Hazard ratio (logarithmic scale)"),
        words_heading=view.say("Estimate ({limits})").format(limits=limits_heading(view, rows)),
        footer=view.banner,
    )


def _label(view: View, declared: TippingPoint, row: Row) -> str:
    """What is assumed; of whom stands below the figure, where there is room."""
    if row.level == "1":
        return factor_words(view, declared, row)
    return view.say("Hazard after censoring × {factor}").format(factor=row.level)


def _line(view: View, label: str, row: Row) -> ForestLine:
    if row.value is None:
        return ForestLine(label=label, row_id=row.row_id, words=view.say("not estimable"))
    ends = [view.rows.companion(row, name) for name in ("conf_low", "conf_high")]
    low, high = (end.value if end is not None and end.value is not None else math.nan for end in ends)
    form = view.words.ratio
    words = form(row.value)
    if math.isfinite(low) and math.isfinite(high):
        words += f" ({view.words.span(form(low), form(high))})"
    return ForestLine(label=label, row_id=row.row_id, value=row.value, low=low, high=high, words=words)
