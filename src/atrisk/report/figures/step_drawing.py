"""Draws step curves with limits, censoring marks and, under the axis, the numbers at risk, censored and with events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

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
    dashes,
    paler,
    shortened,
    text_width_mm,
)
from atrisk.report.figures.step_figure import StepFigure, StepLine
from atrisk.report.wording import FEW_AT_RISK
from atrisk.study.quantity import days_per

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

_PLOT_LEFT, _PLOT_RIGHT, _PLOT_HEIGHT = 23.0, 5.0, 74.0
_LEGEND_LINE, _RISK_LINE, _AXIS_WORDS = 4.6, 3.5, 10.5
_SAMPLE, _GAP = 9.0, 6.0
_LONGEST_LABEL = 70


def draw_steps(figure: StepFigure) -> Figure:
    """The figure on paper, as high as its legend and its numbers need."""
    legend = _legend_rows(figure)
    top = 2.0 + _LEGEND_LINE * len(legend) + 1.5
    table_top = top + _PLOT_HEIGHT + _AXIS_WORDS
    table_height = len(figure.lines) * (4 * _RISK_LINE + 0.9)
    footer = 5.0 if figure.footer else 1.5
    height = table_top + table_height + footer
    sheet = Sheet.of(height)
    _draw_legend(sheet, figure, legend)
    axes = sheet.figure.add_axes(
        (
            _PLOT_LEFT / sheet.width_mm,
            1 - (top + _PLOT_HEIGHT) / height,
            (sheet.width_mm - _PLOT_LEFT - _PLOT_RIGHT) / sheet.width_mm,
            _PLOT_HEIGHT / height,
        )
    )
    _dress(axes, figure)
    for position, line in enumerate(figure.lines):
        _draw_line(axes, figure, line, position)
    _draw_numbers(sheet, figure, table_top)
    if figure.footer:
        sheet.write(0.5, height - 2.4, shortened(clean(figure.footer), 120), ink_colour=SOFT)
    return sheet.figure


def _label(line: StepLine) -> str:
    return shortened(clean(line.label), _LONGEST_LABEL)


def _legend_rows(figure: StepFigure) -> list[list[tuple[int, float]]]:
    """Positions of groups with the left edge of each in millimetres, row by row."""
    rows: list[list[tuple[int, float]]] = [[]]
    left = _PLOT_LEFT
    for position, line in enumerate(figure.lines):
        width = _SAMPLE + 2 + text_width_mm(_label(line), NORMAL) + _GAP
        if rows[-1] and left + width > 174.0:
            rows.append([])
            left = _PLOT_LEFT
        rows[-1].append((position, left))
        left += width
    return rows


def _draw_legend(sheet: Sheet, figure: StepFigure, rows: list[list[tuple[int, float]]]) -> None:
    for number, row in enumerate(rows):
        middle = 2.0 + _LEGEND_LINE * (number + 0.5)
        for position, left in row:
            _sample(sheet, position, left, middle)
            sheet.write(left + _SAMPLE + 2, middle, _label(figure.lines[position]), size=NORMAL)


def _sample(sheet: Sheet, position: int, left: float, middle: float) -> None:
    from matplotlib.lines import Line2D

    sample = Line2D(
        [left / sheet.width_mm, (left + _SAMPLE) / sheet.width_mm],
        [1 - middle / sheet.height_mm] * 2,
        color=colour(position),
        linewidth=1.6,
    )
    if dashes(position):
        sample.set_dashes(dashes(position))
    sheet.figure.add_artist(sample)


def _dress(axes: Axes, figure: StepFigure) -> None:
    axes.set_xlim(0, figure.until)
    axes.set_ylim(0, 1.0)
    axes.set_xticks(figure.ticks, [f"{tick:g}" for tick in figure.ticks])
    shares = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    axes.set_yticks(shares, [f"{100 * share:.0f}%" for share in shares])
    axes.set_xlabel(clean(figure.x_label), fontsize=NORMAL, color=INK, labelpad=3)
    axes.set_ylabel(shortened(clean(figure.y_label), 60), fontsize=NORMAL, color=INK, labelpad=4)
    axes.tick_params(labelsize=SMALL, labelcolor=INK, color=RULE, length=2.5, width=0.6)
    axes.set_axisbelow(True)
    axes.grid(visible=True, axis="y", color=FAINT, linewidth=0.6)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(RULE)
        spine.set_linewidth(0.6)


def _draw_line(axes: Axes, figure: StepFigure, line: StepLine, position: int) -> None:
    curve = line.curve
    scale = days_per(figure.unit)
    start = 1.0 if figure.kind == "survival" else 0.0
    time = np.concatenate(([0.0], curve.time / scale))
    estimate = np.concatenate(([start], curve.estimate))
    strong = colour(position)
    low, high = np.concatenate(([start], curve.conf_low)), np.concatenate(([start], curve.conf_high))
    # The last point with enough at risk: from there on line and band go on, pale.
    # Before the first time nobody is at risk who entered later.
    first = curve.n_at_risk[:1] if curve.time.size else np.array([curve.n])
    enough = np.concatenate((first, curve.n_at_risk)) >= FEW_AT_RISK
    turn = int(np.flatnonzero(enough)[-1]) if enough.any() else 0
    pale = paler(strong, 0.55)
    for part, ink_colour in ((slice(0, turn + 1), strong), (slice(turn, None), pale)):
        if time[part].size > 1:
            _draw_band(axes, time[part], low[part], high[part], ink_colour)
            (drawn,) = axes.plot(
                time[part],
                estimate[part],
                drawstyle="steps-post",
                color=ink_colour,
                linewidth=1.5,
                solid_capstyle="butt",
                solid_joinstyle="miter",
                dash_capstyle="butt",
                zorder=3 + 0.01 * position,
                clip_on=True,
            )
            if dashes(position):
                drawn.set_dashes(dashes(position))
    _draw_censored(axes, time[1:], curve.estimate, curve.n_censored > 0, strong)


def _draw_band(axes: Axes, time: Floats, low: Floats, high: Floats, strong: str) -> None:
    known = np.isfinite(low) & np.isfinite(high)
    axes.fill_between(
        time, low, high, where=known.tolist(), step="post", color=strong, alpha=0.12, linewidth=0, zorder=2
    )


def _draw_censored(axes: Axes, time: Floats, estimate: Floats, censored: NDArray[np.bool_], strong: str) -> None:
    """Short upright marks at times of censoring, as one path: a thousand single marks would make the file large."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    shown = censored & (time <= axes.get_xlim()[1] + 1e-9) & np.isfinite(estimate)
    if not shown.any():
        return
    half = 0.011
    points = np.empty((2 * int(shown.sum()), 2))
    points[0::2] = np.column_stack([time[shown], estimate[shown] - half])
    points[1::2] = np.column_stack([time[shown], estimate[shown] + half])
    codes = np.tile([Path.MOVETO, Path.LINETO], int(shown.sum()))
    axes.add_patch(PathPatch(Path(points, codes), facecolor="none", edgecolor=strong, linewidth=0.6, zorder=4))


def _draw_numbers(sheet: Sheet, figure: StepFigure, top: float) -> None:
    """Under each tick: at risk, censored and events of each group, in blocks by group."""
    plot_width = sheet.width_mm - _PLOT_LEFT - _PLOT_RIGHT
    columns = [_PLOT_LEFT + plot_width * tick / figure.until for tick in figure.ticks]
    y = top
    for position, line in enumerate(figure.lines):
        sheet.line((0.5, sheet.width_mm - 0.5), (y, y), ink_colour=FAINT)
        y += _RISK_LINE * 0.5 + 0.3
        sheet.write(0.5, y, _label(line), ink_colour=colour(position))
        rows = zip(figure.risk_labels, (line.n_at_risk, line.n_censored, line.n_event), strict=True)
        for number, (label, values) in enumerate(rows):
            y += _RISK_LINE
            shade = INK if number == 0 else SOFT
            sheet.write(2.5, y, label, ink_colour=shade)
            for x, value in zip(columns, values, strict=True):
                sheet.write(x, y, str(value), ink_colour=shade, align="center")
        y += _RISK_LINE * 0.5 + 0.6
