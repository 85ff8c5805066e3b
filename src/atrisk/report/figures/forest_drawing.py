"""Draws a forest figure: labels, squares with limits, and the numbers in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

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
from atrisk.report.figures.forest_figure import ForestFigure, ForestLine

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LINE, _TOP, _AXIS = 5.0, 6.5, 11.0
_PLOT_LEFT, _PLOT_WIDTH, _WORDS_LEFT = 64.0, 58.0, 126.0
_MOST_LOG10, _LONGEST = 1.5, 42


def draw_forest(figure: ForestFigure) -> Figure:
    """The figure on paper, one line an estimate."""
    body = _LINE * len(figure.lines)
    height = _TOP + body + _AXIS + (5.0 if figure.footer else 1.0)
    sheet = Sheet.of(height)
    axes = sheet.figure.add_axes(
        (
            _PLOT_LEFT / sheet.width_mm,
            1 - (_TOP + body) / height,
            _PLOT_WIDTH / sheet.width_mm,
            body / height,
        )
    )
    low, high = _extent(figure)
    _dress(axes, figure, low, high)
    sheet.write(_WORDS_LEFT, _TOP / 2 + 0.3, clean(figure.words_heading), ink_colour=SOFT)
    sheet.line((0.5, sheet.width_mm - 0.5), (_TOP - 0.4, _TOP - 0.4))
    for number, line in enumerate(figure.lines):
        middle = _TOP + _LINE * (number + 0.5)
        heading = not line.row_id
        label = shortened(clean(_with_counts(line)), 90 if heading else _LONGEST)
        sheet.write(0.5 if heading else 4.0, middle, label, size=NORMAL if heading else SMALL, opaque=heading)
        if heading:
            continue
        sheet.write(_WORDS_LEFT, middle, line.words)
        _draw_margins(axes, figure, number, (low, high))
        _draw_estimate(axes, figure, number, (low, high))
    if figure.footer:
        sheet.write(0.5, height - 2.4, shortened(clean(figure.footer), 120), ink_colour=SOFT)
    return sheet.figure


def _place(figure: ForestFigure, value: float) -> float:
    return math.log10(value) if figure.logarithmic and value > 0 else value


def _with_counts(line: ForestLine) -> str:
    return f"{line.label}: {line.counts}" if line.counts else line.label


def _extent(figure: ForestFigure) -> tuple[float, float]:
    """The axis: wide enough for the limits, and never so wide that one estimate hides the others."""
    places = [
        _place(figure, value)
        for line in figure.lines
        for value in (line.value, line.low, line.high, *line.margins)
        if math.isfinite(value) and (value > 0 or not figure.logarithmic)
    ]
    null = _place(figure, figure.null)
    reach = max((abs(place - null) for place in places), default=1.0) * 1.08
    reach = min(max(reach, 0.2), _MOST_LOG10) if figure.logarithmic else max(reach, 5.0)
    return null - reach, null + reach


def _dress(axes: Axes, figure: ForestFigure, low: float, high: float) -> None:
    axes.set_xlim(low, high)
    axes.set_ylim(len(figure.lines), 0)
    axes.set_yticks([])
    ticks = _ratio_ticks(low, high) if figure.logarithmic else _difference_ticks(low, high)
    axes.set_xticks([place for place, _ in ticks], [label for _, label in ticks])
    axes.set_xlabel(clean(figure.x_label), fontsize=NORMAL, color=INK, labelpad=3)
    axes.tick_params(labelsize=SMALL, labelcolor=INK, color=RULE, length=2.5, width=0.6)
    axes.set_axisbelow(True)
    axes.grid(visible=True, axis="x", color=FAINT, linewidth=0.6)
    axes.axvline(_place(figure, figure.null), color=SOFT, linewidth=0.8, zorder=2)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(RULE)
        spine.set_linewidth(0.6)


def _ratio_ticks(low: float, high: float) -> list[tuple[float, str]]:
    for candidates in (
        (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20),
        (0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4),
        (0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5),
    ):
        inside = [value for value in candidates if low <= math.log10(value) <= high]
        if len(inside) >= 4:
            return [(math.log10(value), f"{value:g}") for value in inside]
    return [(0.0, "1")]


def _difference_ticks(low: float, high: float) -> list[tuple[float, str]]:
    step = next(each for each in (1, 2, 5, 10, 20, 25, 50, 100) if (high - low) / each <= 9 or each == 100)
    first = math.ceil(low / step)
    values = [step * number for number in range(first, math.floor(high / step) + 1)]
    return [(value, f"{value:g}".replace("-", "\N{MINUS SIGN}")) for value in values]


def _draw_margins(axes: Axes, figure: ForestFigure, number: int, extent: tuple[float, float]) -> None:
    """A dashed line at each margin of a line, and what lies beyond it hatched."""
    low, high = extent
    for margin in figure.lines[number].margins:
        place = _place(figure, margin)
        beyond = (place, high) if place > _place(figure, figure.null) else (low, place)
        axes.fill_between(
            beyond, number + 0.08, number + 0.92, facecolor="none", edgecolor=FAINT, hatch="////", linewidth=0, zorder=0
        )
        axes.plot([place, place], [number + 0.08, number + 0.92], color=INK, linewidth=0.9, linestyle=(0, (3, 2)))


def _draw_estimate(axes: Axes, figure: ForestFigure, number: int, extent: tuple[float, float]) -> None:
    """A square at the estimate and a line between the limits; an arrowhead where a limit lies beyond the axis."""
    line = figure.lines[number]
    if not math.isfinite(line.value):
        return
    strong = colour(0)
    y = number + 0.5
    low, high = extent
    if math.isfinite(line.low) and math.isfinite(line.high):
        left = _place(figure, line.low) if line.low > 0 or not figure.logarithmic else low
        right = _place(figure, line.high)
        axes.plot([max(left, low), min(right, high)], [y, y], color=strong, linewidth=1.1, solid_capstyle="butt")
        for beyond, edge, marker in (
            (left < low or (line.low == 0 and figure.logarithmic), low, "<"),
            (right > high, high, ">"),
        ):
            if beyond:
                axes.plot([edge], [y], marker=marker, markersize=4, color=strong, clip_on=False)
    place = _place(figure, line.value)
    if low <= place <= high:
        shape, size = ("D", 6.0) if line.marked else ("s", 4.6)
        axes.plot([place], [y], marker=shape, markersize=size, color=INK if line.marked else strong, markeredgewidth=0)
