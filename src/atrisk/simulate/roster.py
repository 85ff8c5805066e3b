"""Who is in the cohort: group, reason for exclusion, centre and date of the first resection."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atrisk.simulate.spec import Spec
from atrisk.simulate.stream import Stream

GROUPS = ("UP", "SI", "P")
DAYS_PER_MONTH = 365.25 / 12
LATE_ERA = datetime.date(2010, 1, 1).toordinal()
YEARS_OUTSIDE_WINDOW = 4


@dataclass(frozen=True, slots=True, eq=False)
class Roster:
    """One row a patient, in the order of the operation dates; dates are proleptic day numbers."""

    group: NDArray[np.int64]  # 0 UP, 1 SI, 2 P: which parameters apply; other primaries take those of SI
    fate: NDArray[Any]  # "eligible" or why not
    center: NDArray[Any]
    op_day: NDArray[np.int64]
    late_era: NDArray[np.bool_]  # operated in 2010 or later
    lost_early: NDArray[np.bool_]
    no_90_day_visit: NDArray[np.bool_]

    @property
    def size(self) -> int:
        return len(self.group)

    @property
    def eligible(self) -> NDArray[np.bool_]:
        return np.asarray(self.fate == "eligible", dtype=np.bool_)

    def pick(self, values: tuple[float, float, float]) -> NDArray[np.float64]:
        """The value of each patient's group."""
        return np.array(values, dtype=np.float64)[self.group]


def draw_roster(spec: Spec, stream: Stream) -> Roster:
    """Exact numbers of patients by group and reason for exclusion, operated evenly over their period."""
    eligible, excluded, special = spec.patients.eligible, spec.patients.excluded, spec.patients.special
    count = eligible.UP + eligible.SI + eligible.P
    counts = {"eligible": count} | excluded.by_reason()
    fate = np.repeat(np.array(list(counts), dtype=object), list(counts.values()))
    size = len(fate)
    others = 1 + stream.happens(eligible.P / (eligible.SI + eligible.P), size - count)
    group = np.concatenate([np.repeat([0, 1, 2], [eligible.UP, eligible.SI, eligible.P]), others])
    group[fate == "other_primary"] = 1
    op_day = _operation_days(spec, stream, fate)
    order = np.argsort(op_day, kind="stable")
    group, fate, op_day = group[order], fate[order], op_day[order]
    center = stream.choose({"MAYO": 0.97, "WN": 0.03}, size)
    known = np.flatnonzero((fate == "eligible") & (group != 0))
    chosen = known[stream.order(len(known))]
    split = special.lost_within_90_days
    return Roster(
        group=group,
        fate=fate,
        center=center,
        op_day=op_day,
        late_era=np.asarray(op_day >= LATE_ERA, dtype=np.bool_),
        lost_early=_marked(size, chosen[:split]),
        no_90_day_visit=_marked(size, chosen[split : split + special.no_90_day_visit]),
    )


def _marked(size: int, chosen: NDArray[np.int64]) -> NDArray[np.bool_]:
    mark = np.zeros(size, dtype=np.bool_)
    mark[chosen] = True
    return mark


def _operation_days(spec: Spec, stream: Stream, fate: NDArray[Any]) -> NDArray[np.int64]:
    first, last = spec.calendar.window.first.toordinal(), spec.calendar.window.last.toordinal()
    cut = spec.calendar.data_cut.date.toordinal()
    low = np.full(len(fate), first)
    high = np.full(len(fate), last)
    low[fate == "before_window"] = first - round(YEARS_OUTSIDE_WINDOW * 365.25)
    high[fate == "before_window"] = first - 3
    low[fate == "after_window"] = last + 4
    high[fate == "after_window"] = last + (cut - last) * 3 // 4
    day = low + np.floor(stream.uniform(len(fate)) * (high - low + 1)).astype(np.int64)
    weekday = (day - 1) % 7  # proleptic day 1 was a Monday
    friday = np.maximum(day - np.maximum(weekday - 4, 0), low)
    return np.asarray(friday, dtype=np.int64)
