"""Monitoring as result rows and curves: CUSUM with its limit, observed less expected, units and what chance allows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from atrisk.compare.monitoring.cusum import observed_less_expected, risk_adjusted_cusum
from atrisk.compare.monitoring.cusum_limit import average_run_length, limit_for_false_alarms
from atrisk.compare.monitoring.funnel import COVERAGE, binomial_funnel, funnel
from atrisk.compare.monitoring.overdispersion import Overdispersion, overdispersion, widened_limits
from atrisk.derive.day_of_order import year_of
from atrisk.estimate.generalized_linear.predicted_risk import area_under_curve
from atrisk.result.curve import Curve
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.frame import Frame
from atrisk.run.monitoring.watched import Watched
from atrisk.run.row_building import number, single

MONITORING = "monitoring"
CUSUM, VLAD, FUNNEL = "cusum", "vlad", "funnel"
MONITORING_CURVES = (CUSUM, VLAD, FUNNEL)
_FUNNEL_STEPS = 60
# How far fewer units scatter beyond chance cannot be told.
_FEWEST_UNITS = 5


def monitoring(frame: Frame, found: Watched) -> tuple[tuple[Row, ...], tuple[Curve, ...]]:
    """The rows and the curves of what is watched."""
    limit = math.nan if found.why else _limit(found)
    return tuple(_rows(frame, found, limit)), tuple(_curves(frame, found, limit))


def _rows(frame: Frame, found: Watched, limit: float) -> Iterator[Row]:
    """Who is watched; what was observed and expected; the chart's limit and its signals; then each unit."""
    declared = found.declared
    n, n_event = int(found.event.size), int(found.event.sum())
    bare = replace(frame.row(MONITORING), outcome=declared.outcome)
    left = int(frame.inside.sum()) - n
    yield single(bare, "n", n)
    yield replace(single(bare, "n_excluded", left), note=Remark("not-watched") if left else "")
    yield single(bare, "n_event", n_event)
    same = declared.learned_before is None
    template = replace(
        bare,
        n=n,
        n_event=n_event,
        method="risk-adjusted cusum" if declared.adjust_for else "cusum",
        convention=Remark("risks-of-the-same" if same else "risks-learned-before"),
    )
    if found.why:
        yield single(template, "expected", math.nan, found.why)
        return
    yield single(template, "expected", float(found.risk.sum()))
    yield single(template, "discrimination", area_under_curve(found.event, found.risk), Remark("no-events"))
    yield from _cusum_rows(template, found, limit)
    yield from _unit_rows(replace(bare, variable=declared.units or ""), found)


def _limit(found: Watched) -> float:
    declared = found.declared
    return limit_for_false_alarms(
        declared.false_alarms, found.risk, n=int(found.event.size), odds_ratio=declared.odds_ratio
    )


def _cusum_rows(template: Row, found: Watched, limit: float) -> Iterator[Row]:
    declared = found.declared
    chart = risk_adjusted_cusum(found.event, found.risk, limit=limit, odds_ratio=declared.odds_ratio)
    note = Remark("false-alarms-within", {"probability": declared.false_alarms, "n": int(found.event.size)})
    yield replace(single(template, "cusum_limit", limit), note=note)
    for term, ratio in (("1", 1.0), (f"{declared.odds_ratio:g}", declared.odds_ratio)):
        run = average_run_length(limit, found.risk, odds_ratio=declared.odds_ratio, true_odds_ratio=ratio)
        yield single(replace(template, term=term), "run_length", number(run) if math.isfinite(run) else math.nan)
    yield single(template, "signals", int(chart.signals.size))
    for at, position in enumerate(chart.signals, start=1):
        signal = replace(template, term=str(at), text_value=str(year_of(found.day[position])))
        yield single(signal, "signal_at", int(position) + 1)


def _unit_rows(template: Row, found: Watched) -> Iterator[Row]:
    if not found.units:
        return
    units = funnel(found.event, found.risk, found.unit)
    spread = None
    if len(found.units) >= _FEWEST_UNITS and np.all(units.std_err > 0):
        spread = overdispersion(units.ratio - 1.0, units.std_err)
        whole = replace(template, n=int(found.event.size), n_event=int(found.event.sum()), method="funnel")
        yield single(whole, "overdispersion", spread.phi)
    for at, code in enumerate(found.units):
        n, seen = int(units.n[at]), int(units.observed[at])
        bare = replace(template, level=code)
        yield single(bare, "n", n)
        yield single(bare, "n_event", seen)
        of_unit = replace(bare, n=n, n_event=seen, method="funnel")
        yield single(of_unit, "expected", float(units.expected[at]))
        yield single(of_unit, "observed_over_expected", float(units.ratio[at]), Remark("no-events"))
        for place, level in enumerate(COVERAGE):
            chance = replace(of_unit, conf_level=level)
            yield single(chance, "chance_low", float(units.lower[place, at]))
            yield single(chance, "chance_high", float(units.upper[place, at]))
            if spread is not None:
                yield from _widened(chance, float(units.std_err[at]), spread, level)


def _widened(template: Row, std_err: float, spread: Overdispersion, level: float) -> Iterator[Row]:
    """The same limits where units differ by more than chance; a ratio is never below 0."""
    low, high = widened_limits([std_err], spread, coverage=level)
    yield single(template, "widened_low", max(1.0 + float(low[0]), 0.0))
    yield single(template, "widened_high", 1.0 + float(high[0]))


def _curves(frame: Frame, found: Watched, limit: float) -> Iterator[Curve]:
    """The charts over the number of the operation, and the funnel's limits over the number of operations of a unit."""
    if found.why:
        return
    n = int(found.event.size)
    steps = np.arange(1.0, n + 1)
    event = found.event.astype(np.float64)
    chart = risk_adjusted_cusum(found.event, found.risk, limit=limit, odds_ratio=found.declared.odds_ratio)
    display = observed_less_expected(found.event, found.risk)
    unknown = np.full(n, np.nan)
    for kind, estimate, spread in ((CUSUM, chart.value, unknown), (VLAD, display.vlad, display.std_dev)):
        yield Curve(
            comparison=frame.name, outcome=found.declared.outcome, kind=kind, group="", n=n, time=steps,
            n_at_risk=n - steps + 1, n_event=event, n_censored=1 - event, estimate=estimate, std_error=spread,
            conf_low=unknown, conf_high=unknown, conf_level=0.95, conf_type="",
        )  # fmt: skip
    if not found.units:
        return
    most = int(np.bincount(found.unit).max())
    sizes = np.unique(np.linspace(1, max(1.15 * most, 2), _FUNNEL_STEPS).astype(np.int64))
    rate = float(found.event.mean())
    nobody = np.zeros(sizes.size)
    for level in COVERAGE:
        low, high = binomial_funnel(rate, sizes, coverage=level)
        yield Curve(
            comparison=frame.name, outcome=found.declared.outcome, kind=FUNNEL, group="", n=n,
            time=sizes.astype(np.float64), n_at_risk=nobody, n_event=nobody, n_censored=nobody,
            estimate=np.full(sizes.size, rate), std_error=np.full(sizes.size, np.nan), conf_low=low, conf_high=high,
            conf_level=level, conf_type="",
        )  # fmt: skip
