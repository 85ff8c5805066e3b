"""Draws a calibration figure: a point with limits for each group, and the diagonal on which predictions hold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from atrisk.report.figures.calibration_figure import CalibrationFigure
from atrisk.report.figures.canvas import FAINT, INK, NORMAL, RULE, SMALL, SOFT, Sheet, clean, colour, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LEFT, _TOP, _SIDE, _AXIS = 16.0, 3.0, 80.0, 13.0


def draw_calibration(figure: CalibrationFigure) -> Figure:
    """The figure on paper, both axes of one scale."""
    height = _TOP + _SIDE + _AXIS + (5.0 if figure.footer else 1.0)
    sheet = Sheet.of(height)
    axes = sheet.figure.add_axes(
        (_LEFT / sheet.width_mm, 1 - (_TOP + _SIDE) / height, _SIDE / sheet.width_mm, _SIDE / height)
    )
    ends = [value for each in figure.points for value in (each.predicted, each.observed, each.high) if value == value]
    reach = min(1.0, max(ends, default=1.0) * 1.05)
    _dress(axes, figure, reach)
    for each in figure.points:
        if not math.isfinite(each.observed):
            continue
        axes.plot([each.predicted] * 2, [each.low, each.high], color=colour(0), linewidth=1.1, solid_capstyle="butt")
        axes.plot([each.predicted], [each.observed], marker="s", markersize=4.6, color=colour(0), markeredgewidth=0)
    if figure.footer:
        sheet.write(0.5, height - 2.4, shortened(clean(figure.footer), 120), ink_colour=SOFT)
    return sheet.figure


def _dress(axes: Axes, figure: CalibrationFigure, reach: float) -> None:
    axes.set_xlim(0, reach)
    axes.set_ylim(0, reach)
    axes.plot([0, reach], [0, reach], color=SOFT, linewidth=0.8, linestyle=(0, (3, 2)), zorder=0)
    ticks = [share / 5 for share in range(6) if share / 5 <= reach]
    words = [f"{100 * tick:.0f}%" for tick in ticks]
    axes.set_xticks(ticks, words)
    axes.set_yticks(ticks, words)
    axes.set_xlabel(clean(figure.x_label), fontsize=NORMAL, color=INK)
    axes.set_ylabel(clean(figure.y_label), fontsize=NORMAL, color=INK)
    axes.tick_params(labelsize=SMALL, labelcolor=INK, color=RULE, length=2.5, width=0.6)
    axes.set_axisbelow(True)
    axes.grid(visible=True, color=FAINT, linewidth=0.6)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(RULE)
        spine.set_linewidth(0.6)
