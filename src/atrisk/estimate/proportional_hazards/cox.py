"""Cox proportional hazards regression."""

from __future__ import annotations

import math
from typing import Final, get_args

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.estimate.proportional_hazards.cox_fit import (
    ChiSquaredTest,
    CoxFit,
    Variance,
    chi_squared_test,
    quadratic_form,
)
from atrisk.estimate.proportional_hazards.cox_maximum import SPENT_INFORMATION, Maximum, maximise, own_columns
from atrisk.estimate.proportional_hazards.cox_rows import CoxRows, StepSums, start, summarise
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.estimate.proportional_hazards.partial_likelihood import Ties
from atrisk.estimate.proportional_hazards.robust_variance import meat
from atrisk.summary.execution import Execution

__all__ = ["EXECUTION", "ChiSquaredTest", "CoxFit", "CoxSample", "Ties", "Variance", "cox"]

# The sums of a step add up over sites; the robust variance and exact ties need rows (their modules say so).
EXECUTION: Final[Execution] = "rounds"

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]


def cox(
    sample: CoxSample,
    *,
    ties: Ties = "efron",
    conf_level: float = 0.95,
    variance: Variance | None = None,
    relative_gain: float | None = None,
) -> CoxFit:
    """Cox regression by maximum partial likelihood.

    Definition: hazard h_0s(t) exp(x'b) in stratum s; b maximises
    sum over events of w (x'b) - sum over times of m sum_l log(S0 - (l/d) D0), S0 the sum of w exp(x'b) at risk,
    D0 that over the d events at the time, m their mean weight (Breslow: without the D0 term; exact: the
    conditional probability of the d events, `exact_ties`). Wald limits exp(b -/+ z se), tests of b = 0 by
    likelihood ratio, Wald, score. `variance`: "model", the inverse information V, or "robust", V B V with B the
    sum of squares of score residuals by cluster; None is robust with clusters or weights that are not whole
    numbers, as in R, else model. The likelihood ratio and the score test rest on the model.
    Source: Cox 1972; Efron 1977; Lin and Wei 1989; Therneau and Grambsch 2000, chapters 3, 7 and 8.
    Newton-Raphson to a step below 1e-9 standard deviations of the covariates; `relative_gain` stops earlier, at
    a relative change of the log-likelihood (R's coxph: 1e-9), and is there to compare iterations.
    Edges: see CoxFit for columns without an estimate; without an event, or without a column that varies among
    those at risk, nothing is estimable and `warning` says why. Rows of weight 0 take no part.
    Raises EstimationError for unknown `ties` or `variance`, a `conf_level` outside (0, 1), and exact ties with
    weights other than 1 or a robust variance.
    """
    if ties not in get_args(Ties):
        raise EstimationError(f"the treatment of ties '{ties}' is unknown; use {', '.join(get_args(Ties))}.")
    z = normal_quantile(conf_level)
    variance = _variance(sample, ties, variance)
    rows = start(sample)
    null = summarise(rows, np.zeros(rows.patients.x.shape[1]), ties=ties)
    kept = own_columns(null, int(rows.patients.event.sum()))
    end = maximise(rows, null, kept, ties=ties, relative_gain=relative_gain)
    cluster = None if sample.cluster is None else sample.cluster[sample.counted]
    return _fit_of(rows, null, end, z=z, conf_level=conf_level, how=(ties, variance, cluster))


def _variance(sample: CoxSample, ties: Ties, variance: Variance | None) -> Variance:
    if variance is None:
        whole = sample.weight is None or bool(np.all(sample.weight == np.floor(sample.weight)))
        variance = "model" if whole and sample.cluster is None else "robust"
    if variance not in get_args(Variance):
        raise EstimationError(f"the variance '{variance}' is unknown; use {' or '.join(get_args(Variance))}.")
    if ties == "exact":
        if sample.weight is not None and not np.all(sample.weight == 1):
            raise EstimationError("the exact likelihood knows no case weights; use efron or breslow.")
        if variance == "robust":
            raise EstimationError("the exact likelihood has no robust variance; use efron or breslow.")
    return variance


