"""Times and survival of new subjects under a fitted parametric model."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.parametric_survival.location_scale import standard_distribution
from atrisk.estimate.parametric_survival.parametric import ParametricFit
from atrisk.estimate.parametric_survival.parametric_sample import ON_TIME_ITSELF, STANDARD_OF
from atrisk.summary.codes import codes
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "rounds"

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


def linear_prediction(fit: ParametricFit, covariates: ArrayLike) -> tuple[Floats, Floats]:
    """The linear predictor b0 + x'b of m new subjects (m, p), without an offset, and its standard error: (m,), (m,).

    Columns without a coefficient are left out; NaN where a coefficient is infinite.
    """
    x, coef, among = _new_design(fit, covariates)
    covariance = fit.covariance[: fit.coef.size, : fit.coef.size][np.ix_(among, among)]
    return np.asarray(x @ coef), np.sqrt(np.einsum("ij,jk,ik->i", x, covariance, x))


def quantile_prediction(
    fit: ParametricFit, covariates: ArrayLike, probability: ArrayLike, *, stratum: ArrayLike | None = None
) -> tuple[Floats, Floats]:
    """The times by which shares `probability` (q,) of subjects like m new ones have the event, and standard errors.

    Definition: g^-1(b0 + x'b + scale w_p), w_p the quantile of W and g the logarithm (or identity); the standard
    error by the delta method. `stratum` (m,): codes of the scales, 0 by default. Shapes (m, q).
    Raises EstimationError for probabilities outside (0, 1) and strata without a scale.
    """
    p = np.atleast_1d(np.asarray(probability, dtype=np.float64))
    if not np.all((p > 0) & (p < 1)):
        raise EstimationError("probabilities of quantiles must lie between 0 and 1.")
    x, coef, among = _new_design(fit, covariates)
    which = codes("stratum", stratum, x.shape[0])
    if which.size and which.max() >= fit.scale.size:
        raise EstimationError("a stratum code has no scale in this fit.")
    w = standard_distribution(STANDARD_OF[fit.distribution]).quantile(p)
    location = (x @ coef)[:, None] + fit.scale[which][:, None] * w
    columns = np.concatenate((among, np.arange(fit.coef.size, fit.covariance.shape[0])))
    std_err = np.empty_like(location)
    for j in range(w.size):
        slope = x
        if not fit.scale_is_fixed:
            own = np.zeros((x.shape[0], fit.scale.size))
            own[np.arange(x.shape[0]), which] = w[j] * fit.scale[which]
            slope = np.column_stack((x, own))
        variance = np.einsum("ij,jk,ik->i", slope, fit.covariance[np.ix_(columns, columns)], slope)
        std_err[:, j] = np.sqrt(variance)
    if fit.distribution in ON_TIME_ITSELF:
        return location, std_err
    with np.errstate(over="ignore"):
        return np.exp(location), np.exp(location) * std_err


def survival_prediction(
    fit: ParametricFit, covariates: ArrayLike, time: ArrayLike, *, stratum: ArrayLike | None = None
) -> Floats:
    """The probability that m new subjects are free of the event beyond times (t,): shape (m, t); 1 up to time 0
    under a distribution of log time."""
    times = np.atleast_1d(np.asarray(time, dtype=np.float64))
    x, coef, _ = _new_design(fit, covariates)
    which = codes("stratum", stratum, x.shape[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        y = times if fit.distribution in ON_TIME_ITSELF else np.log(np.maximum(times, 0.0))
        z = (y - (x @ coef)[:, None]) / fit.scale[which][:, None]
    above = np.ones_like(z)
    finite = np.isfinite(z)
    above[finite] = np.exp(standard_distribution(STANDARD_OF[fit.distribution]).log_above(z[finite]))
    above[np.isposinf(z)] = 0.0
    above[np.isnan(z)] = np.nan
    return above


def _new_design(fit: ParametricFit, covariates: ArrayLike) -> tuple[Floats, Floats, Codes]:
    """Intercept and covariates of new subjects, the coefficients, and their places, redundant columns left out."""
    x = np.atleast_2d(np.asarray(covariates, dtype=np.float64))
    if x.ndim != 2 or x.shape[1] != fit.coef.size - 1:
        raise EstimationError("new subjects need one value for each covariate of the model.")
    x = np.column_stack((np.ones(x.shape[0]), x))
    among = np.flatnonzero(~np.isnan(fit.coef))
    return x[:, among], np.where(np.isinf(fit.coef), np.nan, fit.coef)[among], among
