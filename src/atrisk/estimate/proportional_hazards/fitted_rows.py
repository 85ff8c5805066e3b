"""The rows of a sample and their sums at the coefficients of its fit."""

from __future__ import annotations

import numpy as np

from atrisk.errors import EstimationError
from atrisk.estimate.proportional_hazards.cox_fit import CoxFit
from atrisk.estimate.proportional_hazards.cox_rows import CoxRows, StepSums, start, summarise
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample


def at_the_fit(sample: CoxSample, fit: CoxFit, *, exact: bool = True) -> tuple[CoxRows, StepSums]:
    """Rows and sums at the fit: Breslow's for exact ties, which `exact=False` refuses. Errors as `require_finite`."""
    require_finite(sample, fit)
    if fit.ties == "exact" and not exact:
        raise EstimationError("residuals do not exist for the exact likelihood; fit efron or breslow.")
    rows = start(sample)
    beta = np.where(np.isnan(fit.coef), 0.0, fit.coef * rows.scale)
    return rows, summarise(rows, beta, ties="breslow" if fit.ties == "exact" else fit.ties)


def require_finite(sample: CoxSample, fit: CoxFit) -> None:
    """Refuse a fit of other columns, or one whose risks do not exist."""
    if fit.coef.shape != sample.covariates.shape[1:]:
        raise EstimationError("the fit is not one of this sample: their numbers of covariates differ.")
    if np.any(np.isinf(fit.coef)):
        raise EstimationError("a coefficient is infinite: the patients' risks and residuals do not exist.")
