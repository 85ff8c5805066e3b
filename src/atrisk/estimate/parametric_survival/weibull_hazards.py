"""A Weibull model in the form of proportional hazards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.parametric_survival.parametric import ParametricFit
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rounds"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class WeibullHazards:
    """Log hazard ratios `coef`, `std_err` (p,) and `covariance` (p, p) of the covariates, the intercept left out.

    `shape` is that of the baseline hazard: above 1 it rises with time. `warning` is the model's own.
    """

    coef: Floats
    std_err: Floats
    covariance: Floats
    shape: float
    warning: str | None

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def weibull_hazards(fit: ParametricFit) -> WeibullHazards:
    """The log hazard ratios of a Weibull model, which has both accelerated failure and proportional hazards.

    Definition: with log T = b0 + x'b + s W the hazard is (a / t) (t exp(-b0 - x'b))^a, a = 1/s, so that the log hazard
    ratios are g = -b / s; covariance J V J' with J = (-1/s, b/s), V that of (b, log s) (delta method).
    Source: Kalbfleisch and Prentice 2002, section 2.3.1.
    Edges: a fixed scale (exponential) adds no error; a coefficient without estimate keeps NaN or its infinity.
    Raises EstimationError for another distribution than Weibull, exponential or Rayleigh, and several scales.
    """
    if fit.distribution not in ("weibull", "exponential", "rayleigh") or fit.scale.size != 1:
        raise EstimationError("only a Weibull model with one scale has proportional hazards.")
    scale, b = float(fit.scale[0]), fit.coef[1:]
    p = b.size
    change = np.zeros((p, fit.covariance.shape[0]))
    change[:, 1 : p + 1] = -np.eye(p) / scale
    if not fit.scale_is_fixed:
        change[:, p + 1] = b / scale
    known = np.isfinite(b)
    covariance = np.full((p, p), np.nan)
    used = np.concatenate(([False], known, np.ones(fit.covariance.shape[0] - p - 1, dtype=bool)))
    inside = change[np.ix_(known, used)]
    covariance[np.ix_(known, known)] = inside @ fit.covariance[np.ix_(used, used)] @ inside.T
    return WeibullHazards(-b / scale, np.sqrt(np.diag(covariance)), covariance, 1 / scale, fit.warning)
