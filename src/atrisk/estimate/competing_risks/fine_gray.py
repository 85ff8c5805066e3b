"""Fine-Gray regression: proportional hazards of the subdistribution of one cause under competing risks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.competing_risks.subdistribution_likelihood import (
    SubdistributionModel,
    SubdistributionSums,
    influence,
    summarise,
)
from atrisk.estimate.competing_risks.subdistribution_rows import SubdistributionRows
from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.summary.codes import codes
from atrisk.summary.event_counts import case_weights, follow_up_times
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

_MOST_ITERATIONS = 100
_MOST_HALVINGS = 20
# Rise asked of a step, as a share of the rise that its slope promises.
_LEAST_RISE = 1e-4
# A rise that rounding hides, as a share of the log-likelihood.
_UNSEEN_RISE = 1e-12
# Share of a column's information that must be its own; below, it is constant or a sum of earlier columns.
_OWN_INFORMATION = 1e-9
# A coefficient whose own information has shrunk to this share of that at 0 has run off.
_SPENT_INFORMATION = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class FineGraySample:
    """The patients of a Fine-Gray model.

    `time` (n,): finite, not negative; `cause` (n,): 0 = censored, 1..C; `covariates` (n, p), finite; `moving`
    (n, q): covariates that are multiplied by functions of time; `censoring_group` (n,): codes from 0 of groups
    with a censoring distribution each (one for all by default); `weight` (n,): case weights, not negative;
    `cluster` (n,): codes of what the patients belong to, for the robust variance.
    Times are compared exactly: pass fractional ones through `snap_times` first.
    Raises EstimationError for values outside these domains.
    """

    time: Floats
    cause: Codes
    covariates: Floats
    moving: Floats | None = None
    censoring_group: Codes | None = None
    weight: Floats | None = None
    cluster: Codes | None = None

    def __post_init__(self) -> None:
        time = follow_up_times(self.time)
        given: dict[str, Any] = {"time": time, "cause": codes("cause", self.cause, time.size)}
        given["covariates"] = _columns(self.covariates, time.size)
        given["moving"] = np.empty((time.size, 0)) if self.moving is None else _columns(self.moving, time.size)
        if given["covariates"].shape[1] + given["moving"].shape[1] == 0:
            raise EstimationError("a Fine-Gray model needs at least one covariate.")
        given["censoring_group"] = codes("censoring_group", self.censoring_group, time.size)
        given["weight"] = case_weights(self.weight, time.size)
        if self.cluster is not None:
            given["cluster"] = codes("cluster", self.cluster, time.size)
        for name, value in given.items():
            object.__setattr__(self, name, value)
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True, eq=False)
class FineGrayFit:
    """A fitted Fine-Gray model; arrays are (k,) over fixed, then moving covariates, `covariance` (k, k).

    `coef`: log subdistribution hazard ratio; NaN for a column that is constant or a sum of earlier ones, inf or
    -inf where the likelihood rises without end. `covariance`: robust, with the term for the estimated censoring
    distribution; `inverse_information`: of the pseudo-likelihood alone, too small or too large under censoring.
    `event_time`, `jump` (M,): the steps of the cumulative subdistribution hazard of a patient whose covariates
    are all 0; `functions` (M, q): the functions of time there. `warning` is None where nothing is amiss.
    """

    coef: Floats
    std_err: Floats
    covariance: Floats
    inverse_information: Floats
    hazard_ratio: Floats
    lower: Floats
    upper: Floats
    z: Floats
    p_value: Floats
    loglik_null: float
    loglik: float
    event_time: Floats
    jump: Floats
    functions: Floats
    n: int
    n_event: int
    iterations: int
    converged: bool
    warning: str | None
    conf_level: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def fine_gray(
    sample: FineGraySample,
    cause: int,
    *,
    time_functions: Sequence[Callable[[Floats], Floats]] = (),
    conf_level: float = 0.95,
    tolerance: float = 1e-12,
    own_events: bool = False,
) -> FineGrayFit:
    """Fine-Gray regression of one cause by weighted partial likelihood.

    Definition: the subdistribution hazard h_0(t) exp(x'b); at each event time u of the cause those with an event
    of another cause before u stay at risk with weight G(u-)/G(X-), G the Kaplan-Meier curve of censoring (events
    at a time still at risk of being censored then). b maximises sum over events of w (x'b - log S0) (Breslow).
    Variance V (sum over clusters of squares of summed influences) V, V the inverse information.
    `time_functions`: one for each column of `moving`. `tolerance`: the largest score times coefficient, relative
    to the log-likelihood, at which the iterations stop (cmprsk: 1e-6). `own_events`: with several censoring
    distributions, let the variance term of each take the events of its own patients alone, as cmprsk::crr does;
    by default it takes them all, as the formula has it (docs/methods/fine_gray.md).
    Source: Fine and Gray 1999, J Am Stat Assoc 94:496; conventions as R's cmprsk.
    Edges: see FineGrayFit for columns without an estimate; no event of the cause: all NaN, with a `warning`.
    Case weights count in G, too; rows of weight 0 take no part.
    Raises EstimationError for a cause that is not positive, and one function for each moving covariate wanting.
    """
    z = normal_quantile(conf_level)
    if cause < 1:
        raise EstimationError("causes are numbered from 1; 0 stands for censoring.")
    moving = np.asarray(sample.moving)
    if len(time_functions) != moving.shape[1]:
        raise EstimationError("every moving covariate needs one function of time.")
    model, frame = _model(sample, cause, time_functions)
    null = summarise(model, np.zeros(frame.scale.size))
    kept = _own_columns(null.information)
    end = _maximise(model, null, kept, frame, tolerance) if np.any(kept) else _End(null, 0, converged=False)
    return _fit_of(model, _Outcome(frame, null, end, kept, own_events), z, conf_level)


def predicted_incidence(
    fit: FineGrayFit, covariates: ArrayLike, time: ArrayLike, *, moving: ArrayLike | None = None
) -> Floats:
    """The cumulative incidence of m new patients (m, p) at times (t,): shape (m, t).

    Definition: 1 - exp(-sum over event times u <= t of exp(x(u)'b) jump(u)). Columns without a coefficient are
    left out; NaN where one is infinite. Beyond the last event time the last value is carried on.
    Raises EstimationError where the numbers of columns do not fit the model.
    """
    x = np.atleast_2d(np.asarray(covariates, dtype=np.float64))
    q = fit.functions.shape[1]
    moved = np.empty((x.shape[0], 0)) if moving is None else np.atleast_2d(np.asarray(moving, dtype=np.float64))
    if x.shape[1] + q != fit.coef.size or moved.shape != (x.shape[0], q):
        raise EstimationError("new patients need one value for each covariate of the model.")
    coef = np.where(np.isnan(fit.coef), 0.0, np.where(np.isinf(fit.coef), np.nan, fit.coef))
    p = x.shape[1]
    location = (x @ coef[:p])[:, None] + (moved * coef[p:]) @ fit.functions.T
    with np.errstate(over="ignore"):
        hazard = np.cumsum(np.exp(location) * fit.jump, axis=1)
    hazard = np.concatenate((np.zeros((x.shape[0], 1)), hazard), axis=1)
    times = np.atleast_1d(np.asarray(time, dtype=np.float64))
    return np.asarray(-np.expm1(-hazard[:, np.searchsorted(fit.event_time, times, side="right")]))


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    """What was done to the columns: fixed ones centred, all divided; the cluster of each row in order of time."""

    centre: Floats
    scale: Floats
    cluster: Codes | None


@dataclass(frozen=True, slots=True, eq=False)
class _End:
    """Where the iterations stopped."""

    sums: SubdistributionSums
    iterations: int
    converged: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Outcome:
    """All that the iterations left behind."""

    frame: _Frame
    null: SubdistributionSums
    end: _End
    kept: Flags
    own_events: bool


def _columns(values: ArrayLike, n: int) -> Floats:
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 2 or x.shape[0] != n or not np.all(np.isfinite(x)):
        raise EstimationError("covariates must be finite, one row for each follow-up time.")
    return x


def _model(
    sample: FineGraySample, cause: int, time_functions: Sequence[Callable[[Floats], Floats]]
) -> tuple[SubdistributionModel, _Frame]:
    weight = np.ones(sample.time.size) if sample.weight is None else sample.weight
    order = np.argsort(sample.time, kind="stable")
    order = order[weight[order] > 0]
    group = np.unique(np.asarray(sample.censoring_group)[order], return_inverse=True)[1].reshape(-1)
    rows = SubdistributionRows.of(sample.time[order], sample.cause[order], cause, group, weight[order])
    fixed, moving = sample.covariates[order], np.asarray(sample.moving)[order]
    functions = np.empty((rows.at.size, moving.shape[1]))
    for j, function in enumerate(time_functions):
        functions[:, j] = function(rows.at)
    if not np.all(np.isfinite(functions)):
        raise EstimationError("a function of time is not finite at an event time.")
    # With a function of time a shift of the moving column is another model; the fixed ones can be centred.
    centre = fixed.mean(axis=0) if fixed.shape[0] else np.zeros(fixed.shape[1])
    constant = np.ptp(fixed, axis=0) == 0 if fixed.shape[0] else np.ones(fixed.shape[1], dtype=bool)
    centred = np.where(constant, 0.0, fixed - centre)
    scale = np.where(constant, 1.0, np.sqrt(np.mean(centred**2, axis=0))) if fixed.shape[0] else np.ones(centre.size)
    size = np.sqrt(np.mean(moving**2, axis=0)) if moving.shape[0] else np.ones(moving.shape[1])
    size = np.where(size > 0, size, 1.0)
    frame = _Frame(
        centre=np.concatenate((centre, np.zeros(size.size))),
        scale=np.concatenate((scale, size)),
        cluster=None if sample.cluster is None else sample.cluster[order],
    )
    return SubdistributionModel(rows, centred / scale, moving / size, functions), frame


def _own_columns(information: Floats) -> Flags:
    """Columns with information of their own given the columns before them."""
    own = np.diag(information)
    least = _OWN_INFORMATION * np.maximum(own, 1e-3 * np.max(own, initial=0.0))
    kept = np.zeros(own.size, dtype=bool)
    reduced = information.copy()
    for j in range(own.size):
        pivot = reduced[j, j]
        if pivot > least[j]:
            kept[j] = True
            reduced = reduced - np.outer(reduced[:, j], reduced[j]) / pivot
    return kept


def _maximise(
    model: SubdistributionModel, null: SubdistributionSums, kept: Flags, frame: _Frame, tolerance: float
) -> _End:
    """Newton-Raphson with halved steps; the stopping rule of cmprsk::crr, in units of the columns as given."""
    here = null
    for iteration in range(_MOST_ITERATIONS + 1):
        slope = np.abs(here.score * frame.scale) * np.maximum(np.abs(here.beta / frame.scale), 1.0)
        if np.max(slope[kept]) < max(abs(here.log_likelihood), 1.0) * tolerance:
            return _End(here, iteration, converged=True)
        change = np.zeros_like(here.beta)
        change[kept] = np.linalg.lstsq(here.information[np.ix_(kept, kept)], here.score[kept], rcond=None)[0]
        if float(here.score @ change) < _UNSEEN_RISE * max(abs(here.log_likelihood), 1.0):
            # Too small a rise to see beside rounding, and so near the maximum that one more step stands on it.
            return _End(summarise(model, here.beta + change), iteration + 1, converged=True)
        there = _uphill(model, here, change)
        if there is None:
            return _End(here, iteration, converged=False)
        here = there
    return _End(here, _MOST_ITERATIONS, converged=False)


def _uphill(model: SubdistributionModel, here: SubdistributionSums, change: Floats) -> SubdistributionSums | None:
    promise = float(here.score @ change)
    for halving in range(_MOST_HALVINGS + 1):
        share = 0.5**halving
        there = summarise(model, here.beta + share * change)
        usable = math.isfinite(there.log_likelihood) and bool(np.all(np.isfinite(there.information)))
        if usable and there.log_likelihood >= here.log_likelihood + _LEAST_RISE * share * promise:
            return there
    return None


def _fit_of(model: SubdistributionModel, outcome: _Outcome, z: float, conf_level: float) -> FineGrayFit:
    sums, frame, kept, rows = outcome.end.sums, outcome.frame, outcome.kept, model.rows
    inverse = _inverse(sums.information, kept)
    infinite = _ran_off(inverse, outcome.null.information, kept)
    covariance = np.full_like(inverse, np.nan)
    if np.any(kept):
        squares = _squares(model, outcome)[np.ix_(kept, kept)]
        bread = inverse[np.ix_(kept, kept)]
        covariance[np.ix_(kept, kept)] = bread @ squares @ bread
    lost = ~kept | infinite
    for matrix in (inverse, covariance):
        matrix[lost, :] = matrix[:, lost] = np.nan
        matrix /= np.outer(frame.scale, frame.scale)
    beta = sums.beta / frame.scale
    coef = np.where(~kept, np.nan, np.where(infinite, np.copysign(np.inf, beta), beta))
    std_err = np.sqrt(np.diag(covariance))
    plain = np.where(lost, np.nan, coef)
    ratio = plain / std_err
    with np.errstate(over="ignore"):
        hazard_ratio, lower, upper = (np.exp(value) for value in (coef, plain - z * std_err, plain + z * std_err))
        jump = rows.events / sums.risk * np.exp(-float(frame.centre @ np.where(kept, beta, 0.0)))
    if np.any(infinite):
        # Where a coefficient is infinite so is the hazard, or 0, at the values that the baseline stands for.
        jump = np.full_like(jump, np.nan)
    return FineGrayFit(
        coef=coef,
        std_err=std_err,
        covariance=covariance,
        inverse_information=inverse,
        hazard_ratio=hazard_ratio,
        lower=lower,
        upper=upper,
        z=ratio,
        p_value=np.array([math.erfc(abs(value) / math.sqrt(2)) for value in ratio]),
        loglik_null=outcome.null.log_likelihood,
        loglik=sums.log_likelihood,
        event_time=rows.at,
        jump=jump,
        functions=model.functions,
        n=rows.time.size,
        n_event=int(rows.event.sum()),
        iterations=outcome.end.iterations,
        converged=outcome.end.converged and not np.any(infinite),
        warning=_warning(rows, outcome, infinite),
        conf_level=conf_level,
    )


def _squares(model: SubdistributionModel, outcome: _Outcome) -> Floats:
    """The sum over clusters of the squares of their influence."""
    each = influence(model, outcome.end.sums, own_events=outcome.own_events) * model.rows.weight[:, None]
    if outcome.frame.cluster is not None:
        place = np.unique(outcome.frame.cluster, return_inverse=True)[1].reshape(-1)
        total = np.zeros((int(place.max()) + 1, each.shape[1]))
        for j in range(each.shape[1]):
            total[:, j] = np.bincount(place, weights=each[:, j], minlength=total.shape[0])
        each = total
    return np.asarray(each.T @ each)


def _inverse(information: Floats, columns: Flags) -> Floats:
    inverse = np.full_like(information, np.nan)
    inside = np.ix_(columns, columns)
    if not np.any(columns):
        return inverse
    try:
        inverse[inside] = np.linalg.inv(information[inside])
    except np.linalg.LinAlgError:
        inverse[inside] = np.linalg.pinv(information[inside], hermitian=True)
    return inverse


def _ran_off(inverse: Floats, null: Floats, kept: Flags) -> Flags:
    variance = np.diag(inverse)
    known = kept & np.isfinite(variance) & (np.nan_to_num(variance) > 0)
    own = np.divide(1.0, variance, out=np.zeros(kept.size), where=known)
    return np.asarray(kept & ~(own > _SPENT_INFORMATION * np.diag(null)))


def _warning(rows: SubdistributionRows, outcome: _Outcome, infinite: Flags) -> str | None:
    if rows.at.size == 0:
        return "no event of this cause: no coefficient can be estimated"
    said = []
    if not np.all(outcome.kept):
        said.append(
            f"{_named(~outcome.kept)}: constant among those at risk or a sum of earlier columns, no coefficient"
        )
    if np.any(infinite):
        said.append(f"{_named(infinite)}: the likelihood rises without end, so the coefficient is infinite")
    elif not outcome.end.converged and np.any(outcome.kept):
        said.append(f"no convergence after {outcome.end.iterations} iterations")
    return "; ".join(said) or None


def _named(which: Flags) -> str:
    numbers = np.flatnonzero(which) + 1
    return f"column{'s' if numbers.size > 1 else ''} {', '.join(str(number) for number in numbers)}"
