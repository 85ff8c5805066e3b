"""The steps of a cumulative hazard or a log survival, with what one patient's weight does to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError

Floats = NDArray[np.float64]
Estimator = Literal["kaplan-meier", "nelson-aalen", "fleming-harrington"]


@dataclass(frozen=True, slots=True, eq=False)
class HazardSteps:
    """Steps (T,) of a sum over event times, of its variance, and the derivatives by one patient's weight.

    A patient at risk adds `at_risk` to the derivative at the time, one who fails there also `failing`.
    """

    step: Floats
    variance: Floats
    at_risk: Floats
    failing: Floats


def check_estimator(estimator: str) -> None:
    """Refuse a name that is not one of the three estimators."""
    if estimator not in get_args(Estimator):
        known = ", ".join(get_args(Estimator))
        raise EstimationError(f"the survival estimator '{estimator}' is unknown; use one of {known}.")


def log_survival_steps(events: Floats, n_at_risk: Floats, everyone: NDArray[np.bool_]) -> HazardSteps:
    """Steps of the logarithm of the Kaplan-Meier curve: log(1 - d/n), variance d / (n (n - d)).

    `everyone` marks where all at risk fail; the steps are 0 there, because the curve ends at 0.
    """
    used = (events > 0) & ~everyone
    left = np.where(used, n_at_risk - events, 1.0)
    n = np.where(used, n_at_risk, 1.0)
    d = np.where(used, events, 0.0)
    return HazardSteps(
        step=np.log1p(-d / n),
        variance=d / (n * left),
        at_risk=d / (n * left),
        failing=np.where(used, -1.0 / left, 0.0),
    )


def nelson_aalen_steps(events: Floats, n_at_risk: Floats) -> HazardSteps:
    """Steps of the Nelson-Aalen cumulative hazard: d/n, variance d/n^2 (d of n at risk, both weighted)."""
    used = events > 0
    n = np.where(used, n_at_risk, 1.0)
    d = np.where(used, events, 0.0)
    return HazardSteps(
        step=d / n,
        variance=d / n**2,
        at_risk=-d / n**2,
        failing=np.where(used, 1.0 / n, 0.0),
    )


def fleming_harrington_steps(events: Floats, n_at_risk: Floats, n_failing: Floats) -> HazardSteps:
    """Steps of the Fleming-Harrington cumulative hazard: ties broken as if they failed one after another.

    Definition: sum over k = 0 .. D - 1 of m / (n - k m), D the number who fail (unweighted), m = d / D their mean
    weight; variance sum m / (n - k m)^2.
    Source: Fleming and Harrington 1984, Commun Stat Theory Methods 13:2469; Nelson 1969 without ties.
    """
    result = nelson_aalen_steps(events, n_at_risk)
    step, variance = result.step.copy(), result.variance.copy()
    at_risk, failing = result.at_risk.copy(), result.failing.copy()
    tied = np.flatnonzero((events > 0) & (n_failing > 1))
    if tied.size == 0:
        return result
    number = np.rint(n_failing[tied]).astype(np.int64)
    mean = events[tied] / number
    owner = np.repeat(np.arange(tied.size), number)
    k = np.arange(owner.size) - np.repeat(np.cumsum(number) - number, number)
    m, n = mean[owner], n_at_risk[tied][owner]
    left = n - k * m

    def total(values: Floats) -> Floats:
        return np.asarray(np.bincount(owner, weights=values, minlength=tied.size), dtype=np.float64)

    step[tied] = total(m / left)
    variance[tied] = total(m / left**2)
    at_risk[tied] = total(-m / left**2)
    failing[tied] = total(n / left**2) / number
    return HazardSteps(step=step, variance=variance, at_risk=at_risk, failing=failing)
