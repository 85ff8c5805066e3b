"""What a comparison of hazards can show with the events it has: power, detectable ratio, events needed."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import require_conf_level
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "mergeable"

_NORMAL = NormalDist()


def log_hazard_ratio_std_err(events: float, share: float) -> float:
    """The standard error of a log hazard ratio of two groups when the true ratio is near 1.

    Definition: 1 / sqrt(D p (1 - p)), D events in both groups together and p the share of patients in the first.
    Source: Schoenfeld 1981, Biometrika 68:316. Raises EstimationError unless D > 0 and 0 < p < 1.
    """
    if not (math.isfinite(events) and events > 0):
        raise EstimationError("the number of events must be above 0.")
    if not 0 < share < 1:
        raise EstimationError("the share of patients in the first group must lie strictly between 0 and 1.")
    return 1 / math.sqrt(events * share * (1 - share))


def power(hazard_ratio: float, events: float, share: float, *, conf_level: float = 0.95) -> float:
    """The probability that the two-sided test of no difference rejects when the true hazard ratio is `hazard_ratio`.

    Definition: Phi(|b| / se - z) + Phi(-|b| / se - z), b the log hazard ratio, se of `log_hazard_ratio_std_err`, z the
    two-sided normal quantile. Source: Schoenfeld 1983, Biometrics 39:499.
    """
    require_conf_level(conf_level)
    shift = abs(_log_ratio(hazard_ratio)) / log_hazard_ratio_std_err(events, share)
    z = _NORMAL.inv_cdf(0.5 + conf_level / 2)
    return _NORMAL.cdf(shift - z) + _NORMAL.cdf(-shift - z)


def detectable_hazard_ratio(
    events: float, share: float, *, wanted_power: float = 0.8, conf_level: float = 0.95
) -> float:
    """The smallest hazard ratio above 1 that the two-sided test finds with `wanted_power`.

    Definition: exp((z_alpha + z_beta) se); its reciprocal is the one below 1. Source: Schoenfeld 1983.
    """
    return math.exp(_quantiles(wanted_power, conf_level) * log_hazard_ratio_std_err(events, share))


def events_needed(
    hazard_ratio: float,
    share: float,
    *,
    margin: float = 1.0,
    wanted_power: float = 0.8,
    conf_level: float = 0.95,
) -> int:
    """The events at which the limits exclude `margin` with `wanted_power` when the true ratio is `hazard_ratio`.

    Definition: the least whole D >= (z_alpha + z_beta)^2 / (p (1 - p) (b - log margin)^2). With margin 1 the test of
    no difference; with another the test of non-inferiority, whose one-sided error is (1 - conf_level) / 2.
    Source: Schoenfeld 1983. Raises EstimationError where the true ratio is the margin.
    """
    distance = _log_ratio(hazard_ratio) - _log_ratio(margin)
    if distance == 0:
        raise EstimationError("no number of events tells a hazard ratio from itself.")
    unit = log_hazard_ratio_std_err(1.0, share)
    return math.ceil((_quantiles(wanted_power, conf_level) * unit / distance) ** 2)


def _quantiles(wanted_power: float, conf_level: float) -> float:
    require_conf_level(conf_level)
    if not (1 - conf_level) / 2 < wanted_power < 1:
        raise EstimationError("the power must lie between the test's one-sided error and 1.")
    return _NORMAL.inv_cdf(0.5 + conf_level / 2) + _NORMAL.inv_cdf(wanted_power)


def _log_ratio(hazard_ratio: float) -> float:
    if not (math.isfinite(hazard_ratio) and hazard_ratio > 0):
        raise EstimationError("a hazard ratio must be a number above 0.")
    return math.log(hazard_ratio)
