"""Profile likelihood limits of a logistic regression."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.canonical_family import mean
from atrisk.estimate.generalized_linear.logistic import LogisticFit
from atrisk.estimate.generalized_linear.regression_sample import RegressionRows, RegressionSample
from atrisk.estimate.generalized_linear.reweighted_least_squares import inverse, maximise, summarise
from atrisk.estimate.interpolated_profile import interpolated_limits
from atrisk.estimate.profile_limit import Profile, held, profile_limit
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
ProfileMethod = Literal["root", "interpolated"]

EXECUTION: Final[Execution] = "rounds"

_MOST_STEPS = 100
# Where a coefficient is infinite the search for the finite limit starts at 0 and goes on by so many doublings.
_MOST_DOUBLINGS = 60


@dataclass(frozen=True, slots=True, eq=False)
class ProfileLimits:
    """Limits (1 + p,) of the coefficients, intercept first; NaN where there is no estimate."""

    lower: Floats
    upper: Floats
    method: ProfileMethod
    conf_level: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def logistic_profile_limits(
    sample: RegressionSample, fit: LogisticFit, *, conf_level: float = 0.95, method: ProfileMethod = "root"
) -> ProfileLimits:
    """Profile likelihood limits of the coefficients of `logistic(sample)`.

    Definition: the values u of b_j with 2 (l(b) - max l with b_j = u) = z^2. `method` root: solved to the last
    digits. interpolated: as MASS::confint.glm in R, which reads them off straight lines between the points of a
    spline through some 13 values of the profile, right to about three digits: to repeat R's figures.
    Source: Venzon and Moolgavkar 1988, J R Stat Soc C 37:87-94; MASS 7.3-58.2.
    Edges: an infinite coefficient (separation) has one finite limit, the other is infinite (method root; NaN by
    interpolation); a coefficient of undetermined sign has none.
    Raises EstimationError for an unknown method, a bad `conf_level`, or a fit of other covariates.
    """
    if method not in get_args(ProfileMethod):
        raise EstimationError(f"the method of profile limits '{method}' is unknown; use root or interpolated.")
    rows = RegressionRows.of(sample)
    if fit.coef.shape != rows.kept.shape:
        raise EstimationError("the fit belongs to another sample: it has another number of coefficients.")
    scale = np.sqrt(np.diag(rows.matrix(inverse(summarise(rows, "binomial", np.zeros(rows.outcome.size)).gram))))
    lower, upper = np.full(fit.coef.shape, np.nan), np.full(fit.coef.shape, np.nan)
    places = np.flatnonzero(rows.kept)
    for j, functional in zip(places, rows.back, strict=True):
        profile = _profile(rows, functional, fit.deviance)
        best, error = float(fit.coef[j]), float(fit.std_err[j])
        if math.isnan(best) or (math.isinf(best) and method == "interpolated"):
            continue
        if math.isinf(best):
            lower[j], upper[j] = _one_sided(profile, best, float(scale[j]), conf_level)
        elif method == "interpolated":
            lower[j], upper[j] = interpolated_limits(profile, best=best, std_err=error, conf_level=conf_level)
        else:
            lower[j] = profile_limit(profile, inside=best, step=-error, conf_level=conf_level)
            upper[j] = profile_limit(profile, inside=best, step=error, conf_level=conf_level)
    return ProfileLimits(lower, upper, method, conf_level)


def _profile(rows: RegressionRows, functional: Floats, least: float) -> Profile:
    """The rise of the deviance above `least` when a coefficient is held, with its derivative."""
    along, free = held(functional)
    columns, direction = rows.columns @ free, rows.columns @ along

    def profile(value: float) -> tuple[float, float]:
        offset = rows.offset + value * direction
        if not free.shape[1]:
            predictor = offset
        else:
            others = RegressionRows(
                outcome=rows.outcome,
                columns=columns,
                weight=rows.weight,
                offset=offset,
                kept=np.ones(free.shape[1], dtype=bool),
                back=np.eye(free.shape[1]),
            )
            predictor = maximise(others, "binomial", most_iterations=_MOST_STEPS).predictor
        sums = summarise(rows, "binomial", predictor)
        residual = rows.weight * (rows.outcome - mean("binomial", predictor))
        # The others stand at their maximum, so that only the coefficient held moves the deviance.
        return sums.deviance - least, -2.0 * float(residual @ direction)

    return profile


def _one_sided(profile: Profile, best: float, scale: float, conf_level: float) -> tuple[float, float]:
    """The limits of a coefficient at plus or minus infinity: the finite one, and the infinite one."""
    sign = math.copysign(1.0, best)
    inside = 0.0
    for doubling in range(_MOST_DOUBLINGS):
        if profile(inside)[0] < 1.0:
            break
        inside = sign * scale * 2.0**doubling
    finite = profile_limit(profile, inside=inside, step=-sign * scale, conf_level=conf_level)
    return (finite, math.inf) if sign > 0 else (-math.inf, finite)
