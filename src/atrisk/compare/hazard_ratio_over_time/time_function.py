"""A hazard ratio whose logarithm is linear in a function of time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.compare.hazard_ratio_over_time.changing_columns import chosen_columns
from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.estimate.proportional_hazards.cox import cox
from atrisk.estimate.proportional_hazards.cox_fit import NO_TEST, ChiSquaredTest, CoxFit, chi_squared_test, wald_test
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.estimate.proportional_hazards.split_follow_up import split_follow_up
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

# Follow-up is cut at every event time of all patients.
EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]
TimeFunction = Literal["log", "identity"] | Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True, eq=False)
class TimeVaryingHazardRatio:
    """The hazard ratios of q columns at M times (q, M), with pointwise limits; `log_std_err` of the log ratio.

    `coef` and `slope` (q,): b and theta of b + theta g(t). `slope_test`: of theta = 0 in all q columns by Wald;
    `likelihood_ratio_test` likewise, NaN under a robust variance. `fit`: the model, columns b of the sample in their
    order, then theta of the chosen columns. `reason` says why all is NaN, or is empty.
    """

    time: Floats
    hazard_ratio: Floats
    log_std_err: Floats
    lower: Floats
    upper: Floats
    coef: Floats
    slope: Floats
    slope_test: ChiSquaredTest
    likelihood_ratio_test: ChiSquaredTest
    reason: str
    fit: CoxFit

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def time_varying_hazard_ratio(
    sample: CoxSample,
    times: ArrayLike,
    *,
    columns: Sequence[int] = (0,),
    function: TimeFunction = "log",
    conf_level: float = 0.95,
) -> TimeVaryingHazardRatio:
    """Hazard ratios exp(b + theta g(t)) at chosen times.

    Definition: the Cox model (Efron ties) with x'b + g(t) x theta for the chosen columns, fitted on follow-up cut at
    every event time, at which alone g matters. g is log t (an event on day 0 has log 0.5), t, or any function of an
    array of times. Limits from the variance of b + theta g(t).
    Source: Cox 1972, section 8; Therneau and Grambsch 2000, section 6.5 (R's `tt`).
    Edges: with one event time g is constant and theta has no estimate: all NaN with a reason. The ratio at times beyond
    the last event rests on the form of g alone.
    Raises EstimationError for times that are not finite or negative, a g that is not finite at an event time or at one
    of the times, columns that the sample has not, and samples that give more than 20 million spans.
    """
    q = chosen_columns(sample, columns)
    z = normal_quantile(conf_level)
    chosen = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if not np.all(np.isfinite(chosen)) or np.any(chosen < 0):
        raise EstimationError("the times of a hazard ratio must be finite and not negative.")
    events = np.unique(sample.time[sample.event & sample.counted])
    split = split_follow_up(sample, events)
    # After the last event time nothing is left to explain.
    g = np.append(_values(function, events), 0.0)[split.period]
    spans = split.sample
    x = spans.covariates
    fit = cox(replace(spans, covariates=np.column_stack((x, x[:, q] * g[:, None]))), conf_level=conf_level)
    p = x.shape[1]
    place = np.stack((q, p + np.arange(q.size)))
    known = bool(np.all(np.isfinite(fit.std_err[place])))
    design = np.stack((np.ones_like(chosen), _values(function, chosen)))
    log_ratio, error = np.full((2, q.size, chosen.size), math.nan)
    if known:
        for j, pair in enumerate(place.T):
            log_ratio[j] = fit.coef[pair] @ design
            error[j] = np.sqrt(np.einsum("im,ij,jm->m", design, fit.covariance[np.ix_(pair, pair)], design))
    slopes = place[1]
    gain = 2 * (fit.loglik - cox(spans).loglik) if known and fit.variance == "model" else math.nan
    with np.errstate(over="ignore"):
        ratio, lower, upper = (np.exp(log_ratio + side * z * error) for side in (0, -1, 1))
    return TimeVaryingHazardRatio(
        time=chosen,
        hazard_ratio=ratio,
        log_std_err=error,
        lower=lower,
        upper=upper,
        coef=fit.coef[q],
        slope=fit.coef[slopes],
        slope_test=wald_test(fit.coef[slopes], fit.covariance[np.ix_(slopes, slopes)]) if known else NO_TEST,
        likelihood_ratio_test=NO_TEST if math.isnan(gain) else chi_squared_test(max(gain, 0.0), q.size),
        reason="" if known else "the events do not determine how the hazard ratio changes with time",
        fit=fit,
    )


def _values(function: TimeFunction, time: Floats) -> Floats:
    if function == "log":
        return np.log(np.where(time > 0, time, 0.5))
    if function == "identity":
        return time
    if isinstance(function, str):
        raise EstimationError("the function of time must be 'log', 'identity', or a function of an array of times.")
    values = np.asarray(function(time), dtype=np.float64)
    if values.shape != time.shape or not np.all(np.isfinite(values)):
        raise EstimationError("the function of time must be finite, one value for each time.")
    return values
