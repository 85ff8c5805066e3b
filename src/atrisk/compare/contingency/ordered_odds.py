"""Groups compared on an outcome with ordered levels: one odds ratio for all thresholds, and whether one will do."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.compare.contingency.contingency_table import contingency_table
from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.proportional_odds import ProportionalOddsFit, proportional_odds
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]

# The counts of groups by levels are all it needs.
EXECUTION: Final[Execution] = "mergeable"


@dataclass(frozen=True, slots=True, eq=False)
class OrderedOdds:
    """A proportional odds model of groups alone, and how far the counts are from it.

    `fit`: coefficients of the groups but the reference, in their order. `expected` (G, K): the counts it expects of
    every level. `chi_squared`, `df`, `p_value`: of proportional odds; NaN with a `reason` where there is no test.
    """

    fit: ProportionalOddsFit
    expected: Floats
    chi_squared: float
    df: int
    p_value: float
    reason: str = ""

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def ordered_odds(table: ArrayLike, *, reference: int = 0, conf_level: float = 0.95) -> OrderedOdds:
    """The odds ratio of being in a higher level, taken to be the same at every threshold, and a test of whether it is.

    Definition: `proportional_odds` with an indicator for each group but `reference`. Test: Pearson's X^2 = sum
    (O - E)^2 / E of the counts O against those the model expects, on (G - 1)(K - 2) degrees of freedom, K the levels
    that somebody has. For groups alone this is the score test of proportional odds (Peterson and Harrell 1990, Appl
    Stat 39:205, section 3): a model with an odds ratio for every threshold fits all counts, and the score statistic of
    a multinomial model against one that fits all counts is Pearson's. It needs no fit at single thresholds, where a
    small group often has nobody; too liberal where many expected counts are below 5.
    `table` (G, K): counts by group and level, levels in order. Edges: fewer than three levels, or no maximum of the
    likelihood: no test. Raises EstimationError for fewer than two groups, an empty group, or one level.
    """
    counts = contingency_table(table)
    groups, levels = counts.shape
    if groups < 2 or not (0 <= reference < groups):
        raise EstimationError("ordered odds need two or more groups, one of them the reference.")
    if not np.all(counts.sum(axis=1) > 0):
        raise EstimationError("a group has nobody with a known level.")
    others = [position for position in range(groups) if position != reference]
    group, level = (each.ravel() for each in np.indices(counts.shape))
    fit = proportional_odds(
        RegressionSample(
            outcome=level.astype(np.float64),
            covariates=(group[:, None] == np.array(others)).astype(np.float64),
            weight=counts.ravel().astype(np.float64),
        ),
        conf_level=conf_level,
    )
    df = (groups - 1) * (fit.levels.size - 2)
    nothing = np.full((groups, levels), np.nan)
    if fit.separated or not fit.converged:
        return OrderedOdds(fit, nothing, math.nan, df, math.nan, "the proportional odds model could not be estimated")
    shift = np.zeros(groups)
    shift[others] = fit.coef
    expected = np.zeros((groups, levels))
    below = 1.0 / (1.0 + np.exp(shift[:, None] - fit.threshold[None, :]))
    edges = np.hstack((np.zeros((groups, 1)), below, np.ones((groups, 1))))
    expected[:, fit.levels.astype(np.int64)] = np.diff(edges, axis=1) * counts.sum(axis=1, keepdims=True)
    if df == 0:
        return OrderedOdds(fit, expected, math.nan, 0, math.nan, "two levels have one threshold, and nothing to test")
    from scipy.special import chdtrc

    away = np.divide((counts - expected) ** 2, expected, out=np.zeros_like(expected), where=expected > 0)
    chi_squared = float(away.sum())
    return OrderedOdds(fit, expected, chi_squared, df, float(chdtrc(df, chi_squared)))
