"""Survival given that one has survived so far."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import ConfType
from atrisk.estimate.survival_curve.kaplan_meier import (
    CurveOptions,
    Landmarks,
    RiskTable,
    curve_of,
    risk_table,
    survival_at,
)
from atrisk.summary.event_counts import EventCounts
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "mergeable"


def conditional_survival(
    counts: EventCounts,
    survived: float,
    times: ArrayLike,
    *,
    conf_type: ConfType = "log",
    conf_level: float = 0.95,
) -> tuple[Landmarks, ...]:
    """The probability of surviving beyond each time t, given survival beyond `survived`, of each group.

    Definition: S(t) / S(s) = prod_{s < u <= t} (1 - d(u) / n(u)), the Kaplan-Meier curve of those still at risk
    after s with s as delayed entry; Greenwood's sum runs over the same times.
    Source: Zabor et al. 2013, J Clin Oncol 31:4160. Unit: `times` and `survived` in that of the counts, from the
    same origin; results have the shape of `times`, in the order given.
    Edges: all causes count as one, strata are thrown together. NaN with `estimable` false where nobody is at risk
    after s and where S(s) = 0, and beyond the follow-up as in `survival_at`.
    Raises EstimationError for an `survived` that is negative or not finite, and for times before it.
    """
    chosen = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if not np.isfinite(survived) or survived < 0:
        raise EstimationError("the time survived must be finite and not negative.")
    if not np.all(np.isfinite(chosen)) or np.any(chosen < survived):
        raise EstimationError("survival is conditional only for times from the time survived on.")
    options = CurveOptions(conf_type=conf_type, conf_level=conf_level)
    pooled = counts.over_strata().any_cause()
    found = []
    for group in range(counts.shape.n_groups):
        table = risk_table(pooled.of_groups(group))
        alive = bool(np.any(table.time > survived)) and not np.any(table.everyone_fails & (table.time <= survived))
        marks = survival_at(curve_of(_after(table, survived), options=options), chosen)
        found.append(marks if alive else _nothing(marks))
    return tuple(found)


def _after(table: RiskTable, survived: float) -> RiskTable:
    later = table.time > survived
    return RiskTable(
        time=table.time[later],
        n_at_risk=table.n_at_risk[later],
        n_event=table.n_event[later],
        n_censored=table.n_censored[later],
        patients_at_risk=table.patients_at_risk[later],
        patients_failing=table.patients_failing[later],
        patients_leaving=table.patients_leaving[later],
        n=float(table.patients_at_risk[later][0]) if later.any() else 0.0,
    )


def _nothing(marks: Landmarks) -> Landmarks:
    none = np.full(marks.time.shape, np.nan)
    return Landmarks(
        time=marks.time,
        estimate=none,
        std_err=none,
        lower=none,
        upper=none,
        n_at_risk=marks.n_at_risk,
        n_event=marks.n_event,
        n_censored=marks.n_censored,
        estimable=np.zeros(marks.time.shape, dtype=bool),
    )
