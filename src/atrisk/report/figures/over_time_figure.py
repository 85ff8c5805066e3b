"""What the figure of a hazard ratio over time shows: the smoothed ratio of each contrast, and the one of the model."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.report.figures.step_figure import time_axis
from atrisk.report.row_index import Key
from atrisk.report.view import View
from atrisk.result.run_result import ComparisonFrame
from atrisk.study.quantity import days_per

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class OverTimePanel:
    """One contrast: ratio and limits (m,) at times (m,) in the figure's unit; ``average`` is that of the model."""

    label: str
    time: Floats
    ratio: Floats
    low: Floats
    high: Floats
    average: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class OverTimeFigure:
    """A panel a contrast; ``ticks`` and ``until`` are in the outcome's unit of time."""

    name: str
    title: str
    panels: tuple[OverTimePanel, ...]
    ticks: tuple[float, ...]
    until: float
    x_label: str
    y_label: str
    smooth_label: str
    average_label: str
    footer: str


def over_time_figure(view: View, frame: ComparisonFrame, outcome: str) -> OverTimeFigure | None:
    """The figure of an outcome whose hazards proved not proportional; None for any other."""
    curves = [
        curve
        for curve in view.result.curves
        if (curve.comparison, curve.outcome, curve.kind) == (frame.name, outcome, "hazard_ratio_over_time")
    ]
    panels: list[OverTimePanel] = []
    timed = view.names.timed(outcome)
    unit = timed.time_unit if timed is not None else "months"
    for curve in curves:
        shown = np.isfinite(curve.estimate)
        model = view.rows.find(
            Key(
                analysis="cox", statistic="hazard_ratio", comparison=frame.name, outcome=outcome,
                contrast=curve.contrast, cause=curve.cause,
            )
        )  # fmt: skip
        panels.append(
            OverTimePanel(
                label=view.names.contrast(frame.name, curve.contrast),
                time=curve.time[shown] / days_per(unit),
                ratio=np.exp(curve.estimate[shown]),
                low=np.exp(curve.conf_low[shown]),
                high=np.exp(curve.conf_high[shown]),
                average=model.value if model is not None and model.value is not None else math.nan,
            )
        )
    if not panels:
        return None
    until, ticks = time_axis(max(float(panel.time[-1]) for panel in panels), unit, exact=False)
    prefix = "" if frame.name == "main" else f"{frame.name}-"
    return OverTimeFigure(
        name=f"{prefix}hazard-ratio-over-time-{outcome}",
        title=view.say("{outcome}: hazard ratio over time").format(outcome=view.names.outcome(outcome)),
        panels=tuple(panels),
        ticks=ticks[:: max(1, len(ticks) // 5)],
        until=until,
        x_label=view.say("Time, {unit}").format(unit=view.words.unit_of_time(unit)),
        y_label=view.say("Hazard ratio (logarithmic scale)"),
        smooth_label=view.say("Smoothed over time"),
        average_label=view.say("One ratio for all times (Cox model)"),
        footer=view.banner,
    )


def over_time_data(figure: OverTimeFigure) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """The figure's data: ratio and limits of every contrast at every time, in the unit of the axis."""
    rows: list[tuple[object, ...]] = []
    for panel in figure.panels:
        numbers = zip(*(column.tolist() for column in (panel.time, panel.ratio, panel.low, panel.high)), strict=True)
        rows += [(panel.label, *each) for each in numbers]
    return ("contrast", "time", "hazard_ratio", "conf_low", "conf_high"), rows
