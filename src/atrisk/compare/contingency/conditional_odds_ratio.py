"""Exact inference on an odds ratio, conditional on the margins of one or more 2 x 2 tables."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.compare.contingency.contingency_table import contingency_table
from atrisk.compare.interval import Interval
from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import require_conf_level
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "mergeable"

# Probabilities that are equal in exact arithmetic differ in their last bits; R's fisher.test calls them tied
# within this relative tolerance.
TIE_TOLERANCE = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class ConditionalDistribution:
    """Distribution of the number of exposed events given all margins, and the number observed.

    With odds ratio psi, P(X = x) is proportional to exp(log_density[x - lowest]) psi^x; log_density is
    normalised for psi = 1 and -inf where the probability is below the smallest double.
    """

    lowest: int
    log_density: NDArray[np.float64]
    observed: int

    @property
    def support(self) -> NDArray[np.float64]:
        """The possible values of X, ascending."""
        return self.lowest + np.arange(len(self.log_density), dtype=np.float64)

    def log_probabilities(self, log_odds_ratio: float) -> NDArray[np.float64]:
        """Return log P(X = x) on the support under an odds ratio."""
        # Centred at the observed value, so that a large odds ratio does not overflow.
        log_weight = self.log_density + (self.support - self.observed) * log_odds_ratio
        normalised: NDArray[np.float64] = log_weight - np.logaddexp.reduce(log_weight)
        return normalised

    def log_at_least(self, log_odds_ratio: float) -> float:
        """Return log P(X >= observed) under an odds ratio."""
        tail = self.log_probabilities(log_odds_ratio)[self.observed - self.lowest :]
        return float(np.logaddexp.reduce(tail))

    def log_at_most(self, log_odds_ratio: float) -> float:
        """Return log P(X <= observed) under an odds ratio."""
        tail = self.log_probabilities(log_odds_ratio)[: self.observed - self.lowest + 1]
        return float(np.logaddexp.reduce(tail))

    def mean(self, log_odds_ratio: float) -> float:
        """Return E(X) under an odds ratio."""
        return float(np.exp(self.log_probabilities(log_odds_ratio)) @ self.support)


def two_by_two_distribution(table: NDArray[np.int64]) -> ConditionalDistribution:
    """Return the (central) hypergeometric distribution of the first cell of a 2 x 2 table."""
    from scipy.special import gammaln

    (a, b), (c, d) = table.tolist()
    first_row, second_row, first_column = a + b, c + d, a + c
    lowest, highest = max(0, first_column - second_row), min(first_row, first_column)
    x = np.arange(lowest, highest + 1, dtype=np.float64)
    log_density = -(
        gammaln(x + 1)
        + gammaln(first_row - x + 1)
        + gammaln(first_column - x + 1)
        + gammaln(second_row - first_column + x + 1)
    )
    return ConditionalDistribution(lowest, log_density - np.logaddexp.reduce(log_density), a)


def two_sided_p_value(distribution: ConditionalDistribution) -> float:
    """Return the probability, under no association, of all values no more probable than the observed one."""
    log_p = distribution.log_density
    observed = log_p[distribution.observed - distribution.lowest]
    return min(1.0, math.exp(np.logaddexp.reduce(log_p[log_p <= observed + math.log1p(TIE_TOLERANCE)])))


def conditional_odds_ratio(distribution: ConditionalDistribution, *, conf_level: float) -> Interval:
    """Return the conditional maximum likelihood odds ratio with its exact limits.

    The estimate solves E(X; psi) = x; the limits solve P(X >= x; psi) = alpha/2 and P(X <= x; psi) = alpha/2
    (Cornfield 1956; R's fisher.test, here solved to the last digits). At the lower end of the support the
    estimate and the lower limit are 0, at the upper end the estimate and the upper limit are infinite.
    With one possible value only, nothing can be estimated: NaN with a reason.
    """
    method = "conditional maximum likelihood, exact limits"
    x, lowest = distribution.observed, distribution.lowest
    highest = lowest + len(distribution.log_density) - 1
    if lowest == highest:
        nan = math.nan
        return Interval(nan, nan, nan, conf_level, method, "the margins allow one table only")
    log_tail = math.log((1.0 - conf_level) / 2.0)
    estimate = lower = 0.0
    upper = math.inf
    if x == highest:
        estimate = math.inf
    elif x > lowest:
        estimate = math.exp(_increasing_root(lambda beta: distribution.mean(beta) - x))
    if x > lowest:
        lower = math.exp(_increasing_root(lambda beta: distribution.log_at_least(beta) - log_tail))
    if x < highest:
        upper = math.exp(_increasing_root(lambda beta: log_tail - distribution.log_at_most(beta)))
    return Interval(estimate, lower, upper, conf_level, method)


def mid_p_odds_ratio(table: ArrayLike, *, conf_level: float = 0.95) -> Interval:
    """Return the median unbiased odds ratio of a 2 x 2 table with mid-p limits.

    With m(psi) = P(X < x; psi) + P(X = x; psi) / 2 given the margins: the limits solve m = 1 - alpha/2 and
    m = alpha/2, the estimate m = 1/2 (Rothman and Greenland 1998, ch. 14; Lancaster 1961). At the lower end of the
    support the lower limit is 0, at the upper end the upper one infinite, and so is the estimate where m does not
    reach 1/2 there. With one possible value only, nothing can be estimated: NaN with a reason.
    Raises EstimationError for a table that is not 2 x 2 counts.
    """
    require_conf_level(conf_level)
    counts = contingency_table(table)
    if counts.shape != (2, 2):
        raise EstimationError("the mid-p odds ratio belongs to a 2 x 2 table")
    method = "median unbiased, mid-p limits"
    if 0 in counts.sum(axis=0) or 0 in counts.sum(axis=1):
        nan = math.nan
        return Interval(nan, nan, nan, conf_level, method, "the margins allow one table only")
    distribution = two_by_two_distribution(counts)
    place = distribution.observed - distribution.lowest
    at_lower, at_upper = place == 0, place == len(distribution.log_density) - 1

    def root(share: float) -> float:
        """The odds ratio under which the observed value stands at this share of the distribution."""

        def excess(log_odds_ratio: float) -> float:
            p = np.exp(distribution.log_probabilities(log_odds_ratio))
            below, here, above = float(p[:place].sum()), float(p[place]), float(p[place + 1 :].sum())
            # Of two sums the smaller one keeps its digits.
            return share - (below + here / 2) if below < above else (above + here / 2) - (1.0 - share)

        return math.exp(_increasing_root(excess))

    tail = (1.0 - conf_level) / 2.0
    # At an end of the support the mid-p is at least, or at most, one half: the median is that end.
    estimate = 0.0 if at_lower else math.inf if at_upper else root(0.5)
    return Interval(
        estimate,
        0.0 if at_lower else root(1.0 - tail),
        math.inf if at_upper else root(tail),
        conf_level,
        method,
    )


def _increasing_root(function: Callable[[float], float]) -> float:
    """Return the root of an increasing function that has one, searched outwards from 0."""
    from scipy.optimize import brentq

    reach = 1.0
    while function(-reach) > 0:
        reach *= 2.0
    left, reach = -reach, 1.0
    while function(reach) < 0:
        reach *= 2.0
    return float(brentq(function, left, reach, xtol=1e-14, rtol=1e-14, maxiter=500))
