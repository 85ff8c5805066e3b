"""The patients of a comparison who are followed for an outcome, as models and tests take them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from atrisk.derive.follow_up import FollowUp
from atrisk.estimate.proportional_hazards.cox import CoxSample
from atrisk.result.row import Row
from atrisk.run.frame import Frame
from atrisk.run.group_model import indicators
from atrisk.summary.event_counts import EventCounts, Shape, snap_times

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """The patients of a comparison who are followed, as the models take them."""

    outcome: str
    cause: str
    time: Floats
    event: NDArray[np.bool_]
    censored: NDArray[np.bool_]
    group: NDArray[np.int64]
    stratum: NDArray[np.int64]
    entry: Floats | None

    @classmethod
    def of(cls, frame: Frame, outcome: FollowUp) -> Followed:
        used = frame.inside & ~np.isnan(outcome.time)
        if outcome.entry is None:
            time, entry = snap_times(outcome.time[used]), None
        else:
            entry, time = snap_times(np.stack([outcome.entry[used], outcome.time[used]]))
        return cls(
            outcome=outcome.name,
            cause=outcome.causes[0] if len(outcome.causes) > 1 else "",
            time=time,
            event=outcome.cause[used] == 1,
            censored=outcome.cause[used] == 0,
            group=frame.group[used],
            stratum=frame.stratum[used],
            entry=entry,
        )

    def counts(self, frame: Frame) -> EventCounts:
        """The table of the outcome's events; other events are censorings."""
        return EventCounts.of(
            self.time,
            self.event.astype(np.int64),
            group=self.group,
            stratum=self.stratum,
            entry=self.entry,
            shape=Shape(n_groups=len(frame.groups), n_strata=max(1, len(frame.strata)), n_causes=1),
        )

    def sample(self, frame: Frame, reference: int) -> CoxSample:
        """The sample of a Cox model with an indicator for every group but the one at ``reference``."""
        covariates = indicators(replace(frame, reference=reference), self.group)
        stratum = self.stratum if frame.stratified else None
        return CoxSample(self.time, self.event, covariates, stratum=stratum, entry=self.entry)

    def row(self, frame: Frame, analysis: str, note: str) -> Row:
        """A row about all of them; ``note`` says why it is there."""
        return replace(
            frame.row(analysis),
            outcome=self.outcome,
            cause=self.cause,
            note=note,
            n=int(self.time.size),
            n_event=int(self.event.sum()),
        )
