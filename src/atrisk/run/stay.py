"""Length of stay with death in hospital competing: who was discharged alive by when, and the mean days in hospital."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from atrisk.derive.follow_up import FollowUp
from atrisk.derive.stay import Stay
from atrisk.derive.variable import Values
from atrisk.estimate.competing_risks.aalen_johansen import IncidenceCurve, aalen_johansen
from atrisk.estimate.competing_risks.incidence_quantile import incidence_quantile
from atrisk.estimate.competing_risks.restricted_time_lost import restricted_time_lost
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.account import STAY
from atrisk.run.competing import gray_rows
from atrisk.run.curve_contrasts import incidence_contrast_rows, restricted_mean_rows
from atrisk.run.frame import Frame
from atrisk.run.row_building import Estimate, single, with_companions
from atrisk.run.time_to_event import incidence_rows
from atrisk.summary.event_counts import EventCounts, Shape

DISCHARGED, DIED = "discharged alive", "died in hospital"
_CAUSES = (DISCHARGED, DIED)
# Of the rows of restricted means of any end of the stay.
_MEANS = ("restricted_mean", "restricted_mean_difference")


def stay_rows(frame: Frame, values: Values) -> Iterator[Row]:
    """Rows of a length of stay with death in hospital competing, all strata together; none where deaths are not known.

    The quartiles of stays that ended alive leave out those who died; here they count as never discharged.
    """
    if values.stay is None:
        return
    stay = values.stay
    used = frame.inside & ~np.isnan(stay.days)
    ended = FollowUp(
        name=values.name,
        time=stay.days,
        cause=np.where(stay.died, 2, 1),
        causes=_CAUSES,
        excluded=int((frame.inside & ~used).sum()),
        excluded_because=Remark("stay-not-known"),
        findings=(),
    )
    shape = Shape(n_groups=len(frame.groups), n_strata=max(1, len(frame.strata)), n_causes=2)
    counts = EventCounts.of(
        stay.days[used], ended.cause[used], group=frame.group[used], stratum=frame.stratum[used], shape=shape
    )
    yield from _account(frame, ended)
    for row in _compared(frame, ended, stay, counts):
        yield replace(row, analysis=STAY)


def _account(frame: Frame, ended: FollowUp) -> Iterator[Row]:
    """How many of each group have a known stay, and how it ended."""
    known = ~np.isnan(ended.time)
    for group, members in frame.members():
        template = replace(frame.row(STAY), outcome=ended.name, group=group)
        own = members & known
        left = int((members & ~known).sum())
        yield single(template, "n", int(own.sum()))
        yield replace(single(template, "n_excluded", left), note=ended.excluded_because if left else "")
        for cause, name in enumerate(_CAUSES, start=1):
            count = int((own & (ended.cause == cause)).sum())
            yield single(replace(template, cause=name), "n_event" if cause == 1 else "n_competing", count)


def _compared(frame: Frame, ended: FollowUp, stay: Stay, counts: EventCounts) -> Iterator[Row]:
    settings = frame.settings
    over = counts.over_strata()
    curves = aalen_johansen(over, conf_type=settings.conf_type, conf_level=settings.conf_level)
    yield from incidence_rows(frame, ended, curves, counts, stay.at)
    for row in incidence_contrast_rows(frame, ended.name, _CAUSES, curves, stay.at):
        if row.cause == DISCHARGED:
            yield row
    yield from _medians(frame, ended.name, curves)
    yield from _time_lost(frame, ended.name, curves, stay.up_to)
    survival = kaplan_meier(over.any_cause(), conf_type=settings.conf_type, conf_level=settings.conf_level)
    for row in restricted_mean_rows(frame, ended.name, survival, stay.up_to):
        if (row.of or row.statistic) in _MEANS and row.statistic != "p":
            # Every end of a stay is an event here, which no account counts.
            yield replace(row, n_event=None, method="area under the share in hospital" if row.group else row.method)
    yield from gray_rows(frame, ended.name, DISCHARGED, counts)


def _medians(frame: Frame, outcome: str, curves: Sequence[IncidenceCurve]) -> Iterator[Row]:
    """The day by which half of all patients have been discharged alive."""
    for group, curve in zip(frame.groups, curves, strict=True):
        found = incidence_quantile(curve, 1, 0.5)
        template = _of_group(frame, outcome, group, curve, 0)
        yield from with_companions(
            replace(template, unit="days"),
            "median",
            Estimate(
                value=_finite(found.estimate),
                low=_finite(found.lower),
                high=_finite(found.upper),
                reason=Remark("half-not-discharged"),
                limit_reason=Remark("limit-not-reached"),
            ),
        )


def _time_lost(frame: Frame, outcome: str, curves: Sequence[IncidenceCurve], tau: float) -> Iterator[Row]:
    """The mean days up to ``tau`` after discharge alive, and those lost to death in hospital."""
    for group, curve in zip(frame.groups, curves, strict=True):
        lost = restricted_time_lost(curve, tau)
        for index in range(len(_CAUSES)):
            template = replace(
                _of_group(frame, outcome, group, curve, index),
                time=tau,
                unit="days",
                method="area under aalen-johansen",
                convention="",
            )
            yield from with_companions(
                template,
                "restricted_time_lost",
                Estimate(
                    value=lost.estimate[index],
                    low=lost.lower[index],
                    high=lost.upper[index],
                    std_error=lost.std_err[index],
                    reason=Remark("beyond-follow-up"),
                    limit_reason=Remark("beyond-follow-up" if not lost.estimable else "nobody-had-it"),
                ),
            )


def _of_group(frame: Frame, outcome: str, group: str, curve: IncidenceCurve, index: int) -> Row:
    return replace(
        frame.row(STAY),
        outcome=outcome,
        group=group,
        cause=_CAUSES[index],
        method="aalen-johansen",
        convention=Remark("limits-of-type", {"type": frame.settings.conf_type}),
        conf_level=curve.conf_level,
        n=int(curve.n),
        n_event=int(curve.n_event[index].sum()),
    )


def _finite(value: float) -> float:
    return value if math.isfinite(value) else math.nan
