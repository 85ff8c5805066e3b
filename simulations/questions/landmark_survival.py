"""Do the limits of a Kaplan-Meier curve hold survival at a landmark in a small group?"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from atrisk.estimate.confidence_limits import ConfType
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier, survival_at
from atrisk.summary.event_counts import EventCounts
from simulations.draws import Draws, followed
from simulations.question import Method, Outcome, Question, Simulated, held

SCALES: tuple[ConfType, ...] = ("log-log", "log", "plain")


def _trial(draws: Draws, *, n: int, survival: float) -> Outcome:
    """A constant hazard that leaves a share alive at time 1; patients are lost at times uniform up to 3."""
    hazard = -math.log(survival)
    counts = EventCounts.of(*followed(draws.exponential(np.full(n, hazard)), 3.0 * draws.uniform(n)))
    outcome: dict[str, bool | None] = {}
    for scale in SCALES:
        there = survival_at(kaplan_meier(counts, conf_type=scale)[0], [1.0])
        # Where nobody had the event plain and log limits have no width: they are there, and they do not hold the truth.
        outcome[f"{scale} limits"] = held(float(there.lower[0]), float(there.upper[0]), survival)
    return outcome


def _setting(name: str, trials: int, n: int, survival: float) -> Simulated:
    methods = tuple(Method(f"{scale} limits") for scale in SCALES)
    return Simulated(name, trials, methods, partial(_trial, n=n, survival=survival))


QUESTION = Question(
    "landmark_survival",
    "Survival at a landmark",
    "Exponential times, patients lost at uniform times, a third of them by the landmark. Study files have log-log "
    "limits.",
    (
        _setting("32 patients, survival 0.5", 5000, 32, 0.5),
        _setting("32 patients, survival 0.8", 5000, 32, 0.8),
        _setting("32 patients, survival 0.95", 5000, 32, 0.95),
        _setting("200 patients, survival 0.8", 5000, 200, 0.8),
    ),
)
