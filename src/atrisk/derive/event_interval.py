"""Between which days an event happened that only scans show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class EventInterval:
    """Days (n,) between which each patient's event lies, in (`lower`, `upper`]; equal = on that day, inf = not seen.

    NaN for patients excluded from the outcome.
    """

    lower: Floats
    upper: Floats

    def __post_init__(self) -> None:
        make_arrays_read_only(self)

    @property
    def midpoint(self) -> Floats:
        """The day half way through each interval, half days cut off; the last day known to be free without an event."""
        with np.errstate(invalid="ignore"):
            half = np.floor((self.upper - self.lower) / 2)
        return np.where(np.isfinite(half), self.lower + np.nan_to_num(half, posinf=0.0), self.lower)


def event_interval(
    time: Floats, cause: NDArray[np.int64], *, last_negative: Floats, first_positive: Floats, other: Floats
) -> EventInterval:
    """The interval of an event that is seen on scans, or is the first of that and of events whose day is known.

    Seen on a scan: after the last negative scan before it (time zero, without one) and up to the scan. Another event
    of the outcome (a death) before any positive scan: exactly on its day. Neither: after the day of censoring. Where
    follow-up was made to end (`until:`, `censored_by:`) before the positive scan, nothing is known beyond the last
    negative scan.
    Shapes: all (n,) in days; ``cause`` 0 = censored, else the event; ``last_negative``, ``first_positive`` and
    ``other`` NaN where there is none; ``time`` NaN for excluded patients.
    """
    seen = ~np.isnan(first_positive)
    with np.errstate(invalid="ignore"):
        on_scan = (cause > 0) & seen & ~(other < first_positive)
        unseen_yet = (cause == 0) & seen
        free = np.where(np.isnan(last_negative), 0.0, np.maximum(last_negative, 0.0))
        lower = np.where(on_scan, free, np.where(unseen_yet, np.minimum(free, time), time))
        upper = np.where(on_scan, first_positive, np.where(cause > 0, time, np.inf))
    unknown = np.isnan(time)
    return EventInterval(np.where(unknown, np.nan, lower), np.where(unknown, np.nan, upper))
