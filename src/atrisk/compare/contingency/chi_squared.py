"""Pearson's chi-squared test of a contingency table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.compare.contingency.contingency_table import contingency_table, nothing_to_compare, without_empty_margins
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import read_only_floats

EXECUTION: Final[Execution] = "mergeable"


@dataclass(frozen=True, slots=True, eq=False)
class ChiSquaredTest:
    """Pearson's test of independence.

    expected, residuals: expected counts and (observed - expected) / sqrt(expected) of the rows and columns that
    have patients. corrected: whether Yates' correction was applied. small_expected: an expected count below 5,
    where R warns that the approximation may be incorrect. reason: why the test is NaN, or is empty.
    """

    statistic: float
    df: int
    p_value: float
    corrected: bool
    expected: NDArray[np.float64]
    residuals: NDArray[np.float64]
    cramers_v: float
    small_expected: bool
    reason: str = ""


def chi_squared(table: ArrayLike, *, continuity_correction: bool = True) -> ChiSquaredTest:
    """Return Pearson's chi-squared test of an r x c table of counts.

    X^2 = sum (|O - E| - y)^2 / E on (r - 1)(c - 1) degrees of freedom; y = min(0.5, |O - E|) for 2 x 2 tables with
    `continuity_correction`, else 0 (R's chisq.test). Cramer's V is sqrt(X^2 / (n (min(r, c) - 1))), uncorrected.
    Rows and columns of zeros are left out and cost no degree of freedom; with fewer than two left the test is NaN
    with a reason. Raises EstimationError for a table that is not one of counts.
    """
    counts = without_empty_margins(contingency_table(table))
    reason = nothing_to_compare(counts)
    if reason:
        empty = read_only_floats(np.zeros((0, 0)))
        return ChiSquaredTest(math.nan, 0, math.nan, False, empty, empty, math.nan, False, reason)
    from scipy.special import chdtrc

    n = float(counts.sum())
    expected = np.outer(counts.sum(axis=1) / n, counts.sum(axis=0).astype(np.float64))
    deviation = np.abs(counts - expected)
    corrected = continuity_correction and counts.shape == (2, 2)
    # In a 2 x 2 table all four deviations are equal: the smallest stands for them, as in R.
    yates = min(0.5, float(deviation.min())) if corrected else 0.0
    statistic = float(((deviation - yates) ** 2 / expected).sum())
    uncorrected = float((deviation**2 / expected).sum())
    df = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    return ChiSquaredTest(
        statistic,
        df,
        float(chdtrc(df, statistic)),
        corrected,
        read_only_floats(expected),
        read_only_floats((counts - expected) / np.sqrt(expected)),
        math.sqrt(uncorrected / (n * (min(counts.shape) - 1))),
        bool((expected < 5).any()),
    )
