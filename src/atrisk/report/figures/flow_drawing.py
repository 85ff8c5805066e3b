"""Draws the flow diagram."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from atrisk.report.figures.canvas import NORMAL, RULE, SMALL, SOFT, Sheet, clean, colour, shortened, wrapped
from atrisk.report.figures.flow_figure import FlowFigure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MIDDLE, _STAY_WIDTH = 50.0, 72.0
_LEAVE_LEFT, _LEAVE_WIDTH = 98.0, 75.0
_LINE, _PADDING, _ARROW = 3.9, 2.4, 5.0


def draw_flow(figure: FlowFigure) -> Figure:
    """The diagram on paper, as high as its boxes need."""
    staying = [_lines(box.staying, _STAY_WIDTH, NORMAL) for box in figure.boxes]
    leaving = [_lines(box.leaving, _LEAVE_WIDTH, SMALL) for box in figure.boxes]
    gaps = [max(_ARROW * 2, _height(lines) + 3.0) if lines else _ARROW for lines in leaving]
    per_row = max(1, min(len(figure.groups), 4))
    group_rows = [figure.groups[start : start + per_row] for start in range(0, len(figure.groups), per_row)]
    group_width = (174.0 - 1.0 - 4.0 * (per_row - 1)) / per_row
    group_lines = [[(*_lines((label,), group_width, NORMAL), count) for label, count in row] for row in group_rows]
    group_heights = [max(_height(lines) for lines in row) for row in group_lines]
    height = 1.0 + sum(gaps[1:]) + sum(_height(lines) for lines in staying) + 2 * _ARROW
    height += sum(group_heights) + 3.0 * (len(group_rows) - 1) + (6.5 if figure.footer else 1.5)
    sheet = Sheet.of(height)
    y = 1.0
    for position, lines in enumerate(staying):
        if position:
            middle = y + gaps[position] / 2
            _arrow(sheet, (_MIDDLE, y), (_MIDDLE, y + gaps[position]))
            if leaving[position]:
                _arrow(sheet, (_MIDDLE, middle), (_LEAVE_LEFT, middle))
                box_height = _height(leaving[position])
                beside = _Place(_LEAVE_LEFT, middle - box_height / 2, _LEAVE_WIDTH, box_height)
                _draw_box(sheet, beside, leaving[position], size=SMALL, edge=RULE, align="left")
            y += gaps[position]
        place = _Place(_MIDDLE - _STAY_WIDTH / 2, y, _STAY_WIDTH, _height(lines))
        _draw_box(sheet, place, lines, size=NORMAL, edge=SOFT, align="center")
        y += _height(lines)
    _draw_groups(sheet, y, group_lines, group_heights, group_width)
    if figure.footer:
        sheet.write(0.5, height - 2.4, shortened(clean(figure.footer), 120), ink_colour=SOFT)
    return sheet.figure


def _lines(texts: tuple[str, ...], width: float, size: float) -> tuple[str, ...]:
    return tuple(line for text in texts for line in wrapped(clean(text), size, width - 2 * _PADDING))


def _height(lines: tuple[str, ...]) -> float:
    return len(lines) * _LINE + 2 * _PADDING


def _draw_groups(sheet: Sheet, y: float, rows: list[list[tuple[str, ...]]], heights: list[float], width: float) -> None:
    """The groups side by side under a bar, four to a row."""
    bar = y + _ARROW
    sheet.line((_MIDDLE, _MIDDLE), (y, bar), ink_colour=SOFT)
    lefts = [0.5 + number * (width + 4.0) for number in range(len(rows[0]))]
    centres = [left + width / 2 for left in lefts]
    sheet.line((min(*centres, _MIDDLE), max(*centres, _MIDDLE)), (bar, bar), ink_colour=SOFT)
    top = bar + _ARROW
    position = 0
    for number, (row, height) in enumerate(zip(rows, heights, strict=True)):
        for left, lines in zip(lefts, row, strict=False):
            if number == 0:
                _arrow(sheet, (left + width / 2, bar), (left + width / 2, top))
            place = _Place(left, top, width, height)
            _draw_box(sheet, place, lines, size=NORMAL, edge=colour(position), align="center")
            position += 1
        top += height + 3.0


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a box stands, in millimetres from the top left."""

    left: float
    top: float
    width: float
    height: float


def _draw_box(sheet: Sheet, place: _Place, lines: tuple[str, ...], *, size: float, edge: str, align: str) -> None:
    from matplotlib.patches import Rectangle

    sheet.figure.add_artist(
        Rectangle(
            (place.left / sheet.width_mm, 1 - (place.top + place.height) / sheet.height_mm),
            place.width / sheet.width_mm,
            place.height / sheet.height_mm,
            facecolor="#ffffff" if edge == SOFT else "#f7f9fa",
            edgecolor=edge,
            linewidth=0.8 if edge in (SOFT, RULE) else 1.2,
        )
    )
    x = place.left + (_PADDING if align == "left" else place.width / 2)
    first = place.top + (place.height - len(lines) * _LINE) / 2 + _LINE / 2
    for number, words in enumerate(lines):
        sheet.write(x, first + number * _LINE, words, size=size, align=align)


def _arrow(sheet: Sheet, start: tuple[float, float], end: tuple[float, float]) -> None:
    from matplotlib.patches import FancyArrowPatch

    points = [(x / sheet.width_mm, 1 - y / sheet.height_mm) for x, y in (start, end)]
    sheet.figure.add_artist(
        FancyArrowPatch(
            points[0], points[1], arrowstyle="-|>", mutation_scale=7, color=SOFT, linewidth=0.7, shrinkA=0, shrinkB=0
        )
    )
