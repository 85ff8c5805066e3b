"""Risks of two independent groups: difference, ratio and odds ratio with their limits."""

from __future__ import annotations

import math
from typing import Final

from atrisk.compare.interval import Interval, not_estimable
from atrisk.compare.proportions.proportion import require_count, wilson
from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "mergeable"


def newcombe_difference(
    count_1: int, total_1: int, count_2: int, total_2: int, *, conf_level: float = 0.95
) -> Interval:
    """Return the risk of group 1 minus that of group 2 with Newcombe's hybrid score limits.

    With p the proportions and (l, u) their Wilson score limits without continuity correction,
    lower = d - sqrt((p1 - l1)^2 + (u2 - p2)^2) and upper = d + sqrt((u1 - p1)^2 + (p2 - l2)^2)
    (Newcombe 1998, Stat Med 17:873-90, method 10). For independent patients only: not for matched pairs.
    The limits always exist and lie in [-1, 1]; an empty group gives NaN with a reason.
    Raises EstimationError unless 0 <= count <= total in both groups.
    """
    method = "Newcombe hybrid score"
    first = wilson(count_1, total_1, conf_level=conf_level)
    second = wilson(count_2, total_2, conf_level=conf_level)
    if total_1 == 0 or total_2 == 0:
        return not_estimable("a group without patients", conf_level=conf_level, method=method)
    difference = first.estimate - second.estimate
    below = math.hypot(first.estimate - first.lower, second.upper - second.estimate)
    above = math.hypot(first.upper - first.estimate, second.estimate - second.lower)
    return Interval(difference, difference - below, difference + above, conf_level, method)


def risk_ratio(count_1: int, total_1: int, count_2: int, total_2: int, *, conf_level: float = 0.95) -> Interval:
    """Return the risk of group 1 over that of group 2 with log limits.

    log RR -+ z sqrt(1/x1 - 1/n1 + 1/x2 - 1/n2) (Katz et al. 1978, Biometrics 34:469-74, method C).
    No event in one group: the ratio is 0 or infinite and its limits NaN with a reason; no event in either: all NaN.
    Everyone with an event in both groups: the variance is 0 and says nothing, so the limits are NaN with a reason.
    """
    require_count(count_1, total_1)
    require_count(count_2, total_2)
    z = normal_quantile(conf_level)
    method = "Katz log"
    if total_1 == 0 or total_2 == 0:
        return not_estimable("a group without patients", conf_level=conf_level, method=method)
    if count_1 == 0 and count_2 == 0:
        return not_estimable("no event in either group", conf_level=conf_level, method=method)
    nan = math.nan
    if count_1 == 0 or count_2 == 0:
        ratio = 0.0 if count_1 == 0 else math.inf
        return Interval(ratio, nan, nan, conf_level, method, "no event in one group: log limits do not exist")
    ratio = (count_1 / total_1) / (count_2 / total_2)
    if count_1 == total_1 and count_2 == total_2:
        reason = "every patient has an event: the log limits have no width"
        return Interval(ratio, nan, nan, conf_level, method, reason)
    error = math.sqrt((1.0 / count_1 - 1.0 / total_1) + (1.0 / count_2 - 1.0 / total_2))
    return Interval(ratio, ratio * math.exp(-z * error), ratio * math.exp(z * error), conf_level, method)


def odds_ratio(count_1: int, total_1: int, count_2: int, total_2: int, *, conf_level: float = 0.95) -> Interval:
    """Return the odds of group 1 over those of group 2 with Woolf's limits.

    log OR -+ z sqrt(1/a + 1/b + 1/c + 1/d) (Woolf 1955, Ann Hum Genet 19:251-3). No half is ever added to a cell:
    with an empty cell the ratio is 0, infinite or NaN and the limits NaN with a reason; fisher_exact gives
    limits then.
    """
    require_count(count_1, total_1)
    require_count(count_2, total_2)
    z = normal_quantile(conf_level)
    a, b, c, d = count_1, total_1 - count_1, count_2, total_2 - count_2
    if 0 in (a + b, c + d, a + c, b + d):
        reason = "a group without patients, or all patients with the same outcome"
        return not_estimable(reason, conf_level=conf_level, method="Woolf")
    if 0 in (a, b, c, d):
        ratio = math.inf if b * c == 0 else 0.0
        return Interval(ratio, math.nan, math.nan, conf_level, "Woolf", "an empty cell: log limits do not exist")
    ratio = (a * d) / (b * c)
    error = math.sqrt(1.0 / a + 1.0 / b + 1.0 / c + 1.0 / d)
    return Interval(ratio, ratio * math.exp(-z * error), ratio * math.exp(z * error), conf_level, "Woolf")


def wald_difference(count_1: int, total_1: int, count_2: int, total_2: int, *, conf_level: float = 0.95) -> Interval:
    """Return the risk difference d with the limits d -+ z sqrt(p1 (1 - p1) / n1 + p2 (1 - p2) / n2), not cut.

    For comparison with other programs: no width where both risks are 0 or 1; use `newcombe_difference`. An empty
    group gives NaN with a reason. Raises EstimationError unless 0 <= count <= total in both groups.
    """
    require_count(count_1, total_1)
    require_count(count_2, total_2)
    z = normal_quantile(conf_level)
    if total_1 == 0 or total_2 == 0:
        return not_estimable("a group without patients", conf_level=conf_level, method="Wald")
    p1, p2 = count_1 / total_1, count_2 / total_2
    half = z * math.sqrt(p1 * (1.0 - p1) / total_1 + p2 * (1.0 - p2) / total_2)
    return Interval(p1 - p2, p1 - p2 - half, p1 - p2 + half, conf_level, "Wald")


def haldane_odds_ratio(count_1: int, total_1: int, count_2: int, total_2: int, *, conf_level: float = 0.95) -> Interval:
    """Return the odds ratio after a half was added to every cell, with Woolf's limits.

    Haldane 1956, Ann Hum Genet 20:309-11; Anscombe 1956. It exists for every table, also where the data say
    nothing of the odds ratio (no event at all): never a substitute for `odds_ratio` or `fisher_exact` by itself.
    An empty group gives NaN with a reason. Raises EstimationError unless 0 <= count <= total in both groups.
    """
    require_count(count_1, total_1)
    require_count(count_2, total_2)
    z = normal_quantile(conf_level)
    method = "Woolf, a half added to every cell"
    if total_1 == 0 or total_2 == 0:
        return not_estimable("a group without patients", conf_level=conf_level, method=method)
    a, b, c, d = (n + 0.5 for n in (count_1, total_1 - count_1, count_2, total_2 - count_2))
    ratio = (a * d) / (b * c)
    error = math.sqrt(1.0 / a + 1.0 / b + 1.0 / c + 1.0 / d)
    return Interval(ratio, ratio * math.exp(-z * error), ratio * math.exp(z * error), conf_level, method)


def number_needed_to_treat(difference: Interval) -> float:
    """Return 1 / |risk difference|, the patients to treat for one event more or less; NaN for a difference of 0.

    Cook and Sackett 1995, BMJ 310:452. Limits are left to the difference: across 0 those of the number needed to
    treat pass through infinity (Altman 1998, BMJ 317:1309).
    """
    return 1.0 / abs(difference.estimate) if difference.estimate != 0 else math.nan
