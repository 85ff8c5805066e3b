"""What a figure of an ordered outcome shows: of every group, which share has each level."""

from __future__ import annotations

from dataclasses import dataclass

from atrisk.report.row_index import Key
from atrisk.report.view import View
from atrisk.result.run_result import ComparisonFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class GradesBar:
    """One group: how many have each level, from the lowest to the highest; ``n`` is all of them."""

    group: str
    label: str
    counts: tuple[int, ...]

    @property
    def n(self) -> int:
        """Patients whose level is known."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class GradesFigure:
    """A bar a group, all of the same height; ``levels`` are codes that somebody has, ``labels`` their words."""

    name: str
    title: str
    bars: tuple[GradesBar, ...]
    levels: tuple[str, ...]
    labels: tuple[str, ...]
    y_label: str
    footer: str


def grades_figures(view: View, frame: ComparisonFrame) -> tuple[GradesFigure, ...]:
    """A figure for every ordered outcome of a comparison, all strata together."""
    outcomes = dict.fromkeys(
        row.outcome for row in view.rows.rows if (row.comparison, row.analysis) == (frame.name, "ordinal")
    )
    found = (_figure(view, frame, outcome) for outcome in outcomes)
    return tuple(figure for figure in found if figure is not None)


def _figure(view: View, frame: ComparisonFrame, outcome: str) -> GradesFigure | None:
    """None where nobody's level is known."""
    declared = dict.fromkeys(row.level for row in view.rows.family(frame.name, "ordinal", outcome) if row.level)

    def count(group: str, level: str) -> int:
        key = Key(
            analysis="ordinal", statistic="count", comparison=frame.name, outcome=outcome, group=group, level=level
        )
        row = view.rows.find(key)
        return int(row.value) if row is not None and row.value is not None else 0

    levels = [level for level in declared if count("", level)]
    bars = tuple(
        GradesBar(
            group=group,
            label=view.names.group(frame.name, group),
            counts=tuple(count(group, level) for level in levels),
        )
        for group in frame.groups
    )
    if not levels:
        return None
    prefix = "" if frame.name == "main" else f"{frame.name}-"
    return GradesFigure(
        name=f"{prefix}levels-{outcome}",
        title=view.names.outcome(outcome),
        bars=bars,
        levels=tuple(levels),
        labels=tuple(view.names.level(outcome, level) for level in levels),
        y_label=view.say("Share of patients"),
        footer=view.banner,
    )


def grades_data(figure: GradesFigure) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """The figure's data: a row for every group and level."""
    return ("group", "label", "level", "level_label", "count", "n"), [
        (bar.group, bar.label, level, label, count, bar.n)
        for bar in figure.bars
        for level, label, count in zip(figure.levels, figure.labels, bar.counts, strict=True)
    ]
