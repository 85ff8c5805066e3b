"""An estimate with its confidence limits, which it never stands without."""

from __future__ import annotations

from dataclasses import dataclass


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
