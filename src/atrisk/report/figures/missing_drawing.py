"""Draws which variables are missing together: a row a pattern, filled where missing, and how many patients have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atrisk.report.figures.canvas import FAINT, INK, NORMAL, SMALL, SOFT, Sheet, clean, colour, shortened
from atrisk.report.figures.missing_figure import MissingFigure, MissingPattern

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LINE, _CELL, _LABELS, _RIGHT = 5.4, 4.2, 58.0, 3.0
_MOST_ACROSS, _BAR = 11.0, 30.0
_LONGEST = 37


def draw_missing(figure: MissingFigure) -> Figure:
    """The figure on paper: variables down the left, patterns across, patients by group in bars beneath."""
    body = _LINE * len(figure.variables)
    height = 5.0 + body + _BAR + 11.0 + (5.0 if figure.footer else 1.0)
    sheet = Sheet.of(height)
    across = min(_MOST_ACROSS, (sheet.width_mm - _LABELS - _RIGHT) / len(figure.patterns))
    for number, label in enumerate(figure.variables):
        sheet.write(0.5, 4.0 + _LINE * (number + 0.5), shortened(clean(label), _LONGEST), size=NORMAL)
    for number, pattern in enumerate(figure.patterns):
        left = _LABELS + across * number
        _draw_pattern(sheet, pattern, left, min(across - 1.0, _CELL))
        _draw_bar(sheet, figure, pattern, (left, min(across - 1.0, _CELL)), 4.0 + body)
    sheet.write(0.5, 4.0 + body + _BAR / 2 + 3.0, clean(figure.patients_label), size=NORMAL)
    _draw_legend(sheet, figure, 4.0 + body + _BAR + 8.0)
    if figure.footer:
        sheet.write(0.5, height - 2.4, shortened(clean(figure.footer), 120), ink_colour=SOFT)
    return sheet.figure


def _box(sheet: Sheet, left: float, top: float, width: float, height: float, fill: str) -> None:
    from matplotlib.patches import Rectangle

    sheet.figure.add_artist(
        Rectangle(
            (left / sheet.width_mm, 1 - (top + height) / sheet.height_mm),
            width / sheet.width_mm,
            height / sheet.height_mm,
            facecolor=fill,
            linewidth=0,
        )
    )


def _draw_pattern(sheet: Sheet, pattern: MissingPattern, left: float, width: float) -> None:
    for number, lacks in enumerate(pattern.lacks):
        top = 4.0 + _LINE * number + (_LINE - _CELL) / 2
        _box(sheet, left, top, width, _CELL, INK if lacks else FAINT)


def _draw_bar(
    sheet: Sheet, figure: MissingFigure, pattern: MissingPattern, place: tuple[float, float], top: float
) -> None:
    """Patients with a pattern, the groups stacked, as high as they are many; their number beneath."""
    left, width = place
    most = max(each.n for each in figure.patterns)
    bottom = top + _BAR
    sheet.write(left + width / 2, bottom + 2.2, str(pattern.n), size=SMALL, align="center")
    for number, n in enumerate(pattern.by_group):
        height = (_BAR - 3.0) * n / most
        bottom -= height
        _box(sheet, left, bottom, width, height, colour(number))


def _draw_legend(sheet: Sheet, figure: MissingFigure, middle: float) -> None:
    from atrisk.report.figures.canvas import text_width_mm

    left = _LABELS
    for number, label in enumerate(figure.groups):
        words = shortened(clean(label), 30)
        _box(sheet, left, middle - 1.3, 2.6, 2.6, colour(number))
        sheet.write(left + 4.0, middle, words, size=NORMAL)
        left += 10.0 + text_width_mm(words, NORMAL)
