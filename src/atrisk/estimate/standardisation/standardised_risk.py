"""Standardised risks of an outcome without follow-up, from a logistic model, and their differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import normal_quantile, pointwise_limits
from atrisk.estimate.generalized_linear.logistic import LogisticFit
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

# Each patient's predicted risks and influence are kept.
EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class StandardisedRisks:
    """The mean risk with each of G settings for everybody (G,), with `covariance` (G, G), limits, and why NaN."""

    estimate: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    covariance: Floats
    n: int
    conf_level: float
    reason: str = ""

    def __post_init__(self) -> None:
        make_arrays_read_only(self)

    def difference(self, first: int, second: int) -> tuple[float, float, float, float]:
        """The first setting's risk less the second's: estimate, standard error, normal limits cut to [-1, 1]."""
        spread = self.covariance[first, first] + self.covariance[second, second] - 2 * self.covariance[first, second]
        estimate = float(self.estimate[first] - self.estimate[second])
        std_err = float(np.sqrt(spread)) if spread > 0 else float("nan")
        reach = normal_quantile(self.conf_level) * std_err
        return estimate, std_err, float(np.maximum(estimate - reach, -1.0)), float(np.minimum(estimate + reach, 1.0))


def standardised_risks(
    sample: RegressionSample, fit: LogisticFit, settings: Sequence[Floats], *, conf_level: float = 0.95
) -> StandardisedRisks:
    """The mean of the patients' predicted risks with each setting of the group for everybody.

    Definition: p_g = 1/n sum_i expit(z_ig'b), z_ig the covariates (with 1 in front) with the group set to g. Influence
    of patient i: (expit(z_ig'b) - p_g)/n + d_g' I^-1 z_i (y_i - e_i), d_g = 1/n sum p (1 - p) z_ig the gradient and I
    the information: the sampling of covariates and the error of the coefficients, robust where the model is wrong.
    Limits of a risk on the logit scale.
    Source: Robins 1986 (g-formula); Lane and Nelder 1982, Biometrics 38:613-21; Ge et al. 2011, Drug Inf J 45:481-93.
    `settings`: (n, p) each, as `sample.covariates`. Edges: a coefficient without an end leaves NaN with the reason;
    columns without a coefficient take no part. Raises EstimationError for case weights and settings of another shape.
    """
    if sample.weight is not None:
        raise EstimationError("standardised risks of weighted patients are not offered.")
    if not settings or any(setting.shape != sample.covariates.shape for setting in settings):
        raise EstimationError("each setting must hold one row of covariates for each patient.")
    n, size = sample.outcome.size, len(settings)
    kept = np.isfinite(np.diag(fit.covariance))
    # A coefficient that is left out for being redundant is NaN, one without an end infinite.
    if np.any(np.isinf(fit.coef)) or fit.separated:
        nothing = np.full(size, np.nan)
        reason = fit.warning or "a coefficient of the model has no end"
        return StandardisedRisks(
            nothing, nothing, nothing, nothing, np.full((size, size), np.nan), n, conf_level, reason
        )
    coef = np.where(kept, fit.coef, 0.0)
    z = np.column_stack((np.ones(n), sample.covariates))[:, kept]
    own = ((sample.outcome - fit.fitted)[:, None] * z) @ fit.covariance[np.ix_(kept, kept)]
    estimate, influence = np.empty(size), np.empty((n, size))
    for place, setting in enumerate(settings):
        moved = np.column_stack((np.ones(n), setting))
        risk = 1.0 / (1.0 + np.exp(-(moved @ coef)))
        estimate[place] = risk.mean()
        gradient = (risk * (1.0 - risk)) @ moved[:, kept] / n
        influence[:, place] = (risk - estimate[place]) / n + own @ gradient
    covariance = influence.T @ influence
    std_err = np.sqrt(np.diag(covariance))
    lower, upper = pointwise_limits(estimate, std_err, conf_type="logit", conf_level=conf_level)
    return StandardisedRisks(estimate, std_err, lower, upper, covariance, n, conf_level)
