"""Cox proportional hazards regression."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.estimate.partial_likelihood import Ties, TimeTerms, time_terms
from atrisk.summary.event_counts import case_weights, codes, entry_times, follow_up_times
from atrisk.summary.frozen_arrays import make_arrays_read_only
from atrisk.summary.risk_sums import RiskRows, RiskSums, weighted_gram
from atrisk.summary.spans import Spans

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

_MOST_ITERATIONS = 50
_MOST_HALVINGS = 30
# Steps are in standard deviations of the covariates (or, for nearly collinear ones, in standard errors); Newton
# squares the error, so that after a step of 1e-9 the coefficients stand at the limit of floating point.
_SMALL_STEP = 1e-9
# Share of a column's information that must be its own; below, it is constant or a sum of earlier columns.
_OWN_INFORMATION = 1e-9
# A likelihood that no longer rises while the linear predictor still moves this much, in a direction whose
# information has shrunk to this share of that at 0, has no maximum in that direction.
_RUNAWAY = 1e-3
_SPENT_INFORMATION = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class CoxSample:
    """The patients (or spans of patients) of a Cox model.

    `time` (n,): end of follow-up, not negative; `event` (n,): whether the event happened then; `covariates`
    (n, p), p >= 1, finite; `stratum` (n,): codes from 0; `entry` (n,): at risk on (entry, time]; `weight` (n,):
    case weights, not negative; `offset` (n,): a known part of the linear predictor.
    Times are compared exactly: pass fractional ones through `snap_times` first.
    Raises EstimationError for values outside these domains.
    """

    time: Floats
    event: Flags
    covariates: Floats
    stratum: Codes | None = None
    entry: Floats | None = None
    weight: Floats | None = None
    offset: Floats | None = None

    def __post_init__(self) -> None:
        time = follow_up_times(self.time)
        event = codes("event", self.event, time.size)
        if event.size and event.max() > 1:
            raise EstimationError("'event' must be true or false (1 or 0).")
        x = np.asarray(self.covariates, dtype=np.float64)
        if x.ndim != 2 or x.shape[0] != time.size or x.shape[1] == 0 or not np.all(np.isfinite(x)):
            raise EstimationError("covariates must be finite, one row for each follow-up time and >= 1 column.")
        given: dict[str, Any] = {"time": time, "event": event.astype(bool), "covariates": x}
        given["entry"] = entry_times(self.entry, time)
        given["weight"] = case_weights(self.weight, time.size)
        if self.stratum is not None:
            given["stratum"] = codes("stratum", self.stratum, time.size)
        if self.offset is not None:
            offset = np.asarray(self.offset, dtype=np.float64)
            if offset.shape != time.shape or not np.all(np.isfinite(offset)):
                raise EstimationError("offsets must be finite, one for each follow-up time.")
            given["offset"] = offset
        for name, value in given.items():
            object.__setattr__(self, name, value)
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True)
class ChiSquaredTest:
    """A chi squared statistic with its degrees of freedom and upper tail probability."""

    statistic: float
    df: int
    p_value: float


@dataclass(frozen=True, slots=True, eq=False)
class CoxFit:
    """A fitted Cox model; arrays are (p,), `covariance` (p, p).

    `coef`: log hazard ratio per unit of the covariate; NaN for a column that is constant or a sum of earlier
    ones; inf or -inf where the likelihood has no maximum, with NaN for standard error, limits, z and p (and NaN
    for a coefficient that such a column leaves undetermined).
    `warning` says so in words and is None otherwise. `n` counts rows with a weight above 0.
    """

    coef: Floats
    std_err: Floats
    covariance: Floats
    hazard_ratio: Floats
    lower: Floats
    upper: Floats
    z: Floats
    p_value: Floats
    loglik_null: float
    loglik: float
    likelihood_ratio_test: ChiSquaredTest
    wald_test: ChiSquaredTest
    score_test: ChiSquaredTest
    n: int
    n_event: int
    iterations: int
    converged: bool
    warning: str | None
    ties: Ties
    conf_level: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def cox(sample: CoxSample, *, ties: Ties = "efron", conf_level: float = 0.95) -> CoxFit:
    """Cox regression by maximum partial likelihood.

    Definition: hazard h_0s(t) exp(x'b) in stratum s; b maximises
    sum over events of w (x'b) - sum over times of m sum_l log(S0 - (l/d) D0), S0 the sum of w exp(x'b) at risk,
    D0 that over the d events at the time, m their mean weight (Breslow: without the D0 term). Standard errors
    from the inverse information, Wald limits exp(b -/+ z se), tests of b = 0 by likelihood ratio, Wald, score.
    Source: Cox 1972; Efron 1977; Therneau and Grambsch 2000, chapter 3. Newton-Raphson to a step below 1e-9
    standard deviations of the covariates.
    Edges: see CoxFit for columns without an estimate; without an event, or without a column that varies among
    those at risk, nothing is estimable and `warning` says why. Weights give the model-based variance, which is
    not the variance of a weighted analysis.
    Raises EstimationError for unknown `ties` or a `conf_level` outside (0, 1).
    """
    if ties not in get_args(Ties):
        raise EstimationError(f"the treatment of ties '{ties}' is unknown; use efron or breslow.")
    z = normal_quantile(conf_level)
    rows = start(sample)
    null = summarise(rows, np.zeros(rows.patients.x.shape[1]), ties=ties)
    kept = _own_columns(null, int(rows.patients.event.sum()))
    end = _maximise(rows, null, kept, ties)
    return _fit_of(rows, null, end, z=z, ties=ties, conf_level=conf_level)


@dataclass(frozen=True, slots=True, eq=False)
class CoxRows:
    """A sample made ready for the sums: weights above 0, columns centred and divided by `scale` (p,)."""

    patients: RiskRows
    offset: Floats
    scale: Floats


@dataclass(frozen=True, slots=True, eq=False)
class StepSums:
    """What one Newton step needs at a coefficient vector, and the terms it was made from."""

    beta: Floats
    terms: TimeTerms
    log_likelihood: float
    score: Floats
    information: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _End:
    """Where the iterations stopped."""

    sums: StepSums
    kept: Flags
    infinite: Flags
    iterations: int
    converged: bool


def start(sample: CoxSample) -> CoxRows:
    """Rows ready for the sums; centring and scaling leave the likelihood as it is and steady the arithmetic."""
    weight = np.ones(sample.time.size) if sample.weight is None else sample.weight
    counted = weight > 0
    stratum = np.zeros(sample.time.size, dtype=np.int64) if sample.stratum is None else sample.stratum
    offset = np.zeros(sample.time.size) if sample.offset is None else sample.offset
    x = sample.covariates[counted]
    if x.shape[0]:
        centred = x - x.mean(axis=0)
        # What is left of a constant column after centring is rounding, not a covariate.
        constant = np.ptp(x, axis=0) == 0
        centred[:, constant] = 0.0
        scale = np.where(constant, 1.0, np.sqrt(np.mean(centred**2, axis=0)))
    else:
        centred, scale = x, np.ones(x.shape[1])
    spans, span = Spans.of(
        sample.time[counted], stratum[counted], None if sample.entry is None else sample.entry[counted]
    )
    return CoxRows(
        patients=RiskRows(spans, span, sample.event[counted], centred / scale, weight[counted]),
        # A common factor of all risks cancels; taking it out keeps the exponentials in range.
        offset=offset[counted] - (offset[counted].mean() if np.any(counted) else 0.0),
        scale=scale,
    )


def summarise(rows: CoxRows, beta: Floats, *, ties: Ties) -> StepSums:
    """Log-likelihood, score and information at coefficients of the scaled columns."""
    with np.errstate(over="ignore", invalid="ignore"):
        log_risk = rows.patients.x @ beta + rows.offset
        terms = time_terms(RiskSums.of(rows.patients, log_risk), ties=ties)
        risk = rows.patients.weight * np.exp(log_risk)
        gram = weighted_gram(rows.patients, risk, (terms.c1, terms.c1f))
        return StepSums(
            beta=beta,
            terms=terms,
            log_likelihood=terms.log_likelihood(),
            score=terms.score(),
            information=gram - terms.between(),
        )


def step(sums: StepSums, kept: Flags) -> Floats:
    """The Newton step for the kept columns; 0 for the others."""
    change = np.zeros_like(sums.beta)
    inside = np.ix_(kept, kept)
    try:
        change[kept] = np.linalg.solve(sums.information[inside], sums.score[kept])
    except np.linalg.LinAlgError:
        change[kept] = np.linalg.pinv(sums.information[inside], hermitian=True) @ sums.score[kept]
    return change


def _maximise(rows: CoxRows, null: StepSums, kept: Flags, ties: Ties) -> _End:
    here, none = null, np.zeros(kept.size, dtype=bool)
    if not np.any(kept) or not np.any(rows.patients.event):
        return _End(here, kept, none, 0, converged=False)
    for iteration in range(1, _MOST_ITERATIONS + 1):
        change = step(here, kept)
        noise = 1e-9 + 1e-12 * abs(here.log_likelihood)
        information = change @ here.information @ change
        spent = information < _SPENT_INFORMATION * (change @ null.information @ change)
        moves = np.abs(change) * np.ptp(rows.patients.x, axis=0)
        there = _uphill(rows, here, change, noise, ties)
        gain = -math.inf if there is None else there.log_likelihood - here.log_likelihood
        if gain < noise and spent and np.any(moves > _RUNAWAY):
            return _End(here, kept, moves > _RUNAWAY, iteration, converged=False)
        if there is None:
            return _End(here, kept, none, iteration, converged=False)
        here = there
        settled = information < _SMALL_STEP**2 and np.max(moves) < _RUNAWAY
        if np.max(np.abs(change)) < _SMALL_STEP or settled:
            return _End(here, kept, none, iteration, converged=True)
    return _End(here, kept, none, _MOST_ITERATIONS, converged=False)


def _uphill(rows: CoxRows, here: StepSums, change: Floats, noise: float, ties: Ties) -> StepSums | None:
    """The sums after the step, halved until the likelihood does not fall; None if it always does."""
    for halving in range(_MOST_HALVINGS):
        there = summarise(rows, here.beta + change / 2**halving, ties=ties)
        if there.log_likelihood >= here.log_likelihood - noise and np.all(np.isfinite(there.information)):
            return there
    return None


def _own_columns(null: StepSums, n_event: int) -> Flags:
    """Columns with information of their own given the columns before them (R's rule for NA coefficients)."""
    own = np.diag(null.information)
    # Scaled columns carry information of the order of the number of events; what lies far below that, or below
    # the terms whose difference it is, is rounding.
    size = np.maximum(float(n_event), own + np.diag(null.terms.between()))
    least = _OWN_INFORMATION * np.maximum(own, 1e-3 * np.maximum(size, np.max(own, initial=0.0)))
    kept = np.zeros(own.size, dtype=bool)
    reduced = null.information.copy()
    for j in range(own.size):
        pivot = reduced[j, j]
        if pivot > least[j]:
            kept[j] = True
            reduced = reduced - np.outer(reduced[:, j], reduced[j]) / pivot
    return kept


def _fit_of(rows: CoxRows, null: StepSums, end: _End, *, z: float, ties: Ties, conf_level: float) -> CoxFit:
    n_event = int(rows.patients.event.sum())
    estimable = end.kept & (n_event > 0)
    inverse = _inverse(end.sums.information, estimable)
    undetermined = _undetermined(end, estimable, null.information, inverse)
    finite = estimable & ~end.infinite & ~undetermined
    coef = np.where(estimable & ~undetermined, end.sums.beta / rows.scale, np.nan)
    coef[end.infinite] = np.copysign(np.inf, coef[end.infinite])
    covariance = np.full((coef.size, coef.size), np.nan)
    inverse = inverse / np.outer(rows.scale, rows.scale)
    covariance[np.ix_(finite, finite)] = inverse[np.ix_(finite, finite)]
    std_err = np.sqrt(np.diag(covariance))
    plain = np.where(finite, coef, np.nan)
    ratio = plain / std_err
    # Nearly collinear columns can have a hazard ratio beyond floating point: infinity is its nearest number.
    with np.errstate(over="ignore"):
        hazard_ratio, lower, upper = (np.exp(value) for value in (coef, plain - z * std_err, plain + z * std_err))
    df = int(estimable.sum())
    wald = _wald(end, finite) if np.array_equal(finite, estimable) else math.nan
    null_inverse = _inverse(null.information, estimable)
    score = null.score[estimable] @ null_inverse[np.ix_(estimable, estimable)] @ null.score[estimable]
    return CoxFit(
        coef=coef,
        std_err=std_err,
        covariance=covariance,
        hazard_ratio=hazard_ratio,
        lower=lower,
        upper=upper,
        z=ratio,
        p_value=np.array([math.erfc(abs(value) / math.sqrt(2)) for value in ratio]),
        loglik_null=null.log_likelihood,
        loglik=end.sums.log_likelihood,
        likelihood_ratio_test=_test(max(2 * (end.sums.log_likelihood - null.log_likelihood), 0.0), df),
        wald_test=_test(wald, df),
        score_test=_test(float(score), df),
        n=rows.patients.event.size,
        n_event=n_event,
        iterations=end.iterations,
        converged=end.converged,
        warning=_warning(end, undetermined, n_event),
        ties=ties,
        conf_level=conf_level,
    )


def _inverse(information: Floats, columns: Flags) -> Floats:
    """The inverse information of some columns, NaN elsewhere."""
    inverse = np.full_like(information, np.nan)
    inside = np.ix_(columns, columns)
    try:
        inverse[inside] = np.linalg.inv(information[inside])
    except np.linalg.LinAlgError:
        inverse[inside] = np.linalg.pinv(information[inside], hermitian=True)
    return inverse


def _undetermined(end: _End, estimable: Flags, null: Floats, inverse: Floats) -> Flags:
    """Finite columns about which nothing is left to know where the iterations stopped without a maximum."""
    if end.converged:
        return np.zeros_like(estimable)
    variance = np.diag(inverse)
    # Rounding can leave a variance negative or infinite where the information has run out.
    known = estimable & np.isfinite(variance) & (np.nan_to_num(variance) > 0)
    own = np.divide(1.0, variance, out=np.zeros(estimable.size), where=known)
    return np.asarray(estimable & ~end.infinite & ~(own > _SPENT_INFORMATION * np.diag(null)))


def _wald(end: _End, finite: Flags) -> float:
    beta = end.sums.beta[finite]
    return float(beta @ end.sums.information[np.ix_(finite, finite)] @ beta)


def _test(statistic: float, df: int) -> ChiSquaredTest:
    if df == 0:
        return ChiSquaredTest(statistic=math.nan, df=0, p_value=math.nan)
    from scipy.special import chdtrc

    return ChiSquaredTest(statistic=statistic, df=df, p_value=float(chdtrc(df, statistic)))


def _warning(end: _End, undetermined: Flags, n_event: int) -> str | None:
    if n_event == 0:
        return "no event: no coefficient can be estimated"
    said = []
    if not np.all(end.kept):
        said.append(f"{_columns(~end.kept)}: constant among those at risk or a sum of earlier columns, no coefficient")
    if np.any(end.infinite):
        said.append(
            f"{_columns(end.infinite)}: the likelihood rises without end (for example no event at one level), "
            "so the coefficient is infinite and has no limits"
        )
    elif not end.converged and np.any(end.kept):
        said.append(f"no convergence after {end.iterations} iterations")
    if np.any(undetermined):
        said.append(f"{_columns(undetermined)}: not determined by these patients, no coefficient")
    return "; ".join(said) or None


def _columns(which: Flags) -> str:
    numbers = np.flatnonzero(which) + 1
    return f"column{'s' if numbers.size > 1 else ''} {', '.join(str(number) for number in numbers)}"
