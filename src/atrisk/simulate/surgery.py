"""The operation and the worst complication after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atrisk.simulate.baseline import Baseline
from atrisk.simulate.roster import Roster
from atrisk.simulate.spec import Spec
from atrisk.simulate.stream import Stream
from atrisk.simulate.survival import Survival

MAJOR_CODES = ("RH", "extended_RH", "trisection")  # rule MAYO
SEVERE_GRADES = ("IIIa", "IIIb", "IVa", "IVb", "V")


@dataclass(frozen=True, slots=True, eq=False)
class Surgery:
    """One row a patient: the first resection (or, for an aborted operation, what was planned)."""

    resected: NDArray[np.bool_]
    major: NDArray[np.bool_]
    simultaneous: NDArray[Any]  # none, bowel, distal pancreatectomy, pancreatoduodenectomy
    grade: NDArray[Any]  # worst Clavien-Dindo grade within 90 days: none, I .. V
    followed_90_days: NDArray[np.bool_]


def draw_surgery(spec: Spec, roster: Roster, baseline: Baseline, survival: Survival, stream: Stream) -> Surgery:
    """Draws the extent of the resection, the primary's simultaneous resection and the worst complication."""
    rules, size = spec.surgery, roster.size
    resected = np.asarray(roster.fate != "aborted", dtype=np.bool_)
    extent = rules.major_hepatectomy
    doublings = np.log2(baseline.lm_size / roster.pick(spec.baseline.lm_size_mm.median.each()))
    major_chance = _shifted(
        roster.pick(extent.probability.each()), doublings * np.log(extent.odds_ratio_per_size_doubling)
    )
    major = stream.happens(major_chance, size) & resected
    simultaneous = _simultaneous(spec, roster, stream, resected)

    severe_rules = rules.severe_morbidity
    shift = major * np.log(severe_rules.odds_ratio_major)
    shift = shift + (simultaneous != "none") * np.log(severe_rules.odds_ratio_simultaneous)
    severe = stream.happens(_shifted(np.full(size, severe_rules.probability), shift), size)
    grade = np.where(
        severe, stream.choose(rules.severe_grades.shares, size), stream.choose(rules.minor_grades.shares, size)
    )
    followed = survival.perioperative | ((survival.end >= 90) & ~roster.no_90_day_visit)
    grade = np.where(survival.perioperative, "V", np.where(followed, grade, "none"))
    return Surgery(resected=resected, major=major, simultaneous=simultaneous, grade=grade, followed_90_days=followed)


def _shifted(probability: NDArray[np.float64], log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    odds = probability / (1 - probability) * np.exp(log_odds)
    return np.asarray(odds / (1 + odds), dtype=np.float64)


def _simultaneous(spec: Spec, roster: Roster, stream: Stream, resected: NDArray[np.bool_]) -> NDArray[Any]:
    """The primary's resection in the same operation, which a patient of unknown primary cannot have."""
    rules = spec.surgery
    chance = roster.pick((0.0, rules.simultaneous_bowel.probability, rules.simultaneous_pancreas.probability))
    together = stream.happens(chance, roster.size) & resected & (roster.fate != "other_primary")
    proximal = stream.happens(rules.pancreatoduodenectomy.probability, roster.size)
    pancreas = np.where(proximal, "pancreatoduodenectomy", "distal pancreatectomy")
    return np.where(together, np.where(roster.group == 2, pancreas, "bowel"), "none").astype(object)
