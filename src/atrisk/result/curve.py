"""Whole curves, one step a row, beside the result rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Curve:
    """An estimated step function of one group, with what stands under it.

    ``kind`` is ``survival`` (starts at 1), ``cumulative_incidence`` (starts at 0; ``cause`` names the event),
    ``follow_up`` (reverse Kaplan-Meier), ``simon_makuch`` (``cause`` names the exposure, ``group`` is ``unexposed`` or
    ``exposed``), ``turnbull`` (survival of events between two scans: ``conf_low`` and ``conf_high`` are the lowest and
    highest curve that fit, ``estimate`` is NaN where these differ; ``n_event`` counts intervals that end there),
    ``cusum`` or ``vlad`` (``time`` is the number of the operation, ``n_censored`` counts those without the event),
    ``funnel`` (``time`` is a unit's number of operations; nobody is counted), or ``hazard_ratio_over_time`` (the
    smoothed log hazard ratio of ``contrast``; ``group`` is empty, since all groups are counted).
    Arrays are of one length; ``time`` in days, strictly increasing.
    ``n_at_risk`` is just before the time, ``n_event`` and ``n_censored`` at it. Limits are NaN where they cannot be
    estimated. Before the first time the estimate is 1 (survival) or 0; beyond ``time[-1]`` nothing is known.
    """

    comparison: str
    outcome: str
    kind: str
    group: str
    stratum: str = ""
    cause: str = ""
    contrast: str = ""
    n: int
    time: NDArray[np.float64]
    n_at_risk: NDArray[np.float64]
    n_event: NDArray[np.float64]
    n_censored: NDArray[np.float64]
    estimate: NDArray[np.float64]
    std_error: NDArray[np.float64]
    conf_low: NDArray[np.float64]
    conf_high: NDArray[np.float64]
    conf_level: float
    conf_type: str
