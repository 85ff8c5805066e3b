"""The baseline hazard of a Cox model, and the survival it predicts for new subjects."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import ConfType, check_conf_type, normal_quantile, pointwise_limits
from atrisk.estimate.proportional_hazards.cox_fit import CoxFit
from atrisk.estimate.proportional_hazards.cox_rows import CoxRows, start, summarise
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.estimate.proportional_hazards.partial_likelihood import TimeTerms
from atrisk.estimate.survival_curve.kaplan_meier import SurvivalCurve
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rounds"

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Reference = Literal["zero", "center"]


@dataclass(frozen=True, slots=True, eq=False)
class BaselineHazard:
    """The cumulative hazard of one stratum for a reference subject, at every time at which follow-up ends: (T,)."""

    stratum: int
    time: Floats
    cumulative_hazard: Floats

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def covariate_centers(sample: CoxSample) -> Floats:
    """The covariates of R's reference subject: means, 0 for a column with no values but -1, 0, 1: (p,).

    The means are weighted by the case weights, but, as in R, not with delayed entry. Edges: NaN without a row of
    weight above 0.
    """
    kept = sample.counted
    x = sample.covariates if np.all(kept) else sample.covariates[kept]
    if x.shape[0] == 0:
        return np.full(x.shape[1], np.nan)
    weight = None if sample.weight is None or sample.entry is not None else sample.weight[kept]
    centers = np.asarray(np.average(x, axis=0, weights=weight))
    for j in range(centers.size):
        # Most columns show a value of another kind among the first rows, and need no second look.
        if all(bool(np.all(np.isin(part[:, j], (-1.0, 0.0, 1.0)))) for part in (x[:100], x)):
            centers[j] = 0.0
    return centers


def baseline_hazard(sample: CoxSample, fit: CoxFit, *, reference: Reference = "zero") -> tuple[BaselineHazard, ...]:
    """The cumulative baseline hazard of each stratum.

    Definition: H_0(t) = sum over event times s <= t of d w / S0(s) (Breslow; also with exact ties), under Efron
    m sum_l 1 / (S0 - (l/d) D0), S0 the sum of w exp((x - x_ref)'b + offset) at risk. `reference` x_ref: all
    covariates 0, or `covariate_centers` (R's basehaz, centered = FALSE or TRUE). The offset is taken from its
    weighted mean, as in R: the reference subject has the mean offset.
    Source: Breslow 1972; Efron 1977; Therneau and Grambsch 2000, section 10.2.
    Raises EstimationError for a fit of other covariates or with infinite coefficients, and unknown references.
    """
    if reference not in get_args(Reference):
        raise EstimationError(f"the reference '{reference}' is unknown; use {' or '.join(get_args(Reference))}.")
    rows, terms = _terms_of(sample, fit)
    subject = np.zeros(fit.coef.size) if reference == "zero" else covariate_centers(sample)
    factor = math.exp(_log_risk(rows, fit, subject[None, :])[0] + _mean_offset(sample) - rows.offset_center)
    grid = rows.patients.sets.cells
    curves = []
    for stratum in np.unique(grid.stratum):
        cells = grid.stratum == stratum
        hazard = np.cumsum(terms.c1[cells]) * factor
        curves.append(BaselineHazard(int(stratum), grid.time[cells], hazard))
    return tuple(curves)


def predicted_survival(
    sample: CoxSample,
    fit: CoxFit,
    covariates: ArrayLike,
    *,
    offset: ArrayLike | None = None,
    conf_type: ConfType = "log",
    conf_level: float = 0.95,
) -> tuple[tuple[SurvivalCurve, ...], ...]:
    """The survival of new subjects in each stratum: `[stratum][subject]`.

    Definition: S(t | x) = exp(-H_0(t) exp(x'b + offset)). Variance of the cumulative hazard
    exp(2 x'b) (sum_s m sum_l 1 / den^2 + a'V a), a(t) = sum_s m sum_l (mean of x at risk - x) / den, den as in
    `baseline_hazard`, V the fit's covariance (robust where the fit is).
    Source: Tsiatis 1981, Ann Stat 9:93; Therneau and Grambsch 2000, eq. 10.6 and 10.8.
    `covariates` (q, p): new subjects; `offset` (q,): theirs, 0 without. The curves' numbers at risk, of events
    and of censorings are those of the stratum.
    Edges: columns without a coefficient take no part. Raises EstimationError as `baseline_hazard` does, for an
    unknown `conf_type`, and for covariates that are not finite.
    """
    check_conf_type(conf_type)
    normal_quantile(conf_level)
    x = np.asarray(covariates, dtype=np.float64)
    if x.ndim != 2 or x.shape[1] != fit.coef.size or not np.all(np.isfinite(x)):
        raise EstimationError("new subjects need finite covariates, one column for each of the fit's.")
    own = np.zeros(x.shape[0]) if offset is None else np.asarray(offset, dtype=np.float64)
    if own.shape != x.shape[:1] or not np.all(np.isfinite(own)):
        raise EstimationError("new subjects' offsets must be finite, one for each subject.")
    rows, terms = _terms_of(sample, fit)
    scaled = (x - rows.center) / rows.scale
    risk = np.exp(_log_risk(rows, fit, x) + own - rows.offset_center)
    grid = rows.patients.sets.cells
    curves = []
    for stratum in np.unique(grid.stratum):
        cells = grid.stratum == stratum
        hazard, variance = _hazard(rows, terms, fit, cells, scaled)
        counts = _counts(rows, cells)
        curves.append(
            tuple(
                _curve(
                    grid.time[cells],
                    counts,
                    hazard * factor,
                    np.sqrt(variance[:, subject]) * factor,
                    how=(conf_type, conf_level, fit.variance == "robust"),
                )
                for subject, factor in enumerate(risk)
            )
        )
    return tuple(curves)


def _terms_of(sample: CoxSample, fit: CoxFit) -> tuple[CoxRows, TimeTerms]:
    if fit.coef.shape != sample.covariates.shape[1:]:
        raise EstimationError("the fit is not one of this sample: their numbers of covariates differ.")
    if np.any(np.isinf(fit.coef)):
        raise EstimationError("a coefficient is infinite: there is no baseline hazard.")
    rows = start(sample)
    beta = np.where(np.isnan(fit.coef), 0.0, fit.coef * rows.scale)
    return rows, summarise(rows, beta, ties="breslow" if fit.ties == "exact" else fit.ties).terms


def _log_risk(rows: CoxRows, fit: CoxFit, x: Floats) -> Floats:
    """(x - center)'b of subjects (q, p), on the scale of the rows' own log risks: (q,)."""
    return np.asarray((x - rows.center) @ np.nan_to_num(fit.coef, nan=0.0))


def _mean_offset(sample: CoxSample) -> float:
    if sample.offset is None:
        return 0.0
    return float(np.average(sample.offset, weights=sample.weight))


def _hazard(rows: CoxRows, terms: TimeTerms, fit: CoxFit, cells: Flags, scaled: Floats) -> tuple[Floats, Floats]:
    """The cumulative hazard of the rows' centre (T,), and the variance of each subject's relative to its risk."""
    hazard = np.cumsum(terms.c1[cells])
    drift = np.cumsum((terms.c2[:, None] * terms.s1 - terms.c2f[:, None] * terms.d1)[cells], axis=0)
    covariance = np.nan_to_num(fit.covariance, nan=0.0) * np.outer(rows.scale, rows.scale)
    variance = np.empty((hazard.size, scaled.shape[0]))
    for subject, x in enumerate(scaled):
        away = drift - hazard[:, None] * x
        variance[:, subject] = np.cumsum(terms.c2[cells]) + np.einsum("ti,ij,tj->t", away, covariance, away)
    return hazard, variance


def _counts(rows: CoxRows, cells: Flags) -> Floats:
    """At risk, failing and censored in each cell by weight, then at risk and leaving in patients: (5, T)."""
    people = rows.patients
    weight, patients = people.weight, np.ones(people.weight.size)
    failing = np.where(people.event, weight, 0.0)
    at_risk = people.sets.at_risk(np.column_stack((weight, patients)))
    leaving = people.sets.ending(np.column_stack((failing, weight - failing, patients)))
    return np.vstack((at_risk[:, 0], leaving[:, :2].T, at_risk[:, 1], leaving[:, 2]))[:, cells]


def _curve(
    time: Floats, counts: Floats, hazard: Floats, std_err: Floats, *, how: tuple[ConfType, float, bool]
) -> SurvivalCurve:
    conf_type, conf_level, robust = how
    survival = np.exp(-hazard)
    lower, upper = pointwise_limits(survival, survival * std_err, conf_type=conf_type, conf_level=conf_level)
    return SurvivalCurve(
        time=time,
        n_at_risk=counts[0],
        n_event=counts[1],
        n_censored=counts[2],
        patients_at_risk=counts[3],
        patients_leaving=counts[4],
        survival=survival,
        std_err=survival * std_err,
        lower=lower,
        upper=upper,
        cumulative_hazard=hazard,
        std_err_cumulative_hazard=std_err,
        n=float(counts[4].sum()),
        last_time=float(time[-1]) if time.size else float("nan"),
        conf_type=conf_type,
        conf_level=conf_level,
        estimator="cox",
        robust=robust,
    )
