"""The time by which a share of all patients has had one of several competing events."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.competing_risks.aalen_johansen import IncidenceCurve
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "mergeable"

# A share that rounding leaves this far below the one asked for has been reached.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class IncidenceQuantile:
    """A time with its limits; inf where the curve, or the limit of it, never comes so high."""

    estimate: float
    lower: float
    upper: float
    conf_level: float


def incidence_quantile(curve: IncidenceCurve, cause: int, probability: float) -> IncidenceQuantile:
    """The first time at which the cumulative incidence of `cause` (from 1) is `probability` or higher.

    Definition: inf {t: F_k(t) >= p}, of all patients, those too who never have this event; its limits are the first
    times at which the upper and the lower limit of the curve are so high. Source: Peng and Fine 2007, Biometrics
    63:251; limits as Brookmeyer and Crowley 1982, from the curve's own.
    Edges: inf where that is never so; a lower limit of NaN does not reach it. Raises EstimationError for a cause that
    is not there or a probability outside (0, 1).
    """
    if not 1 <= cause <= curve.incidence.shape[0] or not 0 < probability < 1:
        raise EstimationError("an incidence quantile needs one of the causes and a probability between 0 and 1.")

    def first(height: NDArray[np.float64]) -> float:
        reached = np.flatnonzero(height >= probability - _ROUNDING)
        return float(curve.time[reached[0]]) if reached.size else math.inf

    own = cause - 1
    estimate = first(curve.incidence[own])
    # Where a curve is 0 it has no limits, and where it is 1 its lower one is not known.
    return IncidenceQuantile(
        estimate=estimate,
        lower=min(first(curve.upper[own]), estimate),
        upper=max(first(curve.lower[own]), estimate),
        conf_level=curve.conf_level,
    )
