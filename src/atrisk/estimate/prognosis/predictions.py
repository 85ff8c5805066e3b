"""Predicted survival of patients beside what happened to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.proportional_hazards.baseline_hazard import baseline_hazard
from atrisk.estimate.proportional_hazards.cox_fit import CoxFit
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.summary.codes import codes
from atrisk.summary.event_counts import follow_up_times
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Follow-up and events of n patients (n,), and their predicted survival (n, M) at increasing times (M,).

    Patients are followed from the start; the predictions may come from any model. Raises EstimationError for values
    outside their domains: survival in [0, 1], times finite, not negative, increasing.
    """

    follow_up: Floats
    event: Flags
    time: Floats
    survival: Floats

    def __post_init__(self) -> None:
        follow_up = follow_up_times(self.follow_up)
        event = codes("event", self.event, follow_up.size)
        time = np.atleast_1d(np.asarray(self.time, dtype=np.float64))
        survival = np.asarray(self.survival, dtype=np.float64)
        if event.size and event.max() > 1:
            raise EstimationError("'event' must be true or false (1 or 0).")
        if time.ndim != 1 or not np.all(np.isfinite(time)) or np.any(time < 0) or not np.all(np.diff(time) > 0):
            raise EstimationError("the times of predictions must be finite, not negative and increasing.")
        if survival.shape != (follow_up.size, time.size) or not np.all((survival >= 0) & (survival <= 1)):
            raise EstimationError("predicted survival must lie in [0, 1], one row a patient and one column a time.")
        given = {"follow_up": follow_up, "event": event.astype(bool), "time": time, "survival": survival}
        for name, value in given.items():
            object.__setattr__(self, name, value)
        make_arrays_read_only(self)


def predicted_at(sample: CoxSample, fit: CoxFit, patients: CoxSample, times: ArrayLike) -> Predictions:
    """What a Cox model fitted to `sample` predicts for other patients (or the same) at chosen times.

    Definition: exp(-H_0(t) exp(x'b)), H_0 the Efron or Breslow hazard of the patient's stratum (see `baseline_hazard`).
    Raises EstimationError for a stratum without a hazard, times beyond a stratum's follow-up in `sample`, patients with
    delayed entry or weights, offsets, and fits with infinite coefficients.
    """
    if patients.entry is not None or patients.weight is not None:
        raise EstimationError("predictions are judged in patients who are followed from the start and count once each.")
    if sample.offset is not None or patients.offset is not None:
        raise EstimationError("predictions with offsets are not supported: put the offset's columns into the model.")
    time = np.atleast_1d(np.asarray(times, dtype=np.float64))
    hazards = {hazard.stratum: hazard for hazard in baseline_hazard(sample, fit)}
    own = np.zeros(patients.time.size, dtype=np.int64) if patients.stratum is None else patients.stratum
    risk = np.exp(patients.covariates @ np.nan_to_num(fit.coef, nan=0.0))
    survival = np.empty((own.size, time.size))
    for stratum in np.unique(own):
        hazard = hazards.get(int(stratum))
        if hazard is None or time.max(initial=0.0) > hazard.time[-1]:
            raise EstimationError(
                "a stratum of the patients was not followed to the last of the times of the predictions."
            )
        steps = np.concatenate(([0.0], hazard.cumulative_hazard))
        mine = own == stratum
        reached = steps[np.searchsorted(hazard.time, time, side="right")]
        survival[mine] = np.exp(-np.outer(risk[mine], reached))
    return Predictions(patients.time, patients.event, time, survival)
