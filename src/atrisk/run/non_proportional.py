"""What is offered beside a hazard ratio where the test of proportional hazards speaks against one ratio for all times.

Nothing here is chosen by its own result: all of it is computed where that one test has p below 0.05, and none of it
where it has not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.hazard_ratio_over_time.piecewise import PiecewiseHazardRatios, piecewise_hazard_ratios
from atrisk.compare.hazard_ratio_over_time.smoothed import Smoothing, smoothed_coefficient
from atrisk.compare.log_rank_family.log_rank import weighted_log_rank
from atrisk.compare.log_rank_family.max_combo import max_combo
from atrisk.compare.log_rank_family.rank_weight import RankWeight
from atrisk.compare.multiplicity import adjust
from atrisk.derive.follow_up import FollowUp
from atrisk.estimate.proportional_hazards.cox import cox
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier
from atrisk.result.curve import Curve
from atrisk.result.remark import Remark
from atrisk.result.row import Row, is_companion
from atrisk.run.curve_contrasts import restricted_mean_rows
from atrisk.run.followed import Followed
from atrisk.run.frame import Frame
from atrisk.run.group_model import others, ratio_rows
from atrisk.run.hazard import DOUBTFUL
from atrisk.run.row_building import number, single
from atrisk.summary.event_counts import EventCounts

Floats = NDArray[np.float64]

WEIGHTED, PIECEWISE, OVER_TIME = "weighted_log_rank", "piecewise_cox", "hazard_ratio_over_time"
_EARLY = RankWeight("fleming-harrington", rho=1)
_LATE = RankWeight("fleming-harrington", gamma=1)
_OFFERED = Remark("offered-because-not-proportional")


def not_proportional(rows: Sequence[Row]) -> bool:
    """Whether the test of proportional hazards over all groups speaks against one ratio."""
    tests = [row.value for row in rows if row.statistic == "proportional_hazards_p" and not row.stratum]
    return any(p is not None and p < DOUBTFUL for p in tests)


def non_proportional_rows(
    frame: Frame, outcome: FollowUp, periods: Sequence[float], landmarks: Sequence[float], *, tau: float | None
) -> Iterator[Row]:
    """Weighted log-rank tests, hazard ratios within periods, and restricted means where none are declared.

    ``periods``: the days at which follow-up is cut, in order; where none are declared, the median day of the events.
    Restricted means without a declared horizon (``tau``) go up to the latest landmark that every group reaches.
    """
    followed = Followed.of(frame, outcome)
    counts = followed.counts(frame)
    yield from _weighted_rows(frame, followed, counts)
    yield from _piecewise_rows(frame, followed, periods)
    if tau is not None or followed.cause:
        return
    curves = kaplan_meier(counts, conf_type=frame.settings.conf_type, conf_level=frame.settings.conf_level)
    reached = min((float(curve.time[-1]) if curve.time.size else 0.0 for curve in curves), default=0.0)
    inside = [landmark for landmark in landmarks if landmark <= reached]
    for row in restricted_mean_rows(frame, outcome.name, curves, max(inside)) if inside else ():
        yield row if is_companion(row) else replace(row, note=_OFFERED)


def hazard_over_time(frame: Frame, outcome: FollowUp) -> Iterator[Curve]:
    """The smoothed log hazard ratio of every pair at every time of follow-up, NaN outside those of the events."""
    followed = Followed.of(frame, outcome)
    times = np.unique(followed.time)
    place = np.searchsorted(times, followed.time)
    for pair in frame.pairs:
        sample = followed.sample(frame, pair[1])
        fit = cox(sample, conf_level=frame.settings.conf_level)
        column = others(replace(frame, reference=pair[1])).index(pair[0])
        if not fit.converged or not np.all(np.isfinite(fit.std_err)):
            continue
        smooth = smoothed_coefficient(
            sample, fit, times, column=column, smoothing=Smoothing(conf_level=frame.settings.conf_level)
        )
        if smooth.reason:
            continue
        yield Curve(
            comparison=frame.name,
            outcome=outcome.name,
            kind=OVER_TIME,
            group="",
            contrast=frame.contrast(pair),
            cause=followed.cause,
            n=int(followed.time.size),
            time=times,
            n_at_risk=np.array([float((followed.time >= time).sum()) for time in times]),
            n_event=np.bincount(place[followed.event], minlength=times.size).astype(np.float64),
            n_censored=np.bincount(place[followed.censored], minlength=times.size).astype(np.float64),
            estimate=smooth.log_hazard_ratio,
            std_error=smooth.std_err,
            conf_low=smooth.lower,
            conf_high=smooth.upper,
            conf_level=frame.settings.conf_level,
            conf_type="plain",
        )


def _weighted_rows(frame: Frame, followed: Followed, counts: EventCounts) -> Iterator[Row]:
    """Tests of all groups that look at early and at late events, then the strongest of four weights of each pair."""
    template = replace(followed.row(frame, WEIGHTED, _OFFERED), alternative="two-sided", contrast=frame.all_groups)
    reason, stratified = Remark("no-events-to-compare"), "stratified " if frame.stratified else ""
    for term, weight in (("early", _EARLY), ("late", _LATE)):
        test = weighted_log_rank(counts, weight)
        tested = replace(
            template, term=term, method=f"{stratified}fleming-harrington", df=float(test.df) if test.df else None,
            convention=Remark("weights-early" if term == "early" else "weights-late"),
        )  # fmt: skip
        yield single(tested, "p", test.p_value, reason)
    tables = [counts.of_groups(*pair) for pair in frame.pairs]
    found = [max_combo(table).p_value for table in tables]
    adjusted = adjust(found, frame.multiplicity)
    for pair, table, p_value, p_adjusted in zip(frame.pairs, tables, found, adjusted, strict=True):
        several = len(frame.groups) > 2
        of_pair = replace(
            template,
            contrast=frame.contrast(pair),
            method=f"{stratified}max-combo",
            convention=Remark("four-weights"),
            n=int(table.n.sum()),
            n_event=int(table.events.sum()),
            family=frame.family(followed.outcome, "MaxCombo pairs") if several else "",
            p_adjusted=number(float(p_adjusted)) if several else None,
        )
        yield single(of_pair, "p", p_value, reason)


@dataclass(frozen=True, slots=True, eq=False)
class _OfPeriod:
    """The columns of one period of a piecewise model."""

    coef: Floats
    std_err: Floats
    covariance: Floats
    warning: str | None


def _piecewise_rows(frame: Frame, followed: Followed, periods: Sequence[float]) -> Iterator[Row]:
    days = followed.time[followed.event]
    cuts = np.asarray(periods if periods else [float(np.median(days))])
    q = len(frame.groups) - 1
    sample = followed.sample(frame, frame.reference)
    found = piecewise_hazard_ratios(sample, cuts, columns=tuple(range(q)), conf_level=frame.settings.conf_level)
    template = replace(
        followed.row(frame, PIECEWISE, _OFFERED),
        method="stratified piecewise cox" if frame.stratified else "piecewise cox",
        convention=Remark("declared-periods" if periods else "cut-at-median-event"),
    )
    for k in range(found.start.size):
        end = float(found.end[k])
        at = replace(template, time_start=float(found.start[k]), time=end if math.isfinite(end) else None)
        yield single(replace(at, contrast=frame.all_groups), "events_in_period", float(found.n_event[k]))
        for pair in frame.pairs:
            own = ratio_rows(
                frame, replace(at, contrast=frame.contrast(pair)), _of_period(found, k, q), pair, "hazard_ratio"
            )
            yield from (row for row in own if row.statistic != "p")
    test = found.likelihood_ratio_test
    tested = replace(
        template, contrast=frame.all_groups, df=float(test.df) if test.df else None, method="likelihood ratio test"
    )
    yield single(tested, "equal_periods_p", test.p_value, found.reason or Remark("not-estimable"))


def _of_period(found: PiecewiseHazardRatios, k: int, q: int) -> _OfPeriod:
    own = slice(k * q, (k + 1) * q)
    lost = bool(np.isnan(found.std_err[k]).any())
    warning = Remark("no-ratio-in-period") if lost else None
    return _OfPeriod(found.coef[k], found.std_err[k], found.fit.covariance[own, own], warning)
