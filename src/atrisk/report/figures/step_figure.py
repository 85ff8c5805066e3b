"""What a survival or cumulative incidence figure shows: step curves by group and the numbers under the axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from atrisk.report.view import View
from atrisk.result.curve import Curve
from atrisk.result.run_result import ComparisonFrame
from atrisk.study.quantity import days_per

Floats = NDArray[np.float64]

# Distances between ticks, in the axis's unit, smallest first; the first that gives at most ten intervals is taken.
_STEPS = {
    "days": (1, 2, 5, 10, 30, 60, 90, 180, 365, 730, 1825, 3650),
    "weeks": (1, 2, 4, 8, 13, 26, 52, 104, 260, 520),
    "months": (1, 2, 3, 6, 12, 24, 36, 60, 120),
    "years": (0.25, 0.5, 1, 2, 5, 10, 20),
}
_MOST_INTERVALS = 10


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class StepLine:
    """One group's curve with its label and the numbers under the ticks.

    ``n_at_risk`` is just before each tick; ``n_censored`` and ``n_event`` are before it, so that the three add up to
    the group (with competing events, to those without one; with delayed entry, to those who have entered).
    """

    label: str
    curve: Curve
    n_at_risk: tuple[int, ...]
    n_censored: tuple[int, ...]
    n_event: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class StepFigure:
    """Curves of one outcome in one comparison or one stratum of it, ready to be drawn.

    ``ticks`` and ``until`` are in ``unit``.
    """

    name: str
    title: str
    outcome: str
    event: str
    stratum: str
    kind: Literal["survival", "cumulative_incidence"]
    lines: tuple[StepLine, ...]
    unit: str
    ticks: tuple[float, ...]
    until: float
    x_label: str
    y_label: str
    risk_labels: tuple[str, str, str]
    footer: str


def step_figures(view: View, frame: ComparisonFrame, outcome: str) -> tuple[StepFigure, ...]:
    """Every figure of an outcome: of all compared, then of each stratum; of each cause where events compete."""
    causes = view.causes(frame, outcome) or ("",)
    found = [step_figure(view, frame, outcome, cause, stratum) for stratum in ("", *frame.strata) for cause in causes]
    return tuple(figure for figure in found if figure is not None)


def step_figure(
    view: View, frame: ComparisonFrame, outcome: str, cause: str = "", stratum: str = ""
) -> StepFigure | None:
    """The figure of an outcome (of one cause where events compete, in one stratum); None where there is no curve.

    Figures of strata have the time axis of the figure of all compared, so that one can be held against another.
    """
    of_outcome = [
        curve
        for curve in view.result.curves
        if (curve.comparison, curve.outcome, curve.cause) == (frame.name, outcome, cause)
        and curve.kind in ("survival", "cumulative_incidence")
        and curve.n > 0
    ]
    curves = [curve for curve in of_outcome if curve.stratum == stratum]
    if not curves:
        return None
    timed = view.names.timed(outcome)
    unit = timed.time_unit if timed is not None else "months"
    declared = timed.show_until.days if timed is not None and timed.show_until is not None else None
    last = max((float(curve.time[-1]) for curve in of_outcome if curve.time.size), default=0.0)
    until, ticks = time_axis((declared or last) / days_per(unit), unit, exact=declared is not None)
    survival = curves[0].kind == "survival"
    label = view.names.outcome(outcome)
    event = view.names.cause(outcome, cause) if cause else view.names.event(outcome)
    y_label = label if survival else view.say("Cumulative incidence: {event}").format(event=event)
    parts = [label] if survival else [label, event]
    within = view.names.stratum(frame.name, stratum) if stratum else ""
    if within:
        y_label = view.say("{what} ({stratum})").format(what=y_label, stratum=within)
    return StepFigure(
        name=_name(frame, "survival" if survival else "cumulative-incidence", outcome, cause, stratum, view),
        title=": ".join([within, *parts] if within else parts),
        outcome=label,
        event=event,
        stratum=stratum,
        kind="survival" if survival else "cumulative_incidence",
        lines=tuple(_line(view, frame, curve, np.asarray(ticks) * days_per(unit)) for curve in curves),
        unit=unit,
        ticks=ticks,
        until=until,
        x_label=view.say("Time, {unit}").format(unit=view.words.unit_of_time(unit)),
        y_label=y_label,
        risk_labels=(view.say("At risk"), view.say("Censored"), view.say("Events")),
        footer=view.banner,
    )


def _name(frame: ComparisonFrame, kind: str, outcome: str, cause: str, stratum: str, view: View) -> str:
    """The name of the figure's files; a stratum stands by its number, since its code may be no name for a file."""
    parts = [] if frame.name == "main" else [frame.name]
    parts += [kind, outcome]
    if cause and cause != view.cause(frame, outcome):
        parts.append(cause)
    if stratum:
        parts.append(f"stratum-{frame.strata.index(stratum) + 1}")
    return "-".join(parts)


def _line(view: View, frame: ComparisonFrame, curve: Curve, times: Floats) -> StepLine:
    at_risk, censored, events = numbers_under(curve, times)
    return StepLine(
        label=view.names.group(frame.name, curve.group),
        curve=curve,
        n_at_risk=at_risk,
        n_censored=censored,
        n_event=events,
    )


def numbers_under(curve: Curve, times: Floats) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """At risk just before, and censored and with the event before, each time (in days).

    After the last time of the curve nobody is at risk. Times within a hair of a tick count as at it: months and years
    are multiples of 365.25/12 days, days are whole.
    """
    position = np.searchsorted(curve.time, times - 1e-9, side="left")
    padded = np.append(curve.n_at_risk, 0.0)
    before_censored = np.concatenate(([0.0], np.cumsum(curve.n_censored)))
    before_event = np.concatenate(([0.0], np.cumsum(curve.n_event)))
    return (
        tuple(round(float(value)) for value in padded[position]),
        tuple(round(float(value)) for value in before_censored[position]),
        tuple(round(float(value)) for value in before_event[position]),
    )


def time_axis(until: float, unit: str, *, exact: bool) -> tuple[float, tuple[float, ...]]:
    """Where the axis ends and its ticks; a declared end is kept, otherwise it is the next tick after the last time."""
    if until <= 0:
        until, exact = 1.0, True
    steps = _STEPS[unit]
    step = next((each for each in steps if until / each <= _MOST_INTERVALS), None)
    if step is None:
        step = steps[-1] * int(np.ceil(until / steps[-1] / _MOST_INTERVALS))
    n_steps = int(np.floor(until / step + 1e-9)) if exact else int(np.ceil(until / step - 1e-9))
    ticks = tuple(step * position for position in range(n_steps + 1))
    return (until if exact else max(ticks[-1], step)), ticks


def step_data(figure: StepFigure) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """The figure's data: every step of every curve up to the end of the axis, times in days, in full precision."""
    header = (
        "group",
        "label",
        "stratum",
        "cause",
        "time_days",
        "n_at_risk",
        "n_event",
        "n_censored",
        "estimate",
        "conf_low",
        "conf_high",
    )
    end = figure.until * days_per(figure.unit)
    rows: list[tuple[object, ...]] = []
    for line in figure.lines:
        curve = line.curve
        columns = (
            curve.time,
            curve.n_at_risk,
            curve.n_event,
            curve.n_censored,
            curve.estimate,
            curve.conf_low,
            curve.conf_high,
        )
        shown = curve.time <= end + 1e-9
        numbers = zip(*(column[shown].tolist() for column in columns), strict=True)
        rows += [(curve.group, line.label, curve.stratum, curve.cause, *step) for step in numbers]
    return header, rows
