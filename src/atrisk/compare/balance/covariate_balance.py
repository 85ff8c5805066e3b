"""Standardised differences of treated and untreated patients, weighted or matched."""

from __future__ import annotations

import math
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.compare.balance.propensity import treated_flags
from atrisk.compare.balance.standardized_difference import (
    StandardizedDifference,
    binary_difference,
    continuous_difference,
)
from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.regression_sample import finite_numbers
from atrisk.summary.execution import Execution

Floats = NDArray[np.float64]

# Weighted first and second moments of each group add up.
EXECUTION: Final[Execution] = "mergeable"

Kind = Literal["continuous", "binary"]


def weighted_mean(values: Floats, weight: Floats) -> float:
    """sum w x / sum w; NaN where every weight is 0.

    The sums are exact but for their last rounding: under overlap weights the difference of two means is 0 but for
    how far the score is from its maximum, and that is a number to look at.
    """
    total = math.fsum(weight)
    return math.fsum(weight * values) / total if total > 0 else math.nan


def weighted_variance(values: Floats, weight: Floats) -> float:
    """sum w / ((sum w)^2 - sum w^2) * sum w (x - mean)^2, which is the sample variance where all weights are alike.

    The unbiased variance under reliability weights (weights that say how much a patient counts, not how many
    there are; as in R's cov.wt). NaN where fewer than two patients have a weight.
    """
    total, squares = float(weight.sum()), float(weight @ weight)
    if int(np.count_nonzero(weight)) < 2:
        return math.nan
    return total / (total**2 - squares) * float(weight @ (values - weighted_mean(values, weight)) ** 2)


def covariate_balance(
    values: ArrayLike, treated: ArrayLike, *, weight: ArrayLike | None = None, kind: Kind = "continuous"
) -> StandardizedDifference:
    """The standardised difference of a covariate, treated less untreated, under weights.

    Definition: difference of the weighted means over the square root of the mean of the two groups' variances:
    weighted_variance (continuous) or p (1 - p) with weighted proportions p (binary), of the weighted groups
    themselves. Austin and Stuart 2015, Stat Med 34:3661-79, section 3.
    `values` (n,): numbers, 0 or 1 if binary; `weight` (n,): not negative (None: all 1), 0 = not matched.
    NaN with a reason where a group has no (or, continuous, one) patient of positive weight, or nothing varies.
    Raises EstimationError for missing values, negative weights, values of a binary covariate other than 0 and 1.
    """
    if kind not in get_args(Kind):
        raise EstimationError(f"the kind of covariate '{kind}' is unknown; use continuous or binary.")
    x, flags = finite_numbers("covariates", values), treated_flags(treated)
    w = np.ones(x.shape) if weight is None else finite_numbers("weights", weight)
    if x.shape != flags.shape or w.shape != flags.shape or np.any(w < 0):
        raise EstimationError("each patient needs one value and one weight that is not negative.")
    groups = [(x[flags], w[flags]), (x[~flags], w[~flags])]
    means = [weighted_mean(value, of) for value, of in groups]
    if kind == "binary":
        if np.any((x != 0) & (x != 1)):
            raise EstimationError("a binary covariate must be 0 or 1.")
        return binary_difference(means[0], means[1])
    spread = [weighted_variance(value, of) for value, of in groups]
    return continuous_difference(means[0], spread[0], means[1], spread[1])
