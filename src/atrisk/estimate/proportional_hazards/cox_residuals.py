"""Residuals of a Cox model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.estimate.proportional_hazards.cox_fit import CoxFit
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.estimate.proportional_hazards.fitted_rows import at_the_fit, require_finite
from atrisk.estimate.proportional_hazards.score_residual import martingale_residual, score_residual
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class SchoenfeldResiduals:
    """One row per event, in order of stratum, time and row of the sample; columns as the covariates.

    `row` (d,): the event's row in the sample; `residual` (d, p): covariates less their mean at risk; `scaled`
    (d, p): d V residual + b, whose smooth over time shows b(t).
    """

    row: Codes
    stratum: Codes
    time: Floats
    residual: Floats
    scaled: Floats

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def linear_predictor(sample: CoxSample, fit: CoxFit) -> Floats:
    """x'b + offset of each row, not centred: (n,). Columns without a coefficient count as 0.

    Added up column by column, so that equal covariates give equal predictors to the last bit.
    """
    require_finite(sample, fit)
    total = np.zeros(sample.time.size) if sample.offset is None else np.array(sample.offset)
    for j in np.flatnonzero(~np.isnan(fit.coef)):
        total += sample.covariates[:, j] * fit.coef[j]
    return total


def martingale_residuals(sample: CoxSample, fit: CoxFit) -> Floats:
    """Events observed less expected, event_i - exp(x_i'b) H_0(time_i): (n,).

    With Efron's ties a tied event counts what its share of the tie leaves at risk; with exact ties H_0 is
    Breslow's, as in R. Source: Therneau, Grambsch and Fleming 1990, Biometrika 77:147.
    Edges: NaN in rows of weight 0. Raises EstimationError for a fit with infinite coefficients.
    """
    rows, sums = at_the_fit(sample, fit)
    return _spread(sample, martingale_residual(rows, sums))


def deviance_residuals(sample: CoxSample, fit: CoxFit) -> Floats:
    """Martingale residuals M made symmetric: sign(M) sqrt(-2 (M + event log(event - M))): (n,).

    Source: Therneau, Grambsch and Fleming 1990, eq. 6. Edges and errors as for `martingale_residuals`.
    """
    residual = martingale_residuals(sample, fit)
    with np.errstate(divide="ignore"):
        log_expected = np.log(np.where(sample.event, 1.0 - residual, 1.0))
    return np.asarray(np.sign(residual) * np.sqrt(np.maximum(-2 * (residual + log_expected), 0.0)))


def score_residuals(sample: CoxSample, fit: CoxFit) -> Floats:
    """Each row's part of the score, without its case weight: (n, p).

    Definition: integral of (x_i - mean of x at risk) dM_i; weighted, they sum to the score, 0 at the estimate.
    Source: Therneau and Grambsch 2000, section 4.6. Edges: NaN in rows of weight 0.
    Raises EstimationError for exact ties, where no such decomposition is known, and infinite coefficients.
    """
    rows, sums = at_the_fit(sample, fit, exact=False)
    return _spread(sample, score_residual(rows, sums) * rows.scale)


def dfbeta(sample: CoxSample, fit: CoxFit, *, standardised: bool = False) -> Floats:
    """The approximate change of each coefficient when a row is left out: (n, p); in standard errors if asked.

    Definition: w_i (score residual)' V, V the model-based covariance; 0 for columns without a coefficient.
    `standardised` divides by sqrt(V_jj) (R's dfbetas): NaN for columns without a coefficient.
    Source: Cain and Lange 1984, Biometrics 40:493. Edges and errors as for `score_residuals`.
    """
    rows, sums = at_the_fit(sample, fit, exact=False)
    variance = np.nan_to_num(fit.model_covariance, nan=0.0)
    change = (rows.patients.weight[:, None] * score_residual(rows, sums) * rows.scale) @ variance
    if standardised:
        with np.errstate(divide="ignore", invalid="ignore"):
            change = change / np.where(np.isnan(fit.coef), np.nan, np.sqrt(np.diag(variance)))
    return _spread(sample, change)


def schoenfeld_residuals(sample: CoxSample, fit: CoxFit) -> SchoenfeldResiduals:
    """Covariates of each event less their mean among those at risk, raw and scaled.

    With Efron's ties the mean is averaged over the steps of the tie. `scaled` is d V r + b, V the model-based
    covariance and d the number of events; columns without a coefficient count as b = 0, V = 0.
    Source: Schoenfeld 1982, Biometrika 69:239; Grambsch and Therneau 1994.
    Edges: an event of weight 0 has no row. Raises EstimationError as `score_residuals` does.
    """
    rows, sums = at_the_fit(sample, fit, exact=False)
    people = rows.patients
    failed = np.flatnonzero(people.event)
    cell = people.cell[failed]
    order = np.argsort(cell, kind="stable")
    failed, cell = failed[order], cell[order]
    residual = (people.x[failed] - sums.terms.mean()[cell]) * rows.scale
    variance = np.nan_to_num(fit.model_covariance, nan=0.0)
    return SchoenfeldResiduals(
        row=np.flatnonzero(sample.counted)[failed],
        stratum=people.sets.cells.stratum[cell],
        time=people.sets.cells.time[cell],
        residual=residual,
        scaled=residual @ variance * failed.size + np.nan_to_num(fit.coef, nan=0.0),
    )


def _spread(sample: CoxSample, values: Floats) -> Floats:
    """Values of the rows with a weight, laid out over all rows: NaN in the others."""
    counted = sample.counted
    if np.all(counted):
        return values
    total = np.full((counted.size, *values.shape[1:]), np.nan)
    total[counted] = values
    return total
