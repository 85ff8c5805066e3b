"""What the figures of monitoring show: charts over the number of the operation, and a funnel of units."""

from __future__ import annotations

from dataclasses import dataclass

from atrisk.report.tables.monitoring import MONITORING
from atrisk.report.view import View
from atrisk.result.curve import Curve
from atrisk.result.row import Row


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ChartFigure:
    """Above the CUSUM with its ``limit`` and ``signals`` (numbers of operations), below expected less observed."""

    name: str
    title: str
    cusum: Curve
    vlad: Curve
    limit: float
    signals: tuple[int, ...]
    x_label: str
    cusum_label: str
    vlad_label: str
    limit_label: str
    footer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelPoint:
    """A unit: its operations, and observed over expected times the share of all with the outcome."""

    label: str
    n: int
    observed: int
    expected: float
    rate: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FunnelFigure:
    """Units against their number of operations, between ``limits`` (a curve for each level)."""

    name: str
    title: str
    points: tuple[FunnelPoint, ...]
    limits: tuple[Curve, ...]
    limit_labels: tuple[str, ...]
    rate: float
    x_label: str
    y_label: str
    footer: str


def chart_figure(view: View) -> ChartFigure | None:
    """The charts of the study's monitoring; None where there are none."""
    declared = view.result.study.monitoring
    curves = {curve.kind: curve for curve in view.result.curves if curve.kind in ("cusum", "vlad")}
    limit = next((row for row in _rows(view) if row.statistic == "cusum_limit"), None)
    if declared is None or len(curves) < 2 or limit is None or limit.value is None:
        return None
    return ChartFigure(
        name="monitoring-charts",
        title=view.say("{outcome}, operation by operation").format(outcome=view.names.outcome(declared.outcome)),
        cusum=curves["cusum"],
        vlad=curves["vlad"],
        limit=limit.value,
        signals=tuple(int(row.value) for row in _rows(view) if row.statistic == "signal_at" and row.value is not None),
        x_label=view.say("Number of the operation"),
        cusum_label=view.say("CUSUM"),
        vlad_label=view.say("Expected less observed"),
        limit_label=view.say("Limit"),
        footer=view.banner,
    )


def funnel_figure(view: View) -> FunnelFigure | None:
    """The funnel of the study's units; None without units."""
    declared = view.result.study.monitoring
    limits = tuple(curve for curve in view.result.curves if curve.kind == "funnel")
    if declared is None or declared.units is None or not limits:
        return None
    rate = float(limits[0].estimate[0])
    found: dict[str, dict[str, float]] = {}
    for row in _rows(view):
        if row.level and row.conf_level is None and row.value is not None:
            found.setdefault(row.level, {})[row.statistic] = row.value
    points = tuple(
        FunnelPoint(
            label=view.names.level(declared.units, unit),
            n=int(own["n"]),
            observed=int(own["n_event"]),
            expected=own["expected"],
            rate=own["observed_over_expected"] * rate,
        )
        for unit, own in found.items()
        if "observed_over_expected" in own
    )
    return FunnelFigure(
        name="monitoring-funnel",
        title=view.say("{outcome} by unit").format(outcome=view.names.outcome(declared.outcome)),
        points=points,
        limits=limits,
        limit_labels=tuple(view.words.conf_level(curve.conf_level) for curve in limits),
        rate=rate,
        x_label=view.say("Operations"),
        y_label=view.say("Share with the outcome, standardised"),
        footer=view.banner,
    )


def _rows(view: View) -> list[Row]:
    return [row for row in view.rows.rows if row.analysis == MONITORING]


def chart_data(figure: ChartFigure) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """A row for every operation; no patient can be told from it but by one who knows the order."""
    signals = set(figure.signals)
    return ("operation", "event", "cusum", "expected_less_observed", "std_dev", "signal"), [
        (int(number), int(event), float(value), float(vlad), float(spread), int(number) in signals)
        for number, event, value, vlad, spread in zip(
            figure.cusum.time, figure.cusum.n_event, figure.cusum.estimate, figure.vlad.estimate,
            figure.vlad.std_error, strict=True,
        )
    ]  # fmt: skip


def funnel_data(figure: FunnelFigure) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """The units, then the limits by number of operations."""
    header = ("what", "label", "operations", "observed", "expected", "rate", "low", "high")
    units: list[tuple[object, ...]] = [
        ("unit", point.label, point.n, point.observed, point.expected, point.rate, "", "") for point in figure.points
    ]
    limits: list[tuple[object, ...]] = [
        ("limits", label, int(size), "", "", figure.rate, float(low), float(high))
        for label, curve in zip(figure.limit_labels, figure.limits, strict=True)
        for size, low, high in zip(curve.time, curve.conf_low, curve.conf_high, strict=True)
    ]
    return header, units + limits
