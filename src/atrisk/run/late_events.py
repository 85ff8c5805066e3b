"""Events dated after the day on which follow-up would have been censored: they count, and are counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from atrisk.derive.follow_up import FollowUp
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.frame import Frame
from atrisk.run.row_building import single


def late_event_rows(frame: Frame, outcome: FollowUp, censored_at: str) -> Iterator[Row]:
    """How many of the outcome's events, and of each competing one, lie after the date of censoring, by group.

    A death after the last scan is such an event: it was seen though no scan was, and follow-up reaches to it, while a
    patient without an event is followed to the last scan only. None where the outcome has no date of censoring.
    """
    if outcome.after_censoring is None:
        return
    for code, members in frame.members():
        template = replace(
            frame.row("follow_up"),
            outcome=outcome.name,
            group=code,
            convention=Remark("censored-at", {"date": censored_at}),
        )
        for position, cause in enumerate(outcome.causes, start=1):
            late = int((members & outcome.after_censoring & (outcome.cause == position)).sum())
            yield single(replace(template, cause=cause if position > 1 else ""), "n_after_censoring", late)
