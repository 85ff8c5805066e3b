"""A proportion and its confidence limits."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from atrisk.compare.interval import Interval, not_estimable
from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import normal_quantile, require_conf_level
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "mergeable"


def clopper_pearson(count: int, total: int, *, conf_level: float = 0.95) -> Interval:
    """Return the exact (Clopper-Pearson) limits of a proportion.

    The limits are the probabilities under which `count` or more, and `count` or fewer, of `total` have probability
    (1 - conf_level) / 2 each (Clopper and Pearson 1934, Biometrika 26:404-13), as quantiles of beta distributions:
    lower = B(alpha/2; x, n - x + 1), upper = B(1 - alpha/2; x + 1, n - x); R's binom.test.
    With count 0 the lower limit is 0, with count = total the upper limit is 1 (each limit still two-sided).
    Nobody at risk: NaN with a reason. Raises EstimationError unless 0 <= count <= total.
    """
    require_count(count, total)
    require_conf_level(conf_level)
    method = "Clopper-Pearson"
    if total == 0:
        return not_estimable("no patients", conf_level=conf_level, method=method)
    from scipy.special import betaincinv

    tail = (1.0 - conf_level) / 2.0
    lower = 0.0 if count == 0 else float(betaincinv(count, total - count + 1, tail))
    # The upper limit is one minus the lower limit of the complement: betaincinv keeps its digits near 0.
    upper = 1.0 if count == total else 1.0 - float(betaincinv(total - count, count + 1, tail))
    return Interval(count / total, lower, upper, conf_level, method)


def wilson(count: int, total: int, *, conf_level: float = 0.95) -> Interval:
    """Return Wilson's score limits of a proportion, without continuity correction.

    The two roots in p of (count/total - p)^2 = z^2 p (1 - p) / total (Wilson 1927, J Am Stat Assoc 22:209-12);
    R's prop.test(correct = FALSE). Exactly 0 with count 0 and exactly 1 with count = total.
    Nobody at risk: NaN with a reason. Raises EstimationError unless 0 <= count <= total.
    """
    require_count(count, total)
    z = normal_quantile(conf_level)
    if total == 0:
        return not_estimable("no patients", conf_level=conf_level, method="Wilson score")
    n = float(total)
    p = count / n
    middle = p + z**2 / (2.0 * n)
    half = z * math.sqrt(p * (1.0 - p) / n + z**2 / (4.0 * n**2))
    limits = Interval(
        p, (middle - half) / (1.0 + z**2 / n), (middle + half) / (1.0 + z**2 / n), conf_level, "Wilson score"
    )
    if count == 0:
        limits = replace(limits, lower=0.0)
    if count == total:
        limits = replace(limits, upper=1.0)
    return limits


def require_count(count: int, total: int) -> None:
    """Raise EstimationError unless count and total are whole and 0 <= count <= total."""
    if count != int(count) or total != int(total) or not 0 <= count <= total:
        raise EstimationError("a count must be whole and lie between 0 and its total")


def wilson_corrected(count: int, total: int, *, conf_level: float = 0.95) -> Interval:
    """Return Wilson's score limits with continuity correction (R's prop.test).

    The score limits of (count + c) / total and (count - c) / total for the upper and lower limit, c = 1/2, cut to
    [0, 1] (Newcombe 1998, Stat Med 17:857-72, method 4). As in R, which tests 1/2 in the same call, c is at most
    |count - total/2|: exactly half of the patients get the limits without correction.
    Nobody at risk: NaN with a reason. Raises EstimationError unless 0 <= count <= total.
    """
    require_count(count, total)
    z = normal_quantile(conf_level)
    method = "Wilson score, continuity corrected"
    if total == 0:
        return not_estimable("no patients", conf_level=conf_level, method=method)
    n = float(total)
    correction = min(0.5, abs(count - n / 2.0)) / n
    share = z**2 / (2.0 * n)

    def limit(p: float, sign: float) -> float:
        return (p + share + sign * z * math.sqrt(p * (1.0 - p) / n + share / (2.0 * n))) / (1.0 + 2.0 * share)

    p = count / n
    lower = 0.0 if p - correction <= 0.0 else max(0.0, limit(p - correction, -1.0))
    upper = 1.0 if p + correction >= 1.0 else min(1.0, limit(p + correction, 1.0))
    return Interval(p, lower, upper, conf_level, method)


def agresti_coull(count: int, total: int, *, conf_level: float = 0.95) -> Interval:
    """Return the limits of Agresti and Coull, which are not cut to [0, 1].

    With n' = n + z^2 and p' = (x + z^2 / 2) / n': p' -+ z sqrt(p' (1 - p') / n') (1998, Am Stat 52:119-26); the
    estimate is x / n. Nobody at risk: NaN with a reason. Raises EstimationError unless 0 <= count <= total.
    """
    require_count(count, total)
    z = normal_quantile(conf_level)
    if total == 0:
        return not_estimable("no patients", conf_level=conf_level, method="Agresti-Coull")
    n = total + z**2
    middle = (count + z**2 / 2.0) / n
    half = z * math.sqrt(middle * (1.0 - middle) / n)
    return Interval(count / total, middle - half, middle + half, conf_level, "Agresti-Coull")


def wald(count: int, total: int, *, conf_level: float = 0.95) -> Interval:
    """Return the limits p -+ z sqrt(p (1 - p) / n), which are not cut to [0, 1].

    For comparison with other programs: they have no width at 0 and at n of n, and cover far below their level when
    few have the event. Nobody at risk: NaN with a reason. Raises EstimationError unless 0 <= count <= total.
    """
    require_count(count, total)
    z = normal_quantile(conf_level)
    if total == 0:
        return not_estimable("no patients", conf_level=conf_level, method="Wald")
    p = count / total
    half = z * math.sqrt(p * (1.0 - p) / total)
    return Interval(p, p - half, p + half, conf_level, "Wald")


def jeffreys(count: int, total: int, *, conf_level: float = 0.95) -> Interval:
    """Return the equal-tailed Jeffreys interval: quantiles of the beta distribution (x + 1/2, n - x + 1/2).

    Brown, Cai and DasGupta 2001, Stat Sci 16:101-33, without their change at 0 and n of n, where the interval then
    leaves out the estimate x / n. Nobody at risk: NaN with a reason. Raises EstimationError unless
    0 <= count <= total.
    """
    require_count(count, total)
    require_conf_level(conf_level)
    if total == 0:
        return not_estimable("no patients", conf_level=conf_level, method="Jeffreys")
    from scipy.special import betaincinv

    tail = (1.0 - conf_level) / 2.0
    yes, no = count + 0.5, total - count + 0.5
    lower, upper = float(betaincinv(yes, no, tail)), 1.0 - float(betaincinv(no, yes, tail))
    return Interval(count / total, lower, upper, conf_level, "Jeffreys")


def binomial_test(count: int, total: int, *, probability: float = 0.5) -> float:
    """Return the exact two-sided p value of `count` of `total` under a probability (R's binom.test).

    The probability of all counts no more probable than the one observed, ties within a relative 1e-7. NaN for
    nobody. Raises EstimationError unless 0 <= count <= total and 0 < probability < 1.
    """
    require_count(count, total)
    if not 0.0 < probability < 1.0:
        raise EstimationError("the probability to test must lie strictly between 0 and 1")
    if total == 0:
        return math.nan
    import numpy as np
    from scipy.special import gammaln

    x = np.arange(total + 1, dtype=np.float64)
    log_p = gammaln(total + 1.0) - gammaln(x + 1.0) - gammaln(total - x + 1.0)
    log_p = log_p + x * math.log(probability) + (total - x) * math.log1p(-probability)
    return min(1.0, float(np.exp(log_p[log_p <= log_p[count] + math.log1p(1e-7)]).sum()))
