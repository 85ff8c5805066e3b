"""A proportion and its confidence limits."""

from __future__ import annotations

import math
from dataclasses import replace

from atrisk.compare.interval import Interval, normal_quantile, not_estimable, require_conf_level
from atrisk.errors import EstimationError


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
