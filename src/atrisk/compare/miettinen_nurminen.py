"""Score limits of Miettinen and Nurminen for the risks of two independent groups."""

from __future__ import annotations

import math
from collections.abc import Callable

from atrisk.compare.interval import Interval, normal_quantile, not_estimable
from atrisk.compare.proportion import require_count

METHOD = "Miettinen-Nurminen score"


def miettinen_nurminen_difference(
    count_1: int, total_1: int, count_2: int, total_2: int, *, conf_level: float = 0.95
) -> Interval:
    """Return the risk of group 1 minus that of group 2 with the score limits of Miettinen and Nurminen.

    The differences D at which (p1 - p2 - D)^2 = z^2 V(D), V(D) = (q1 (1 - q1) / n1 + q2 (1 - q2) / n2) N / (N - 1)
    with q the maximum likelihood risks given q1 - q2 = D, in closed form (1985, Stat Med 4:213-26, appendix I).
    Limits lie in [-1, 1]. An empty group gives NaN with a reason. Raises EstimationError unless
    0 <= count <= total in both groups.
    """
    require_count(count_1, total_1)
    require_count(count_2, total_2)
    z = normal_quantile(conf_level)
    if total_1 == 0 or total_2 == 0:
        return not_estimable("a group without patients", conf_level=conf_level, method=METHOD)
    difference = count_1 / total_1 - count_2 / total_2
    total = total_1 + total_2

    def excess(hypothetical: float) -> float:
        second = _restricted_risk(count_1, total_1, count_2, total_2, hypothetical)
        first = min(1.0, max(0.0, second + hypothetical))
        variance = first * (1.0 - first) / total_1 + second * (1.0 - second) / total_2
        return (difference - hypothetical) ** 2 - z**2 * variance * total / (total - 1.0)

    return Interval(difference, _limit(excess, difference, -1.0), _limit(excess, difference, 1.0), conf_level, METHOD)


def _limit(excess: Callable[[float], float], estimate: float, end: float) -> float:
    """The place between the estimate, where the score is below z, and the end of the scale where it reaches z."""
    if estimate == end or excess(end) <= 0.0:
        return end
    # Where both risks are 0 or 1 the variance at the estimate is 0, and so is the excess there: begin beside it.
    begin = estimate if excess(estimate) < 0.0 else estimate + math.copysign(1e-12, end - estimate)
    if excess(begin) >= 0.0:
        return estimate
    from scipy.optimize import brentq

    return float(brentq(excess, begin, end, xtol=1e-15, rtol=1e-14, maxiter=500))


def _restricted_risk(count_1: int, total_1: int, count_2: int, total_2: int, difference: float) -> float:
    """The maximum likelihood risk of group 2 given risk 1 - risk 2: a root of a cubic in [0, 1]."""
    n = total_1 + total_2
    c3 = float(n)
    c2 = (total_2 * 2 + total_1) * difference - n - count_1 - count_2
    c1 = (total_2 * difference - n - 2 * count_2) * difference + count_1 + count_2
    c0 = count_2 * difference * (1.0 - difference)
    q = c2**3 / (27.0 * c3**3) - c1 * c2 / (6.0 * c3**2) + c0 / (2.0 * c3)
    p = math.copysign(math.sqrt(max(c2**2 / (9.0 * c3**2) - c1 / (3.0 * c3), 0.0)), q)
    if p == 0.0:
        return min(1.0, max(0.0, -c2 / (3.0 * c3)))
    angle = (math.pi + math.acos(min(1.0, max(-1.0, q / p**3)))) / 3.0
    return min(1.0, max(0.0, 2.0 * p * math.cos(angle) - c2 / (3.0 * c3)))
