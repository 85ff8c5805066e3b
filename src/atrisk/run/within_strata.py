"""A time-to-event outcome within each stratum of a comparison, and whether the hazard ratios differ between strata."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from atrisk.compare.interaction import hazard_ratio_interaction
from atrisk.derive.follow_up import FollowUp
from atrisk.estimate.proportional_hazards.cox import CoxSample
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.frame import Frame
from atrisk.run.row_building import single
from atrisk.run.time_to_event import TimeToEvent, time_to_event


def time_to_event_within_strata(
    frame: Frame, outcome: FollowUp, landmarks: tuple[float, ...], *, tau: float | None = None
) -> TimeToEvent:
    """The rows and curves of the outcome within every stratum, under its code, and the test of one ratio in all strata.

    A stratified test or hazard ratio takes the effect to be the same everywhere: these rows show whether it is. There
    are none for a comparison without strata.
    """
    if not frame.stratified:
        return TimeToEvent(rows=(), curves=())
    found = [time_to_event(frame.of_stratum(stratum), outcome, landmarks, tau=tau) for stratum in frame.strata]
    return TimeToEvent(
        rows=(*(row for each in found for row in each.rows), _interaction_row(frame, outcome)),
        curves=tuple(curve for each in found for curve in each.curves),
    )


def _interaction_row(frame: Frame, outcome: FollowUp) -> Row:
    used = frame.inside & ~np.isnan(outcome.time)
    group, event = frame.group[used], outcome.cause[used] == 1
    competing = len(outcome.causes) > 1
    others = [position for position in range(len(frame.groups)) if position != frame.reference]
    found = hazard_ratio_interaction(
        CoxSample(
            time=outcome.time[used],
            event=event,
            covariates=np.column_stack([(group == position).astype(np.float64) for position in others]),
            stratum=frame.stratum[used],
            entry=None if outcome.entry is None else outcome.entry[used],
        )
    )
    template = replace(
        frame.row("cox"),
        outcome=outcome.name,
        cause=outcome.causes[0] if competing else "",
        contrast=frame.all_groups,
        method="likelihood ratio test of interaction",
        convention=Remark("efron-ties"),
        n=int(group.size),
        n_event=int(event.sum()),
        df=float(found.test.df) if found.test.df else None,
        note=Remark("strata-used", {"used": frame.strata}),
    )
    return single(template, "interaction_p", found.test.p_value, found.reason)
