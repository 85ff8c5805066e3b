"""Hepatic progression, seen only at scans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.simulate.baseline import Baseline
from atrisk.simulate.roster import DAYS_PER_MONTH, Roster
from atrisk.simulate.spec import Spec, VisitSchedule
from atrisk.simulate.stream import Stream
from atrisk.simulate.survival import Survival


@dataclass(frozen=True, slots=True, eq=False)
class Progression:
    """Scans of every patient, and the first that shows hepatic progression; days counted from the operation."""

    scan_day: NDArray[np.int64]  # patients x visits, increasing
    taken: NDArray[np.bool_]  # patients x visits
    latent_day: NDArray[np.float64]  # when the liver progressed, seen or not
    seen_day: NDArray[np.int64]  # first scan that shows it, 0 if none
    last_scan: NDArray[np.int64]  # 0 if none

    def free_survival(self, survival: Survival) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Days to the first of seen progression and death, else to the last scan; and whether there was an event."""
        seen = self.seen_day > 0
        ended = np.where(survival.died, survival.end, self.last_scan)
        return np.where(seen, self.seen_day, ended), seen | survival.died


def draw_progression(spec: Spec, roster: Roster, baseline: Baseline, survival: Survival, stream: Stream) -> Progression:
    """Latent Weibull times, tied to survival by a Gaussian copula, seen at the first visit on or after them.

    Source of the copula: the normal score of the latent time is ρ z + sqrt(1 - ρ²) e, where z is the score of the
    survival time and e an independent standard normal.
    """
    from scipy.special import log_ndtr

    rules, size = spec.hepatic_progression, roster.size
    rho = rules.correlation_with_survival.value
    score = rho * survival.score + np.sqrt(1 - rho**2) * stream.normal(size)
    risk = baseline.log_hazard(rules.hazard_ratios, roster.op_day)
    scale = roster.pick(rules.latent.scale_months.each()) * DAYS_PER_MONTH
    latent_day = scale * (-log_ndtr(-score) / np.exp(risk)) ** (1 / rules.latent.shape)

    intervals = _planned_intervals(spec, roster)
    shape = intervals.shape
    # each visit is booked from the one before, so that the visits of different patients drift apart
    spread = 1 + rules.visits.jitter * np.clip(stream.normal(shape), -2, 2)
    scan_day = np.rint(np.cumsum(intervals * spread, axis=1)).astype(np.int64)
    last_possible = survival.end - survival.died
    taken = (stream.uniform(shape) >= rules.visits.missed) & (scan_day <= last_possible[:, None])
    # who leaves hospital alive has at least one scan: without any, hepatic follow-up would have no length
    bare = ~taken.any(axis=1) & ~survival.perioperative
    scan_day[bare, 0] = np.maximum(np.floor(survival.end[bare] * (0.5 + 0.4 * stream.uniform(size)[bare])), 1)
    taken[bare, 0] = True

    shows = taken & (scan_day >= latent_day[:, None])
    seen_day = np.where(shows.any(axis=1), scan_day[np.arange(size), shows.argmax(axis=1)], 0)
    return Progression(
        scan_day=scan_day,
        taken=taken,
        latent_day=latent_day,
        seen_day=seen_day,
        last_scan=np.max(np.where(taken, scan_day, 0), axis=1),
    )


def _planned_intervals(spec: Spec, roster: Roster) -> NDArray[np.float64]:
    """Planned days between scans, patients x visits, to beyond the longest follow-up."""
    visits = spec.hepatic_progression.visits
    longest = (spec.calendar.data_cut.date.toordinal() - int(roster.op_day.min())) / DAYS_PER_MONTH
    schedules = [
        _schedule(era, group, longest * 1.5) for era in (visits.before_2010, visits.from_2010) for group in range(3)
    ]
    width = max(len(schedule) for schedule in schedules)
    table = np.full((6, width), 365.25)
    for row, schedule in enumerate(schedules):
        table[row, : len(schedule)] = schedule
    return np.asarray(table[roster.late_era * 3 + roster.group], dtype=np.float64)


def _schedule(visits: VisitSchedule, group: int, months: float) -> list[float]:
    intervals: list[float] = []
    month = 0.0
    while month < months:
        if month < 24:
            step = visits.first_two_years.each()[group]
        elif month < 60:
            step = visits.until_year_five.each()[group]
        else:
            step = visits.later.each()[group]
        month += step
        intervals.append(step * DAYS_PER_MONTH)
    return intervals
