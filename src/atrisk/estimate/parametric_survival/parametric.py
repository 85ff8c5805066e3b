"""Parametric survival regression on exact, right, left and interval censored times."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.parametric_survival.location_scale import Standard, standard_distribution
from atrisk.estimate.parametric_survival.location_scale_model import (
    Found,
    LocationScaleRows,
    maximise,
    own_columns,
    start_given_scale,
    start_of,
    summarise,
)
from atrisk.summary.codes import codes
from atrisk.summary.event_counts import case_weights, follow_up_times
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rounds"

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]
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
_SCALE_OF_FAMILY = {"exponential": 1.0, "rayleigh": 0.5}
_MOST_ITERATIONS = 100
# The iterations of the model without covariates start the scale of the full model, as in R.
_MOST_NULL_ITERATIONS = 20
# A column whose own information has shrunk to this share of that at the start has a coefficient that ran off.
_SPENT_INFORMATION = 1e-6


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


@dataclass(frozen=True, slots=True, eq=False)
class ParametricFit:
    """A fitted parametric model; the intercept is the first of the p + 1 coefficients.

    `coef`, `std_err` (p + 1,): NaN for a column that is a sum of earlier ones; an infinite coefficient has no
    standard error. `scale`, `log_scale`, `std_err_log_scale` (S,), one per stratum; the last is NaN for a fixed
    scale. `covariance` (k, k) of the coefficients and, unless fixed, the log scales. `likelihood_ratio` compares
    with the model of intercept and scales alone, on `df` degrees of freedom. Log-likelihoods are on the scale of
    time, not of its logarithm. `warning` says what could not be estimated and is None otherwise.
    """

    distribution: Distribution
    coef: Floats
    std_err: Floats
    scale: Floats
    log_scale: Floats
    std_err_log_scale: Floats
    covariance: Floats
    loglik_null: float
    loglik: float
    likelihood_ratio: float
    df: int
    p_value: float
    aic: float
    n: int
    iterations: int
    converged: bool
    scale_is_fixed: bool
    warning: str | None

    def __post_init__(self) -> None:
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


def parametric(
    sample: ParametricSample,
    distribution: Distribution,
    *,
    fixed_scale: float | None = None,
    tolerance: float = 1e-14,
) -> ParametricFit:
    """Survival regression with a parametric distribution, by maximum likelihood.

    Definition: Y = b0 + x'b + offset + scale W with Y = log T (T itself for extreme, gaussian and logistic) and W
    standard smallest extreme value (Weibull; exponential with scale 1, Rayleigh with scale 1/2), normal or
    logistic. An exact time contributes log f, an interval log(F(b) - F(a)). Standard errors from the inverse
    observed information of the coefficients and the log scales. A Weibull model in the form of hazards has shape
    1/scale and log hazard ratios -b/scale.
    Source: Kalbfleisch and Prentice 2002, chapters 2 and 3; conventions as R's survreg. Newton-Raphson until the
    log-likelihood changes by less than `tolerance` of itself (R's default rule is 1e-9).
    Edges: a column that is a sum of earlier ones has coefficient NaN; where the likelihood rises without end, see
    `warning`. Weights multiply log-likelihoods; the standard errors are model based.
    Raises EstimationError for an unknown distribution, an event at or before time 0 under a distribution of log
    time, no event at all, all times equal, and a fixed scale that is not positive or is given with strata.
    """
    if distribution not in get_args(Distribution):
        raise EstimationError(f"the distribution '{distribution}' is unknown; use one of {get_args(Distribution)}.")
    null_rows, counted, log_time = _null_rows(sample, distribution, fixed_scale)
    design = _standardised(sample, counted)
    rows = replace(null_rows, x=design.x[:, design.kept])
    remarks = _remarks(sample, counted, distribution, fixed_scale)
    most = _MOST_NULL_ITERATIONS if rows.x.shape[1] > 1 else _MOST_ITERATIONS
    null = maximise(null_rows, start_of(null_rows), tolerance=tolerance, most_iterations=most)
    if rows.x.shape[1] == 1:
        return _fit_of(_Parts(distribution, design, rows, null.parameters, null, null, remarks), log_time)
    log_scale = np.full(1, rows.fixed_log_scale) if rows.scale_is_fixed else null.parameters[1:]
    start = start_given_scale(rows, log_scale)
    found = maximise(rows, start, tolerance=tolerance, most_iterations=_MOST_ITERATIONS)
    return _fit_of(_Parts(distribution, design, rows, start, null, found, remarks), log_time)


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


@dataclass(frozen=True, slots=True, eq=False)
class _Design:
    """Intercept and covariates, centred and divided where that steadies the arithmetic; which columns are kept.

    Coefficients of the columns as given are `back` (p + 1, p + 1) times those of `x`.
    """

    x: Floats
    kept: Flags
    back: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """All that the iterations left behind."""

    distribution: Distribution
    design: _Design
    rows: LocationScaleRows
    start: Floats
    null: Found
    found: Found
    remarks: tuple[str, ...]


def _null_rows(
    sample: ParametricSample, distribution: Distribution, fixed_scale: float | None
) -> tuple[LocationScaleRows, Flags, float]:
    """The rows of the model without covariates, their places in the sample, and sum of w log t over exact times."""
    weight = np.ones(sample.lower.size) if sample.weight is None else sample.weight
    stratum = np.zeros(sample.lower.size, dtype=np.int64) if sample.stratum is None else sample.stratum
    offset = np.zeros(sample.lower.size) if sample.offset is None else sample.offset
    lower, upper, counted = sample.lower, sample.upper, weight > 0
    exact = (lower == upper) & counted
    log_time = 0.0
    if distribution not in ON_TIME_ITSELF:
        if np.any((upper <= 0) & counted):
            raise EstimationError(f"a {distribution} model has no events at or before time 0.")
        with np.errstate(divide="ignore", invalid="ignore"):
            lower, upper = np.log(np.where(lower > 0, lower, 0.0)), np.log(upper)
        log_time = float(weight[exact] @ lower[exact])
    # A row whose event may lie anywhere says nothing.
    counted &= np.isfinite(lower) | np.isfinite(upper)
    if not np.any(counted & np.isfinite(upper)):
        raise EstimationError("no event is known to have happened: no parametric model can be estimated.")
    if not np.any(counted & np.isfinite(lower)):
        raise EstimationError("nobody is known to have been free of the event: no parametric model can be estimated.")
    n_scales = int(stratum.max()) + 1
    scale = _SCALE_OF_FAMILY.get(distribution, fixed_scale)
    if scale is not None and not (math.isfinite(scale) and scale > 0):
        raise EstimationError("a fixed scale must be positive.")
    if scale is not None and n_scales > 1:
        raise EstimationError("a fixed scale cannot be given with a scale for each stratum.")
    rows = LocationScaleRows(
        distribution=standard_distribution(STANDARD_OF[distribution]),
        lower=lower[counted],
        upper=upper[counted],
        x=np.ones((int(counted.sum()), 1)),
        weight=weight[counted],
        offset=offset[counted],
        stratum=stratum[counted],
        n_scales=n_scales,
        fixed_log_scale=math.nan if scale is None else math.log(scale),
    )
    if scale is None and np.any(np.bincount(rows.stratum, minlength=n_scales) == 0):
        raise EstimationError("a stratum has no patients: its scale cannot be estimated.")
    return rows, counted, log_time


def _remarks(
    sample: ParametricSample, counted: Flags, distribution: Distribution, fixed_scale: float | None
) -> tuple[str, ...]:
    """What was done with the question before it was answered."""
    given = np.ones(counted.size, dtype=bool) if sample.weight is None else sample.weight > 0
    said = []
    if np.any(given & ~counted):
        said.append(f"rows left out that say nothing about the time of the event: {int(np.sum(given & ~counted))}")
    if fixed_scale is not None and _SCALE_OF_FAMILY.get(distribution, fixed_scale) != fixed_scale:
        said.append(f"{distribution}: the scale is {_SCALE_OF_FAMILY[distribution]:g}, not the one given")
    return tuple(said)


def _standardised(sample: ParametricSample, counted: Flags) -> _Design:
    """Columns of other values than 0 and 1 centred and divided by their standard deviation."""
    given = np.empty((counted.size, 0)) if sample.covariates is None else sample.covariates
    x = np.column_stack((np.ones(int(counted.sum())), given[counted]))
    plain = np.all((x == 0) | (x == 1), axis=0)
    centre = np.where(plain, 0.0, x.mean(axis=0))
    spread = np.sqrt(np.mean((x - centre) ** 2, axis=0))
    plain |= spread <= np.finfo(np.float64).eps * np.abs(centre)
    centre, width = np.where(plain, 0.0, centre), np.where(plain, 1.0, spread)
    back = np.diag(1 / width)
    back[0, 1:] = -(centre / width)[1:]
    x = (x - centre) / width
    weight = np.ones(x.shape[0]) if sample.weight is None else sample.weight[counted]
    return _Design(x=x, kept=own_columns(x, weight), back=back)


def _fit_of(parts: _Parts, log_time: float) -> ParametricFit:
    rows, design, found = parts.rows, parts.design, parts.found
    p = design.kept.size
    covariance = _inverse(found.sums.information)
    ran_off = _ran_off(parts, covariance)
    back = np.eye(p + found.parameters.size - rows.x.shape[1])
    back[:p, :p] = design.back
    among = np.concatenate((np.flatnonzero(design.kept), np.arange(p, back.shape[0])))
    back = back[:, among]
    values = back @ found.parameters
    covariance = back @ covariance @ back.T
    lost = np.concatenate((~design.kept, np.zeros(back.shape[0] - p, dtype=bool)))
    infinite = np.zeros(back.shape[0], dtype=bool)
    infinite[among] = ran_off
    # The intercept takes up what a centred column leaves, so it is lost with it.
    infinite[0] |= bool(np.any((design.back[0, 1:] != 0) & infinite[1:p]))
    covariance[lost | infinite, :] = covariance[:, lost | infinite] = np.nan
    values = np.where(lost, np.nan, np.where(infinite, np.copysign(np.inf, values), values))
    std_err = np.sqrt(np.diag(covariance))
    log_scale = np.full(1, rows.fixed_log_scale) if rows.scale_is_fixed else values[p:]
    statistic = max(2 * (found.sums.log_likelihood - parts.null.sums.log_likelihood), 0.0)
    df = rows.x.shape[1] - 1
    return ParametricFit(
        distribution=parts.distribution,
        coef=values[:p],
        std_err=std_err[:p],
        scale=np.exp(log_scale),
        log_scale=log_scale,
        std_err_log_scale=np.full(1, np.nan) if rows.scale_is_fixed else std_err[p:],
        covariance=covariance,
        loglik_null=parts.null.sums.log_likelihood - log_time,
        loglik=found.sums.log_likelihood - log_time,
        likelihood_ratio=statistic,
        df=df,
        p_value=_tail(statistic, df),
        aic=-2 * (found.sums.log_likelihood - log_time) + 2 * found.parameters.size,
        n=rows.lower.size,
        iterations=found.iterations,
        converged=found.converged,
        scale_is_fixed=rows.scale_is_fixed,
        warning=_warning(parts, lost, infinite[:p]),
    )


def _inverse(information: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.inv(information))
    except np.linalg.LinAlgError:
        return np.full_like(information, np.nan)


def _ran_off(parts: _Parts, covariance: Floats) -> Flags:
    """Parameters about which nothing is left to know: the likelihood rises towards infinity without end."""
    before = np.abs(np.diag(summarise(parts.rows, parts.start).information))
    variance = np.diag(covariance)
    own = np.divide(1.0, variance, out=np.zeros(variance.size), where=np.isfinite(variance) & (variance > 0))
    return np.asarray(own < _SPENT_INFORMATION * before)


def _tail(statistic: float, df: int) -> float:
    if df == 0:
        return 1.0
    from scipy.special import chdtrc

    return float(chdtrc(df, statistic))


def _warning(parts: _Parts, lost: Flags, infinite: Flags) -> str | None:
    said = list(parts.remarks)
    if np.any(lost):
        said.append(f"{_columns(lost)}: constant or a sum of earlier columns, no coefficient")
    if np.any(infinite):
        said.append(
            f"{_columns(infinite)}: the likelihood rises without end, so the coefficient is infinite and has no "
            "standard error"
        )
    if not parts.found.converged:
        said.append(f"no convergence after {parts.found.iterations} iterations")
    return "; ".join(said) or None


def _columns(which: Flags) -> str:
    numbers = [str(j) if j else "the intercept" for j in np.flatnonzero(which)]
    return f"column{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}"


def _new_design(fit: ParametricFit, covariates: ArrayLike) -> tuple[Floats, Floats, Codes]:
    """Intercept and covariates of new subjects, the coefficients, and their places, redundant columns left out."""
    x = np.atleast_2d(np.asarray(covariates, dtype=np.float64))
    if x.ndim != 2 or x.shape[1] != fit.coef.size - 1:
        raise EstimationError("new subjects need one value for each covariate of the model.")
    x = np.column_stack((np.ones(x.shape[0]), x))
    among = np.flatnonzero(~np.isnan(fit.coef))
    return x[:, among], np.where(np.isinf(fit.coef), np.nan, fit.coef)[among], among
