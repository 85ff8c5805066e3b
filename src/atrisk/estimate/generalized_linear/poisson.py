"""Poisson regression with robust variance: risk ratios and rate ratios."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.canonical_family import deviance, log_likelihood, mean
from atrisk.estimate.generalized_linear.canonical_fit import (
    exponential,
    fit_warning,
    linear_predictor,
    maximum_or_limit,
)
from atrisk.estimate.generalized_linear.regression_sample import RegressionRows, RegressionSample
from atrisk.estimate.generalized_linear.reweighted_least_squares import inverse
from atrisk.estimate.wald import wald_table
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]
PoissonVariance = Literal["robust", "model"]

# The steps and, patients being their own clusters, the sandwich are sums.
EXECUTION: Final[Execution] = "rounds"

# A direction of standardised columns with less than this share of the largest information has none.
_SINGULAR = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class PoissonFit:
    """A fitted log-linear model; arrays (1 + p,), intercept first, covariances (1 + p, 1 + p).

    `coef`: log ratio of expected outcomes per unit of the covariate; NaN for a redundant column, -inf (inf)
    where a group has no events (see LogisticFit), with NaN for what belongs to it. `covariance`, standard
    errors, z, p and limits are those of `variance`; `model_covariance` is the inverse information in any case.
    `fitted` (n rows of the sample): expected outcomes. `n` counts rows with a weight above 0.
    """

    coef: Floats
    std_err: Floats
    covariance: Floats
    model_covariance: Floats
    z: Floats
    p_value: Floats
    coef_lower: Floats
    coef_upper: Floats
    linear_predictor: Floats
    fitted: Floats
    deviance: float
    loglik: float
    n: int
    df: int
    iterations: int
    converged: bool
    separated: bool
    warning: str | None
    variance: PoissonVariance
    conf_level: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)

    @property
    def ratio(self) -> Floats:
        """exp(coef): risk ratios for an outcome of 0 and 1, rate ratios for counts with log time as the offset."""
        return exponential(self.coef)

    @property
    def lower(self) -> Floats:
        """Lower limits of the ratios."""
        return exponential(self.coef_lower)

    @property
    def upper(self) -> Floats:
        """Upper limits of the ratios."""
        return exponential(self.coef_upper)


def poisson(sample: RegressionSample, *, variance: PoissonVariance = "robust", conf_level: float = 0.95) -> PoissonFit:
    """Poisson regression, by default with the robust variance that makes it a model of risks.

    Definition: E(y) = exp(b0 + x'b + offset); b maximises sum w (y eta - exp(eta)). Variance: model, the inverse
    V of X'WX, W = w mu; robust, V B V with B the sum over patients (clusters) of u u', u = the sum of
    w (y - mu) x (HC0, without a small-sample factor). For an outcome of 0 and 1 the model's variance is too
    large and the robust one right: "modified Poisson" (Zou 2004, Am J Epidemiol 159:702-6; Huber 1967).
    `outcome`: counts or 0 and 1, not negative; an expected value may exceed 1.
    Edges: a group without events has no finite ratio: found by linear programming and said, the others being
    those of the limit. Fewer clusters than coefficients leave the robust variance singular: `warning` says so.
    Raises EstimationError for negative outcomes, an unknown variance, nobody to count, a bad `conf_level`.
    """
    if np.any(sample.outcome < 0):
        raise EstimationError("the outcome of a Poisson regression must not be negative.")
    if variance not in get_args(PoissonVariance):
        raise EstimationError(f"the variance '{variance}' is unknown; use robust or model.")
    rows = RegressionRows.of(sample)
    end, limit = maximum_or_limit(rows, "poisson")
    predictor = np.full(sample.outcome.size, np.nan)
    if limit is None:
        coef, model, iterations = rows.coefficients(end.beta), rows.matrix(inverse(end.information)), end.iterations
        predictor = linear_predictor(sample, coef)
    else:
        coef, model, iterations = limit.coef, limit.covariance, limit.iterations
        predictor[sample.counted] = limit.predictor
    covariance, clusters = model, rows.outcome.size
    if variance == "robust":
        covariance, clusters = _sandwich(sample, predictor, model, rows.kept)
    singular = clusters <= int(rows.kept.sum())
    few = ("no more clusters than coefficients: the robust variance says nothing",) if singular else ()
    table = wald_table(coef, covariance, conf_level=conf_level)
    counted = predictor[sample.counted]
    with np.errstate(invalid="ignore"):
        ends = _ends(rows, counted)
    return PoissonFit(
        coef=coef,
        std_err=table.std_err,
        covariance=covariance,
        model_covariance=model,
        z=table.z,
        p_value=table.p_value,
        coef_lower=table.lower,
        coef_upper=table.upper,
        linear_predictor=predictor,
        fitted=mean("poisson", predictor),
        deviance=ends[0],
        loglik=ends[1],
        n=rows.outcome.size,
        df=int(rows.kept.sum()),
        iterations=iterations,
        converged=limit is None and end.converged,
        separated=limit is not None,
        warning=fit_warning(rows, limit, converged=end.converged, more=few),
        variance=variance,
        conf_level=conf_level,
    )


def _ends(rows: RegressionRows, predictor: Floats) -> tuple[float, float]:
    """Deviance and log-likelihood; patients whose expected outcome went to their outcome of 0 add nothing."""
    finite = np.isfinite(predictor)
    some = (rows.outcome[finite], predictor[finite], rows.weight[finite])
    return deviance("poisson", *some), log_likelihood("poisson", *some)


def _sandwich(sample: RegressionSample, predictor: Floats, model: Floats, kept: Flags) -> tuple[Floats, int]:
    """V B V of the coefficients that have a variance, and the number of clusters.

    In a limit V is a generalised inverse over all columns, also those that run off: sums of them may be finite, and go
    along with the finite coefficients, whose variance is the same under every such inverse.
    """
    known = ~np.isnan(np.diag(model))
    used = sample.counted & np.isfinite(predictor)
    columns = known if np.array_equal(known, kept) else kept
    x = np.column_stack([np.ones(sample.outcome.size), sample.covariates])[np.ix_(used, columns)]
    weight = np.ones(int(used.sum())) if sample.weight is None else sample.weight[used]
    expected = mean("poisson", predictor[used])
    scores = (weight * (sample.outcome[used] - expected))[:, None] * x
    clusters = int(sample.counted.sum())
    if sample.cluster is not None:
        names, place = np.unique(sample.cluster[used], return_inverse=True)
        sums = np.zeros((names.size, scores.shape[1]))
        np.add.at(sums, place, scores)
        scores = sums
        clusters = np.unique(sample.cluster[sample.counted]).size
    if columns is known:
        bread = model[np.ix_(known, known)]
    else:
        size = np.sqrt(np.maximum((x**2).mean(axis=0), np.finfo(np.float64).tiny)) if x.size else np.ones(x.shape[1])
        information = (x * (weight * expected)[:, None]).T @ x / np.outer(size, size)
        bread = np.linalg.pinv(information, rcond=_SINGULAR, hermitian=True) / np.outer(size, size)
    half = scores @ bread
    inside = known[columns]
    covariance = np.full_like(model, np.nan)
    covariance[np.ix_(known, known)] = (half.T @ half)[np.ix_(inside, inside)]
    return covariance, clusters
