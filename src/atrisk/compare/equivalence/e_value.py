"""How strong unmeasured confounding would have to be to explain an association."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal, get_args

from atrisk.compare.interval import Interval
from atrisk.errors import EstimationError
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "mergeable"

Measure = Literal["risk ratio", "hazard ratio", "hazard ratio, common outcome", "odds ratio, common outcome"]


@dataclass(frozen=True, slots=True)
class EValue:
    """The E-value of an estimate and of its limit nearer to 1, which is 1 where the limits include 1.

    NaN where there is no estimate or no limits; `reason` then says why, else it is empty.
    """

    estimate: float
    limit: float
    reason: str = ""


def e_value(ratio: Interval, *, measure: Measure = "risk ratio") -> EValue:
    """The least risk ratio that a confounder must have with both exposure and outcome to explain an association away.

    Definition: R + sqrt(R (R - 1)) for a risk ratio R >= 1, of 1/R below 1. Ratios of common outcomes (15 % or more)
    become approximate risk ratios first: a hazard ratio h (1 - 0.5^sqrt(h)) / (1 - 0.5^sqrt(1/h)), an odds ratio its
    square root; of rare outcomes they are taken as risk ratios.
    Source: VanderWeele and Ding 2017, Ann Intern Med 167:268, eq. 1 and table 2.
    Raises EstimationError for an unknown measure or a ratio below 0.
    """
    if measure not in get_args(Measure):
        raise EstimationError(f"the measure '{measure}' is unknown; use one of {'; '.join(get_args(Measure))}.")
    if ratio.estimate < 0 or ratio.lower < 0:
        raise EstimationError("a ratio cannot be below 0.")
    if not (0 < ratio.estimate < math.inf):
        return EValue(math.nan, math.nan, ratio.reason or "the ratio is not estimable")
    estimate = _of(_risk_ratio(ratio.estimate, measure))
    if math.isnan(ratio.lower) or math.isnan(ratio.upper):
        return EValue(estimate, math.nan, ratio.reason or "the ratio has no limits")
    if ratio.lower <= 1 <= ratio.upper:
        return EValue(estimate, 1.0)
    return EValue(estimate, _of(_risk_ratio(ratio.lower if ratio.lower > 1 else ratio.upper, measure)))


def _of(risk_ratio: float) -> float:
    away = max(risk_ratio, 1 / risk_ratio)
    return away + math.sqrt(away * (away - 1))


def _risk_ratio(value: float, measure: Measure) -> float:
    if measure == "hazard ratio, common outcome":
        return float((1 - 0.5 ** math.sqrt(value)) / (1 - 0.5 ** math.sqrt(1 / value)))
    if measure == "odds ratio, common outcome":
        return math.sqrt(value)
    return value
