"""The patients who make a cohort less tidy: second operations, partial dates, a primary found later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.simulate.baseline import Baseline
from atrisk.simulate.progression import Progression
from atrisk.simulate.roster import Roster
from atrisk.simulate.spec import Spec
from atrisk.simulate.stream import Stream
from atrisk.simulate.surgery import SEVERE_GRADES, Surgery
from atrisk.simulate.survival import Survival
from atrisk.simulate.table import iso


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """Everything drawn in the blocks."""

    roster: Roster
    baseline: Baseline
    survival: Survival
    progression: Progression
    surgery: Surgery


@dataclass(frozen=True, slots=True)
class Special:
    """Patient -> day (from the operation, or before it) of what sets the patient apart."""

    aborted_before: dict[int, int]  # days before the resection
    second_stage: dict[int, int]
    repeat: dict[int, int]
    primary_found: dict[int, int]
    late_complication: dict[int, int]
    partial_net: dict[int, int]  # digits of the ISO date that were recorded: 7 year and month, 4 year
    partial_liver: dict[int, int]


def choose_special(spec: Spec, draw: Draw, stream: Stream) -> Special:
    """Chooses them among the eligible patients in whom nothing contradicts it; each kind has its own patients.

    A second stage is an even smaller resection than the first and has no complication, so that the course of both
    operations is as major and as morbid as the first alone.
    """
    roster, survival, seen = draw.roster, draw.survival, draw.progression.seen_day
    counts = spec.patients.special
    first_day = spec.calendar.window.first.toordinal()
    free = roster.eligible & ~roster.lost_early & ~roster.no_90_day_visit & ~survival.perioperative
    after_seen = np.where(seen > 0, survival.end - seen, 0)
    severe = np.isin(draw.surgery.grade, SEVERE_GRADES)

    def pick(allowed: NDArray[np.bool_], count: int) -> list[int]:
        candidates = np.flatnonzero(free & allowed)
        chosen = candidates[stream.order(len(candidates))][:count]
        free[chosen] = False
        return [int(patient) for patient in chosen]

    def days(count: int, low: int, high: int) -> list[int]:
        return [int(day) for day in stream.whole(count, low=low, high=high)]

    wait = roster.op_day - draw.baseline.liver_day
    aborted = pick((wait > 100) & (roster.op_day > first_day + 100), counts.aborted_before)
    calm = ~draw.surgery.major & (draw.surgery.simultaneous == "none") & ~severe
    many = draw.baseline.lm_number >= 4
    staged = pick(calm & many & (survival.end > 300) & ((seen == 0) | (seen > 200)), counts.two_stage)
    repeats = pick((seen > 150) & (after_seen > 400) & (roster.group != 0), counts.repeat_hepatectomy)
    found = pick((roster.group == 0) & (survival.end > 900), counts.primary_found_later)
    late = pick(~severe & (survival.end > 400), counts.late_complication)
    partial_net, partial_liver = _partial_dates(spec, draw, stream)
    return Special(
        aborted_before=dict(zip(aborted, days(len(aborted), 21, 80), strict=True)),
        second_stage=dict(zip(staged, days(len(staged), 28, 75), strict=True)),
        repeat={
            patient: int(seen[patient]) + gap
            for patient, gap in zip(repeats, days(len(repeats), 30, 120), strict=True)
        },
        primary_found=dict(zip(found, days(len(found), 200, 850), strict=True)),
        late_complication=dict(zip(late, days(len(late), 100, 200), strict=True)),
        partial_net=partial_net,
        partial_liver=partial_liver,
    )


def _partial_dates(spec: Spec, draw: Draw, stream: Stream) -> tuple[dict[int, int], dict[int, int]]:
    """Dates of diagnosis recorded to the month or year, only where the years alone keep them in order."""
    baseline, roster = draw.baseline, draw.roster
    years = [
        np.array([int(iso(day)[:4]) for day in days])
        for days in (baseline.net_day, baseline.liver_day, roster.op_day)
    ]
    candidates = np.flatnonzero(roster.eligible & (years[0] < years[1]) & (years[1] < years[2]))
    chosen = candidates[stream.order(len(candidates))][: spec.patients.special.partial_dates]
    net, liver = {}, {}
    for place, patient in enumerate(chosen):
        digits = 4 if place % 3 == 2 else 7
        (liver if place % 5 >= 3 else net)[int(patient)] = digits
    return net, liver
