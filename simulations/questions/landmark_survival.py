"""Do the limits of a Kaplan-Meier curve hold survival at a landmark in a small group?"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from atrisk.compare.square_and_add import Limits
from atrisk.compare.survival_difference import survival_difference
from atrisk.estimate.confidence_limits import ConfType
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier, survival_at
from atrisk.summary.event_counts import EventCounts
from simulations.draws import Draws, followed, groups
from simulations.question import Claim, Outcome, Question, Simulated, held, methods

SCALES: tuple[ConfType, ...] = ("log-log", "log", "plain")
WALD = "difference, Wald limits"
DIFFERENCES: dict[str, Limits] = {
    "difference, square-and-add of log-log limits": "square-and-add",
    WALD: "wald",
}


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


def _difference(draws: Draws, *, sizes: tuple[int, int], survivals: tuple[float, float]) -> Outcome:
    """Two groups of such patients: first less second."""
    group = groups(*sizes)
    hazard = -np.log(np.array(survivals))[group]
    time, event = followed(draws.exponential(hazard), 3.0 * draws.uniform(group.size))
    one, other = kaplan_meier(EventCounts.of(time, event, group=group), conf_type="log-log")
    outcome: dict[str, bool | None] = {}
    for name, limits in DIFFERENCES.items():
        found = survival_difference(one, other, [1.0], limits=limits)
        outcome[name] = held(float(found.lower[0]), float(found.upper[0]), survivals[0] - survivals[1])
    return outcome


def _setting(name: str, n: int, survival: float, *, least: float, log_log: Claim | None = None) -> Simulated:
    """`least`: the least that log and plain limits are said to hold."""
    short = Claim(
        least,
        0.95,
        "The standard error is small where the curve happens to lie high, nil where nobody had the event: such limits "
        "end above the truth.",
    )
    claims = {"log limits": short, "plain limits": short} | ({"log-log limits": log_log} if log_log else {})
    of_scales = methods(*(f"{scale} limits" for scale in SCALES), claims=claims)
    return Simulated(name, 5000, of_scales, partial(_trial, n=n, survival=survival))


_SKEWED = Claim(
    0.87,
    0.95,
    "The standard error of the small group is small where its survival happens to be high, as with a single curve.",
)

QUESTION = Question(
    "landmark_survival",
    "Survival at a landmark",
    "Exponential times, patients lost at uniform times, a third of them by the landmark. Study files have log-log "
    "limits.",
    (
        _setting("32 patients, survival 0.5", 32, 0.5, least=0.90),
        _setting(
            "32 patients, survival 0.8",
            32,
            0.8,
            least=0.88,
            log_log=Claim(0.95, 0.98, "With some six events the limits are a little wide."),
        ),
        _setting(
            "32 patients, survival 0.95",
            32,
            0.95,
            least=0.70,
            log_log=Claim(
                0.92,
                0.95,
                "A quarter of the trials have no event and no limits; given an event, the curve lies too low on the "
                "average.",
            ),
        ),
        _setting("200 patients, survival 0.8", 200, 0.8, least=0.94),
        Simulated(
            "490 against 32, survival 0.8 and 0.6",
            4000,
            methods(*DIFFERENCES, claims={WALD: _SKEWED}),
            partial(_difference, sizes=(490, 32), survivals=(0.8, 0.6)),
        ),
        Simulated(
            "490 against 32, survival 0.9 and 0.9",
            4000,
            methods(*DIFFERENCES, claims={WALD: _SKEWED}),
            partial(_difference, sizes=(490, 32), survivals=(0.9, 0.9)),
        ),
    ),
)
