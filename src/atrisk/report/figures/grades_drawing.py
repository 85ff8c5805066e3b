"""Draws an ordered outcome: one bar a group, levels from the lowest at the bottom to the highest at the top."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atrisk.report.figures.canvas import (
    FAINT,
    INK,
    NORMAL,
    PAPER,
    RULE,
    SMALL,
    SOFT,
    Sheet,
    clean,
    shortened,
    text_width_mm,
    wrapped,
)
from atrisk.report.figures.grades_figure import GradesFigure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LEFT, _TOP, _PANEL, _NAMES, _KEY = 16.0, 5.0, 78.0, 16.0, 46.0
_WIDEST = 30.0
# One hue from light to dark: told apart by any colour vision and in grey, and the order is that of the levels.
_LIGHT, _DARK = (0xE3, 0xEE, 0xF5), (0x0A, 0x2E, 0x4D)
# A share below this is too low for its words.
_LEAST_WRITTEN = 0.045


def draw_grades(figure: GradesFigure) -> Figure:
    """The figure on paper, the key of the levels at the right."""
    height = _TOP + _PANEL + _NAMES + (4.0 if figure.footer else 0.0)
    sheet = Sheet.of(height)
    width = sheet.width_mm - _LEFT - _KEY
    axes = sheet.figure.add_axes(
        (_LEFT / sheet.width_mm, 1 - (_TOP + _PANEL) / height, width / sheet.width_mm, _PANEL / height)
    )
    _dress(axes, figure)
    step = width / len(figure.bars)
    for position, bar in enumerate(figure.bars):
        _draw_bar(axes, figure, position, min(0.72, _WIDEST / step))
        middle = _LEFT + (position + 0.5) * step
        names = wrapped(clean(bar.label), NORMAL, step - 2.0)[:2]
        for line, words in enumerate((*names, f"n = {bar.n}")):
            sheet.write(middle, _TOP + _PANEL + 3.5 + 3.8 * line, words, size=NORMAL, align="center")
    _draw_key(sheet, figure)
    if figure.footer:
        sheet.write(0.5, height - 2.4, shortened(clean(figure.footer), 120), ink_colour=SOFT)
    return sheet.figure


def shades(levels: int) -> tuple[str, ...]:
    """A colour for each level, from light to dark."""
    return tuple(
        "#"
        + "".join(
            f"{round(light + (dark - light) * position / max(levels - 1, 1)):02x}"
            for light, dark in zip(_LIGHT, _DARK, strict=True)
        )
        for position in range(levels)
    )


def _dress(axes: Axes, figure: GradesFigure) -> None:
    axes.set_xlim(-0.5, len(figure.bars) - 0.5)
    axes.set_ylim(0, 1.0)
    axes.set_xticks([])
    shares = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    axes.set_yticks(shares, [f"{100 * share:.0f}%" for share in shares])
    axes.set_ylabel(shortened(clean(figure.y_label), 44), fontsize=NORMAL, color=INK, labelpad=4)
    axes.tick_params(labelsize=SMALL, labelcolor=INK, color=RULE, length=2.5, width=0.6)
    axes.set_axisbelow(True)
    axes.grid(visible=True, axis="y", color=FAINT, linewidth=0.6)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(RULE)
        spine.set_linewidth(0.6)


def _draw_bar(axes: Axes, figure: GradesFigure, position: int, width: float) -> None:
    bar, below = figure.bars[position], 0.0
    for at, (count, shade) in enumerate(zip(bar.counts, shades(len(figure.levels)), strict=True)):
        share = count / bar.n if bar.n else 0.0
        if share == 0:
            continue
        # A white edge sets neighbours apart however alike they come out of a printer.
        axes.bar(position, share, width, bottom=below, color=shade, edgecolor=PAPER, linewidth=0.9, zorder=2)
        if share >= _LEAST_WRITTEN:
            ink = PAPER if at >= 0.45 * (len(figure.levels) - 1) and at else INK
            words = f"{count} ({100 * share:.0f}%)"
            axes.text(
                position, below + share / 2, words, fontsize=SMALL, color=ink, ha="center", va="center_baseline",
                zorder=3,
            )  # fmt: skip
        below += share


def _draw_key(sheet: Sheet, figure: GradesFigure) -> None:
    """The levels in the order in which they lie in the bars, the highest on top."""
    from matplotlib.patches import Rectangle

    left = sheet.width_mm - _KEY + 5.0
    room = min(6.0, _PANEL / max(len(figure.levels), 1))
    for line, (label, shade) in enumerate(
        zip(reversed(figure.labels), reversed(shades(len(figure.levels))), strict=True)
    ):
        middle = _TOP + 3.0 + room * line
        box = (left / sheet.width_mm, 1 - (middle + 1.8) / sheet.height_mm)
        sheet.figure.add_artist(
            Rectangle(box, 4.5 / sheet.width_mm, 3.6 / sheet.height_mm, facecolor=shade, edgecolor=RULE, linewidth=0.5)
        )
        words = shortened(clean(label), 40)
        while text_width_mm(words, NORMAL) > _KEY - 13.0 and len(words) > 4:
            words = shortened(words, len(words) - 2)
        sheet.write(left + 6.5, middle, words, size=NORMAL)
