"""Miettinen and Nurminen's score limits for two independent risks: difference, ratio and odds ratio."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from atrisk.compare.interval import Interval, not_estimable
from atrisk.compare.proportions.proportion import require_count
from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.summary.execution import Execution

# Four counts.
EXECUTION: Final[Execution] = "mergeable"

_METHOD: Final = "Miettinen-Nurminen"
_EMPTY: Final = "a group without patients"
# On the log scale; a ratio of e^700 is the largest there is.
_WIDEST: Final = 700.0
_LAST_DIGIT: Final = 4 * 2.0**-52


def miettinen_nurminen_difference(
    count_1: int, total_1: int, count_2: int, total_2: int, *, conf_level: float = 0.95
) -> Interval:
    """Return the risk of group 1 minus that of group 2 with Miettinen and Nurminen's score limits.

    The limits are the differences D with (p1 - p2 - D)^2 = z^2 V N / (N - 1),
    V = P1 (1 - P1) / n1 + P2 (1 - P2) / n2, where P1 and P2 = P1 - D are the maximum likelihood risks given D
    and N = n1 + n2 (Miettinen and Nurminen 1985, Stat Med 4:213-26, eq. 8; without N / (N - 1) they are Mee's).
    They always exist and lie in [-1, 1]; 1 and -1 where the estimate is. An empty group gives NaN with a reason.
    Raises EstimationError unless 0 <= count <= total in both groups.
    """
    z, reason = _checked(count_1, total_1, count_2, total_2, conf_level)
    if reason:
        return not_estimable(reason, conf_level=conf_level, method=_METHOD)
    x1, n1, x2, n2 = float(count_1), float(total_1), float(count_2), float(total_2)
    estimate = x1 / n1 - x2 / n2

    def score(difference: float) -> float:
        risk_2 = _risk_given_difference(x1, n1, x2, n2, difference)
        risk_1 = min(max(risk_2 + difference, 0.0), 1.0)
        return _z(estimate - difference, risk_1 * (1.0 - risk_1) / n1 + risk_2 * (1.0 - risk_2) / n2, n1 + n2)

    lower = -1.0 if estimate == -1.0 else _root(score, z, -1.0, estimate)
    upper = 1.0 if estimate == 1.0 else _root(score, -z, estimate, 1.0)
    return Interval(estimate, lower, upper, conf_level, _METHOD)


def miettinen_nurminen_ratio(
    count_1: int, total_1: int, count_2: int, total_2: int, *, conf_level: float = 0.95
) -> Interval:
    """Return the risk of group 1 over that of group 2 with Miettinen and Nurminen's score limits.

    The limits are the ratios R with (p1 - R p2)^2 = z^2 V N / (N - 1),
    V = P1 (1 - P1) / n1 + R^2 P2 (1 - P2) / n2, P1 = R P2 the maximum likelihood risks given R (1985, eq. 10).
    No event in group 2: the ratio and its upper limit are infinite, the lower one exists; no event in group 1: 0
    with an upper limit. No event in either group says nothing: NaN with a reason, as for an empty group.
    Raises EstimationError unless 0 <= count <= total in both groups.
    """
    z, reason = _checked(count_1, total_1, count_2, total_2, conf_level)
    if reason or count_1 == count_2 == 0:
        return not_estimable(reason or "no event in either group", conf_level=conf_level, method=_METHOD)
    x1, n1, x2, n2 = float(count_1), float(total_1), float(count_2), float(total_2)

    def score(log_ratio: float) -> float:
        ratio = math.exp(log_ratio)
        # The smaller root of N R P^2 - (R (n1 + x2) + x1 + n2) P + x1 + x2 = 0, without cancellation.
        middle = ratio * (n1 + x2) + x1 + n2
        square = max(middle**2 - 4.0 * (n1 + n2) * ratio * (x1 + x2), 0.0)
        risk_2 = min(2.0 * (x1 + x2) / (middle + math.sqrt(square)), 1.0)
        risk_1 = min(ratio * risk_2, 1.0)
        variance = risk_1 * (1.0 - risk_1) / n1 + ratio**2 * risk_2 * (1.0 - risk_2) / n2
        return _z(x1 / n1 - ratio * x2 / n2, variance, n1 + n2)

    estimate = math.inf if x2 == 0 else (x1 / n1) / (x2 / n2)
    return _on_log_scale(score, estimate, z, conf_level)


def miettinen_nurminen_odds_ratio(
    count_1: int, total_1: int, count_2: int, total_2: int, *, conf_level: float = 0.95
) -> Interval:
    """Return the odds of group 1 over those of group 2 with Miettinen and Nurminen's score limits.

    The limits are the odds ratios with (n1 (p1 - P1))^2 (1 / (n1 P1 (1 - P1)) + 1 / (n2 P2 (1 - P2))) =
    z^2 N / (N - 1), P1 and P2 the maximum likelihood risks given the odds ratio (1985, eq. 13).
    With an empty cell the ratio is 0 or infinite, one limit with it, and the other exists; all patients with the
    same outcome, or an empty group, give NaN with a reason.
    Raises EstimationError unless 0 <= count <= total in both groups.
    """
    z, reason = _checked(count_1, total_1, count_2, total_2, conf_level)
    x1, n1, x2, n2 = float(count_1), float(total_1), float(count_2), float(total_2)
    if reason or x1 + x2 == 0 or x1 + x2 == n1 + n2:
        reason = reason or "all patients with the same outcome"
        return not_estimable(reason, conf_level=conf_level, method=_METHOD)

    def score(log_ratio: float) -> float:
        # By symmetry between the groups the odds ratio can be taken at most 1, where nothing overflows.
        if log_ratio > 0:
            return -_odds_score(x2, n2, x1, n1, math.exp(-log_ratio))
        return _odds_score(x1, n1, x2, n2, math.exp(log_ratio))

    a, b, c, d = x1, n1 - x1, x2, n2 - x2
    estimate = math.inf if b * c == 0 else a * d / (b * c)
    return _on_log_scale(score, estimate, z, conf_level)


def _odds_score(x1: float, n1: float, x2: float, n2: float, ratio: float) -> float:
    """The signed score at an odds ratio, z times its sign: falling in the ratio."""
    # The root in [0, 1] of n2 (R - 1) P^2 + (n1 R + n2 - (x1 + x2)(R - 1)) P - (x1 + x2) = 0.
    events = x1 + x2
    middle = n1 * ratio + n2 - events * (ratio - 1.0)
    square = max(middle**2 + 4.0 * n2 * (ratio - 1.0) * events, 0.0)
    risk_2 = min(2.0 * events / (middle + math.sqrt(square)), 1.0)
    risk_1 = ratio * risk_2 / (1.0 + risk_2 * (ratio - 1.0))
    spread_1, spread_2 = n1 * risk_1 * (1.0 - risk_1), n2 * risk_2 * (1.0 - risk_2)
    distance = x1 - n1 * risk_1
    if spread_1 <= 0 or spread_2 <= 0:
        return math.copysign(math.inf, distance) if distance else 0.0
    return distance * math.sqrt((1.0 / spread_1 + 1.0 / spread_2) * (n1 + n2 - 1.0) / (n1 + n2))


def _checked(count_1: int, total_1: int, count_2: int, total_2: int, conf_level: float) -> tuple[float, str]:
    """The normal quantile, and why there is nothing to estimate."""
    require_count(count_1, total_1)
    require_count(count_2, total_2)
    z = normal_quantile(conf_level)
    return z, _EMPTY if total_1 == 0 or total_2 == 0 else ""


def _z(distance: float, variance: float, n: float) -> float:
    """distance / sqrt(variance n / (n - 1)), infinite where there is no variance."""
    if variance <= 0:
        return math.copysign(math.inf, distance) if distance else 0.0
    return distance / math.sqrt(variance * n / (n - 1.0))


def _risk_given_difference(x1: float, n1: float, x2: float, n2: float, difference: float) -> float:
    """The maximum likelihood risk of group 2 when that of group 1 is larger by `difference`.

    The log-likelihood is concave in the risk, so that its derivative is followed to its sign change rather than
    the cubic's roots computed, which lose digits in the corners.
    """
    lowest, highest = max(0.0, -difference), min(1.0, 1.0 - difference)

    def slope(risk: float) -> float:
        other = risk + difference
        return (
            _quotient(x1, other)
            - _quotient(n1 - x1, 1.0 - other)
            + _quotient(x2, risk)
            - _quotient(n2 - x2, 1.0 - risk)
        )

    if highest <= lowest:
        return lowest
    for _ in range(200):
        middle = (lowest + highest) / 2.0
        if not lowest < middle < highest:
            break
        if slope(middle) > 0:
            lowest = middle
        else:
            highest = middle
    return (lowest + highest) / 2.0


def _quotient(count: float, risk: float) -> float:
    if count == 0:
        return 0.0
    return count / risk if risk > 0 else math.inf


def _on_log_scale(score: Callable[[float], float], estimate: float, z: float, conf_level: float) -> Interval:
    """The limits of a ratio, whose score falls as the ratio's logarithm rises."""
    centre = 0.0 if estimate in (0.0, math.inf) else math.log(estimate)
    lower = 0.0 if estimate == 0 else math.exp(_outward(score, z, centre, -1.0))
    upper = math.inf if math.isinf(estimate) else math.exp(_outward(score, -z, centre, 1.0))
    return Interval(estimate, lower, upper, conf_level, _METHOD)


def _outward(score: Callable[[float], float], level: float, start: float, direction: float) -> float:
    """The root of score = level on the side of `direction`, the score falling."""
    near, width = start, 1.0
    # A ratio of 0 or infinity has no centre: the root may lie on either side of 1.
    while direction * (level - score(near)) > 0 and abs(near) < _WIDEST:
        near -= direction * width
        width *= 2.0
    far, width = near, 1.0
    while direction * (level - score(far)) <= 0 and abs(far) < _WIDEST:
        far += direction * width
        width *= 2.0
    return _root(score, level, min(near, far), max(near, far))


def _root(score: Callable[[float], float], level: float, low: float, high: float) -> float:
    """Where a falling score passes a level, between two values."""
    from scipy.optimize import brentq

    def excess(value: float) -> float:
        # Without variance the score is infinite; a large number has the same sign.
        return min(max(score(value) - level, -1e9), 1e9)

    if excess(low) <= 0:
        return low
    if excess(high) >= 0:
        return high
    return float(brentq(excess, low, high, xtol=1e-15, rtol=_LAST_DIGIT, maxiter=500))
