"""Time-to-event outcomes: follow-up, curves, landmarks, medians, tests and hazard ratios as result rows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.log_rank_family.log_rank import LogRankTest, log_rank, log_rank_between
from atrisk.compare.multiplicity import adjust
from atrisk.derive.follow_up import FollowUp
from atrisk.estimate.competing_risks.aalen_johansen import IncidenceCurve, aalen_johansen, cumulative_incidence_at
from atrisk.estimate.survival_curve.kaplan_meier import (
    SurvivalCurve,
    kaplan_meier,
    quantile,
    reverse_kaplan_meier,
    survival_at,
)
from atrisk.result.curve import Curve
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.competing import gray_rows, ignoring_rows, subdistribution_rows
from atrisk.run.curve_contrasts import incidence_contrast_rows, restricted_mean_rows, survival_contrast_rows
from atrisk.run.frame import Frame
from atrisk.run.hazard import hazard_rows
from atrisk.run.row_building import Estimate, number, single, with_companions
from atrisk.summary.event_counts import EventCounts, Shape, snap_times

_NOT_REACHED = Remark("not-reached")
_LIMIT_NOT_REACHED = Remark("limit-not-reached")
_BEYOND = Remark("beyond-follow-up")
_AT_THE_END = Remark("limits-at-0-or-1")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TimeToEvent:
    """The rows and curves of one outcome in one comparison."""

    rows: tuple[Row, ...]
    curves: tuple[Curve, ...]


def time_to_event(
    frame: Frame, outcome: FollowUp, landmarks: tuple[float, ...], *, tau: float | None = None
) -> TimeToEvent:
    """Everything computed for one time-to-event outcome in one comparison; ``landmarks`` in days.

    ``tau`` is the horizon of restricted means in days, None for no restricted means.

    With competing events the estimate is the cumulative incidence (Aalen-Johansen), since 1 minus Kaplan-Meier would
    count patients who died as still able to progress; tests and hazard ratios are then of the cause-specific hazard.
    """
    used = frame.inside & ~np.isnan(outcome.time)
    time, entry = _snapped(outcome, used)
    counts = EventCounts.of(
        time,
        outcome.cause[used],
        group=frame.group[used],
        stratum=frame.stratum[used],
        entry=entry,
        shape=Shape(n_groups=len(frame.groups), n_strata=max(1, len(frame.strata)), n_causes=len(outcome.causes)),
    )
    rows = list(_follow_up_rows(frame, outcome, counts))
    curves: list[Curve] = []
    if _competing(outcome):
        incidence = aalen_johansen(
            counts.over_strata(), conf_type=frame.settings.conf_type, conf_level=frame.settings.conf_level
        )
        rows += incidence_rows(frame, outcome, incidence, counts, landmarks)
        rows += incidence_contrast_rows(frame, outcome.name, outcome.causes, incidence, landmarks)
        rows += ignoring_rows(frame, outcome.name, outcome.causes[0], incidence, counts, landmarks)
        rows += gray_rows(frame, outcome.name, outcome.causes[0], counts)
        rows += subdistribution_rows(
            frame,
            outcome.name,
            outcome.causes[0],
            time,
            outcome.cause[used],
            group=frame.group[used],
            delayed=entry is not None,
        )
        curves += _incidence_curves(frame, outcome, incidence)
    else:
        survival = kaplan_meier(counts, conf_type=frame.settings.conf_type, conf_level=frame.settings.conf_level)
        rows += _survival_rows(frame, outcome, survival, counts, landmarks)
        rows += survival_contrast_rows(frame, outcome.name, survival, landmarks)
        rows += restricted_mean_rows(frame, outcome.name, survival, tau) if tau is not None else ()
        curves += _survival_curves(frame, outcome, survival, "survival")
    rows += _log_rank_rows(frame, outcome, counts.of_cause(1))
    rows += hazard_rows(
        frame,
        outcome.name,
        outcome.time[used],
        outcome.cause[used] == 1,
        group=frame.group[used],
        stratum=frame.stratum[used],
        entry=None if outcome.entry is None else outcome.entry[used],
        cause=outcome.causes[0] if _competing(outcome) else "",
    )
    return TimeToEvent(rows=tuple(rows), curves=tuple(curves))


def _snapped(outcome: FollowUp, used: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Times of exit and of entry, those that differ by rounding made equal."""
    if outcome.entry is None:
        return snap_times(outcome.time[used]), None
    entry, time = snap_times(np.stack([outcome.entry[used], outcome.time[used]]))
    return time, entry


def _competing(outcome: FollowUp) -> bool:
    return len(outcome.causes) > 1


def _convention(frame: Frame) -> str:
    return Remark("limits-of-type", {"type": frame.settings.conf_type})


