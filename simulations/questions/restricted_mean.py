"""Do the limits of a difference of restricted means hold it, and does its permutation test keep its level?"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from atrisk.compare.restricted_mean_permutation import permutation_restricted_mean
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier
from atrisk.estimate.survival_curve.restricted_mean import restricted_mean, restricted_mean_difference
from atrisk.estimate.survival_curve.restricted_mean_bootstrap import bootstrap_difference, bootstrap_restricted_mean
from atrisk.summary.event_counts import EventCounts
from simulations.draws import Draws, followed, groups
from simulations.question import Claim, Outcome, Question, Simulated, held, methods, rejected

NORMAL, BOOTSTRAP = "normal limits", "bootstrap percentiles"
NORMAL_TEST, PERMUTATION = "normal test", "permutation, studentised"
TAU = 1.0
RESAMPLES, SHUFFLES = 499, 199


def _counts(
    draws: Draws, sizes: tuple[int, int], hazards: tuple[float, float], ends: tuple[float, float]
) -> EventCounts:
    """Constant hazards; patients are lost at times uniform up to the end of their group."""
    group = groups(*sizes)
    lost = draws.uniform(group.size) * np.array(ends)[group]
    time, event = followed(draws.exponential(np.array(hazards)[group]), lost)
    return EventCounts.of(time, event, group=group)


def _coverage(draws: Draws, *, sizes: tuple[int, int], hazards: tuple[float, float]) -> Outcome:
    counts = _counts(draws, sizes, hazards, (3.0, 3.0))
    first, second = (-math.expm1(-hazard * TAU) / hazard for hazard in hazards)
    one, other = (restricted_mean(curve, TAU) for curve in kaplan_meier(counts))
    normal = restricted_mean_difference(one, other)
    seed = int(draws.whole(1, low=0, high=2**31)[0])
    resampled = bootstrap_difference(*bootstrap_restricted_mean(counts, TAU, seed=seed, replicates=RESAMPLES))
    return {
        NORMAL: held(normal.lower, normal.upper, first - second),
        BOOTSTRAP: held(resampled.lower, resampled.upper, first - second),
    }


def _size(draws: Draws, *, sizes: tuple[int, int], hazard: float, ends: tuple[float, float]) -> Outcome:
    counts = _counts(draws, sizes, (hazard, hazard), ends)
    one, other = (restricted_mean(curve, TAU) for curve in kaplan_meier(counts))
    seed = int(draws.whole(1, low=0, high=2**31)[0])
    return {
        NORMAL_TEST: rejected(restricted_mean_difference(one, other).p_value),
        PERMUTATION: rejected(permutation_restricted_mean(counts, TAU, seed=seed, replicates=SHUFFLES).p_value),
    }


_WHY_SKEWED = (
    "The restricted mean of 32 patients is skewed, and its standard error small where the mean happens to be high."
)
_SKEWED = Claim(0.90, 0.95, _WHY_SKEWED)
_HARDLY_ANY = Claim(
    0.75,
    0.95,
    "The small group has two or three events. Where it has none, in one trial of fourteen, its standard error is 0 and "
    "the limits are those of the other group alone.",
)


def _limits(name: str, sizes: tuple[int, int], hazards: tuple[float, float], claim: Claim | None = None) -> Simulated:
    claims = {NORMAL: claim, BOOTSTRAP: claim} if claim else None
    both = methods(NORMAL, BOOTSTRAP, claims=claims)
    return Simulated(name, 1000, both, partial(_coverage, sizes=sizes, hazards=hazards))


def _test(
    name: str, sizes: tuple[int, int], hazard: float, ends: tuple[float, float], claim: Claim | None = None
) -> Simulated:
    both = methods(NORMAL_TEST, PERMUTATION, kind="size", claims={NORMAL_TEST: claim} if claim else None)
    return Simulated(name, 2000, both, partial(_size, sizes=sizes, hazard=hazard, ends=ends))


QUESTION = Question(
    "restricted_mean",
    "Difference of restricted means",
    "Exponential times, patients lost at uniform times up to three times tau. 499 resamples, 199 shuffles.",
    (
        _limits("60 against 60, hazards 0.5 and 1", (60, 60), (0.5, 1.0)),
        _limits("490 against 32, hazards 0.5 and 1", (490, 32), (0.5, 1.0), _SKEWED),
        _limits("490 against 32, hazards 0.05 and 0.1", (490, 32), (0.05, 0.1), _HARDLY_ANY),
        _test("20 against 20, no difference", (20, 20), 1.0, (3.0, 3.0)),
        _test("490 against 32, no difference", (490, 32), 0.5, (3.0, 3.0), Claim(0.05, 0.10, _WHY_SKEWED)),
        _test("60 against 60, no difference, lost by 3 and by 1.3 tau", (60, 60), 1.0, (3.0, 1.3)),
    ),
)
