"""What is known of the event times of some patients, and the families of distributions that describe them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.parametric_survival.location_scale import Standard
from atrisk.summary.codes import codes
from atrisk.summary.event_counts import case_weights, follow_up_times
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rounds"

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Distribution = Literal[
    "weibull",
    "exponential",
    "rayleigh",
    "lognormal",
    "loggaussian",
    "loglogistic",
    "extreme",
    "gaussian",
    "logistic",
]

STANDARD_OF: Final[dict[str, Standard]] = {
    "weibull": "extreme",
    "exponential": "extreme",
    "rayleigh": "extreme",
    "lognormal": "gaussian",
    "loggaussian": "gaussian",
    "loglogistic": "logistic",
    "extreme": "extreme",
    "gaussian": "gaussian",
    "logistic": "logistic",
}
ON_TIME_ITSELF: Final = ("extreme", "gaussian", "logistic")
SCALE_OF_FAMILY = {"exponential": 1.0, "rayleigh": 0.5}


@dataclass(frozen=True, slots=True, eq=False)
class ParametricSample:
    """What is known of the event times of some patients.

    The event lies in (`lower`, `upper`] (n,); equal = at that very time; `upper` inf or NaN = right censored at
    `lower`; `lower` -inf or NaN = left censored at `upper` (so is 0 for a distribution of log time).
    `covariates` (n, p), without an intercept; `weight` (n,): case weights, not negative; `offset` (n,): a known
    part of the linear predictor; `stratum` (n,): codes from 0, each with a scale of its own.
    Raises EstimationError for values outside these domains.
    """

    lower: Floats
    upper: Floats
    covariates: Floats | None = None
    weight: Floats | None = None
    offset: Floats | None = None
    stratum: Codes | None = None

    def __post_init__(self) -> None:
        lower, upper = checked_intervals(self.lower, self.upper)
        x = np.empty((lower.size, 0)) if self.covariates is None else np.asarray(self.covariates, dtype=np.float64)
        if x.ndim != 2 or x.shape[0] != lower.size or not np.all(np.isfinite(x)):
            raise EstimationError("covariates must be finite, one row for each interval.")
        offset = None if self.offset is None else np.asarray(self.offset, dtype=np.float64)
        if offset is not None and (offset.shape != lower.shape or not np.all(np.isfinite(offset))):
            raise EstimationError("offsets must be finite, one for each interval.")
        given: dict[str, Any] = {"lower": lower, "upper": upper, "covariates": x, "offset": offset}
        given["weight"] = case_weights(self.weight, lower.size)
        given["stratum"] = None if self.stratum is None else codes("stratum", self.stratum, lower.size)
        for name, value in given.items():
            object.__setattr__(self, name, value)
        make_arrays_read_only(self)


def checked_intervals(lower: ArrayLike, upper: ArrayLike) -> tuple[Floats, Floats]:
    """Interval ends as arrays, NaN read as -inf (lower) and inf (upper)."""
    low, high = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
    if low.ndim != 1 or low.shape != high.shape:
        raise EstimationError("'lower' and 'upper' must be one-dimensional arrays of equal length.")
    low, high = np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)
    if np.any(low > high) or np.any(np.isposinf(low)) or np.any(np.isneginf(high)):
        raise EstimationError("an interval must not end before it begins.")
    return low, high


def bounds_of_follow_up(time: ArrayLike, event: ArrayLike) -> tuple[Floats, Floats]:
    """The interval ends of right censored follow-up: (t, t) for an event at t, (t, inf) for a censoring."""
    times = follow_up_times(time)
    happened = codes("event", event, times.size)
    if happened.size and happened.max() > 1:
        raise EstimationError("'event' must be true or false (1 or 0).")
    return times, np.where(happened == 1, times, np.inf)
