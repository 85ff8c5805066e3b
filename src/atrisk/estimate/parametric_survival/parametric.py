"""Parametric survival regression on exact, right, left and interval censored times."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, get_args

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.parametric_survival.location_scale_model import (
    Found,
    LocationScaleRows,
    maximise,
    start_given_scale,
    start_of,
    summarise,
)
from atrisk.estimate.parametric_survival.parametric_rows import ParametricDesign, null_rows, standardised
from atrisk.estimate.parametric_survival.parametric_sample import SCALE_OF_FAMILY, Distribution, ParametricSample
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rounds"

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_MOST_ITERATIONS = 100
# The first iterations of the model without covariates start the scale of the full model, as in R.
_MOST_NULL_ITERATIONS = 20
# A column whose own information has shrunk to this share of that at the start has a coefficient that ran off.
_SPENT_INFORMATION = 1e-6


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
    without, counted, log_time = null_rows(sample, distribution, fixed_scale)
    design = standardised(sample, counted)
    rows = replace(without, x=design.x[:, design.kept])
    remarks = _remarks(sample, counted, distribution, fixed_scale)
    most = _MOST_NULL_ITERATIONS if rows.x.shape[1] > 1 else _MOST_ITERATIONS
    first = maximise(without, start_of(without), tolerance=tolerance, most_iterations=most)
    null = first
    if not first.converged:
        null = maximise(without, first.parameters, tolerance=tolerance, most_iterations=_MOST_ITERATIONS)
    if rows.x.shape[1] == 1:
        return _fit_of(_Parts(distribution, design, rows, first.parameters, null, null, remarks), log_time)
    log_scale = np.full(1, rows.fixed_log_scale) if rows.scale_is_fixed else first.parameters[1:]
    start = start_given_scale(rows, log_scale)
    found = maximise(rows, start, tolerance=tolerance, most_iterations=_MOST_ITERATIONS)
    return _fit_of(_Parts(distribution, design, rows, start, null, found, remarks), log_time)


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """All that the iterations left behind."""

    distribution: Distribution
    design: ParametricDesign
    rows: LocationScaleRows
    start: Floats
    null: Found
    found: Found
    remarks: tuple[str, ...]


def _remarks(
    sample: ParametricSample, counted: Flags, distribution: Distribution, fixed_scale: float | None
) -> tuple[str, ...]:
    """What was done with the question before it was answered."""
    given = np.ones(counted.size, dtype=bool) if sample.weight is None else sample.weight > 0
    said = []
    if np.any(given & ~counted):
        said.append(f"rows left out that say nothing about the time of the event: {int(np.sum(given & ~counted))}")
    if fixed_scale is not None and SCALE_OF_FAMILY.get(distribution, fixed_scale) != fixed_scale:
        said.append(f"{distribution}: the scale is {SCALE_OF_FAMILY[distribution]:g}, not the one given")
    return tuple(said)


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
