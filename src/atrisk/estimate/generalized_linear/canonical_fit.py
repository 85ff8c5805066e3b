"""What logistic and Poisson regression do alike: maximum or limit, predictors, ratios, and what there is to say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from atrisk.estimate.generalized_linear.canonical_family import Family
from atrisk.estimate.generalized_linear.regression_sample import RegressionRows, RegressionSample
from atrisk.estimate.generalized_linear.reweighted_least_squares import Maximum, maximise
from atrisk.estimate.generalized_linear.separation import LimitingFit, limiting_fit

Floats = NDArray[np.float64]

# R's glm stops after 25 steps; a likelihood with a maximum that is flat can need more.
_FIRST_STEPS = 25
MOST_STEPS = 200


def maximum_or_limit(
    rows: RegressionRows, family: Family, *, deviance_tolerance: float | None = None
) -> tuple[Maximum, LimitingFit | None]:
    """Where the iterations end and, where the likelihood rises without end, the limit of the fits along which it does.

    Whether it does is decided by linear programming whenever the iterations do not settle.
    """
    end = maximise(rows, family, most_iterations=_FIRST_STEPS, deviance_tolerance=deviance_tolerance)
    limit = None if end.converged and end.settled else limiting_fit(rows, family)
    if limit is None and not end.converged:
        end = maximise(rows, family, most_iterations=MOST_STEPS, deviance_tolerance=deviance_tolerance)
    return end, limit


def linear_predictor(sample: RegressionSample, coef: Floats) -> Floats:
    """b0 + x'b + offset (n,), a coefficient without an estimate left out.

    Column by column, so that patients who are alike get the same number to the last bit, wherever they stand.
    """
    predictor = np.full(sample.outcome.size, coef[0])
    for j, slope in enumerate(coef[1:]):
        if not np.isnan(slope):
            predictor += slope * sample.covariates[:, j]
    return predictor if sample.offset is None else predictor + sample.offset


def exponential(coef: Floats) -> Floats:
    """exp(coef); beyond floating point infinity is its nearest number."""
    with np.errstate(over="ignore"):
        return np.exp(coef)


def fit_warning(
    rows: RegressionRows, limit: LimitingFit | None, *, converged: bool, more: Sequence[str] = ()
) -> str | None:
    """What is amiss with a fit, covariates counted from 1: separation, no convergence, `more`, redundant columns."""
    texts = []
    if limit is not None:
        texts.append(_separation(rows, limit.coef))
    elif not converged:
        texts.append("the iterations did not converge: the numbers are those of the last step")
    texts.extend(more)
    redundant = np.flatnonzero(~rows.kept)
    if redundant.size:
        texts.append(f"covariates without a coefficient (constant, or a sum of earlier ones): {_list(redundant)}")
    return "; ".join(texts) or None


def _separation(rows: RegressionRows, coef: Floats) -> str:
    one_outcome = bool(np.ptp(rows.outcome) == 0)
    reason = (
        "everyone has the same outcome" if one_outcome else "separation: the covariates predict some outcomes perfectly"
    )
    away, unknown = np.flatnonzero(np.isinf(coef)), np.flatnonzero(np.isnan(coef) & rows.kept)
    parts = [f"{reason}, and the likelihood has no maximum"]
    if away.size:
        parts.append(f"infinite: {_list(away)}")
    if unknown.size:
        parts.append(f"undetermined: {_list(unknown)}")
    return "; ".join(parts)


def _list(places: NDArray[np.int64]) -> str:
    return ", ".join("intercept" if place == 0 else f"covariate {place}" for place in places)