def _follow_up_rows(frame: Frame, outcome: FollowUp, counts: EventCounts) -> Iterator[Row]:
    """Numbers, person-time and follow-up by the reverse Kaplan-Meier method, for all and by group.

    Follow-up ends at censoring; every event, competing ones too, only hides how long it would have lasted. All is
    taken from the counts, which any engine can make; only those compared but not followed are counted elsewhere.
    """
    settings = frame.settings
    by_group = counts.over_strata()
    everyone = by_group.over_groups()
    tables = (everyone, *(by_group.of_groups(position) for position in range(len(frame.groups))))
    for (group, size), table in zip(frame.sizes(), tables, strict=True):
        template = replace(frame.row("follow_up"), outcome=outcome.name, group=group)
        n = int(table.n.sum())
        n_event, *n_competing = (int(events.sum()) for events in table.events)
        yield single(template, "n", n)
        yield single(template, "n_event", n_event)
        for cause, n_of_cause in zip(outcome.causes[1:], n_competing, strict=True):
            yield single(replace(template, cause=cause), "n_competing", n_of_cause)
        yield single(template, "n_censored", int(table.censored.sum()))
        if outcome.entry is not None:
            yield single(template, "n_entered_late", int(table.entries[..., table.time > 0].sum()))
        excluded = size - n
        yield replace(single(template, "n_excluded", excluded), note=outcome.excluded_because if excluded else "")
        yield replace(single(template, "person_time", float(table.person_time.sum())), unit="days")
        (curve,) = reverse_kaplan_meier(table, conf_type=settings.conf_type, conf_level=settings.conf_level)
        yield from _quantile_rows(
            replace(template, method="reverse kaplan-meier", convention=_convention(frame), unit="days", n=n),
            curve,
        )


def _quantile_rows(template: Row, curve: SurvivalCurve) -> Iterator[Row]:
    conf = replace(template, conf_level=curve.conf_level)
    for name, probability in (("q1", 0.25), ("median", 0.5), ("q3", 0.75)):
        time = quantile(curve, probability)
        reason = Remark("no-patient") if curve.n == 0 else _NOT_REACHED
        yield from with_companions(
            conf,
            name,
            Estimate(
                value=time.estimate, low=time.lower, high=time.upper, reason=reason, limit_reason=_LIMIT_NOT_REACHED
            ),
        )


def _survival_rows(
    frame: Frame,
    outcome: FollowUp,
    curves: tuple[SurvivalCurve, ...],
    counts: EventCounts,
    landmarks: tuple[float, ...],
) -> Iterator[Row]:
    position_of = {group: position for position, group in enumerate(frame.groups)}
    for group, curve in zip(frame.groups, curves, strict=True):
        template = replace(
            frame.row("survival"),
            outcome=outcome.name,
            group=group,
            method="kaplan-meier",
            convention=_convention(frame),
            conf_level=curve.conf_level,
            n=int(curve.n),
            n_event=int(curve.n_event.sum()),
        )
        if landmarks:
            marks = survival_at(curve, landmarks)
            for position, time in enumerate(landmarks):
                yield from with_companions(
                    replace(template, time=time),
                    "survival",
                    Estimate(
                        value=marks.estimate[position],
                        low=marks.lower[position],
                        high=marks.upper[position],
                        std_error=marks.std_err[position],
                        n_at_risk=marks.n_at_risk[position],
                        n_event_before=_before(curve.time, curve.n_event, time),
                        n_censored_before=_before(curve.time, curve.n_censored, time),
                        n_not_entered=_not_entered(outcome, counts, position_of[group], time),
                        reason=_BEYOND,
                        limit_reason=_AT_THE_END if marks.estimable[position] else _BEYOND,
                    ),
                )
        median = quantile(curve, 0.5)
        yield from with_companions(
            replace(template, unit="days"),
            "median",
            Estimate(
                value=median.estimate,
                low=median.lower,
                high=median.upper,
                reason=_NOT_REACHED,
                limit_reason=_LIMIT_NOT_REACHED,
            ),
        )


def incidence_rows(
    frame: Frame,
    outcome: FollowUp,
    incidences: tuple[IncidenceCurve, ...],
    counts: EventCounts,
    landmarks: tuple[float, ...],
) -> Iterator[Row]:
    """The cumulative incidence of every cause at each landmark, by group."""
    position_of = {group: position for position, group in enumerate(frame.groups)}
    for group, incidence in zip(frame.groups, incidences, strict=True):
        marks = cumulative_incidence_at(incidence, landmarks) if landmarks else None
        for index, cause in enumerate(outcome.causes):
            template = replace(
                frame.row("cumulative_incidence"),
                outcome=outcome.name,
                group=group,
                cause=cause,
                method="aalen-johansen",
                convention=_convention(frame),
                conf_level=incidence.conf_level,
                n=int(incidence.n),
                n_event=int(incidence.n_event[index].sum()),
            )
            if marks is None:
                continue
            for position, time in enumerate(landmarks):
                yield from with_companions(
                    replace(template, time=time),
                    "cumulative_incidence",
                    Estimate(
                        value=marks.estimate[index, position],
                        low=marks.lower[index, position],
                        high=marks.upper[index, position],
                        std_error=marks.std_err[index, position],
                        n_at_risk=marks.n_at_risk[position],
                        n_event_before=_before(incidence.time, incidence.n_event[index], time),
                        n_censored_before=_before(incidence.time, incidence.n_censored, time),
                        n_not_entered=_not_entered(outcome, counts, position_of[group], time),
                        reason=_BEYOND,
                        limit_reason=_AT_THE_END if marks.estimable[position] else _BEYOND,
                    ),
                )


