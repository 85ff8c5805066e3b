"""What of a survival outcome must help to impute the covariates of its model."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier
from atrisk.summary.codes import codes
from atrisk.summary.event_counts import EventCounts, entry_times, follow_up_times
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "mergeable"

Floats = NDArray[np.float64]


def outcome_predictors(
    time: ArrayLike, cause: ArrayLike, *, entry: ArrayLike | None = None, n_causes: int | None = None
) -> Floats:
    """For each cause, whether the patient had the event, and the cumulative hazard the patient went through: (n, 2 C).

    Definition: the indicator of cause k and the Nelson-Aalen hazard H_k(time) (with delayed entry less H_k(entry)) of
    all patients, cause by cause. Without them imputed covariates are less associated with the outcome than in truth.
    Source: White and Royston 2009, Stat Med 28:1982, section 2.4; each competing cause has
    its own, as in a model of its cause-specific hazard.
    `time` (n,): follow-up; `cause` (n,): 0 = censored, 1 .. C (true or 1: the event); `n_causes`: where the highest
    cause may be absent. Times are compared exactly: pass fractional ones through `snap_times` first.
    Raises EstimationError for times and causes outside their domains.
    """
    follow_up = follow_up_times(np.asarray(time, dtype=np.float64))
    of = codes("cause", cause, follow_up.size)
    entries = None if entry is None else entry_times(np.asarray(entry, dtype=np.float64), follow_up)
    highest = max(int(of.max(initial=1)), 1)
    total = highest if n_causes is None else n_causes
    if total < highest:
        raise EstimationError("there are causes beyond the number of causes.")
    columns = []
    for number in range(1, total + 1):
        happened = (of == number).astype(np.int64)
        (curve,) = kaplan_meier(EventCounts.of(follow_up, happened, entry=entries))
        hazard = _hazard_at(curve.time, curve.cumulative_hazard, follow_up)
        if entries is not None:
            hazard = hazard - _hazard_at(curve.time, curve.cumulative_hazard, entries)
        columns += [happened.astype(np.float64), hazard]
    return np.column_stack(columns)


def _hazard_at(time: Floats, hazard: Floats, wanted: Floats) -> Floats:
    return np.asarray(np.concatenate(([0.0], hazard))[np.searchsorted(time, wanted, side="right")])
