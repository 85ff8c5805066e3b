"""How far follow-up reached: events after the date of censoring, patients without such a date, completeness."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from atrisk.derive.follow_up import FollowUp
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.frame import Frame
from atrisk.run.row_building import single

# Above this share of all events, ends of follow-up that differ by outcome are worth a warning.
_MANY = 0.1


def late_event_rows(frame: Frame, outcome: FollowUp, censored_at: str) -> Iterator[Row]:
    """How many of the outcome's events, and of each competing one, lie after the date of censoring, by group.

    A death after the last scan is such an event: it was seen though no scan was, and follow-up reaches to it, while a
    patient without an event is followed to the last scan only. Patients with an event and no date of censoring at or
    after time zero are counted apart: without the event they would not be in the outcome. With strata also within each.
    None where the outcome has no date of censoring.
    """
    if outcome.after_censoring is None or outcome.no_censoring is None:
        return
    for each in (frame, *(frame.of_stratum(code) for code in frame.strata)):
        for code, members in each.members():
            template = replace(
                each.row("follow_up"),
                outcome=outcome.name,
                group=code,
                convention=Remark("censored-at", {"date": censored_at}),
            )
            warning = "" if code or each.within else _warning(outcome, members, censored_at)
            for position, cause in enumerate(outcome.causes, start=1):
                late = int((members & outcome.after_censoring & (outcome.cause == position)).sum())
                of_cause = replace(template, cause=cause if position > 1 else "", warning=warning)
                yield single(of_cause, "n_after_censoring", late)
                warning = ""
            alone = int((members & outcome.no_censoring & (outcome.cause > 0)).sum())
            yield single(template, "n_without_censoring_date", alone)


def _warning(outcome: FollowUp, members: np.ndarray, censored_at: str) -> str:
    happened = members & (outcome.cause > 0)
    late = happened & (outcome.after_censoring if outcome.after_censoring is not None else False)
    events = int(happened.sum())
    if not events or late.sum() <= _MANY * events:
        return ""
    return Remark("late-events", {"count": int(late.sum()), "events": events, "date": censored_at})


def completeness_rows(frame: Frame, outcome: FollowUp) -> Iterator[Row]:
    """Observed over potential person-time by group, Clark's C (Clark, Altman and De Stavola 2002, Lancet 359:1309-10).

    The potential time of a patient with an event is the time to it; of any other, the time to the data cut, or to the
    declared end of follow-up if that is earlier. Of patients who entered late both count from entry. None without a
    declared data cut.
    """
    if outcome.potential is None:
        return
    entry = np.zeros(outcome.time.size) if outcome.entry is None else outcome.entry
    for each in (frame, *(frame.of_stratum(code) for code in frame.strata)):
        for code, members in each.members():
            used = members & ~np.isnan(outcome.time)
            observed = float((outcome.time - entry)[used].sum())
            potential = float((outcome.potential - entry)[used].sum())
            template = replace(
                each.row("follow_up"),
                outcome=outcome.name,
                group=code,
            )
            yield single(replace(template, unit="days"), "potential_person_time", potential)
            value = observed / potential if potential > 0 else math.nan
            measured = replace(template, method="observed over potential person-time", n=int(used.sum()))
            yield single(measured, "completeness", value, Remark("no-patient"))
