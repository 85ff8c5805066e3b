"""Death and the end of follow-up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.simulate.baseline import Baseline
from atrisk.simulate.roster import DAYS_PER_MONTH, Roster
from atrisk.simulate.spec import Spec
from atrisk.simulate.stream import Stream

PERIOPERATIVE_DAYS = 90
LONGEST_DAYS = 1e6  # beyond any data cut


@dataclass(frozen=True, slots=True, eq=False)
class Survival:
    """One row a patient; days counted from the operation."""

    died: NDArray[np.bool_]
    end: NDArray[np.int64]  # day of death, or of the last contact
    perioperative: NDArray[np.bool_]  # died within 90 days
    score: NDArray[np.float64]  # normal score of the latent survival time, long is high


def draw_survival(spec: Spec, roster: Roster, baseline: Baseline, stream: Stream) -> Survival:
    """Latent survival S(t) = exp(-e^η (t/scale)^shape) from day 90, or death within 90 days; independent losses.

    A death counts only up to the end of follow-up (loss, or the last contact before the data cut), so that
    censoring does not depend on it.
    """
    from scipy.special import log_ndtr

    rules, size = spec.survival, roster.size
    risk = baseline.log_hazard(rules.hazard_ratios, roster.op_day)
    score = stream.normal(size)
    scale = roster.pick(rules.late.scale_months.each()) * DAYS_PER_MONTH
    waited = scale * (-log_ndtr(-score) / np.exp(risk)) ** (1 / rules.late.shape)
    latent = PERIOPERATIVE_DAYS + 1 + np.floor(np.minimum(waited, LONGEST_DAYS))
    early = stream.happens(rules.perioperative.probability, size)
    early &= ~roster.lost_early & ~roster.no_90_day_visit
    death = np.where(early, stream.whole(size, low=3, high=PERIOPERATIVE_DAYS), latent.astype(np.int64))

    loss = 120 - np.log(stream.uniform(size)) / rules.lost_per_year.rate * 365.25
    loss = np.where(roster.lost_early, stream.whole(size, low=40, high=80), np.floor(loss)).astype(np.int64)
    to_cut = spec.calendar.data_cut.date.toordinal() - roster.op_day
    seen = np.maximum(to_cut - stream.whole(size, low=0, high=rules.last_contact_before_cut.days), to_cut // 2)
    end = np.minimum(loss, seen)
    died = death <= end
    return Survival(
        died=died,
        end=np.where(died, death, end),
        perioperative=died & early,
        score=score,
    )