def _fit_of(
    rows: CoxRows,
    null: StepSums,
    end: Maximum,
    *,
    z: float,
    conf_level: float,
    how: tuple[Ties, Variance, Codes | None],
) -> CoxFit:
    ties, variance, cluster = how
    n_event = int(rows.patients.event.sum())
    estimable = end.kept & (n_event > 0)
    inverse = _inverse(end.sums.information, estimable)
    undetermined = _undetermined(end, estimable, null.information, inverse)
    finite = estimable & ~end.infinite & ~undetermined
    coef = np.where(estimable & ~undetermined, end.beta / rows.scale, np.nan)
    coef[end.infinite] = np.copysign(np.inf, coef[end.infinite])
    model = _of_columns(inverse, finite, rows.scale)
    covariance = model
    if variance == "robust" and np.any(finite):
        # Also the columns that run off: sums of them may be finite, and go along with the finite coefficients.
        bread = inverse[np.ix_(finite, estimable)]
        middle = meat(rows, end.sums, cluster)[np.ix_(estimable, estimable)]
        sandwich = np.full_like(inverse, np.nan)
        sandwich[np.ix_(finite, finite)] = bread @ middle @ bread.T
        covariance = _of_columns(sandwich, finite, rows.scale)
    std_err = np.sqrt(np.diag(covariance))
    plain = np.where(finite, coef, np.nan)
    ratio = plain / std_err
    # Nearly collinear columns can have a hazard ratio beyond floating point: infinity is its nearest number.
    with np.errstate(over="ignore"):
        hazard_ratio, lower, upper = (np.exp(value) for value in (coef, plain - z * std_err, plain + z * std_err))
    df = int(estimable.sum())
    whole = np.array_equal(finite, estimable)
    wald = (
        quadratic_form(plain[finite] * rows.scale[finite], _scaled(covariance, finite, rows.scale))
        if whole
        else math.nan
    )
    gain = max(2 * (end.sums.log_likelihood - null.log_likelihood), 0.0)
    return CoxFit(
        coef=coef,
        std_err=std_err,
        covariance=covariance,
        model_covariance=model,
        hazard_ratio=hazard_ratio,
        lower=lower,
        upper=upper,
        z=ratio,
        p_value=np.array([math.erfc(abs(value) / math.sqrt(2)) for value in ratio]),
        loglik_null=null.log_likelihood,
        loglik=end.sums.log_likelihood,
        likelihood_ratio_test=chi_squared_test(gain, df),
        wald_test=chi_squared_test(wald, df),
        score_test=_score_test(null, null.information, estimable),
        robust_score_test=_robust_score_test(rows, null, estimable, cluster) if variance == "robust" else None,
        n=rows.patients.event.size,
        n_event=n_event,
        iterations=end.iterations,
        converged=end.converged,
        warning=_warning(end, undetermined, n_event),
        ties=ties,
        variance=variance,
        conf_level=conf_level,
    )


def _of_columns(scaled: Floats, columns: Flags, scale: Floats) -> Floats:
    """The covariance of some columns in the covariates' own units, NaN elsewhere."""
    own = np.full_like(scaled, np.nan)
    inside = np.ix_(columns, columns)
    own[inside] = (scaled / np.outer(scale, scale))[inside]
    return own


def _scaled(covariance: Floats, columns: Flags, scale: Floats) -> Floats:
    return np.asarray((covariance * np.outer(scale, scale))[np.ix_(columns, columns)])


def _score_test(null: StepSums, variance: Floats, columns: Flags) -> ChiSquaredTest:
    score = null.score[columns]
    return chi_squared_test(quadratic_form(score, variance[np.ix_(columns, columns)]), int(columns.sum()))


def _robust_score_test(rows: CoxRows, null: StepSums, columns: Flags, cluster: Codes | None) -> ChiSquaredTest:
    return _score_test(null, meat(rows, null, cluster), columns)


def _inverse(information: Floats, columns: Flags) -> Floats:
    """The inverse information of some columns, NaN elsewhere."""
    inverse = np.full_like(information, np.nan)
    inside = np.ix_(columns, columns)
    try:
        inverse[inside] = np.linalg.inv(information[inside])
    except np.linalg.LinAlgError:
        inverse[inside] = np.linalg.pinv(information[inside], hermitian=True)
    return inverse


def _undetermined(end: Maximum, estimable: Flags, null: Floats, inverse: Floats) -> Flags:
    """Finite columns about which nothing is left to know where the iterations stopped without a maximum."""
    if end.converged:
        return np.zeros_like(estimable)
    variance = np.diag(inverse)
    # Rounding can leave a variance negative or infinite where the information has run out.
    known = estimable & np.isfinite(variance) & (np.nan_to_num(variance) > 0)
    own = np.divide(1.0, variance, out=np.zeros(estimable.size), where=known)
    return np.asarray(estimable & ~end.infinite & ~(own > SPENT_INFORMATION * np.diag(null)))


def _warning(end: Maximum, undetermined: Flags, n_event: int) -> str | None:
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
