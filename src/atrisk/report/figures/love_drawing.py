"""Draws a love plot: a line a confounder, a sign for each way of adjusting, the threshold of the gate dashed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from atrisk.report.figures.canvas import FAINT, INK, NORMAL, PAPER, RULE, SMALL, SOFT, Sheet, clean, colour, shortened
from atrisk.report.figures.love_figure import LoveFigure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LINE, _TOP, _KEY, _AXIS = 4.6, 3.0, 4.6, 11.0
_PLOT_LEFT, _RIGHT, _LONGEST = 74.0, 3.0, 52
_LEAST_REACH = 0.25
_MARKERS = ("o", "s", "D", "^", "v", "P")


def draw_love(figure: LoveFigure) -> Figure:
    """The figure on paper; the unadjusted differences are hollow."""
    head = _TOP + _KEY * len(figure.kinds)
    body = _LINE * len(figure.lines)
    height = head + body + _AXIS + (5.0 if figure.footer else 1.0)
    sheet = Sheet.of(height)
    width = sheet.width_mm - _PLOT_LEFT - _RIGHT
    axes = sheet.figure.add_axes(
        (_PLOT_LEFT / sheet.width_mm, 1 - (head + body) / height, width / sheet.width_mm, body / height)
    )
    _dress(axes, figure)
    for number, line in enumerate(figure.lines):
        label = shortened(clean(line.label), _LONGEST)
        sheet.write(_PLOT_LEFT - 2.0, head + _LINE * (number + 0.5), label, align="right")
        for point in line.points:
            if math.isfinite(point.value):
                _mark(axes, point.kind, point.value, number + 0.5)
    _draw_key(sheet, figure)
    if figure.footer:
        sheet.write(0.5, height - 2.4, shortened(clean(figure.footer), 120), ink_colour=SOFT)
    return sheet.figure


def _style(kind: int) -> dict[str, object]:
    strong = SOFT if kind == 0 else colour(kind - 1)
    return {
        "marker": _MARKERS[kind % len(_MARKERS)],
        "markersize": 4.6,
        "markerfacecolor": PAPER if kind == 0 else strong,
        "markeredgecolor": strong,
        "markeredgewidth": 1.0,
        "linestyle": "none",
    }


def _mark(axes: Axes, kind: int, x: float, y: float) -> None:
    # Filled signs above hollow ones: what adjusting leaves is what is looked for.
    axes.plot([x], [y], zorder=3 + kind, clip_on=False, **_style(kind))  # type: ignore[arg-type]


def _draw_key(sheet: Sheet, figure: LoveFigure) -> None:
    from matplotlib.lines import Line2D

    for kind, words in enumerate(figure.kinds):
        y = _TOP + _KEY * kind
        sheet.figure.add_artist(
            Line2D(
                [(_PLOT_LEFT + 2.0) / sheet.width_mm],
                [1 - y / sheet.height_mm],
                **_style(kind),  # type: ignore[arg-type]
            )
        )
        sheet.write(_PLOT_LEFT + 5.0, y, shortened(clean(words), 80))


def _dress(axes: Axes, figure: LoveFigure) -> None:
    values = [abs(point.value) for line in figure.lines for point in line.points if math.isfinite(point.value)]
    reach = max([*values, figure.threshold, _LEAST_REACH]) * 1.08
    axes.set_xlim(-reach, reach)
    axes.set_ylim(len(figure.lines), 0)
    axes.set_yticks([])
    axes.set_xlabel(clean(figure.x_label), fontsize=NORMAL, color=INK, labelpad=3)
    axes.tick_params(labelsize=SMALL, labelcolor=INK, color=RULE, length=2.5, width=0.6)
    axes.set_axisbelow(True)
    axes.axvline(0.0, color=SOFT, linewidth=0.8, zorder=2)
    for threshold in (-figure.threshold, figure.threshold):
        axes.axvline(threshold, color=INK, linewidth=0.8, linestyle=(0, (3, 2)), zorder=2)
    for number in range(len(figure.lines)):
        axes.axhline(number + 0.5, color=FAINT, linewidth=0.6, zorder=1)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(RULE)
        spine.set_linewidth(0.6)
