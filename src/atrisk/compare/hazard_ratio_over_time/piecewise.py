"""Hazard ratios within periods of follow-up, and whether they are the same in all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.compare.hazard_ratio_over_time.changing_columns import chosen_columns
from atrisk.errors import EstimationError
from atrisk.estimate.proportional_hazards.cox import cox
from atrisk.estimate.proportional_hazards.cox_fit import NO_TEST, ChiSquaredTest, CoxFit, chi_squared_test, wald_test
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.estimate.proportional_hazards.split_follow_up import SplitFollowUp, split_follow_up
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rounds"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PiecewiseHazardRatios:
    """Hazard ratios of q columns in K periods (start, end]: (K, q); `start`, `end`, `n_event`, `n_at_risk` (K,).

    `coef` and `std_err` are those of the log hazard ratio, `n_at_risk` counts rows at risk at some time of the period.
    `fit` holds the model: first the q columns in period 1, then in period 2, ..., then the other columns.
    `likelihood_ratio_test` and `wald_test` are of equal ratios in all periods; the former is NaN under a robust
    variance, and both where a ratio has no estimate, as `reason` then says.
    """

    start: Floats
    end: Floats
    coef: Floats
    std_err: Floats
    hazard_ratio: Floats
    lower: Floats
    upper: Floats
    p_value: Floats
    n_event: Floats
    n_at_risk: Floats
    likelihood_ratio_test: ChiSquaredTest
    wald_test: ChiSquaredTest
    reason: str
    fit: CoxFit

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def piecewise_hazard_ratios(
    sample: CoxSample, cuts: ArrayLike, *, columns: Sequence[int] = (0,), conf_level: float = 0.95
) -> PiecewiseHazardRatios:
    """The hazard ratio of each of some columns in each of the periods between `cuts`, other columns held constant.

    Definition: the Cox model (Efron ties) with x 1{period k} in place of x for the chosen columns, on follow-up cut at
    the times `cuts` (`split_follow_up`: an event on the day of a cut belongs to the period that ends there). Tests that
    the ratios are the same in all periods, on (K - 1) q degrees of freedom: twice the gain over the model with x alone,
    and C b with (C V C')^-1, C the differences of each period from the first.
    Source: Therneau and Grambsch 2000, section 6.5 (a step function as the time-dependent coefficient).
    Edges: a period in which a ratio cannot be estimated has NaN or an infinite coefficient, and there is no test.
    Raises EstimationError for cuts as `split_follow_up` does, no cut, and columns that the sample has not.
    """
    q = chosen_columns(sample, columns)
    split = split_follow_up(sample, cuts)
    at = np.atleast_1d(np.asarray(cuts, dtype=np.float64))
    if at.size == 0:
        raise EstimationError("hazard ratios within periods need at least one time at which follow-up is cut.")
    periods = at.size + 1
    fit = cox(_by_period(split, q, periods), conf_level=conf_level)
    shape, inside = (periods, q.size), slice(0, periods * q.size)
    counts = [
        np.bincount(split.period[rows], minlength=periods).astype(np.float64)
        for rows in (split.sample.event, slice(None))
    ]
    tests, reason = _tests(split, fit, shape)
    return PiecewiseHazardRatios(
        start=np.concatenate(([0.0], at)),
        end=np.concatenate((at, [math.inf])),
        coef=fit.coef[inside].reshape(shape),
        std_err=fit.std_err[inside].reshape(shape),
        hazard_ratio=fit.hazard_ratio[inside].reshape(shape),
        lower=fit.lower[inside].reshape(shape),
        upper=fit.upper[inside].reshape(shape),
        p_value=fit.p_value[inside].reshape(shape),
        n_event=counts[0],
        n_at_risk=counts[1],
        likelihood_ratio_test=tests[0],
        wald_test=tests[1],
        reason=reason,
        fit=fit,
    )


def _by_period(split: SplitFollowUp, columns: NDArray[np.int64], periods: int) -> CoxSample:
    x = split.sample.covariates
    own = [x[:, columns] * (split.period == k)[:, None] for k in range(periods)]
    return replace(split.sample, covariates=np.column_stack([*own, np.delete(x, columns, axis=1)]))


def _tests(
    split: SplitFollowUp, fit: CoxFit, shape: tuple[int, int]
) -> tuple[tuple[ChiSquaredTest, ChiSquaredTest], str]:
    periods, q = shape
    if np.isnan(fit.std_err[: periods * q]).any():
        return (NO_TEST, NO_TEST), "a hazard ratio cannot be estimated in every period"
    df = (periods - 1) * q
    apart = np.kron(np.column_stack((-np.ones(periods - 1), np.eye(periods - 1))), np.eye(q))
    wald = wald_test(apart @ fit.coef[: periods * q], apart @ fit.covariance[: periods * q, : periods * q] @ apart.T)
    if fit.variance == "robust":
        return (NO_TEST, wald), ""
    gain = max(2 * (fit.loglik - cox(split.sample).loglik), 0.0)
    return (chi_squared_test(gain, df), wald), ""
