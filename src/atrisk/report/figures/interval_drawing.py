"""Draws an interval-censored outcome: a panel a group, with what the scans leave open as a band."""

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
from atrisk.report.figures.interval_figure import IntervalFigure, IntervalPanel
from atrisk.study.quantity import days_per

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LEFT, _RIGHT, _BETWEEN, _TOP, _PANEL, _AXIS, _ROW_GAP = 14.0, 3.0, 6.0, 12.5, 52.0, 11.0, 8.0
_IN_A_ROW = 3


def draw_intervals(figure: IntervalFigure) -> Figure:
    """The figure on paper, three panels a row."""
    rows = -(-len(figure.panels) // _IN_A_ROW)
    across = min(_IN_A_ROW, len(figure.panels))
    height = _TOP + rows * (_PANEL + _ROW_GAP) - _ROW_GAP + _AXIS + (5.0 if figure.footer else 1.5)
    sheet = Sheet.of(height)
    width = (sheet.width_mm - _LEFT - _RIGHT - (across - 1) * _BETWEEN) / across
    _draw_legend(sheet, figure)
    for number, panel in enumerate(figure.panels):
        row, column = divmod(number, _IN_A_ROW)
        left, top = _LEFT + column * (width + _BETWEEN), _TOP + row * (_PANEL + _ROW_GAP)
        axes = sheet.figure.add_axes(
            (left / sheet.width_mm, 1 - (top + _PANEL) / height, width / sheet.width_mm, _PANEL / height)
        )
        _dress(axes, figure, first=column == 0)
        _draw_panel(axes, figure, panel, number)
        label = f"{clean(panel.label)} ({panel.turnbull.n})"
        sheet.write(left, top - 3.0, shortened(label, 34), size=NORMAL)
    bottom = _TOP + rows * (_PANEL + _ROW_GAP) - _ROW_GAP
    sheet.write(_LEFT, bottom + 8.0, clean(figure.x_label), size=NORMAL)
    if figure.footer:
        sheet.write(0.5, height - 2.4, shortened(clean(figure.footer), 120), ink_colour=SOFT)
    return sheet.figure


def _draw_legend(sheet: Sheet, figure: IntervalFigure) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle

    middle = 3.2
    y = 1 - middle / sheet.height_mm
    half = 1.1 / sheet.height_mm
    sheet.figure.add_artist(
        Rectangle(
            (_LEFT / sheet.width_mm, y - half), 8.0 / sheet.width_mm, 2 * half, color=SOFT, alpha=0.45, linewidth=0
        )
    )
    sheet.write(_LEFT + 10.0, middle, clean(figure.between_label), size=NORMAL)
    left = _LEFT + 66.0
    line = Line2D([left / sheet.width_mm, (left + 8.0) / sheet.width_mm], [y, y], color=INK, linewidth=0.9)
    line.set_dashes((3.0, 1.5))
    sheet.figure.add_artist(line)
    sheet.write(left + 10.0, middle, clean(figure.dated_label), size=NORMAL)


def _dress(axes: Axes, figure: IntervalFigure, *, first: bool) -> None:
    axes.set_xlim(0, figure.until)
    axes.set_ylim(0, 1.0)
    axes.set_xticks(figure.ticks, [f"{tick:g}" for tick in figure.ticks])
    shares = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    axes.set_yticks(shares, [f"{100 * share:.0f}%" if first else "" for share in shares])
    if first:
        axes.set_ylabel(shortened(clean(figure.y_label), 44), fontsize=NORMAL, color=INK, labelpad=4)
    axes.tick_params(labelsize=SMALL, labelcolor=INK, color=RULE, length=2.5, width=0.6)
    axes.set_axisbelow(True)
    axes.grid(visible=True, axis="y", color=FAINT, linewidth=0.6)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(RULE)
        spine.set_linewidth(0.6)


def _draw_panel(axes: Axes, figure: IntervalFigure, panel: IntervalPanel, position: int) -> None:
    scale, strong = days_per(figure.unit), colour(position)
    curve = panel.turnbull
    time = np.concatenate(([0.0], curve.time / scale))
    low, high = np.concatenate(([1.0], curve.conf_low)), np.concatenate(([1.0], curve.conf_high))
    # Within an interval the lowest curve has fallen at its beginning, the highest falls at its end.
    axes.fill_between(time, low, high, step="post", color=strong, alpha=0.4, linewidth=0, zorder=2)
    for bound in (low, high):
        axes.plot(time, bound, drawstyle="steps-post", color=strong, linewidth=0.9, zorder=3)
    if panel.dated is not None:
        dated = np.concatenate(([1.0], panel.dated.estimate))
        at = np.concatenate(([0.0], panel.dated.time / scale))
        (line,) = axes.plot(at, dated, drawstyle="steps-post", color=INK, linewidth=0.9, zorder=4)
        line.set_dashes((3.0, 1.5))
