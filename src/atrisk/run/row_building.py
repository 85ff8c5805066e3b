"""Results become rows: an estimate with its companions, and the reason where there is no number."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from atrisk.result.remark import Remark
from atrisk.result.row import Row, identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """An estimate with what qualifies it; None for a companion that does not apply, NaN for one not estimable."""

    value: float
    low: float | None = None
    high: float | None = None
    std_error: float | None = None
    n_at_risk: float | None = None
    n_event_before: float | None = None
    n_censored_before: float | None = None
    n_not_entered: float | None = None
    reason: str = ""
    limit_reason: str = ""


def number(value: float | None) -> float | None:
    """The value as a float, or None where it is missing or NaN."""
    if value is None or math.isnan(value):
        return None
    return float(value)


def single(
    template: Row, statistic: str, value: float | None, reason: str = "", *, estimate_id: str | None = None
) -> Row:
    """One row; where the value is NaN, ``reason`` says why. ``estimate_id`` takes the place of the template's."""
    given, joined = number(value), template.estimate_id if estimate_id is None else estimate_id
    if given is not None:
        return replace(template, statistic=statistic, value=given, estimate_id=joined)
    error = reason or Remark("not-estimable")
    return replace(template, statistic=statistic, value=None, error=error, estimate_id=joined)


def with_companions(template: Row, statistic: str, estimate: Estimate) -> Iterator[Row]:
    """The row of an estimate followed by its limits, standard error and counts, joined by ``estimate_id``.

    A companion names the statistic it qualifies in ``of``. ``df``, test columns and p values belong to the estimate
    alone.
    """
    estimate_id = identity(template, statistic=statistic)
    yield single(template, statistic, estimate.value, estimate.reason, estimate_id=estimate_id)
    companion = replace(
        template, of=statistic, estimate_id=estimate_id, numerator=None, denominator=None, note="", warning=""
    )
    why = estimate.limit_reason or estimate.reason
    for name, value in (
        ("conf_low", estimate.low),
        ("conf_high", estimate.high),
        ("std_error", estimate.std_error),
        ("n_at_risk", estimate.n_at_risk),
        ("n_event_before", estimate.n_event_before),
        ("n_censored_before", estimate.n_censored_before),
        ("n_not_entered", estimate.n_not_entered),
    ):
        if value is not None:
            yield single(companion, name, value, why)
