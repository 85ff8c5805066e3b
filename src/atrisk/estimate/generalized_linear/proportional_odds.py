"""Proportional odds regression of an outcome with ordered levels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.recession import overlapping, signs
from atrisk.estimate.generalized_linear.regression_sample import RegressionRows, RegressionSample
from atrisk.estimate.generalized_linear.reweighted_least_squares import inverse
from atrisk.estimate.wald import wald_table
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Score and information of a step are sums over patients.
EXECUTION: Final[Execution] = "rounds"

_MOST_STEPS = 100
_MOST_HALVINGS = 40
_SMALL_STEP = 1e-9
# A predictor that still moves this much in one step has not settled: the likelihood may have no maximum.
_MOVING = 1e-2
# On the scale of the logit: 1 - expit(20) is 2e-9.
_FAR = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class ProportionalOddsFit:
    """A fitted proportional odds model; covariates' arrays (p,), thresholds' (k - 1,).

    `levels` (k,): the levels of the outcome that somebody has. `coef`: log odds ratio of being in a higher
    level, per unit of the covariate, the same at every threshold; NaN for a redundant column, inf or -inf (NaN:
    of either sign) where the likelihood has no maximum; then nothing else of the fit exists. `threshold`: log
    odds of being at or below each level but the last at covariates 0. `covariance` (p + k - 1,) squared, the
    coefficients first. Standard errors, z, p and Wald limits belong to the coefficients; `threshold_std_err` to
    the thresholds. `loglik_null` is that of the thresholds (and offset) alone.
    """

    levels: Floats
    coef: Floats
    std_err: Floats
    z: Floats
    p_value: Floats
    coef_lower: Floats
    coef_upper: Floats
    threshold: Floats
    threshold_std_err: Floats
    covariance: Floats
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
        """exp(coef)."""
        with np.errstate(over="ignore"):
            return np.exp(self.coef)

    @property
    def lower(self) -> Floats:
        """Lower Wald limits of the odds ratios."""
        with np.errstate(over="ignore"):
            return np.exp(self.coef_lower)

    @property
    def upper(self) -> Floats:
        """Upper Wald limits of the odds ratios."""
        with np.errstate(over="ignore"):
            return np.exp(self.coef_upper)

    @property
    def likelihood_ratio(self) -> float:
        """Twice the rise of the log-likelihood over the model without covariates."""
        return max(2.0 * (self.loglik - self.loglik_null), 0.0)

    @property
    def likelihood_ratio_p(self) -> float:
        """The p value of the likelihood ratio on as many df as coefficients; NaN without one."""
        coefficients = self.df - self.threshold.size
        if coefficients == 0 or math.isnan(self.loglik):
            return math.nan
        from scipy.special import chdtrc

        return float(chdtrc(coefficients, self.likelihood_ratio))


def proportional_odds(sample: RegressionSample, *, conf_level: float = 0.95) -> ProportionalOddsFit:
    """Ordinal regression with proportional odds by maximum likelihood.

    Definition: P(Y <= level j) = 1 / (1 + exp(-(a_j - eta))), eta = x'b + offset, a_1 < ... < a_(k-1): a positive
    b means higher levels (the sign of R's MASS::polr and ordinal::clm). Covariance: inverse of the observed
    information. Newton's method from the levels' shares; the likelihood is concave (Pratt 1981, JASA 76:103-6).
    Source: McCullagh 1980, J R Stat Soc B 42:109-42, eq. 2.2.
    `outcome`: numbers whose order is that of the levels; levels that nobody has do not exist. Case weights count
    as so many patients alike. With two levels this is logistic regression, a_1 the negative intercept.
    Edges: separation, decided by linear programming where the fit does not settle or ends far out: infinite
    coefficients are named, and no other number is given.
    Raises EstimationError for an outcome with one level, clusters, nobody to count, or a bad `conf_level`.
    """
    if sample.cluster is not None:
        raise EstimationError("proportional odds have no robust variance here: leave the clusters out.")
    rows = RegressionRows.of(sample)
    levels, place = np.unique(rows.outcome, return_inverse=True)
    if levels.size < 2:
        raise EstimationError("an ordinal regression needs an outcome of at least two levels.")
    model = _Model(rows.columns[:, 1:], place, levels.size, rows.weight, rows.offset)
    end = _maximise(model)
    slopes = rows.back[1:, 1:]
    limit = None if end.converged and not _far_away(model, end.beta) else _limit(model, slopes)
    null = _maximise(_Model(rows.columns[:, :0], place, levels.size, rows.weight, rows.offset))
    q, cuts = model.columns.shape[1], levels.size - 1
    kept = np.flatnonzero(rows.kept[1:])
    p = rows.kept.size - 1
    coef, covariance = np.full(p, np.nan), np.full((p + cuts, p + cuts), np.nan)
    threshold, loglik = np.full(cuts, np.nan), math.nan
    if limit is None:
        turn = np.eye(q + cuts)
        turn[:q, :q] = slopes
        # Centring moves the thresholds: a_j at covariates 0 is that at their means less the means' part.
        turn[q:, :q] = -rows.back[0, 1:]
        coef[kept], threshold = (turn @ end.beta)[:q], (turn @ end.beta)[q:]
        places = np.concatenate([kept, np.arange(p, p + cuts)])
        covariance[np.ix_(places, places)] = turn @ inverse(end.information) @ turn.T
        loglik = end.log_likelihood
    else:
        coef[kept] = np.where(limit == 0, np.nan, limit)
    table = wald_table(coef, covariance[:p, :p], conf_level=conf_level)
    return ProportionalOddsFit(
        levels=levels,
        coef=coef,
        std_err=table.std_err,
        z=table.z,
        p_value=table.p_value,
        coef_lower=table.lower,
        coef_upper=table.upper,
        threshold=threshold,
        threshold_std_err=np.sqrt(np.diag(covariance)[p:]),
        covariance=covariance,
        loglik=loglik,
        loglik_null=null.log_likelihood,
        n=rows.outcome.size,
        df=q + cuts,
        iterations=end.iterations,
        converged=limit is None and end.converged,
        separated=limit is not None,
        warning=_warning(coef, rows, limit is not None, end.converged),
        conf_level=conf_level,
    )


def penalised_mode(
    columns: Floats, level: Codes, *, n_levels: int, prior_sd: float, start: Floats | None = None
) -> tuple[Floats, Floats]:
    """The mode of coefficients and thresholds (q + k - 1,), in this order, and the information there.

    Definition: maximum of the log-likelihood of `proportional_odds` minus sum b^2 / (2 prior_sd^2): it exists also
    where covariates predict levels perfectly. `columns` (n, q) without a constant; every level must occur.
    """
    weight, offset = np.ones(level.size), np.zeros(level.size)
    end = _maximise(_Model(columns, level, n_levels, weight, offset, 1.0 / prior_sd**2), start)
    return end.beta, end.information


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """Columns (m, q), the level of each patient from 0 to k - 1, weights and offsets.

    `precision`: of independent normal priors of mean 0 on the coefficients, not on the thresholds; 0: none.
    """

    columns: Floats
    level: Codes
    n_levels: int
    weight: Floats
    offset: Floats
    precision: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    """Coefficients then thresholds, with log-likelihood, score and information there."""

    beta: Floats
    log_likelihood: float
    score: Floats
    information: Floats
    iterations: int = 0
    converged: bool = False


def _point(model: _Model, beta: Floats) -> _Point:
    """Log-likelihood, score and observed information; -inf where the thresholds are out of order.

    A patient between the thresholds u (above) and l (below) has the probability F(u) - F(l), which is written as
    F(u) (1 - F(l)) (1 - exp(l - u)): no digits are lost in the tails. Its logarithm has the derivatives
    1 - F(u) + e and -F(l) - e by u and l, e = 1 / (exp(u - l) - 1), and in the second order -F(u)(1 - F(u)) - c,
    -F(l)(1 - F(l)) - c and c (mixed), c = e (1 + e).
    """
    from scipy.special import expit

    q, cuts = model.columns.shape[1], model.n_levels - 1
    threshold = np.concatenate(([-np.inf], beta[q:], [np.inf]))
    predictor = model.columns @ beta[:q] + model.offset
    size = q + cuts
    if np.any(np.diff(beta[q:]) <= 0) or not np.all(np.isfinite(beta)):
        return _Point(beta, -math.inf, np.zeros(size), np.zeros((size, size)))
    width = np.diff(threshold)[model.level]
    above, below = threshold[model.level + 1] - predictor, threshold[model.level] - predictor
    with np.errstate(over="ignore"):
        e = 1.0 / np.expm1(width)
        log_likelihood = -np.logaddexp(0.0, -above) - np.logaddexp(0.0, below) + np.log(-np.expm1(-width))
    w, c = model.weight, e * (1.0 + e)
    by_above, by_below = w * (expit(-above) + e), -w * (expit(below) + e)
    # The open ends, at plus and minus infinity, are no parameters.
    second_above, second_below = w * (expit(above) * expit(-above) + c), w * (expit(below) * expit(-below) + c)
    mixed = -w * c
    score = np.empty(size)
    score[:q] = -(by_above + by_below) @ model.columns - model.precision * beta[:q]
    score[q:] = _per_cut(model, by_above, by_below)
    information = np.empty((size, size))
    curvature = second_above + second_below + 2.0 * mixed
    information[:q, :q] = model.columns.T @ (curvature[:, None] * model.columns) + model.precision * np.eye(q)
    threshold_above = (model.level[:, None] == np.arange(cuts)) * (second_above + mixed)[:, None]
    threshold_below = (model.level[:, None] == np.arange(1, cuts + 1)) * (second_below + mixed)[:, None]
    information[:q, q:] = -model.columns.T @ (threshold_above + threshold_below)
    information[q:, :q] = information[:q, q:].T
    between = np.bincount(model.level, weights=mixed, minlength=model.n_levels)[1:-1]
    information[q:, q:] = np.diag(_per_cut(model, second_above, second_below))
    information[q:, q:] += np.diag(between, 1) + np.diag(between, -1)
    height = float(w @ log_likelihood) - model.precision / 2.0 * float(beta[:q] @ beta[:q])
    return _Point(beta, height, score, information)


def _per_cut(model: _Model, above: Floats, below: Floats) -> Floats:
    """Sums (k - 1,) over the patients for whom a threshold is the upper one, and for whom it is the lower one."""
    upper = np.bincount(model.level, weights=above, minlength=model.n_levels)[:-1]
    return np.asarray(upper + np.bincount(model.level, weights=below, minlength=model.n_levels)[1:])


def _maximise(model: _Model, start: Floats | None = None) -> _Point:
    """Newton's method, by default from the thresholds of the levels' shares, halving until the likelihood rises."""
    shares = np.cumsum(np.bincount(model.level, weights=model.weight, minlength=model.n_levels))[:-1]
    shares = shares / model.weight.sum()
    mean_offset = float(np.average(model.offset, weights=model.weight))
    if start is None:
        start = np.concatenate([np.zeros(model.columns.shape[1]), np.log(shares / (1.0 - shares)) + mean_offset])
    here = _point(model, start)
    for iteration in range(1, _MOST_STEPS + 1):
        change = _solved(here)
        if change is None:
            return _with(here, iteration, converged=False)
        noise = 1e-10 * (1.0 + abs(here.log_likelihood))
        for halving in range(_MOST_HALVINGS):
            there = _point(model, here.beta + change / 2.0**halving)
            if there.log_likelihood >= here.log_likelihood - noise:
                break
        else:
            return _with(here, iteration, converged=False)
        here = there
        largest = float(np.max(np.abs(change), initial=0.0))
        if largest < _SMALL_STEP or (largest < _MOVING and change @ here.information @ change < _SMALL_STEP**2):
            return _with(here, iteration, converged=True)
    return _with(here, _MOST_STEPS, converged=False)


def _far_away(model: _Model, beta: Floats) -> bool:
    """Whether a threshold lies so far from someone that nothing tells the fit from one on its way to infinity.

    Out there the likelihood is flat to the last digit and a step may come out as small as at a maximum.
    """
    q = model.columns.shape[1]
    threshold = np.concatenate(([np.nan], beta[q:], [np.nan]))
    predictor = model.columns @ beta[:q] + model.offset
    farthest = np.fmax(threshold[model.level + 1] - predictor, predictor - threshold[model.level])
    return bool(np.max(farthest) > _FAR)


def _solved(here: _Point) -> Floats | None:
    try:
        change = np.linalg.solve(here.information, here.score)
    except np.linalg.LinAlgError:
        return None
    return np.asarray(change) if np.all(np.isfinite(change)) else None


def _with(here: _Point, iterations: int, *, converged: bool) -> _Point:
    return _Point(here.beta, here.log_likelihood, here.score, here.information, iterations, converged)


def _limit(model: _Model, slopes: Floats) -> Floats | None:
    """Where the kept coefficients go (inf, -inf, NaN; 0: they stay finite), or None if there is a maximum.

    Along a direction nobody's probability falls when every patient's upper threshold rises relative to their
    predictor, and their lower one falls: two rows of constraints a patient, one at either end of the levels.
    """
    m, q = model.columns.shape
    cuts = model.n_levels - 1
    has_upper, has_lower = model.level < cuts, model.level > 0
    upper = np.zeros((m, q + cuts))
    upper[:, :q] = -model.columns
    lower = -upper
    upper[np.flatnonzero(has_upper), q + model.level[has_upper]] = 1.0
    lower[np.flatnonzero(has_lower), q + model.level[has_lower] - 1] = -1.0
    constraints = np.vstack([upper[has_upper], lower[has_lower]])
    if np.all(overlapping(constraints)):
        return None
    return signs(constraints, np.hstack([slopes, np.zeros((len(slopes), cuts))]))


def _warning(coef: Floats, rows: RegressionRows, separated: bool, converged: bool) -> str | None:
    texts = []
    if separated:
        away = [f"covariate {place + 1}" for place in np.flatnonzero(np.isinf(coef))]
        told = f"; infinite: {', '.join(away)}" if away else ""
        texts.append(f"separation: covariates predict some levels perfectly, the likelihood has no maximum{told}")
    elif not converged:
        texts.append("the iterations did not converge: the numbers are those of the last step")
    redundant = [f"covariate {place}" for place in np.flatnonzero(~rows.kept)]
    if redundant:
        texts.append(f"covariates without a coefficient (constant, or a sum of earlier ones): {', '.join(redundant)}")
    return "; ".join(texts) or None
