"""What a love plot shows: the standardised difference of every confounder before and after adjustment."""

from __future__ import annotations

import math
from dataclasses import dataclass

from atrisk.report.tables.adjusted import declared_adjustment
from atrisk.report.tables.balance import balance_kinds, kind_key
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class LovePoint:
    """One standardised difference, by which way of looking at balance (its place in ``kinds``)."""

    kind: int
    value: float
    row_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoveLine:
    """A confounder, or one level of it, with its differences."""

    label: str
    points: tuple[LovePoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoveFigure:
    """Every confounder of one pair; ``threshold`` is that of the gate, drawn on either side of 0."""

    name: str
    title: str
    kinds: tuple[str, ...]
    lines: tuple[LoveLine, ...]
    threshold: float
    x_label: str
    footer: str


def love_figures(view: View, frame: ComparisonFrame, outcome: str) -> tuple[LoveFigure, ...]:
    """The love plot of each pair of which balance is known under this outcome."""
    found = (_figure(view, frame, outcome, contrast) for contrast in frame.contrasts)
    return tuple(figure for figure in found if figure is not None)


def _figure(view: View, frame: ComparisonFrame, outcome: str, contrast: str) -> LoveFigure | None:
    rows = [
        row
        for row in view.rows.family(frame.name, "balance", outcome)
        if (row.contrast, row.statistic) == (contrast, "smd")
    ]
    adjustment = declared_adjustment(view, frame)
    if adjustment is None or not any(row.value is not None for row in rows):
        return None
    kinds = balance_kinds(view, rows)
    places = {kind.key: place for place, kind in enumerate(kinds)}
    by_line: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        by_line.setdefault((row.variable, row.level), []).append(row)
    prefix = "" if frame.name == "main" else f"{frame.name}-"
    return LoveFigure(
        name=f"{prefix}balance-{outcome}-{frame.contrasts.index(contrast) + 1}",
        title=view.say("{contrast}: balance of the confounders").format(
            contrast=view.names.contrast(frame.name, contrast)
        ),
        kinds=tuple(kind.words for kind in kinds),
        lines=tuple(
            LoveLine(
                label=_label(view, variable, level),
                points=tuple(
                    LovePoint(
                        kind=places[kind_key(row)],
                        value=math.nan if row.value is None else row.value,
                        row_id=row.row_id,
                    )
                    for row in own
                ),
            )
            for (variable, level), own in by_line.items()
        ),
        threshold=adjustment.gate.smd_below,
        x_label=view.say("Standardised difference"),
        footer=view.banner,
    )


def _label(view: View, variable: str, level: str) -> str:
    name = view.names.variable(variable)
    return f"{name}: {view.names.level(variable, level)}" if level else name


def love_data(figure: LoveFigure) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """The figure's numbers, each with its result row."""
    header = ("confounder", "adjustment", "standardised_difference", "row_id")
    return header, [
        (line.label, figure.kinds[point.kind], point.value, point.row_id)
        for line in figure.lines
        for point in line.points
    ]
