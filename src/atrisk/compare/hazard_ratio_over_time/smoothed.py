"""The hazard ratio as a smooth curve over time, from the scaled Schoenfeld residuals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.compare.proportional_hazards import Transform, time_function
from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.estimate.proportional_hazards.cox_fit import CoxFit
from atrisk.estimate.proportional_hazards.cox_residuals import SchoenfeldResiduals, schoenfeld_residuals
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.estimate.spline.natural_spline import natural_spline
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]
# R's plot puts its inner knots at the quantiles of the events' g together with so many equally spaced points.
_GRID = 40


@dataclass(frozen=True, slots=True, eq=False)
class SmoothedCoefficient:
    """The smoothed log hazard ratio of one column at M times (M,), and the residuals (d,) it smooths.

    NaN outside the range of the event times, and throughout where `reason` says why there is no curve.
    """

    time: Floats
    log_hazard_ratio: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    event_time: Floats
    residual: Floats
    reason: str

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True)
class Smoothing:
    """The scale g of time on which the curve is smooth, its degrees of freedom, and the level of its limits."""

    transform: Transform = "km"
    df: int = 4
    conf_level: float = 0.95

    def __post_init__(self) -> None:
        normal_quantile(self.conf_level)
        if self.df < 2:
            raise EstimationError("a smoothed hazard ratio needs at least 2 degrees of freedom.")


def smoothed_coefficient(
    sample: CoxSample, fit: CoxFit, times: ArrayLike, *, column: int = 0, smoothing: Smoothing | None = None
) -> SmoothedCoefficient:
    """b(t) of one column at chosen times: a natural cubic spline in g(t) through the scaled Schoenfeld residuals.

    Definition: least squares of the scaled residuals d V r + b on a natural spline of g of the event times with `df`
    columns, its constant among them; inner knots at equally spaced quantiles (type 7) of the events' g together with 40
    equally spaced points over their range, as R has them. Standard error sqrt(d V_jj s'(X'X)^-1 s), s the spline at t.
    Source: Grambsch and Therneau 1994, section 4; Therneau and Grambsch 2000, section 6.2 (R's plot.cox.zph, which
    draws two standard errors). g as in `compare.proportional_hazards.proportional_hazards`.
    Edges: fewer distinct event times than `df`, or a column without a coefficient: no curve, with a reason. With 4
    degrees of freedom and few events the ends of the curve say little.
    Raises EstimationError for times that are not finite, a column that the sample has not, exact ties and infinite
    coefficients.
    """
    how = smoothing or Smoothing()
    chosen = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if not np.all(np.isfinite(chosen)):
        raise EstimationError("the times of a hazard ratio must be finite.")
    if not 0 <= column < sample.covariates.shape[1]:
        raise EstimationError("the column of a smoothed hazard ratio is not one of the sample's.")
    residuals = schoenfeld_residuals(sample, fit)
    if np.isnan(fit.coef[column]):
        return _none(chosen, residuals, column, "the column has no coefficient")
    scale = time_function(sample, how.transform)
    g = scale(residuals.time)
    if np.unique(g).size < how.df:
        return _none(chosen, residuals, column, "there are too few event times for a smooth curve")
    low, high = float(g.min()), float(g.max())
    knots = np.quantile(np.append(np.linspace(low, high, _GRID), g), np.arange(1, how.df - 1) / (how.df - 1))

    def basis(values: Floats) -> Floats:
        return np.column_stack((np.ones(values.size), natural_spline(values, knots, (low, high))))

    design = basis(g)
    inside = (chosen >= residuals.time.min()) & (chosen <= residuals.time.max())
    at = basis(np.clip(scale(chosen), low, high))
    inverse = np.linalg.pinv(design)
    curve = np.where(inside, at @ (inverse @ residuals.scaled[:, column]), np.nan)
    variance = residuals.time.size * fit.model_covariance[column, column]
    error = np.where(inside, np.sqrt(variance * ((at @ inverse) ** 2).sum(axis=1)), np.nan)
    reach = normal_quantile(how.conf_level) * error
    return SmoothedCoefficient(
        chosen, curve, error, curve - reach, curve + reach, residuals.time, residuals.scaled[:, column], ""
    )


def _none(time: Floats, residuals: SchoenfeldResiduals, column: int, reason: str) -> SmoothedCoefficient:
    nothing = np.full(time.shape, np.nan)
    scaled = residuals.scaled[:, column]
    return SmoothedCoefficient(time, nothing, nothing, nothing, nothing, residuals.time, scaled, reason)
