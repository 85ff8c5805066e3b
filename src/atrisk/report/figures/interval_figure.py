"""What a figure of an interval-censored outcome shows: by group, Turnbull's curve and the one dated by scans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from atrisk.report.figures.step_figure import time_axis
from atrisk.report.view import View
from atrisk.result.curve import Curve
from atrisk.result.run_result import ComparisonFrame
from atrisk.study.quantity import days_per


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class IntervalPanel:
    """One group: the lowest and highest curve that fit its intervals, and its Kaplan-Meier curve dated by scans."""

    label: str
    turnbull: Curve
    dated: Curve | None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class IntervalFigure:
    """A panel a group, side by side; ``ticks`` and ``until`` are in ``unit``."""

    name: str
    title: str
    panels: tuple[IntervalPanel, ...]
    unit: str
    ticks: tuple[float, ...]
    until: float
    x_label: str
    y_label: str
    between_label: str
    dated_label: str
    footer: str


def interval_figure(view: View, frame: ComparisonFrame, outcome: str) -> IntervalFigure | None:
    """The figure of an outcome; None where its event does not lie between scans."""
    curves = [
        curve
        for curve in view.result.curves
        if (curve.comparison, curve.outcome, curve.stratum) == (frame.name, outcome, "")
    ]
    between = [curve for curve in curves if curve.kind == "turnbull"]
    if not between:
        return None
    dated = {curve.group: curve for curve in curves if curve.kind == "survival"}
    timed = view.names.timed(outcome)
    unit = timed.time_unit if timed is not None else "months"
    declared = timed.show_until.days if timed is not None and timed.show_until is not None else None
    last = max(float(curve.time[-1]) for curve in between)
    until, ticks = time_axis((declared or last) / days_per(unit), unit, exact=declared is not None)
    label = view.names.outcome(outcome)
    prefix = "" if frame.name == "main" else f"{frame.name}-"
    return IntervalFigure(
        name=f"{prefix}between-scans-{outcome}",
        title=view.say("{outcome}: events between scans").format(outcome=label),
        panels=tuple(
            IntervalPanel(label=view.names.group(frame.name, curve.group), turnbull=curve, dated=dated.get(curve.group))
            for curve in between
        ),
        unit=unit,
        ticks=ticks[:: max(1, len(ticks) // 5)],
        until=until,
        x_label=view.say("Time, {unit}").format(unit=view.words.unit_of_time(unit)),
        y_label=label,
        between_label=view.say("Between scans (Turnbull)"),
        dated_label=view.say("Dated by scans (Kaplan-Meier)"),
        footer=view.banner,
    )


def interval_data(figure: IntervalFigure) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """The figure's data up to the end of the axis: lowest and highest curve, and the scan-dated one, times in days."""
    end = figure.until * days_per(figure.unit)
    rows: list[tuple[object, ...]] = []
    for panel in figure.panels:
        curve = panel.turnbull
        for time, low, high in zip(curve.time, curve.conf_low, curve.conf_high, strict=True):
            if time <= end:
                rows.append((curve.group, panel.label, "between scans", float(time), float(low), float(high)))
        if panel.dated is not None:
            shown = np.asarray(panel.dated.time) <= end
            for time, value in zip(panel.dated.time[shown], panel.dated.estimate[shown], strict=True):
                rows.append((curve.group, panel.label, "dated by scans", float(time), float(value), float(value)))
    return ("group", "label", "curve", "time_days", "lowest", "highest"), rows
