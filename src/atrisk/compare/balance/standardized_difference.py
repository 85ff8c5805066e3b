"""Standardised mean differences: how unlike two groups are, in units of their standard deviation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from atrisk.errors import EstimationError
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "mergeable"

NO_VARIATION = "no variation in either group"


@dataclass(frozen=True, slots=True)
class StandardizedDifference:
    """A standardised difference of two groups; NaN with the reason where it does not exist."""

    value: float
    reason: str = ""


def continuous_difference(mean_1: float, variance_1: float, mean_2: float, variance_2: float) -> StandardizedDifference:
    """Return (mean 1 - mean 2) / sqrt((variance 1 + variance 2) / 2).

    Austin 2009, Stat Med 28:3083-107, section 2.1, with sample variances (divisor n - 1).
    A variance of NaN (a group of fewer than two values) gives NaN with a reason, and so do two variances of 0,
    whether the means differ or not: without spread there is no unit to measure in.
    """
    if math.isnan(variance_1) or math.isnan(variance_2):
        return StandardizedDifference(math.nan, "a group has fewer than two values")
    pooled = (variance_1 + variance_2) / 2.0
    if pooled <= 0.0:
        return StandardizedDifference(math.nan, NO_VARIATION)
    return StandardizedDifference((mean_1 - mean_2) / math.sqrt(pooled))


def binary_difference(proportion_1: float, proportion_2: float) -> StandardizedDifference:
    """Return (p1 - p2) / sqrt((p1 (1 - p1) + p2 (1 - p2)) / 2) (Austin 2009, section 2.1).

    A proportion of NaN is a group without values. Both proportions 0 or 1: NaN with a reason, as above.
    """
    if math.isnan(proportion_1) or math.isnan(proportion_2):
        return StandardizedDifference(math.nan, "a group has no values")
    pooled = (proportion_1 * (1.0 - proportion_1) + proportion_2 * (1.0 - proportion_2)) / 2.0
    if pooled <= 0.0:
        return StandardizedDifference(math.nan, NO_VARIATION)
    return StandardizedDifference((proportion_1 - proportion_2) / math.sqrt(pooled))


def multilevel_difference(weights_1: ArrayLike, weights_2: ArrayLike) -> StandardizedDifference:
    """Return the standardised difference of a variable with several levels (without a sign).

    sqrt((p - q)' S^-1 (p - q)) over all levels but the first that occurs, with p and q the groups' proportions
    and S the mean of their multinomial covariances diag(p) - p p' (Yang and Dalton 2012, SAS Global Forum
    335-2012, eq. for k levels). The level left out does not matter. weights: counts or sums of weights by level.
    Levels that occur in neither group are left out. NaN with a reason for a group without values, a single level,
    and groups that share no level, where S is singular and the distance not defined (no generalised inverse is
    put in its place). Raises EstimationError for unequal lengths or negative weights.
    """
    first = np.asarray(weights_1, dtype=np.float64)
    second = np.asarray(weights_2, dtype=np.float64)
    if first.ndim != 1 or first.shape != second.shape or (first < 0).any() or (second < 0).any():
        raise EstimationError("the levels of two groups must be equally many weights of 0 or more")
    if first.sum() == 0 or second.sum() == 0:
        return StandardizedDifference(math.nan, "a group has no values")
    occurs = (first > 0) | (second > 0)
    if occurs.sum() < 2:
        return StandardizedDifference(math.nan, NO_VARIATION)
    if not ((first > 0) & (second > 0)).any():
        return StandardizedDifference(math.nan, "the groups share no level")
    p = (first / first.sum())[occurs][1:]
    q = (second / second.sum())[occurs][1:]
    covariance = (np.diag(p) - np.outer(p, p) + np.diag(q) - np.outer(q, q)) / 2.0
    return StandardizedDifference(math.sqrt((p - q) @ np.linalg.solve(covariance, p - q)))


def expected_by_chance(weights_1: ArrayLike, weights_2: ArrayLike) -> StandardizedDifference:
    """Return the multi-level difference that two groups of one composition have on average, by chance alone.

    If both groups are drawn from one composition, p - q has the covariance S (1 / n1 + 1 / n2), so that the squared
    difference over (1 / n1 + 1 / n2) has in large samples the chi-squared distribution with k - 1 degrees of freedom,
    k the levels that occur; the mean of its root is sqrt(2) Gamma(k / 2) / Gamma((k - 1) / 2). weights: counts by
    level; NaN with a reason where the difference itself has one. Raises EstimationError as `multilevel_difference`.
    """
    difference = multilevel_difference(weights_1, weights_2)
    if difference.reason:
        return difference
    first, second = np.asarray(weights_1, dtype=np.float64), np.asarray(weights_2, dtype=np.float64)
    k = int(((first > 0) | (second > 0)).sum())
    mean_root = math.sqrt(2.0) * math.exp(math.lgamma(k / 2.0) - math.lgamma((k - 1) / 2.0))
    return StandardizedDifference(mean_root * math.sqrt(1.0 / float(first.sum()) + 1.0 / float(second.sum())))
