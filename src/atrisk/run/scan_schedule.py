"""How often patients were scanned, by group and era, and who has a gap in which a progression can have been missed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from atrisk.cohort.design.scan_schedule import ScanGaps
from atrisk.derive.variable import Values
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.account import SCANS
from atrisk.run.frame import Frame
from atrisk.run.row_building import single

# A gap longer than so many usual intervals: at least one scan that did not take place.
LONG_GAP = 2.0
# Days from time zero at which the periods of the usual intervals begin.
_PERIODS = (0.0, 731.0, 1826.0)


def scan_rows(frame: Frame, gaps: ScanGaps, era: Values | None) -> Iterator[Row]:
    """The median interval between scans, and how many patients have a gap of more than two usual intervals.

    The usual interval is the median of all gaps that begin in a period (first two years, up to the fifth, later). A
    patient's interval is the median of their gaps, a group's the median of its patients'. Patients with fewer than two
    scans have none and are counted. ``era``: the calendar period of each patient, where one is derived.
    """
    n = frame.group.size
    usual = np.array([_median(gaps.gap[(gaps.period == k) & frame.inside[gaps.patient]]) for k in range(len(_PERIODS))])
    own = np.full(n, math.nan)
    for patient in np.unique(gaps.patient):
        own[patient] = _median(gaps.gap[gaps.patient == patient])
    gap = np.zeros(n, dtype=bool)
    gap[gaps.patient[gaps.gap > LONG_GAP * usual[gaps.period]]] = True
    template = replace(frame.row(SCANS), variable=gaps.name)
    for code, members in frame.members():
        yield from _of(replace(template, group=code), own[members], gap[members])
    recorded = int((frame.inside & ~np.isnan(own)).sum())
    for start, days in zip(_PERIODS, usual, strict=True):
        of_period = replace(template, time_start=start, unit="days", n=recorded)
        yield single(of_period, "usual_interval", float(days), Remark("no-gap-between-scans"))
    if era is None:
        return
    for position, level in [*enumerate(era.levels), (-1, "")]:
        members = frame.inside & (era.level == position)
        if members.any():
            yield from _of(replace(template, subgroup=era.name, level=level), own[members], gap[members])


def _of(template: Row, own: NDArray[np.float64], gap: NDArray[np.bool_]) -> Iterator[Row]:
    """The rows of some patients: their own intervals, NaN for fewer than two scans, and who has a long gap."""
    n = int((~np.isnan(own)).sum())
    yield single(template, "n", n)
    yield single(template, "missing", own.size - n)
    why = Remark("no-gap-between-scans")
    yield single(replace(template, unit="days", n=n), "median", _median(own[~np.isnan(own)]), why)
    count = float(gap.sum())
    counted = replace(template, numerator=count, denominator=float(n), convention=Remark("two-usual-intervals"))
    yield single(counted, "count", count)
    yield single(counted, "proportion", count / n if n else math.nan, why)


def _median(values: NDArray[np.float64]) -> float:
    return float(np.median(values)) if values.size else math.nan
