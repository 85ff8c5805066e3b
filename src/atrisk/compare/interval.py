"""An estimate with its confidence limits, which it never stands without."""

from __future__ import annotations

from dataclasses import dataclass

from atrisk.errors import EstimationError


@dataclass(frozen=True, slots=True)
class Interval:
    """A point estimate and its two-sided confidence limits.

    method: the name of the interval, for the report. reason: why the estimate or its limits are NaN, or empty;
    an estimate may exist without limits (a ratio of infinity), limits never without an estimate.
    """

    estimate: float
    lower: float
    upper: float
    conf_level: float
    method: str
    reason: str = ""


def not_estimable(reason: str, *, conf_level: float, method: str) -> Interval:
    """Return an interval of NaN with the reason why there is none."""
    nan = float("nan")
    return Interval(nan, nan, nan, conf_level, method, reason)


def normal_quantile(conf_level: float) -> float:
    """Return z with P(|Z| <= z) = conf_level for a standard normal Z; EstimationError outside (0, 1)."""
    require_conf_level(conf_level)
    from scipy.special import ndtri

    return float(ndtri(0.5 + conf_level / 2.0))


def require_conf_level(conf_level: float) -> None:
    """Raise EstimationError unless the confidence level lies strictly between 0 and 1."""
    if not 0.0 < conf_level < 1.0:
        raise EstimationError("the confidence level must lie strictly between 0 and 1 (0.95, not 95)")
