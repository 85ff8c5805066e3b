"""Patients with competing risks as weighted spans of time, on which an ordinary Cox model is a Fine-Gray model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.competing_risks.aalen_johansen import CompetingRisksRows
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class ExpandedRows:
    """Spans (start, stop] of patients; arrays (m,).

    `row`: the place of the patient in the rows given; `event`: of the cause, at `stop`; `weight`: that of the
    patient times G(u-)/G(X-) for the event times u inside the span.
    """

    row: Codes
    start: Floats
    stop: Floats
    event: Flags
    weight: Floats

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def expand(rows: CompetingRisksRows, cause: int) -> ExpandedRows:
    """Weighted spans for the subdistribution hazard of one cause.

    Definition: who has an event of another cause at X stays at risk to the end of follow-up, with weight
    G(u-) H(u-) / (G(X-) H(X-)) at event time u: G the Kaplan-Meier curve of censoring, events at a time leaving
    before the censorings at that time; H, with delayed entry only, the same of entry in reversed time. A patient
    is split only where the weight changes before an event of the cause. `rows.group`: each with G, H and event
    times of its own. `rows.weight` multiplies the weights but does not enter G and H; `rows.cluster` is not used.
    Source: Geskus 2011, Biometrics 67:39; as R's survival::finegray. G differs from that of `fine_gray` where an
    event and a censoring share a time.
    Edges: without delayed entry spans begin at 0 (before the first time if that is 0). Patients of a group
    without an event of the cause, who say nothing about it, have no spans.
    Raises EstimationError for a cause that is not positive or does not occur.
    """
    if cause < 1 or not np.any(rows.cause == cause):
        raise EstimationError("no patient has an event of this cause: there is nothing to expand for.")
    lowest = float(rows.time.min())
    begin = 0.0 if lowest > 0 else 2 * lowest - 1
    start = np.full(rows.time.size, begin) if rows.entry is None else rows.entry
    late = rows.entry is not None and bool(np.any(start > lowest))
    group = np.zeros(rows.time.size, dtype=np.int64) if rows.group is None else rows.group
    parts = [_of_group(rows, start, np.flatnonzero(group == g), cause, late=late) for g in np.unique(group)]
    found = [part for part in parts if part is not None]
    return ExpandedRows(
        row=np.concatenate([part.row for part in found]),
        start=np.concatenate([part.start for part in found]),
        stop=np.concatenate([part.stop for part in found]),
        event=np.concatenate([part.event for part in found]),
        weight=np.concatenate([part.weight for part in found]),
    )


def _of_group(rows: CompetingRisksRows, start: Floats, mine: Codes, cause: int, *, late: bool) -> ExpandedRows | None:
    begin, end, causes = start[mine], rows.time[mine], rows.cause[mine]
    events = np.unique(end[causes == cause])
    if events.size == 0:
        return None
    cut, weight = _censoring(begin, end, causes == 0)
    if late:
        cut, weight = _with_entry(cut, weight, begin, end)
    # The span before a cut bears the weight up to it; the last one ends with follow-up.
    cut, weight = np.append(cut, end.max()), np.concatenate(([1.0], weight))
    holding = np.searchsorted(cut, events, side="left")
    kept = np.unique(holding)
    stays = (causes > 0) & (causes != cause)
    own = np.searchsorted(cut, end, side="left")
    if np.any(stays & (weight[own] == 0)):
        raise EstimationError("the weight of a patient would be infinite: nobody else was under observation before.")
    skip = np.searchsorted(kept, own, side="right")
    extra = np.where(stays, kept.size - skip, 0)
    owner = np.repeat(np.arange(end.size), 1 + extra)
    number = np.arange(owner.size) - np.repeat(np.cumsum(1 + extra) - (1 + extra), 1 + extra)
    later = number > 0
    span = kept[np.where(later, skip[owner] + number - 1, 0)]
    case_weight = np.ones(owner.size) if rows.weight is None else rows.weight[mine][owner]
    return ExpandedRows(
        row=mine[owner],
        start=np.where(later, cut[span - 1], begin[owner]),
        stop=np.where(later, cut[span], np.where(stays, cut[own], end)[owner]),
        event=causes[owner] == cause,
        weight=case_weight * np.where(later, weight[span] / weight[own[owner]], 1.0),
    )


def _censoring(begin: Floats, end: Floats, lost: Flags) -> tuple[Floats, Floats]:
    """The times of censoring and G just after each, events at a time having left the risk set."""
    at, counts = np.unique(end[lost], return_counts=True)
    entered = np.searchsorted(np.sort(begin), at, side="left")
    gone = np.searchsorted(np.sort(end[~lost]), at, side="right") + np.searchsorted(np.sort(end[lost]), at, side="left")
    return at, np.asarray(np.cumprod(1 - counts / (entered - gone)), dtype=np.float64)


def _with_entry(cut: Floats, weight: Floats, begin: Floats, end: Floats) -> tuple[Floats, Floats]:
    """The product of G with H, the distribution of entry: the Kaplan-Meier curve of entry in reversed time."""
    at, counts = np.unique(begin, return_counts=True)
    # Backwards a patient is at risk of entry from the end of follow-up (not included) down to the entry.
    present = np.searchsorted(np.sort(begin), at, side="right") - np.searchsorted(np.sort(end), at, side="right")
    backwards = np.cumprod((1 - counts / present)[::-1])[::-1]
    entered = np.append(backwards[1:], 1.0)
    both = np.union1d(at, cut)
    reached, censored = np.searchsorted(at, both, side="right"), np.searchsorted(cut, both, side="right")
    return both, entered[reached - 1] * np.append(1.0, weight)[censored]
