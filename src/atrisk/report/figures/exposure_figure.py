"""What the figure of an exposure that begins during follow-up shows: the curves of the two states."""

from __future__ import annotations

import numpy as np

from atrisk.report.figures.step_figure import StepFigure, StepLine, numbers_under, time_axis
from atrisk.report.tables.time_dependent import exposure_words
from atrisk.report.view import View
from atrisk.study.quantity import days_per


def exposure_figure(view: View, name: str) -> StepFigure | None:
    """Simon-Makuch curves with the numbers in each state; None where nobody is in either."""
    declared = view.result.study.time_dependent[name]
    curves = [
        curve
        for curve in view.result.curves
        if (curve.kind, curve.outcome, curve.cause) == ("simon_makuch", declared.outcome, name) and curve.n > 0
    ]
    if not curves:
        return None
    timed = view.names.timed(declared.outcome)
    unit = timed.time_unit if timed is not None else "months"
    shown = timed.show_until.days if timed is not None and timed.show_until is not None else None
    last = max((float(curve.time[-1]) for curve in curves if curve.time.size), default=0.0)
    until, ticks = time_axis((shown or last) / days_per(unit), unit, exact=shown is not None)
    lines = []
    for curve in curves:
        at_risk, left, events = numbers_under(curve, np.asarray(ticks) * days_per(unit))
        label = exposure_words(view, curve.group)
        lines.append(StepLine(label=label, curve=curve, n_at_risk=at_risk, n_censored=left, n_event=events))
    outcome = view.names.outcome(declared.outcome)
    return StepFigure(
        name=f"exposure-{name}",
        title=f"{outcome}: {view.text(declared.label)}",
        outcome=outcome,
        event=view.names.event(declared.outcome),
        stratum="",
        kind="survival",
        lines=tuple(lines),
        unit=unit,
        ticks=ticks,
        until=until,
        x_label=view.say("Time, {unit}").format(unit=view.words.unit_of_time(unit)),
        y_label=outcome,
        risk_labels=(view.say("At risk"), view.say("Left"), view.say("Events")),
        footer=view.banner,
    )
