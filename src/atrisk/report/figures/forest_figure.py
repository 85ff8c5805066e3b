"""What a forest figure shows: one line an estimate, with its limits, against the line of no effect."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from atrisk.report.claims import judged_margins, margin_words
from atrisk.report.tables.table_words import limits_heading
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestLine:
    """A heading (no ``row_id``) or an estimate with limits, in the axis's unit; NaN where there is none.

    ``counts`` are the events and patients of all estimates below a heading, in words. ``margins`` are those the
    estimate is held against, in the axis's unit, each finite. ``marked`` sets an estimate apart from the others.
    """

    label: str
    counts: str = ""
    row_id: str = ""
    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    words: str = ""
    margins: tuple[float, ...] = ()
    marked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestFigure:
    """Estimates and limits of one kind; ``logarithmic`` for ratios."""

    name: str
    title: str
    lines: tuple[ForestLine, ...]
    logarithmic: bool
    null: float
    x_label: str
    words_heading: str
    footer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestKind:
    """Which rows a forest figure shows and on what scale."""

    analysis: str
    statistic: str
    name: str
    title: str
    x_label: str
    form: Callable[[float], str]
    scale: float
    null: float


def hazard_forest(view: View) -> ForestFigure | None:
    """Hazard ratios of the study's own contrasts, by outcome."""
    return _forest(
        view,
        ForestKind(
            analysis="cox",
            statistic="hazard_ratio",
            name="hazard-ratios",
            title=view.say("Hazard ratios, unadjusted"),
            x_label=view.say("Unadjusted hazard ratio (logarithmic scale)"),
            form=view.words.ratio,
            scale=1.0,
            null=1.0,
        ),
    )


def risk_forest(view: View) -> ForestFigure | None:
    """Risk differences of the study's own contrasts, by outcome."""
    return _forest(
        view,
        ForestKind(
            analysis="binary",
            statistic="risk_difference",
            name="risk-differences",
            title=view.say("Risk differences, unadjusted"),
            x_label=view.say("Unadjusted risk difference, percentage points"),
            form=view.words.points,
            scale=100.0,
            null=0.0,
        ),
    )


def margin_forests(view: View, frame: ComparisonFrame) -> tuple[ForestFigure, ...]:
    """The effects held against declared margins, one figure for ratios, one for points and one for times."""
    found: dict[str, list[ForestLine]] = {}
    rows: dict[str, list[Row]] = {}
    for judged in judged_margins(view, frame.name):
        row = judged.effect
        kind = "ratios" if judged.margin.what.scale == "ratio" else "times" if row.unit == "days" else "points"
        scale = {"ratios": 1.0, "points": 100.0, "times": 12 / 365.25}[kind]
        form = {"ratios": view.words.ratio, "points": view.words.points}.get(
            kind, lambda days: view.words.duration(days, "months")
        )
        limits = tuple(limit * scale for limit in judged.margin.limits if math.isfinite(limit))
        spec = ForestKind(
            analysis="margin", statistic=row.statistic, name=kind, title="", x_label="", form=form, scale=scale,
            null=1.0 if kind == "ratios" else 0.0,
        )  # fmt: skip
        lines = found.setdefault(kind, [])
        outcome = view.names.outcome(judged.margin.outcome)
        lines.append(ForestLine(label=f"{outcome}: {margin_words(view, judged)}"))
        lines.append(replace(estimate_line(view, row, spec, counted=False), margins=limits))
        rows.setdefault(kind, []).append(row)
    labels = {
        "ratios": view.say("Ratio (logarithmic scale)"),
        "points": view.say("Difference, percentage points"),
        "times": view.say("Difference, months"),
    }
    prefix = "" if frame.name == "main" else f"{frame.name}-"
    return tuple(
        ForestFigure(
            name=f"{prefix}margins-{kind}",
            title=view.say("Effects against declared margins"),
            lines=tuple(lines),
            logarithmic=kind == "ratios",
            null=1.0 if kind == "ratios" else 0.0,
            x_label=labels[kind],
            words_heading=view.say("Estimate ({limits})").format(limits=limits_heading(view, rows[kind])),
            footer=view.banner,
        )
        for kind, lines in found.items()
        if any(math.isfinite(line.value) for line in lines)
    )


def _forest(view: View, kind: ForestKind) -> ForestFigure | None:
    rows = [
        row
        for row in view.rows.rows
        if (row.comparison, row.analysis, row.statistic, row.stratum) == ("main", kind.analysis, kind.statistic, "")
    ]
    lines: list[ForestLine] = []
    apart = False
    for outcome in dict.fromkeys(row.outcome for row in rows):
        own = [row for row in rows if row.outcome == outcome]
        counts = {_counts(view, row) for row in own}
        # All hazard ratios of an outcome are of one model: its patients and events are said once.
        alike = len(counts) == 1
        lines.append(ForestLine(label=view.names.outcome(outcome), counts=counts.pop() if alike else ""))
        lines += [estimate_line(view, row, kind, counted=not alike) for row in own]
        apart = apart or not alike
    if not any(math.isfinite(line.value) for line in lines):
        return None
    words_heading = view.say("Estimate ({limits}); events/patients") if apart else view.say("Estimate ({limits})")
    return ForestFigure(
        name=kind.name,
        title=kind.title,
        lines=tuple(lines),
        logarithmic=kind.null == 1.0,
        null=kind.null,
        x_label=kind.x_label,
        words_heading=words_heading.format(limits=limits_heading(view, rows)),
        footer=view.banner,
    )


def _counts(view: View, row: Row) -> str:
    if row.n is None or row.n_event is None:
        return ""
    return view.say("{events} events in {n} patients").format(
        events=view.words.count(row.n_event), n=view.words.count(row.n)
    )


def estimate_line(view: View, row: Row, kind: ForestKind, *, counted: bool) -> ForestLine:
    """The line of an estimate, under its contrast; ``counted`` adds its events and patients."""
    label = view.names.contrast(row.comparison, row.contrast)
    counts = ""
    if counted and row.n is not None and row.n_event is not None:
        counts = f"; {view.words.count(row.n_event)}/{view.words.count(row.n)}"
    low, high = view.rows.companion(row, "conf_low"), view.rows.companion(row, "conf_high")
    if row.value is None:
        return ForestLine(label=label, row_id=row.row_id, words=view.say("not estimable") + counts)
    words = kind.form(row.value)
    ends = [end.value if end is not None else None for end in (low, high)]
    if ends[0] is not None and ends[1] is not None:
        words += f" ({view.words.span(kind.form(ends[0]), kind.form(ends[1]))})"
    return ForestLine(
        label=label,
        row_id=row.row_id,
        value=row.value * kind.scale,
        low=ends[0] * kind.scale if ends[0] is not None else math.nan,
        high=ends[1] * kind.scale if ends[1] is not None else math.nan,
        words=words + counts,
    )


def forest_data(figure: ForestFigure) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """The figure's numbers, in the axis's unit, each with its result row."""
    with_margins = any(line.margins for line in figure.lines)
    columns = ("outcome", "contrast", "estimate", "conf_low", "conf_high", "row_id")
    header: tuple[str, ...] = (*columns, "margins") if with_margins else columns
    rows: list[tuple[object, ...]] = []
    outcome = ""
    for line in figure.lines:
        if not line.row_id:
            outcome = line.label
            continue
        margins = (" ".join(f"{margin:g}" for margin in line.margins),) if with_margins else ()
        rows.append((outcome, line.label, line.value, line.low, line.high, line.row_id, *margins))
    return header, rows
