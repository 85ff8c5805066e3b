"""Risk by a day where some patients were followed for less: 1 - Kaplan-Meier, with limits that exist at few events."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from atrisk.compare.interval import Interval, not_estimable
from atrisk.estimate.confidence_limits import normal_quantile, require_conf_level
from atrisk.estimate.survival_curve.kaplan_meier import SurvivalCurve, survival_at
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "mergeable"

METHOD = "kaplan-meier, effective number"
DIFFERENCE_METHOD = "kaplan-meier, newcombe with effective numbers"


@dataclass(frozen=True, slots=True)
class RiskByDay:
    """The risk of an event up to and including a day; ``effective`` is of how many fully followed it says as much.

    ``risk`` is NaN with a ``reason`` where nobody was followed to the day and some were still without an event.
    """

    risk: float
    effective: float
    n_event: float
    n_censored: float
    reason: str = ""


def risk_by_day(curve: SurvivalCurve, day: float) -> RiskByDay:
    """Return 1 - S(day) and the number of fully followed patients that would have told as much.

    The effective number is S (1 - S) / Var(S) with Greenwood's variance (Cutler and Ederer 1958, J Chronic Dis
    8:699-712; Dorey and Korn 1987, Stat Med 6:679-87): all patients where none was censored before the day. Where S is
    1 the variance says nothing, and it is the number at risk just before the day; where S is 0, the number of events.
    """
    mark = survival_at(curve, np.array([day]))
    events = float(curve.n_event[curve.time <= day].sum())
    censored = float(curve.n_censored[curve.time < day].sum())
    if not mark.estimable[0]:
        return RiskByDay(
            math.nan, math.nan, events, censored, "no patient" if curve.n == 0 else "beyond the last follow-up"
        )
    survival, error = float(mark.estimate[0]), float(mark.std_err[0])
    if survival >= 1.0:
        effective = float(mark.n_at_risk[0])
    elif survival <= 0.0:
        effective = events
    else:
        effective = survival * (1.0 - survival) / error**2
    return RiskByDay(1.0 - survival, effective, events, censored)


def risk_limits(found: RiskByDay, *, conf_level: float = 0.95) -> Interval:
    """Return the risk with the limits of Clopper and Pearson for the effective number n and n times the risk.

    lower = B(alpha/2; n p, n - n p + 1), upper = B(1 - alpha/2; n p + 1, n - n p), B the quantile of the beta
    distribution: the exact limits where nobody was censored before the day. They exist at no events too, where those of
    a Kaplan-Meier curve do not.
    """
    require_conf_level(conf_level)
    if math.isnan(found.risk):
        return not_estimable(found.reason, conf_level=conf_level, method=METHOD)
    from scipy.special import betaincinv

    tail = (1.0 - conf_level) / 2.0
    yes = found.effective * found.risk
    no = found.effective - yes
    lower = 0.0 if found.risk <= 0.0 else float(betaincinv(yes, no + 1.0, tail))
    upper = 1.0 if found.risk >= 1.0 else 1.0 - float(betaincinv(no, yes + 1.0, tail))
    return Interval(found.risk, lower, upper, conf_level, METHOD)


def risk_difference_by_day(first: RiskByDay, second: RiskByDay, *, conf_level: float = 0.95) -> Interval:
    """Return the first risk less the second, of independent groups, with Newcombe's limits for effective numbers.

    Wilson's score limits of each risk, for its effective number, joined by square and add (Newcombe 1998, Stat Med
    17:873-90, method 10): those of ``newcombe_difference`` where nobody was censored before the day.
    """
    for found in (first, second):
        if math.isnan(found.risk):
            return not_estimable(found.reason, conf_level=conf_level, method=DIFFERENCE_METHOD)
    (low_1, high_1), (low_2, high_2) = (_score_limits(found, conf_level) for found in (first, second))
    difference = first.risk - second.risk
    below = math.hypot(first.risk - low_1, high_2 - second.risk)
    above = math.hypot(high_1 - first.risk, second.risk - low_2)
    return Interval(difference, difference - below, difference + above, conf_level, DIFFERENCE_METHOD)


def _score_limits(found: RiskByDay, conf_level: float) -> tuple[float, float]:
    """Wilson's limits of a risk for a number that need not be whole."""
    z, p, n = normal_quantile(conf_level), found.risk, found.effective
    middle, spread = p + z**2 / (2.0 * n), z * math.sqrt(p * (1.0 - p) / n + z**2 / (4.0 * n**2))
    low, high = ((middle + sign * spread) / (1.0 + z**2 / n) for sign in (-1.0, 1.0))
    return (0.0 if p <= 0.0 else low), (1.0 if p >= 1.0 else high)
