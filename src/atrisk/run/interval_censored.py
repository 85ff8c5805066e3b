"""Progression that lies between two scans: its curve, tests and ratios, and what dating it by one of them would say."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.log_rank_family.interval_log_rank import IntervalSample, interval_log_rank
from atrisk.compare.multiplicity import adjust
from atrisk.derive.event_interval import EventInterval
from atrisk.derive.follow_up import HALF_A_DAY, FollowUp
from atrisk.estimate.interval_censored.turnbull import TurnbullCurve, survival_bounds, turnbull
from atrisk.estimate.parametric_survival.parametric import parametric
from atrisk.estimate.parametric_survival.parametric_sample import ParametricSample
from atrisk.estimate.parametric_survival.weibull_hazards import weibull_hazards
from atrisk.estimate.proportional_hazards.cox import CoxSample, cox
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier, quantile
from atrisk.result.curve import Curve
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.frame import Frame
from atrisk.run.group_model import indicators, ratio_rows
from atrisk.run.row_building import Estimate, number, single, with_companions
from atrisk.summary.event_counts import EventCounts, Shape

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

INTERVAL, INTERVAL_TEST, INTERVAL_RATIO, DATING = "interval_censored", "interval_log_rank", "interval_hazard", "dating"
LAST_NEGATIVE, MIDPOINT, FIRST_POSITIVE = "last negative scan", "half way", "first positive scan"
_HALF = 0.5 + 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class _Between:
    """The patients of a comparison who are followed: their intervals, groups, strata and who had the event."""

    lower: Floats
    upper: Floats
    midpoint: Floats
    group: Codes
    stratum: Codes
    event: NDArray[np.bool_]

    @classmethod
    def of(cls, frame: Frame, interval: EventInterval) -> _Between:
        used = frame.inside & ~np.isnan(interval.lower)
        lower, upper = interval.lower[used], interval.upper[used]
        return cls(lower, upper, interval.midpoint[used], frame.group[used], frame.stratum[used], np.isfinite(upper))


def interval_rows(frame: Frame, outcome: FollowUp, landmarks: Sequence[float]) -> Iterator[Row]:
    """Everything about an outcome whose event lies between scans; nothing for another outcome."""
    if outcome.interval is None:
        return
    between = _Between.of(frame, outcome.interval)
    yield from _curve_rows(frame, outcome.name, between, landmarks)
    yield from _test_rows(frame, outcome.name, between)
    yield from _ratio_rows(frame, outcome.name, between)
    yield from _dating_rows(frame, outcome.name, between)


def interval_curves(frame: Frame, outcome: FollowUp) -> Iterator[Curve]:
    """The Turnbull curve of each group: the lowest and highest survival from each end of an interval on.

    ``n_event`` counts the intervals that end at the time, ``n_censored`` the patients last known free of the event.
    """
    if outcome.interval is None:
        return
    between = _Between.of(frame, outcome.interval)
    for position, code in enumerate(frame.groups):
        mine = between.group == position
        lower, upper = between.lower[mine], between.upper[mine]
        if not lower.size:
            continue
        time = np.unique(np.concatenate((lower, upper[np.isfinite(upper)])))
        curve = turnbull(lower, upper)
        # Just after each time, so that the lowest curve has fallen where an interval with mass begins.
        low, _ = survival_bounds(curve, np.nextafter(time, math.inf))
        _, high = survival_bounds(curve, time)
        end = np.where(np.isfinite(upper), upper, lower)
        ended = np.searchsorted(time, end)
        event = np.isfinite(upper)
        yield Curve(
            comparison=frame.name,
            outcome=outcome.name,
            kind="turnbull",
            group=code,
            stratum=frame.within,
            n=int(lower.size),
            time=time,
            n_at_risk=np.array([float((end >= each).sum()) for each in time]),
            n_event=np.bincount(ended[event], minlength=time.size).astype(np.float64),
            n_censored=np.bincount(ended[~event], minlength=time.size).astype(np.float64),
            estimate=np.where(low == high, low, np.nan),
            std_error=np.full(time.size, np.nan),
            conf_low=low,
            conf_high=high,
            conf_level=1.0,
            conf_type="bounds",
        )


def _curve_rows(frame: Frame, outcome: str, between: _Between, landmarks: Sequence[float]) -> Iterator[Row]:
    for position, code in enumerate(frame.groups):
        mine = between.group == position
        template = replace(
            frame.row(INTERVAL),
            outcome=outcome,
            group=code,
            method="turnbull",
            convention=Remark("exact-at-other-events"),
            n=int(mine.sum()),
            n_event=int(between.event[mine].sum()),
        )
        curve = turnbull(between.lower[mine], between.upper[mine]) if mine.any() else None
        failed = Remark("no-patient") if curve is None else "" if curve.converged else Remark("curve-not-converged")
        for time in landmarks:
            low, high = (np.array([math.nan]),) * 2 if curve is None else survival_bounds(curve, [time])
            at = replace(template, time=time)
            yield single(at, "survival_lowest", float(low[0]) if not failed else math.nan, failed)
            yield single(at, "survival_highest", float(high[0]) if not failed else math.nan, failed)
        first, last = _median(curve) if curve is not None and not failed else (math.nan, math.nan)
        in_days = replace(template, unit="days")
        yield single(in_days, "median_lowest", first, failed or Remark("not-reached"))
        yield single(in_days, "median_highest", last, failed or Remark("not-reached"))


def _median(curve: TurnbullCurve) -> tuple[float, float]:
    """The ends of the interval in which the curve passes one half; NaN for an end that is not reached."""
    passed = np.flatnonzero(curve.survival <= _HALF)
    if not passed.size:
        return math.nan, math.nan
    first, last = float(curve.left[passed[0]]), float(curve.right[passed[0]])
    return (first, last) if math.isfinite(last) else (math.nan, math.nan)


def _test_rows(frame: Frame, outcome: str, between: _Between) -> Iterator[Row]:
    template = replace(
        frame.row(INTERVAL_TEST),
        outcome=outcome,
        method="stratified interval log-rank" if frame.stratified else "interval log-rank",
        convention=Remark("suns-scores"),
        alternative="two-sided",
    )
    everyone = tuple(range(len(frame.groups)))
    yield from _test(replace(template, contrast=frame.all_groups), between, everyone)
    if len(frame.groups) == 2:
        return
    pairs = [list(_test(replace(template, contrast=frame.contrast(pair)), between, pair)) for pair in frame.pairs]
    found = [rows[-1].value for rows in pairs]
    adjusted = adjust([math.nan if value is None else value for value in found], frame.multiplicity)
    for rows, p_adjusted in zip(pairs, adjusted, strict=True):
        family = frame.family(outcome, "interval log-rank pairs")
        note = Remark("two-groups-alone")
        for row in rows:
            last = row.statistic == "p"
            yield replace(
                row, note=note, family=family if last else "", p_adjusted=number(float(p_adjusted)) if last else None
            )


def _test(template: Row, between: _Between, groups: Sequence[int]) -> Iterator[Row]:
    """The test of some groups: chi squared, then its p value."""
    mine = np.isin(between.group, groups)
    known = replace(template, n=int(mine.sum()), n_event=int(between.event[mine].sum()))
    reason = Remark("no-events-to-compare")
    # Codes from 0 without gaps, so that a group that is not compared takes no part.
    codes = np.searchsorted(np.sort(np.asarray(groups)), between.group[mine])
    if np.unique(codes).size < 2 or not between.event[mine].any():
        yield single(known, "p", math.nan, reason)
        return
    test = interval_log_rank(IntervalSample(between.lower[mine], between.upper[mine], codes, between.stratum[mine]))
    known = replace(known, df=float(test.df) if test.df else None)
    yield single(known, "chi_squared", test.chi_squared, reason)
    yield single(known, "p", test.p_value, reason)


def _ratio_rows(frame: Frame, outcome: str, between: _Between) -> Iterator[Row]:
    """Hazard ratios of one Weibull model of all groups; what happens on day 0 is put at half a day."""
    template = replace(
        frame.row(INTERVAL_RATIO),
        outcome=outcome,
        method="weibull, interval-censored",
        convention=Remark("half-a-day"),
        n=int(between.lower.size),
        n_event=int(between.event.sum()),
        note=Remark("one-weibull-model") if len(frame.groups) > 2 else "",
    )
    reason = Remark("not-with-strata") if frame.stratified else "" if between.event.any() else Remark("no-events")
    if reason:
        for pair in frame.pairs:
            yield single(replace(template, contrast=frame.contrast(pair)), "hazard_ratio", math.nan, reason)
        return
    settled = (between.lower == between.upper) | ~between.event
    sample = ParametricSample(
        lower=np.where(settled, np.maximum(between.lower, HALF_A_DAY), between.lower),
        upper=np.maximum(between.upper, HALF_A_DAY),
        covariates=indicators(frame, between.group),
    )
    fit = weibull_hazards(parametric(sample, "weibull"))
    warned = replace(template, warning=fit.warning or "")
    for pair in frame.pairs:
        yield from ratio_rows(frame, replace(warned, contrast=frame.contrast(pair)), fit, pair, "hazard_ratio")


def _dating_rows(frame: Frame, outcome: str, between: _Between) -> Iterator[Row]:
    """Median and hazard ratios with every progression dated as early as can be, half way, and as late as can be."""
    scanned = np.where(between.event, between.upper, between.lower)
    for term, time in (
        (LAST_NEGATIVE, np.where(between.event, between.lower, scanned)),
        (MIDPOINT, np.where(between.event, between.midpoint, scanned)),
        (FIRST_POSITIVE, scanned),
    ):
        template = replace(frame.row(DATING), outcome=outcome, term=term, conf_level=frame.settings.conf_level)
        counts = EventCounts.of(
            time,
            between.event.astype(np.int64),
            group=between.group,
            shape=Shape(n_groups=len(frame.groups), n_strata=1, n_causes=1),
        )
        curves = kaplan_meier(counts, conf_type=frame.settings.conf_type, conf_level=frame.settings.conf_level)
        for code, curve in zip(frame.groups, curves, strict=True):
            median = quantile(curve, 0.5)
            of_group = replace(
                template, group=code, unit="days", method="kaplan-meier", n=int(curve.n),
                n_event=int(curve.n_event.sum()), convention=Remark("limits-of-type", {"type": curve.conf_type}),
            )  # fmt: skip
            yield from with_companions(
                of_group,
                "median",
                Estimate(
                    value=median.estimate,
                    low=median.lower,
                    high=median.upper,
                    reason=Remark("not-reached"),
                    limit_reason=Remark("limit-not-reached"),
                ),
            )
        if not between.event.any():
            continue
        stratum = between.stratum if frame.stratified else None
        fit = cox(
            CoxSample(time, between.event, indicators(frame, between.group), stratum=stratum),
            conf_level=frame.settings.conf_level,
        )
        of_model = replace(
            template, method="stratified cox" if frame.stratified else "cox", convention=Remark("efron-ties"),
            n=int(time.size), n_event=int(between.event.sum()), warning=fit.warning or "",
        )  # fmt: skip
        for pair in frame.pairs:
            ratio = ratio_rows(frame, replace(of_model, contrast=frame.contrast(pair)), fit, pair, "hazard_ratio")
            yield from (row for row in ratio if row.statistic != "p")
