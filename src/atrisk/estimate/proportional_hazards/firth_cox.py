"""Cox regression with Firth's penalty: finite coefficients where the likelihood has no maximum."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.estimate.proportional_hazards.cox_fit import NO_TEST, ChiSquaredTest, chi_squared_test
from atrisk.estimate.proportional_hazards.cox_maximum import own_columns
from atrisk.estimate.proportional_hazards.cox_rows import CoxRows, StepSums, start, summarise
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.estimate.proportional_hazards.score_residual import cumulative_risk
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rounds"

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
FirthTies = Literal["efron", "breslow"]

_MOST_ITERATIONS = 500
_MOST_HALVINGS = 40
# Steps are in standard deviations of the covariates.
_SMALL_STEP = 1e-11
_LARGEST_STEP = 5.0
# A limit further out than this many standard errors is infinite.
_FURTHEST = 1e4


@dataclass(frozen=True, slots=True, eq=False)
class FirthCoxFit:
    """A Cox model with Firth's penalty; arrays are (p,), `covariance` (p, p).

    `lower`, `upper`: limits of the hazard ratio from the profile of the penalised likelihood, 0 or inf where it
    never falls far enough; `tests`: penalised likelihood ratio test of each coefficient, the others free;
    `likelihood_ratio_test`: of all coefficients. `coef` is NaN (and df 0) for a column that is constant among
    those at risk or a sum of earlier ones. `warning` says what could not be estimated and is None otherwise.
    """

    coef: Floats
    std_err: Floats
    covariance: Floats
    hazard_ratio: Floats
    lower: Floats
    upper: Floats
    tests: tuple[ChiSquaredTest, ...]
    likelihood_ratio_test: ChiSquaredTest
    penalised_loglik_null: float
    penalised_loglik: float
    loglik: float
    n: int
    n_event: int
    iterations: int
    converged: bool
    warning: str | None
    ties: FirthTies
    conf_level: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def firth_cox(
    sample: CoxSample, *, ties: FirthTies = "efron", conf_level: float = 0.95, profiled: int | None = None
) -> FirthCoxFit:
    """Cox regression by maximum penalised partial likelihood, with profile likelihood limits.

    Definition: b maximises l(b) + log det I(b) / 2, l the log partial likelihood and I its information: the
    penalty is Jeffreys' prior and takes the first-order bias away. Standard errors from I(b)^-1, without the
    penalty. Limits of b_j: where twice the penalised log-likelihood, maximised over the other coefficients, lies
    the chi squared quantile below its maximum.
    Source: Firth 1993, Biometrika 80:27; Heinze and Schemper 2001, Biometrics 57:114 (the model of R's coxphf).
    `profiled`: limits and tests of so many first columns alone, as they take nearly all the time; NaN for the others.
    Edges: see FirthCoxFit; the variance does not know case weights or clusters (fractional weights are taken as
    frequencies). Without an event nothing is estimable and `warning` says so.
    Raises EstimationError for unknown `ties`, a `conf_level` outside (0, 1), and clusters.
    """
    if ties not in get_args(FirthTies):
        raise EstimationError(f"the penalised likelihood knows the ties {' and '.join(get_args(FirthTies))} only.")
    if sample.cluster is not None:
        raise EstimationError("the penalised likelihood has no robust variance: leave the clusters out.")
    deviate = normal_quantile(conf_level)
    rows = start(sample)
    null = summarise(rows, np.zeros(rows.patients.x.shape[1]), ties=ties)
    n_event = int(rows.patients.event.sum())
    kept = own_columns(null, n_event) & (n_event > 0)
    model = _Penalised(rows, ties, kept)
    here = model.at(np.zeros(int(kept.sum())))
    best = _maximise(model, here, np.ones(here.beta.size, dtype=bool))
    wanted = np.flatnonzero(kept) < (kept.size if profiled is None else profiled)
    profiles = [_Profile(model, best, j) if wanted[j] else None for j in range(best.beta.size)]
    reach = deviate**2 / 2
    limits = [(each.limit(-1, reach), each.limit(1, reach)) if each else (math.nan, math.nan) for each in profiles]
    tests = [each.test() if each else NO_TEST for each in profiles]
    return _fit_of(model, here, best, limits=limits, tests=tests, conf_level=conf_level)


@dataclass(frozen=True, slots=True, eq=False)
class _Point:
    """The penalised likelihood at coefficients (q,) of the kept columns, with the unpenalised information."""

    beta: Floats
    value: float
    score: Floats
    information: Floats
    log_likelihood: float
    iterations: int = 0
    converged: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class _Penalised:
    """The penalised likelihood of some rows as a function of the kept columns' coefficients."""

    rows: CoxRows
    ties: FirthTies
    kept: Flags

    def at(self, beta: Floats) -> _Point:
        full = np.zeros(self.kept.size)
        full[self.kept] = beta
        sums = summarise(self.rows, full, ties=self.ties)
        inside = np.ix_(self.kept, self.kept)
        information = sums.information[inside]
        if beta.size == 0:
            return _Point(beta, sums.log_likelihood, beta, information, sums.log_likelihood)
        sign, log_det = np.linalg.slogdet(information) if np.all(np.isfinite(information)) else (0.0, 0.0)
        if sign <= 0 or not math.isfinite(sums.log_likelihood):
            return _Point(beta, -math.inf, np.zeros_like(beta), information, sums.log_likelihood)
        inverse = np.asarray(np.linalg.inv(information), dtype=np.float64)
        slope = _slope_of_log_det(self.rows, sums, inverse, self.kept)
        return _Point(
            beta,
            sums.log_likelihood + 0.5 * float(log_det),
            sums.score[self.kept] + 0.5 * slope,
            information,
            sums.log_likelihood,
        )


def _slope_of_log_det(rows: CoxRows, sums: StepSums, inverse: Floats, kept: Flags) -> Floats:
    """The gradient of log det I(b): tr(I^-1 dI/db_j) for each kept column: (q,).

    With e the mean at risk at one step of one tie, x a patient's covariates and q = x'I^-1 x, the step
    contributes E[(x - e)' I^-1 (x - e) (x - e)], which expands into E[q x] - E[q] e - 2 E[x x'] I^-1 e
    + 2 e (e' I^-1 e). The sums of E[q x] and E[x x'] I^-1 e over steps are sums over patients of what each lived
    through, so that no second moments per time are needed.
    """
    people, terms = rows.patients, sums.terms
    x = people.x[:, kept]
    s1, d1 = terms.s1[:, kept], terms.d1[:, kept]
    risk, lived = cumulative_risk(rows, sums)
    weighted = people.weight * risk
    size = np.einsum("ij,jk,ik->i", x, inverse, x)
    at_risk = terms.c2[:, None] * s1 - terms.c2f[:, None] * d1
    at_event = terms.c2f[:, None] * s1 - terms.c2ff[:, None] * d1
    drift = people.sets.covered(at_risk)
    drift[people.event] -= at_event[people.cell[people.event]]
    of_patients = x.T @ (weighted * (size * lived - 2 * np.einsum("ij,jk,ik->i", x, inverse, drift)))
    return np.asarray(of_patients + _of_steps(rows, sums, inverse, weighted * size, (s1, d1)))


def _of_steps(
    rows: CoxRows, sums: StepSums, inverse: Floats, weighted_size: Floats, at: tuple[Floats, Floats]
) -> Floats:
    """The terms -E[q] e + 2 e (e' I^-1 e), step by step of every tie."""
    people, terms = rows.patients, sums.terms
    s1, d1 = at
    q0 = people.sets.at_risk(weighted_size[:, None])[:, 0]
    qd = people.sets.ending(np.where(people.event, weighted_size, 0.0)[:, None])[:, 0]
    owner, share, den, mean_weight = terms.steps()
    mean = (s1[owner] - share[:, None] * d1[owner]) / den[:, None]
    mean_size = (q0[owner] - share * qd[owner]) / den
    own_size = np.einsum("ij,jk,ik->i", mean, inverse, mean)
    return np.asarray((mean_weight * (2 * own_size - mean_size)) @ mean)


def _maximise(model: _Penalised, here: _Point, free: Flags) -> _Point:
    """Quasi-Newton steps over the free coefficients, cut where they lower the penalised likelihood.

    The information, with which they begin, leaves the penalty's curvature out: steps by it alone may swing around
    the maximum for ever, so that each step's change of the score corrects it (Broyden, Fletcher, Goldfarb, Shanno).
    """
    if not np.any(free):
        return here
    inverse = np.asarray(np.linalg.inv(here.information[np.ix_(free, free)]), dtype=np.float64)
    for iteration in range(1, _MOST_ITERATIONS + 1):
        change = np.zeros_like(here.beta)
        change[free] = inverse @ here.score[free]
        longest = float(np.max(np.abs(change)))
        if longest < _SMALL_STEP:
            return _ended(here, iteration, True)
        if longest > _LARGEST_STEP:
            change *= _LARGEST_STEP / longest
        there = _uphill(model, here, change)
        if there is None:
            return _ended(here, iteration, longest < 1e-6)
        inverse = _corrected(inverse, (there.beta - here.beta)[free], (here.score - there.score)[free])
        here = there
    return _ended(here, _MOST_ITERATIONS, False)


def _corrected(inverse: Floats, step: Floats, fall: Floats) -> Floats:
    """The inverse curvature after a step over which the score fell by `fall`; the old one where it did not fall."""
    turn = float(step @ fall)
    if turn <= 0:
        return inverse
    left = np.eye(step.size) - np.outer(step, fall) / turn
    return np.asarray(left @ inverse @ left.T + np.outer(step, step) / turn)


def _ended(point: _Point, iterations: int, converged: bool) -> _Point:
    return _Point(point.beta, point.value, point.score, point.information, point.log_likelihood, iterations, converged)


def _uphill(model: _Penalised, here: _Point, change: Floats) -> _Point | None:
    noise = 1e-13 * max(1.0, abs(here.value))
    for halving in range(_MOST_HALVINGS):
        there = model.at(here.beta + change / 2**halving)
        if there.value >= here.value - noise:
            return there
    return None


@dataclass(frozen=True, slots=True, eq=False)
class _Profile:
    """The penalised likelihood as a function of one coefficient, maximised over the others."""

    model: _Penalised
    best: _Point
    column: int

    def at(self, value: float, near: _Point) -> _Point:
        free = np.arange(near.beta.size) != self.column
        beta = near.beta.copy()
        beta[self.column] = value
        here = self.model.at(beta)
        if not math.isfinite(here.value):
            beta = self.best.beta.copy()
            beta[self.column] = value
            here = self.model.at(beta)
        return _maximise(self.model, here, free) if math.isfinite(here.value) else here

    def test(self) -> ChiSquaredTest:
        """The penalised likelihood ratio test of the coefficient."""
        return chi_squared_test(max(2 * (self.best.value - self.at(0.0, self.best).value), 0.0), 1)

    def limit(self, side: int, reach: float) -> float:
        """Where the profile lies `reach` below its maximum, on one side; an infinity if it never does."""
        std_err = math.sqrt(np.linalg.inv(self.best.information)[self.column, self.column])
        inner, outer = self.best, self.best
        width = math.sqrt(2 * reach) * std_err
        while outer.value > self.best.value - reach:
            if width > _FURTHEST * std_err:
                return side * math.inf
            inner = outer
            outer = self.at(self.best.beta[self.column] + side * width, outer)
            width *= 1.6
        return self._between(inner, outer, reach)

    def _between(self, inner: _Point, outer: _Point, reach: float) -> float:
        """Newton's method on the profile, whose slope is the score, kept inside a bracket that closes."""
        target = self.best.value - reach
        low, high = float(inner.beta[self.column]), float(outer.beta[self.column])
        here = outer
        for _ in range(100):
            place, slope = float(here.beta[self.column]), float(here.score[self.column])
            guess = place - (here.value - target) / slope if slope and math.isfinite(here.value) else math.nan
            if not min(low, high) < guess < max(low, high):
                guess = (low + high) / 2
            here = self.at(guess, here if math.isfinite(here.value) else self.best)
            if here.value > target:
                low = guess
            else:
                high = guess
            if abs(guess - place) <= 1e-13 * max(1.0, abs(guess)) or here.value == target:
                break
        return float(here.beta[self.column])


def _fit_of(
    model: _Penalised,
    null: _Point,
    best: _Point,
    *,
    limits: list[tuple[float, float]],
    tests: list[ChiSquaredTest],
    conf_level: float,
) -> FirthCoxFit:
    kept, scale = model.kept, model.rows.scale
    people = model.rows.patients

    def spread(values: list[float] | Floats) -> Floats:
        full = np.full(kept.size, np.nan)
        full[kept] = np.asarray(values, dtype=np.float64) / scale[kept]
        return full

    coef = spread(best.beta)
    covariance = np.full((kept.size, kept.size), np.nan)
    if best.beta.size:
        inside = np.ix_(kept, kept)
        covariance[inside] = np.linalg.inv(best.information) / np.outer(scale[kept], scale[kept])
    waiting: Callable[[], ChiSquaredTest] = iter(tests).__next__
    with np.errstate(over="ignore"):
        lower, upper = (np.exp(spread([pair[side] for pair in limits])) for side in (0, 1))
        hazard_ratio = np.exp(coef)
    gain = max(2 * (best.value - null.value), 0.0)
    # The determinant in the covariates' own units.
    units = float(np.log(scale[kept]).sum())
    return FirthCoxFit(
        coef=coef,
        std_err=np.sqrt(np.diag(covariance)),
        covariance=covariance,
        hazard_ratio=hazard_ratio,
        lower=lower,
        upper=upper,
        tests=tuple(waiting() if one else NO_TEST for one in kept),
        likelihood_ratio_test=chi_squared_test(gain, int(kept.sum())),
        penalised_loglik_null=null.value + units,
        penalised_loglik=best.value + units,
        loglik=best.log_likelihood,
        n=people.event.size,
        n_event=int(people.event.sum()),
        iterations=best.iterations,
        converged=best.converged and bool(np.any(kept)),
        warning=_warning(kept, best, int(people.event.sum())),
        ties=model.ties,
        conf_level=conf_level,
    )


def _warning(kept: Flags, best: _Point, n_event: int) -> str | None:
    if n_event == 0:
        return "no event: no coefficient can be estimated"
    said = []
    if not np.all(kept):
        numbers = ", ".join(str(number) for number in np.flatnonzero(~kept) + 1)
        said.append(f"columns {numbers}: constant among those at risk or a sum of earlier columns, no coefficient")
    if not best.converged:
        said.append(f"no convergence after {best.iterations} iterations")
    return "; ".join(said) or None
