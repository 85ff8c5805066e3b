"""Draws monitoring: two charts above each other, and a funnel of units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from atrisk.report.figures.canvas import (
    FAINT,
    INK,
    NORMAL,
    RULE,
    SMALL,
    SOFT,
    Sheet,
    clean,
    colour,
    shortened,
)
from atrisk.report.figures.monitoring_figure import ChartFigure, FunnelFigure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LEFT, _RIGHT, _TOP, _CHART, _GAP, _AXIS = 18.0, 14.0, 4.0, 45.0, 9.0, 12.0
_FUNNEL = 78.0


def draw_charts(figure: ChartFigure) -> Figure:
    """The CUSUM with its limit, and below it expected less observed with twice its standard deviation."""
    height = _TOP + 2 * _CHART + _GAP + _AXIS + (4.0 if figure.footer else 0.0)
    sheet = Sheet.of(height)
    above, below = (_axes(sheet, _TOP + at * (_CHART + _GAP), _CHART) for at in (0, 1))
    number = figure.cusum.time
    n = float(number[-1])
    for axes, label in ((above, figure.cusum_label), (below, figure.vlad_label)):
        axes.set_xlim(0, n)
        axes.set_ylabel(label, fontsize=NORMAL, color=INK, labelpad=4)
    above.set_ylim(0, 1.12 * max(figure.limit, float(figure.cusum.estimate.max())))
    above.plot(number, figure.cusum.estimate, color=colour(0), linewidth=1.1, zorder=3)
    (limit,) = above.plot([0, n], [figure.limit, figure.limit], color=colour(1), linewidth=1.0, zorder=2)
    limit.set_dashes((5.0, 2.0))
    above.text(n, figure.limit, f" {figure.limit_label}", fontsize=SMALL, color=colour(1), va="center", ha="left")
    at = np.array(figure.signals, dtype=np.int64)
    above.plot(at, figure.cusum.estimate[at - 1], "v", color=colour(1), markersize=5, zorder=4)
    spread = 2 * figure.vlad.std_error
    below.fill_between(number, -spread, spread, color=SOFT, alpha=0.18, linewidth=0, zorder=1)
    below.plot([0, n], [0, 0], color=RULE, linewidth=0.8, zorder=2)
    below.plot(number, figure.vlad.estimate, color=colour(0), linewidth=1.1, zorder=3)
    sheet.write(_LEFT, _TOP + 2 * _CHART + _GAP + 8.5, clean(figure.x_label), size=NORMAL)
    _foot(sheet, figure.footer)
    return sheet.figure


def draw_funnel(figure: FunnelFigure) -> Figure:
    """Units as points between the limits of chance, the share of all as a line."""
    height = _TOP + _FUNNEL + _AXIS + (4.0 if figure.footer else 0.0)
    sheet = Sheet.of(height)
    axes = _axes(sheet, _TOP, _FUNNEL)
    last = float(figure.limits[0].time[-1])
    top = max(1.25 * max((point.rate for point in figure.points), default=0.0), 2.5 * figure.rate)
    top = min(1.0, max(top, 0.02))
    axes.set_xlim(0, last)
    axes.set_ylim(0, top)
    ticks = [tick for tick in axes.get_yticks() if 0 <= tick <= top]
    axes.set_yticks(ticks, [f"{100 * tick:.3g}%" for tick in ticks])
    axes.set_ylabel(shortened(clean(figure.y_label), 60), fontsize=NORMAL, color=INK, labelpad=4)
    axes.plot([0, last], [figure.rate, figure.rate], color=RULE, linewidth=0.9, zorder=1)
    for at, (curve, label) in enumerate(zip(figure.limits, figure.limit_labels, strict=True)):
        for bound in (curve.conf_low, curve.conf_high):
            (line,) = axes.plot(curve.time, np.minimum(bound, top), color=SOFT, linewidth=0.9, zorder=2)
            if at:
                line.set_dashes((5.0, 2.0))
        axes.text(last, float(curve.conf_high[-1]), f" {label}", fontsize=SMALL, color=SOFT, va="center", ha="left")
    for point in figure.points:
        axes.plot(point.n, point.rate, "o", color=colour(0), markersize=5, zorder=4, clip_on=False)
        to_left = point.n > 0.8 * last
        axes.annotate(
            shortened(clean(point.label), 24), (point.n, point.rate), xytext=(-5 if to_left else 5, 4),
            textcoords="offset points", fontsize=SMALL, color=INK, ha="right" if to_left else "left", zorder=5,
        )  # fmt: skip
    sheet.write(_LEFT, _TOP + _FUNNEL + 8.5, clean(figure.x_label), size=NORMAL)
    _foot(sheet, figure.footer)
    return sheet.figure


def _axes(sheet: Sheet, top: float, tall: float) -> Axes:
    width = sheet.width_mm - _LEFT - _RIGHT
    axes = sheet.figure.add_axes(
        (_LEFT / sheet.width_mm, 1 - (top + tall) / sheet.height_mm, width / sheet.width_mm, tall / sheet.height_mm)
    )
    axes.tick_params(labelsize=SMALL, labelcolor=INK, color=RULE, length=2.5, width=0.6)
    axes.set_axisbelow(True)
    axes.grid(visible=True, axis="y", color=FAINT, linewidth=0.6)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(RULE)
        spine.set_linewidth(0.6)
    return axes


def _foot(sheet: Sheet, footer: str) -> None:
    if footer:
        sheet.write(0.5, sheet.height_mm - 2.4, shortened(clean(footer), 120), ink_colour=SOFT)
