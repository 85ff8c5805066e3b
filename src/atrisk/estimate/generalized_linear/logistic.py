"""Logistic regression."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.canonical_family import deviance, log_likelihood, mean
from atrisk.estimate.generalized_linear.canonical_fit import (
    MOST_STEPS,
    exponential,
    fit_warning,
    linear_predictor,
    maximum_or_limit,
)
from atrisk.estimate.generalized_linear.regression_sample import RegressionRows, RegressionSample
from atrisk.estimate.generalized_linear.reweighted_least_squares import inverse, maximise
from atrisk.estimate.generalized_linear.separation import LimitingFit
from atrisk.estimate.wald import wald_table
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]

# Each step needs sums only; the check for separation, where a fit does not settle, looks at the rows.
EXECUTION: Final[Execution] = "rounds"


@dataclass(frozen=True, slots=True, eq=False)
class LogisticFit:
    """A fitted logistic model; arrays (1 + p,), intercept first, `covariance` (1 + p, 1 + p).

    `coef`: log odds ratio per unit of the covariate; NaN for a column that is constant or a sum of earlier
    ones; inf or -inf where separation lets the likelihood rise without end (NaN where the sign is not
    determined either), with NaN for standard error, z, p and limits. `warning` says so in words, else None.
    `coef_lower`, `coef_upper`: Wald limits of the coefficient. `linear_predictor`, `fitted` (n rows of the
    sample): x'b + offset and the probability. `n` counts rows with a weight above 0, `df` the coefficients.
    """

    coef: Floats
    std_err: Floats
    covariance: Floats
    z: Floats
    p_value: Floats
    coef_lower: Floats
    coef_upper: Floats
    linear_predictor: Floats
    fitted: Floats
    deviance: float
    null_deviance: float
    loglik: float
    loglik_null: float
    n: int
    df: int
    iterations: int
    converged: bool
    separated: bool
    warning: str | None
    conf_level: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)

    @property
    def odds_ratio(self) -> Floats:
        """exp(coef), 0 or infinite where the coefficient is."""
        return exponential(self.coef)

    @property
    def lower(self) -> Floats:
        """Lower Wald limits of the odds ratios."""
        return exponential(self.coef_lower)

    @property
    def upper(self) -> Floats:
        """Upper Wald limits of the odds ratios."""
        return exponential(self.coef_upper)

    @property
    def likelihood_ratio(self) -> float:
        """Twice the rise of the log-likelihood over the model of an intercept (and offset) alone."""
        return max(self.null_deviance - self.deviance, 0.0)

    @property
    def likelihood_ratio_p(self) -> float:
        """The p value of the likelihood ratio, chi squared on df - 1; NaN without a covariate."""
        if self.df < 2:
            return math.nan
        from scipy.special import chdtrc

        return float(chdtrc(self.df - 1, self.likelihood_ratio))

    @property
    def df_residual(self) -> int:
        """Patients less coefficients."""
        return self.n - self.df

    @property
    def aic(self) -> float:
        """Akaike's criterion, -2 log-likelihood + 2 coefficients."""
        return -2.0 * self.loglik + 2.0 * self.df

    @property
    def bic(self) -> float:
        """Schwarz's criterion, -2 log-likelihood + log(n) coefficients."""
        return -2.0 * self.loglik + math.log(self.n) * self.df


