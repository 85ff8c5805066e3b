"""The patients who make a cohort less tidy: second operations, partial dates, a primary found later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.simulate.baseline import Baseline
from atrisk.simulate.progression import Progression
from atrisk.simulate.roster import Roster
from atrisk.simulate.spec import ImpossibleSpecError, Spec
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

    def pick(kind: str, allowed: NDArray[np.bool_]) -> list[int]:
        chosen = _chosen(stream, free & allowed, kind, getattr(counts, kind))
        free[chosen] = False
        return chosen

    def days(count: int, low: int, high: int) -> list[int]:
        return [int(day) for day in stream.whole(count, low=low, high=high)]

    wait = roster.op_day - draw.baseline.liver_day
    aborted = pick("aborted_before", (wait > 100) & (roster.op_day > first_day + 100))
    calm = ~draw.surgery.major & (draw.surgery.simultaneous == "none") & ~severe
    many = draw.baseline.lm_number >= 4
    staged = pick("two_stage", calm & many & (survival.end > 300) & ((seen == 0) | (seen > 200)))
    repeats = pick("repeat_hepatectomy", (seen > 150) & (after_seen > 400) & (roster.group != 0))
    found = pick("primary_found_later", (roster.group == 0) & (survival.end > 900))
    late = pick("late_complication", ~severe & (survival.end > 400))
    partial_net, partial_liver = _partial_dates(spec, draw, stream)
    return Special(
        aborted_before=dict(zip(aborted, days(len(aborted), 21, 80), strict=True)),
        second_stage=dict(zip(staged, days(len(staged), 28, 75), strict=True)),
        repeat={
            patient: int(seen[patient]) + gap for patient, gap in zip(repeats, days(len(repeats), 30, 120), strict=True)
        },
        primary_found=dict(zip(found, days(len(found), 200, 700), strict=True)),
        late_complication=dict(zip(late, days(len(late), 100, 200), strict=True)),
        partial_net=partial_net,
        partial_liver=partial_liver,
    )


def _partial_dates(spec: Spec, draw: Draw, stream: Stream) -> tuple[dict[int, int], dict[int, int]]:
    """Dates of diagnosis recorded to the month or year, only where the years alone keep them in order."""
    baseline, roster = draw.baseline, draw.roster
    years = [
        np.array([int(iso(day)[:4]) for day in days]) for days in (baseline.net_day, baseline.liver_day, roster.op_day)
    ]
    ordered = roster.eligible & (years[0] < years[1]) & (years[1] < years[2])
    chosen = _chosen(stream, ordered, "partial_dates", spec.patients.special.partial_dates)
    net: dict[int, int] = {}
    liver: dict[int, int] = {}
    for place, patient in enumerate(chosen):
        digits = 4 if place % 3 == 2 else 7
        (liver if place % 5 >= 3 else net)[patient] = digits
    return net, liver


def _chosen(stream: Stream, allowed: NDArray[np.bool_], kind: str, count: int) -> list[int]:
    """As many of the allowed patients as are asked for; raises ImpossibleSpecError if there are not so many."""
    candidates = np.flatnonzero(allowed)
    if len(candidates) < count:
        message = f"only {len(candidates)} of the patients drawn can have this"
        raise ImpossibleSpecError(("patients", "special", kind), message, "Ask for fewer, or for a larger cohort.")
    return [int(patient) for patient in candidates[stream.order(len(candidates))][:count]]
