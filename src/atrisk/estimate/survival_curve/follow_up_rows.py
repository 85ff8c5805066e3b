"""Patients' follow-up row by row, for what no table of counts holds: influence, clusters, raw beside weighted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.summary.codes import codes
from atrisk.summary.event_counts import EventCounts, Shape, case_weights, entry_times, follow_up_times
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class FollowUpRows:
    """One row a patient or a span of a patient; arrays have the shape (n,).

    `time`: end of follow-up, finite and not negative; `event`: 1 where it ends with the event, 0 where censored;
    `group`: codes from 0; `entry`: delayed entry, at risk on (entry, time]; `weight`: case weights, not negative
    (None: all 1); `cluster`: equal numbers belong together (None: every row is its own cluster).
    Times are compared exactly: pass fractional ones through `snap_times` first.
    Raises EstimationError if a value is outside its domain or lengths differ.
    """

    time: Floats
    event: Codes
    group: Codes
    entry: Floats | None
    weight: Floats | None
    cluster: Codes | None

    def __post_init__(self) -> None:
        n = follow_up_times(self.time).size
        entry_times(self.entry, self.time)
        case_weights(self.weight, n)
        for name in ("event", "group"):
            codes(name, getattr(self, name), n)
        if np.any(self.event > 1):
            raise EstimationError("events must be 0 or 1; choose one cause, or count all causes as one.")
        if self.cluster is not None and self.cluster.shape != (n,):
            raise EstimationError("'cluster' must have one value for each follow-up time.")
        make_arrays_read_only(self)

    @classmethod
    def of(
        cls,
        time: ArrayLike,
        event: ArrayLike,
        *,
        group: ArrayLike | None = None,
        entry: ArrayLike | None = None,
        weight: ArrayLike | None = None,
        cluster: ArrayLike | None = None,
    ) -> FollowUpRows:
        """Rows from anything that looks like arrays; clusters may be of any type that sorts."""
        times = follow_up_times(time)
        happened = np.asarray(event)
        return cls(
            time=times,
            event=codes("event", happened.astype(np.int64) if happened.dtype == bool else happened, times.size),
            group=codes("group", group, times.size),
            entry=entry_times(entry, times),
            weight=case_weights(weight, times.size),
            cluster=None if cluster is None else np.unique(np.asarray(cluster), return_inverse=True)[1].reshape(-1),
        )

    @property
    def n_groups(self) -> int:
        """The number of groups: the highest code decides."""
        return int(self.group.max()) + 1 if self.group.size else 1

    def counts(self, *, weighted: bool) -> EventCounts:
        """The table of these patients: of sums of weights, or of the plain numbers of rows."""
        return EventCounts.of(
            self.time,
            self.event,
            group=self.group,
            entry=self.entry,
            weight=self.weight if weighted else None,
            shape=Shape(n_groups=self.n_groups),
        )

    def of_group(self, group: int) -> FollowUpRows:
        """The rows of one group, which gets code 0."""
        mine = self.group == group
        return FollowUpRows(
            time=self.time[mine],
            event=self.event[mine],
            group=np.zeros(int(mine.sum()), dtype=np.int64),
            entry=None if self.entry is None else self.entry[mine],
            weight=None if self.weight is None else self.weight[mine],
            cluster=None if self.cluster is None else np.unique(self.cluster[mine], return_inverse=True)[1].reshape(-1),
        )