def logistic(
    sample: RegressionSample, *, conf_level: float = 0.95, deviance_tolerance: float | None = None
) -> LogisticFit:
    """Logistic regression by maximum likelihood.

    Definition: P(outcome = 1) = 1 / (1 + exp(-eta)), eta = b0 + x'b + offset; b maximises
    sum w (y eta - log(1 + exp(eta))). Covariance (X'WX)^-1 with W = w mu (1 - mu); Wald limits coef -/+ z se.
    Source: McCullagh and Nelder 1989, sections 2.5 and 4.4; iteration and start as in R's glm.
    `outcome`: 0 or 1. Case weights count as so many patients alike, fractions included; the model's variance
    is then not that of a weighted analysis. `deviance_tolerance` None: to the last digit. 1e-8: R's own
    stopping rule (`epsilon`), whose standard errors are those of the last step's weights, to repeat R's figures;
    under separation too the numbers are then those where that rule stops, and `warning` says so.
    Edges: separation is decided exactly, by linear programming, whenever the fit does not settle; coefficients
    that stay finite are those of the limit (see LogisticFit), deviance and log-likelihood its extremes.
    Raises EstimationError for outcomes other than 0 and 1, nobody to count, or a `conf_level` outside (0, 1).
    """
    if np.any((sample.outcome != 0) & (sample.outcome != 1)):
        raise EstimationError("the outcome of a logistic regression must be 0 or 1 (false or true).")
    if deviance_tolerance is not None and not deviance_tolerance > 0:
        raise EstimationError("the tolerance of the deviance must be above 0, for example 1e-8.")
    rows = RegressionRows.of(sample)
    end, limit = maximum_or_limit(rows, "binomial", deviance_tolerance=deviance_tolerance)
    if limit is not None and deviance_tolerance is None:
        predictor = np.full(sample.outcome.size, np.nan)
        predictor[sample.counted] = limit.predictor
        found = _Found(limit.coef, limit.covariance, predictor, limit.iterations, converged=False, separated=limit)
        return _fit(sample, rows, found, conf_level)
    coef = rows.coefficients(end.beta)
    covariance = rows.matrix(inverse(end.information))
    predictor = linear_predictor(sample, coef)
    found = _Found(coef, covariance, predictor, end.iterations, converged=end.converged, separated=limit)
    return _fit(sample, rows, found, conf_level)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What the iterations, or the search for a limit, came to; `separated`: the limit, where there is no maximum."""

    coef: Floats
    covariance: Floats
    predictor: Floats
    iterations: int
    converged: bool
    separated: LimitingFit | None


def _fit(sample: RegressionSample, rows: RegressionRows, found: _Found, conf_level: float) -> LogisticFit:
    table = wald_table(found.coef, found.covariance, conf_level=conf_level)
    counted = found.predictor[sample.counted]
    null = null_predictor(rows)
    return LogisticFit(
        coef=found.coef,
        std_err=table.std_err,
        covariance=found.covariance,
        z=table.z,
        p_value=table.p_value,
        coef_lower=table.lower,
        coef_upper=table.upper,
        linear_predictor=found.predictor,
        fitted=mean("binomial", found.predictor),
        deviance=deviance("binomial", rows.outcome, counted, rows.weight),
        null_deviance=deviance("binomial", rows.outcome, null, rows.weight),
        loglik=log_likelihood("binomial", rows.outcome, counted, rows.weight),
        loglik_null=log_likelihood("binomial", rows.outcome, null, rows.weight),
        n=rows.outcome.size,
        df=int(rows.kept.sum()),
        iterations=found.iterations,
        converged=found.converged,
        separated=found.separated is not None,
        warning=_warning(found, rows),
        conf_level=conf_level,
    )


def null_predictor(rows: RegressionRows) -> Floats:
    """The linear predictor (m,) of the model of an intercept and the offset; infinite with one outcome only."""
    if np.ptp(rows.outcome) == 0:
        return np.full(rows.outcome.size, np.inf if rows.outcome[0] > 0 else -np.inf)
    alone = RegressionRows(
        outcome=rows.outcome,
        columns=np.ones((rows.outcome.size, 1)),
        weight=rows.weight,
        offset=rows.offset,
        kept=np.ones(1, dtype=bool),
        back=np.eye(1),
    )
    return maximise(alone, "binomial", most_iterations=MOST_STEPS).predictor


def _warning(found: _Found, rows: RegressionRows) -> str | None:
    stopped = found.separated is not None and found.coef is not found.separated.coef
    more = ("the numbers are those of the step at which the tolerance of the deviance stopped",) if stopped else ()
    return fit_warning(rows, found.separated, converged=found.converged, more=more)
