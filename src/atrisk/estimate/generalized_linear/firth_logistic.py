"""Logistic regression with Firth's penalty: finite estimates also under separation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.estimate.generalized_linear.canonical_family import log_likelihood, mean, variance
from atrisk.estimate.generalized_linear.regression_sample import RegressionRows, RegressionSample
from atrisk.estimate.generalized_linear.reweighted_least_squares import inverse
from atrisk.estimate.profile_limit import Profile, held, profile_limit
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only
from atrisk.summary.regression_sums import RegressionSums

Floats = NDArray[np.float64]

# The penalised score needs the inverse information of all patients: two sums a step.
EXECUTION: Final[Execution] = "rounds"

_MOST_STEPS = 500
_MOST_HALVINGS = 30
# In standard errors; the steps shrink by a constant factor, as the penalty's curvature is left out of them.
_SMALL_STEP = 1e-12
# The linear predictor of no patient moves further in one step.
_LONGEST = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class FirthLogisticFit:
    """A logistic model by penalised likelihood; arrays (1 + p,), intercept first.

    `coef`: log odds ratios, NaN for a redundant column, never infinite. `covariance` (1 + p, 1 + p) and
    `std_err`: from the information without the penalty, at the estimate. `coef_lower`, `coef_upper`: profile
    penalised likelihood limits. `chi_squared`, `p_value`: penalised likelihood ratio tests of each coefficient
    being 0 (1 df). `penalised_loglik` includes half the log-determinant of the information.
    """

    coef: Floats
    std_err: Floats
    covariance: Floats
    coef_lower: Floats
    coef_upper: Floats
    chi_squared: Floats
    p_value: Floats
    penalised_loglik: float
    loglik: float
    n: int
    df: int
    iterations: int
    converged: bool
    warning: str | None
    conf_level: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)

    @property
    def odds_ratio(self) -> Floats:
        """exp(coef)."""
        return np.exp(self.coef)

    @property
    def lower(self) -> Floats:
        """Lower profile limits of the odds ratios."""
        return np.exp(self.coef_lower)

    @property
    def upper(self) -> Floats:
        """Upper profile limits of the odds ratios."""
        return np.exp(self.coef_upper)


def firth_logistic(
    sample: RegressionSample, *, conf_level: float = 0.95, profiled: int | None = None
) -> FirthLogisticFit:
    """Logistic regression by Firth's penalised likelihood, with profile limits and tests.

    Definition: b maximises l*(b) = l(b) + log|X'WX| / 2, W = w mu (1 - mu): the roots of
    sum x (w (y - mu) + h (1/2 - mu)) = 0 with h the diagonal of the hat matrix. Limits of b_j: the values u with
    2 (l*(b) - max l* with b_j = u) = z^2; tests: the same difference at u = 0. In both the penalty is that of the
    whole model, the column of b_j included (logistf's convention; brglm2 has no profile).
    Source: Firth 1993, Biometrika 80:27-38; Heinze and Schemper 2002, Stat Med 21:2409-19.
    `outcome`: 0 or 1. `profiled`: limits and tests of the intercept and so many first columns alone, as they take
    nearly all the time; NaN for the others. Edges: the estimate exists whatever the data, also where everyone has the
    same outcome; redundant columns have none. The predicted probabilities do not average to the observed share.
    Raises EstimationError for outcomes other than 0 and 1, nobody to count, clusters, or a bad `conf_level`.
    """
    if np.any((sample.outcome != 0) & (sample.outcome != 1)):
        raise EstimationError("the outcome of a logistic regression must be 0 or 1 (false or true).")
    if sample.cluster is not None:
        raise EstimationError("the penalised likelihood has no robust variance: leave the clusters out.")
    normal_quantile(conf_level)
    rows = RegressionRows.of(sample)
    q = rows.columns.shape[1]
    best = _maximise(rows, np.zeros(q), np.eye(q))
    covariance = rows.matrix(inverse(best.information))
    coef, std_err = rows.coefficients(best.beta), np.sqrt(np.diag(covariance))
    lower, upper, chi_squared = (np.full(coef.size, np.nan) for _ in range(3))
    for j, functional in zip(np.flatnonzero(rows.kept), rows.back, strict=True):
        if profiled is not None and j > profiled:
            continue
        profile = _profile(rows, functional, best)
        lower[j] = profile_limit(profile, inside=coef[j], step=-std_err[j], conf_level=conf_level)
        upper[j] = profile_limit(profile, inside=coef[j], step=std_err[j], conf_level=conf_level)
        chi_squared[j] = max(profile(0.0)[0], 0.0)
    from scipy.special import chdtrc

    return FirthLogisticFit(
        coef=coef,
        std_err=std_err,
        covariance=covariance,
        coef_lower=lower,
        coef_upper=upper,
        chi_squared=chi_squared,
        p_value=np.asarray(chdtrc(1.0, chi_squared)),
        # The information of the covariates as they came, not that of the basis.
        penalised_loglik=best.penalised - float(np.linalg.slogdet(rows.back)[1]),
        loglik=log_likelihood("binomial", rows.outcome, rows.columns @ best.beta + rows.offset, rows.weight),
        n=rows.outcome.size,
        df=q,
        iterations=best.iterations,
        converged=best.converged,
        warning=_warning(rows, best.converged),
        conf_level=conf_level,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    """Coefficients of the basis, and the penalised likelihood, its score and the information there."""

    beta: Floats
    penalised: float
    score: Floats
    information: Floats
    iterations: int = 0
    converged: bool = False


def _point(rows: RegressionRows, beta: Floats) -> _Point:
    predictor = rows.columns @ beta + rows.offset
    mu, weight = mean("binomial", predictor), rows.weight * variance("binomial", predictor)
    residual = rows.weight * (rows.outcome - mu)
    sums = RegressionSums.of(rows.columns, weight, residual, deviance=0.0)
    sign, log_determinant = np.linalg.slogdet(sums.gram)
    if sign <= 0:
        return _Point(beta, -np.inf, sums.cross, sums.gram)
    hat = weight * np.einsum("ij,ij->i", rows.columns @ inverse(sums.gram), rows.columns)
    return _Point(
        beta=beta,
        penalised=log_likelihood("binomial", rows.outcome, predictor, rows.weight) + float(log_determinant) / 2.0,
        score=sums.cross + (hat * (0.5 - mu)) @ rows.columns,
        information=sums.gram,
    )


def _maximise(rows: RegressionRows, start: Floats, free: Floats) -> _Point:
    """The highest penalised likelihood among start + free @ g, by scoring."""
    here = _point(rows, start)
    for iteration in range(1, _MOST_STEPS + 1):
        change = free @ np.linalg.solve(free.T @ here.information @ free, free.T @ here.score)
        longest = float(np.max(np.abs(rows.columns @ change), initial=0.0))
        change *= min(1.0, _LONGEST / longest) if longest > 0 else 1.0
        small = float(change @ here.information @ change) < _SMALL_STEP**2
        noise = 1e-12 * (1.0 + abs(here.penalised))
        for _ in range(_MOST_HALVINGS):
            there = _point(rows, here.beta + change)
            if there.penalised >= here.penalised - noise:
                break
            change = change / 2.0
        else:
            return _Point(here.beta, here.penalised, here.score, here.information, iteration, small)
        here = there
        if small:
            return _Point(here.beta, here.penalised, here.score, here.information, iteration, converged=True)
    return _Point(here.beta, here.penalised, here.score, here.information, _MOST_STEPS)


def _profile(rows: RegressionRows, functional: Floats, best: _Point) -> Profile:
    """2 (l*(maximum) - l* with the coefficient held), and its derivative."""
    along, free = held(functional)
    covariance = inverse(best.information)
    # The others' likely move when the coefficient moves by 1.
    drift = covariance @ functional / (functional @ covariance @ functional)
    centre = float(functional @ best.beta)

    # Far from the estimate the others can have several maxima: the highest of those that are reached from the estimate
    # and from the nearest value solved before.
    solved = [(centre, best.beta)]

    def profile(value: float) -> tuple[float, float]:
        if not free.shape[1]:
            there = _point(rows, value * along)
            return 2.0 * (best.penalised - there.penalised), -2.0 * float(there.score @ along)
        near, beta = min(solved, key=lambda one: abs(one[0] - value))
        starts = [best.beta + (value - centre) * drift, beta + (value - near) * drift, beta + (value - near) * along]
        there = max((_maximise(rows, start, free) for start in starts), key=lambda point: point.penalised)
        solved.append((value, there.beta))
        return 2.0 * (best.penalised - there.penalised), -2.0 * float(there.score @ along)

    return profile


def _warning(rows: RegressionRows, converged: bool) -> str | None:
    texts = [] if converged else ["the iterations did not converge: the numbers are those of the last step"]
    redundant = [f"covariate {place}" for place in np.flatnonzero(~rows.kept)]
    if redundant:
        texts.append(f"covariates without a coefficient (constant, or a sum of earlier ones): {', '.join(redundant)}")
    return "; ".join(texts) or None
