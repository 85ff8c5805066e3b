"""The difference of two proportions of the same pairs, as after matching."""

from __future__ import annotations

import math
from typing import Final

from atrisk.compare.interval import Interval, not_estimable
from atrisk.compare.proportions.proportion import wilson
from atrisk.errors import EstimationError
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "mergeable"


def newcombe_paired_difference(
    both: int, first_only: int, second_only: int, neither: int, *, conf_level: float = 0.95
) -> Interval:
    """Return the proportion of first members with an event minus that of second members, with Newcombe's limits.

    Of n = a + b + c + d pairs both, the first only, the second only or neither has the event. With p1 = (a + b) / n,
    p2 = (a + c) / n, their Wilson limits (l, u) and f the correlation of the pairs,
    lower = D - sqrt((p1 - l1)^2 - 2 f (p1 - l1)(u2 - p2) + (u2 - p2)^2), upper likewise with (u1 - p1) and (p2 - l2).
    f = C / sqrt((a + b)(c + d)(a + c)(b + d)), where C is B = ad - bc if B < 0, else max(B - n/2, 0); 0 where a margin
    is empty (Newcombe 1998, Stat Med 17:2635-50, method 10).
    No pairs: NaN with a reason. Raises EstimationError for counts that are not whole numbers from 0.
    """
    method = "Newcombe paired"
    counts = (both, first_only, second_only, neither)
    if any(count != int(count) or count < 0 for count in counts):
        raise EstimationError("numbers of pairs must be whole and not negative.")
    n = sum(counts)
    if n == 0:
        return not_estimable("no pairs", conf_level=conf_level, method=method)
    first = wilson(both + first_only, n, conf_level=conf_level)
    second = wilson(both + second_only, n, conf_level=conf_level)
    correlation = _correlation(both, first_only, second_only, neither)
    difference = (first_only - second_only) / n
    below = _joined(first.estimate - first.lower, second.upper - second.estimate, correlation)
    above = _joined(first.upper - first.estimate, second.estimate - second.lower, correlation)
    return Interval(difference, difference - below, difference + above, conf_level, method)


def _joined(one: float, other: float, correlation: float) -> float:
    # The square cannot be negative but for rounding.
    return math.sqrt(max(one**2 - 2 * correlation * one * other + other**2, 0.0))


def _correlation(a: int, b: int, c: int, d: int) -> float:
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    if margins == 0:
        return 0.0
    product = a * d - b * c
    return (product if product < 0 else max(product - (a + b + c + d) / 2, 0.0)) / math.sqrt(margins)
