"""What a calibration figure shows: observed beside predicted risk in groups of patients of like predicted risk."""

from __future__ import annotations

import math
from dataclasses import dataclass

from atrisk.report.tables.prognosis import prognosis_rows
from atrisk.report.tables.table_words import time_unit
from atrisk.report.view import View
from atrisk.result.row import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationPoint:
    """One group: its predicted and observed risk with limits (fractions, NaN where there is none), and its size."""

    predicted: float
    observed: float
    low: float
    high: float
    size: float
    row_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationFigure:
    """Groups in order of predicted risk; on the diagonal predictions hold."""

    name: str
    title: str
    points: tuple[CalibrationPoint, ...]
    x_label: str
    y_label: str
    footer: str


def calibration_figure(view: View) -> CalibrationFigure | None:
    """The groups of the prognostic model; None without one."""
    rows = [row for row in prognosis_rows(view) if row.term and not row.variable]
    points = [_point(view, rows, term) for term in dict.fromkeys(row.term for row in rows)]
    if not any(math.isfinite(point.observed) for point in points):
        return None
    first = rows[0]
    at = view.words.time_point(first.time or 0.0, time_unit(view, first.outcome))
    return CalibrationFigure(
        name="calibration",
        title=view.say("{outcome}: calibration").format(outcome=view.names.outcome(first.outcome)),
        points=tuple(points),
        x_label=view.say("Predicted risk at {time}").format(time=at),
        y_label=view.say("Observed risk (1 − Kaplan-Meier)"),
        footer=view.banner,
    )


def _point(view: View, rows: list[Row], term: str) -> CalibrationPoint:
    own = {row.statistic: row for row in rows if row.term == term}
    observed = own["observed_risk"]
    low, high = view.rows.companion(observed, "conf_low"), view.rows.companion(observed, "conf_high")
    return CalibrationPoint(
        predicted=_value(own["predicted_risk"]),
        observed=_value(observed),
        low=_value(low),
        high=_value(high),
        size=_value(own["group_size"]),
        row_id=observed.row_id,
    )


def _value(row: Row | None) -> float:
    return row.value if row is not None and row.value is not None else math.nan


def calibration_data(figure: CalibrationFigure) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """The figure's numbers, each with its result row."""
    header = ("predicted_risk", "observed_risk", "conf_low", "conf_high", "patients", "row_id")
    rows = [(each.predicted, each.observed, each.low, each.high, each.size, each.row_id) for each in figure.points]
    return header, [tuple(row) for row in rows]
