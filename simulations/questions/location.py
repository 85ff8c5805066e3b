"""Do the limits of a Hodges-Lehmann shift and of a relative effect hold them?"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from atrisk.compare.location.hodges_lehmann import hodges_lehmann
from atrisk.compare.location.relative_effect import relative_effect
from atrisk.summary.value_counts import ValueCounts
from simulations.draws import Draws, groups
from simulations.question import Claim, Outcome, Question, Simulated, held, methods

EXACT, APPROXIMATE, EFFECT = "Hodges-Lehmann, exact", "Hodges-Lehmann, normal approximation", "relative effect"
# Grades 0 to 5 of complications in two groups.
GRADES = ((0.55, 0.12, 0.15, 0.10, 0.05, 0.03), (0.40, 0.12, 0.20, 0.15, 0.08, 0.05))


def _shift(draws: Draws, *, sizes: tuple[int, int], shift: float, exact: bool) -> Outcome:
    """Log-normal values, the second group's larger by the shift."""
    group = groups(*sizes)
    values = np.exp(draws.normal(group.size)) + shift * group
    found = hodges_lehmann(ValueCounts.of(values, group, 2), first=1, second=0, exact=exact)
    return {EXACT if exact else APPROXIMATE: held(found.lower, found.upper, shift)}


def _days(draws: Draws, *, sizes: tuple[int, int], shift: int) -> Outcome:
    """Whole days in hospital: many ties."""
    group = groups(*sizes)
    values = np.ceil(8 * np.exp(0.5 * draws.normal(group.size))) + shift * group
    found = hodges_lehmann(ValueCounts.of(values, group, 2), first=1, second=0, exact=False)
    return {APPROXIMATE: held(found.lower, found.upper, shift)}


def _normal_effect(draws: Draws, *, sizes: tuple[int, int], shift: float, spread: float) -> Outcome:
    """Normal values with mean 0 and spread 1, and with mean and spread as given: P(second > first)."""
    group = groups(*sizes)
    values = draws.normal(group.size) * np.where(group == 1, spread, 1.0) + shift * group
    truth = (1 + math.erf(shift / math.hypot(1.0, spread) / math.sqrt(2))) / 2
    return _effect(values, group, truth)


def _graded_effect(draws: Draws, *, sizes: tuple[int, int]) -> Outcome:
    """The truth is the sum over pairs of grades, ties one half."""
    group = groups(*sizes)
    bounds = np.cumsum(np.array(GRADES), axis=1)[:, :-1]
    values = np.sum(draws.uniform(group.size)[:, None] > bounds[group], axis=1)
    first, second = GRADES
    truth = math.fsum(p * q * ((j > i) + (j == i) / 2) for i, p in enumerate(first) for j, q in enumerate(second))
    return _effect(values.astype(float), group, truth)


def _effect(values: np.ndarray, group: np.ndarray, truth: float) -> Outcome:
    found = relative_effect(ValueCounts.of(values, group, 2), first=1, second=0)
    return {EFFECT: held(found.lower, found.upper, truth)}


def _level(level: float) -> Claim:
    """The level that exact limits have by the distribution of the rank sum (R: 1 - 2 pwilcox(q - 1, n1, n2))."""
    return Claim(
        level, level, f"Rank sums are whole: no exact limits have 95%, and the next level above is {level:.2%}."
    )


_WHOLE = Claim(
    0.95, 1.0, "Limits are differences of whole days, and a shift of whole days that equals one of them counts as held."
)
_SMALL_GROUPS = Claim(0.95, 0.98, "In groups of ten the logit scale makes the limits a little wide.")

QUESTION = Question(
    "location",
    "Hodges-Lehmann shift and relative effect",
    "The shift of log-normal values or of whole days in hospital, and P(X > Y) + P(X = Y) / 2 of normal values or of "
    "grades of complications.",
    (
        Simulated(
            "8 against 8, no ties",
            10_000,
            methods(EXACT, claims={EXACT: _level(0.9501166)}),
            partial(_shift, sizes=(8, 8), shift=1.0, exact=True),
        ),
        Simulated(
            "5 against 20, no ties",
            10_000,
            methods(EXACT, claims={EXACT: _level(0.9576510)}),
            partial(_shift, sizes=(20, 5), shift=1.0, exact=True),
        ),
        Simulated(
            "490 against 32, no ties",
            2000,
            methods(APPROXIMATE),
            partial(_shift, sizes=(490, 32), shift=1.0, exact=False),
        ),
        Simulated(
            "490 against 32, whole days",
            4000,
            methods(APPROXIMATE, claims={APPROXIMATE: _WHOLE}),
            partial(_days, sizes=(490, 32), shift=1),
        ),
        Simulated(
            "20 against 20, whole days",
            4000,
            methods(APPROXIMATE, claims={APPROXIMATE: _WHOLE}),
            partial(_days, sizes=(20, 20), shift=1),
        ),
        Simulated(
            "10 against 10, effect 0.76, equal spread",
            4000,
            methods(EFFECT, claims={EFFECT: _SMALL_GROUPS}),
            partial(_normal_effect, sizes=(10, 10), shift=1.0, spread=1.0),
        ),
        Simulated(
            "490 against 32, effect 0.62, three times the spread",
            4000,
            methods(EFFECT),
            partial(_normal_effect, sizes=(490, 32), shift=1.0, spread=3.0),
        ),
        Simulated("490 against 32, grades", 4000, methods(EFFECT), partial(_graded_effect, sizes=(490, 32))),
    ),
)
