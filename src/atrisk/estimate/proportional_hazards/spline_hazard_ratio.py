"""The hazard ratio of a continuous covariate as a curve: a restricted cubic spline in a Cox model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.estimate.proportional_hazards.cox import cox
from atrisk.estimate.proportional_hazards.cox_fit import NO_TEST, ChiSquaredTest, CoxFit, chi_squared_test, wald_test
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.estimate.spline.restricted_cubic_spline import default_knots, restricted_cubic_spline
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rounds"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SplineHazardRatio:
    """Hazard ratios of M values of a covariate against the `reference` value (M,), with pointwise limits.

    `association`: Wald test that the covariate does not matter at all (k - 1 degrees of freedom with k `knots`);
    `non_linearity`: that its log hazard ratio is a straight line (k - 2), by Wald and, unless the variance is robust,
    by likelihood ratio. `fit`: the other columns in their order, then the k - 1 of the spline, made
    orthogonal, the straight line first. `reason` says why the curve is NaN, or is empty.
    """

    value: Floats
    hazard_ratio: Floats
    log_std_err: Floats
    lower: Floats
    upper: Floats
    reference: float
    knots: Floats
    association: ChiSquaredTest
    non_linearity: ChiSquaredTest
    non_linearity_likelihood_ratio: ChiSquaredTest
    reason: str
    fit: CoxFit

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def spline_hazard_ratio(
    sample: CoxSample,
    column: int,
    values: ArrayLike,
    *,
    knots: int | Sequence[float] = 4,
    reference: float | None = None,
    conf_level: float = 0.95,
) -> SplineHazardRatio:
    """The hazard ratio of values of one covariate against a reference value, other columns held constant.

    Definition: the Cox model (Efron ties) with the columns s(x) of a restricted cubic spline in place of the column;
    log hazard ratio (s(x) - s(x_0))'b with variance (s(x) - s(x_0))' V (s(x) - s(x_0)): 1 at x_0, without error;
    the median by default. `knots`: their number, at Harrell's quantiles (3 to 7), or where they are. A straight line
    is the case in which all columns but the first have no coefficient.
    Source: Durrleman and Simon 1989, Stat Med 8:551; Harrell 2015, sections 2.4.5 and 20.
    Edges: where the events do not determine the spline: NaN with a reason. Beyond the outer knots the curve is a
    straight line by assumption. Raises EstimationError for a column that the sample has not, values that are not
    finite, and knots as `restricted_cubic_spline` does.
    """
    z = normal_quantile(conf_level)
    chosen = np.atleast_1d(np.asarray(values, dtype=np.float64))
    if not 0 <= column < sample.covariates.shape[1]:
        raise EstimationError("the column of the spline is not one of the sample's.")
    x, others = sample.covariates[:, column], np.delete(sample.covariates, column, axis=1)
    against = float(np.median(x[sample.counted])) if reference is None else float(reference)
    if not np.all(np.isfinite(chosen)) or not np.isfinite(against):
        raise EstimationError("the values and the reference of a hazard ratio must be finite.")
    at = default_knots(x[sample.counted], knots) if isinstance(knots, int) else np.asarray(knots, dtype=np.float64)
    spline = restricted_cubic_spline(x, at)
    # The columns of a spline are all but collinear: in covariates of their own kind the variance keeps its digits.
    turned = _orthogonal(spline)
    columns = np.column_stack((others, (spline - spline.mean(axis=0)) @ turned))
    fit = cox(replace(sample, covariates=columns), conf_level=conf_level)
    own = slice(others.shape[1], None)
    b, covariance = fit.coef[own], fit.covariance[own, own]
    apart = (restricted_cubic_spline(chosen, at) - restricted_cubic_spline([against], at)) @ turned
    known = bool(np.all(np.isfinite(fit.std_err[own])))
    log_ratio, error = np.full((2, chosen.size), np.nan)
    if known:
        log_ratio = apart @ b
        error = np.sqrt(np.maximum(np.einsum("mi,ij,mj->m", apart, covariance, apart), 0.0))
    with np.errstate(over="ignore"):
        ratio, lower, upper = (np.exp(log_ratio + side * z * error) for side in (0, -1, 1))
    return SplineHazardRatio(
        value=chosen,
        hazard_ratio=ratio,
        log_std_err=error,
        lower=lower,
        upper=upper,
        reference=against,
        knots=at,
        association=wald_test(b, covariance) if known else NO_TEST,
        non_linearity=wald_test(b[1:], covariance[1:, 1:]) if known else NO_TEST,
        non_linearity_likelihood_ratio=_gain(sample, fit, b.size - 1) if known else NO_TEST,
        reason="" if known else "the events do not determine the curve",
        fit=fit,
    )


def _orthogonal(spline: Floats) -> Floats:
    """The triangular matrix that makes the centred columns orthogonal, the first staying the straight line: (q, q).

    So the coefficients of the others are 0 just where those of the spline's other columns are.
    """
    _, root = np.linalg.qr(spline - spline.mean(axis=0))
    size = np.abs(np.diag(root))
    if root.shape[0] < root.shape[1] or not np.all(size > 1e-10 * size.max()):
        return np.eye(spline.shape[1])
    return np.asarray(np.linalg.inv(root) * np.sqrt(spline.shape[0]))


def _gain(sample: CoxSample, fit: CoxFit, df: int) -> ChiSquaredTest:
    """Twice the gain in log-likelihood over the model with the covariate itself."""
    if fit.variance == "robust":
        return NO_TEST
    return chi_squared_test(max(2 * (fit.loglik - cox(sample).loglik), 0.0), df)