def _not_entered(outcome: FollowUp, counts: EventCounts, group: int, landmark: float) -> float | None:
    """How many of a group come under observation at the landmark or later; None without delayed entry."""
    if outcome.entry is None:
        return None
    return float(counts.over_strata().entries[0, group, counts.time >= landmark].sum())


def _before(time: NDArray[np.float64], counts: NDArray[np.float64], landmark: float) -> float:
    """How many were counted before the landmark, so that at risk + events + censored before it are all patients."""
    return float(counts[: np.searchsorted(time, landmark, side="left")].sum())


def _log_rank_rows(frame: Frame, outcome: FollowUp, counts: EventCounts) -> Iterator[Row]:
    """The test of all groups first, then each declared pair with its raw and adjusted p value."""
    method = "cause-specific log-rank" if _competing(outcome) else "log-rank"
    if frame.stratified:
        method = f"stratified {method}"
    template = replace(
        frame.row("log_rank"),
        outcome=outcome.name,
        method=method,
        cause=outcome.causes[0] if _competing(outcome) else "",
        alternative="two-sided",
    )
    test = log_rank(counts)
    yield from _test_rows(replace(template, contrast=frame.all_groups), test)
    for position, code in enumerate(frame.groups):
        of_group = replace(template, group=code, n=int(test.n[position]))
        yield single(of_group, "observed", test.observed[position])
        yield single(of_group, "expected", test.expected[position])
    if len(frame.groups) == 2:
        return
    tests = [log_rank_between(counts, *pair) for pair in frame.pairs]
    adjusted = adjust([pair_test.p_value for pair_test in tests], frame.multiplicity)
    for pair, pair_test, p_adjusted in zip(frame.pairs, tests, adjusted, strict=True):
        pair_template = replace(
            template,
            contrast=frame.contrast(pair),
            note=Remark("two-groups-alone"),
            family=frame.family(outcome.name, "log-rank pairs"),
            p_adjusted=number(float(p_adjusted)),
        )
        yield from _test_rows(pair_template, pair_test)


def _test_rows(template: Row, test: LogRankTest) -> Iterator[Row]:
    reason = Remark("no-events-to-compare") if math.isnan(test.p_value) else ""
    known = replace(
        template, n=int(test.n.sum()), n_event=int(test.observed.sum()), df=float(test.df) if test.df else None
    )
    yield single(replace(known, p_adjusted=None, family=""), "chi_squared", test.chi_squared, reason)
    yield single(known, "p", test.p_value, reason)


def _survival_curves(frame: Frame, outcome: FollowUp, curves: tuple[SurvivalCurve, ...], kind: str) -> Iterator[Curve]:
    for group, curve in zip(frame.groups, curves, strict=True):
        yield Curve(
            comparison=frame.name,
            outcome=outcome.name,
            kind=kind,
            group=group,
            stratum=frame.within,
            n=int(curve.n),
            time=curve.time,
            n_at_risk=curve.n_at_risk,
            n_event=curve.n_event,
            n_censored=curve.n_censored,
            estimate=curve.survival,
            std_error=curve.std_err,
            conf_low=curve.lower,
            conf_high=curve.upper,
            conf_level=curve.conf_level,
            conf_type=curve.conf_type,
        )


def _incidence_curves(frame: Frame, outcome: FollowUp, incidences: tuple[IncidenceCurve, ...]) -> Iterator[Curve]:
    for group, incidence in zip(frame.groups, incidences, strict=True):
        for index, cause in enumerate(outcome.causes):
            yield Curve(
                comparison=frame.name,
                outcome=outcome.name,
                kind="cumulative_incidence",
                group=group,
                stratum=frame.within,
                cause=cause,
                n=int(incidence.n),
                time=incidence.time,
                n_at_risk=incidence.n_at_risk,
                n_event=incidence.n_event[index],
                n_censored=incidence.n_censored,
                estimate=incidence.incidence[index],
                std_error=incidence.std_err[index],
                conf_low=incidence.lower[index],
                conf_high=incidence.upper[index],
                conf_level=incidence.conf_level,
                conf_type=incidence.conf_type,
            )
