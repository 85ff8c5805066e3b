"""Draws hazard ratios over time: a panel a contrast, on a logarithmic scale that all share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from atrisk.report.figures.canvas import FAINT, INK, NORMAL, RULE, SMALL, SOFT, Sheet, clean, colour, shortened
from atrisk.report.figures.over_time_figure import OverTimeFigure, OverTimePanel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LEFT, _RIGHT, _BETWEEN, _TOP, _PANEL, _AXIS, _ROW_GAP = 16.0, 3.0, 6.0, 12.5, 52.0, 11.0, 10.0
_IN_A_ROW, _WIDEST = 3, 84.0
_TICKS = (0.0625, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
# The axis never reaches further than a ratio of 20, or its inverse: smoothed ends can run off.
_MOST = math.log(20.0)


def draw_over_time(figure: OverTimeFigure) -> Figure:
    """The figure on paper, three panels a row."""
    rows = -(-len(figure.panels) // _IN_A_ROW)
    across = min(_IN_A_ROW, len(figure.panels))
    height = _TOP + rows * (_PANEL + _ROW_GAP) - _ROW_GAP + _AXIS + (5.0 if figure.footer else 1.5)
    sheet = Sheet.of(height)
    width = min(_WIDEST, (sheet.width_mm - _LEFT - _RIGHT - (across - 1) * _BETWEEN) / across)
    _draw_legend(sheet, figure)
    reach = _reach(figure)
    for number, panel in enumerate(figure.panels):
        row, column = divmod(number, _IN_A_ROW)
        left, top = _LEFT + column * (width + _BETWEEN), _TOP + row * (_PANEL + _ROW_GAP)
        axes = sheet.figure.add_axes(
            (left / sheet.width_mm, 1 - (top + _PANEL) / height, width / sheet.width_mm, _PANEL / height)
        )
        _dress(axes, figure, reach, first=column == 0)
        _draw_panel(axes, panel)
        sheet.write(left, top - 3.0, shortened(clean(panel.label), int(width * 0.6)), size=NORMAL)
    bottom = _TOP + rows * (_PANEL + _ROW_GAP) - _ROW_GAP
    sheet.write(_LEFT, bottom + 8.0, clean(figure.x_label), size=NORMAL)
    if figure.footer:
        sheet.write(0.5, height - 2.4, shortened(clean(figure.footer), 120), ink_colour=SOFT)
    return sheet.figure


def _draw_legend(sheet: Sheet, figure: OverTimeFigure) -> None:
    from matplotlib.lines import Line2D

    middle = 3.2
    y = 1 - middle / sheet.height_mm
    for left, words, ink_colour, dashes in (
        (_LEFT, figure.smooth_label, colour(0), None),
        (_LEFT + 60.0, figure.average_label, INK, (3.0, 1.5)),
    ):
        ends = [left / sheet.width_mm, (left + 8.0) / sheet.width_mm]
        line = Line2D(ends, [y, y], color=ink_colour, linewidth=1.4 if dashes is None else 0.9)
        if dashes is not None:
            line.set_dashes(dashes)
        sheet.figure.add_artist(line)
        sheet.write(left + 10.0, middle, clean(words), size=NORMAL)


def _reach(figure: OverTimeFigure) -> float:
    """How far the axis reaches from 1, as a logarithm: the curves and the middle nine tenths of their limits."""
    logs = [np.abs(np.log(panel.ratio)) for panel in figure.panels]
    limits = [np.abs(np.log(np.concatenate((panel.low, panel.high)))) for panel in figure.panels]
    furthest = max([*(float(each.max()) for each in logs), *(float(np.quantile(each, 0.9)) for each in limits)])
    return min(max(furthest * 1.05, math.log(2.2)), _MOST)


def _dress(axes: Axes, figure: OverTimeFigure, reach: float, *, first: bool) -> None:
    axes.set_xlim(0, figure.until)
    axes.set_ylim(-reach, reach)
    axes.set_xticks(figure.ticks, [f"{tick:g}" for tick in figure.ticks])
    inside = [tick for tick in _TICKS if abs(math.log(tick)) <= reach]
    axes.set_yticks([math.log(tick) for tick in inside], [f"{tick:g}" if first else "" for tick in inside])
    if first:
        axes.set_ylabel(shortened(clean(figure.y_label), 44), fontsize=NORMAL, color=INK, labelpad=4)
    axes.tick_params(labelsize=SMALL, labelcolor=INK, color=RULE, length=2.5, width=0.6)
    axes.set_axisbelow(True)
    axes.grid(visible=True, axis="y", color=FAINT, linewidth=0.6)
    axes.axhline(0.0, color=SOFT, linewidth=0.8, zorder=1)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(RULE)
        spine.set_linewidth(0.6)


def _draw_panel(axes: Axes, panel: OverTimePanel) -> None:
    strong = colour(0)
    axes.fill_between(
        panel.time, np.log(panel.low), np.log(panel.high), color=strong, alpha=0.14, linewidth=0, zorder=2
    )
    axes.plot(panel.time, np.log(panel.ratio), color=strong, linewidth=1.4, zorder=3)
    if math.isfinite(panel.average):
        line = axes.axhline(math.log(panel.average), color=INK, linewidth=0.9, zorder=4)
        line.set_dashes((3.0, 1.5))
