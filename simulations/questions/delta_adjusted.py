"""What do limits hold where patients lost to follow-up fare worse than those still followed?"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from atrisk.compare.delta_adjusted import delta_adjusted_survival_difference
from atrisk.compare.survival_difference import survival_difference
from atrisk.estimate.imputation.censored_outcome import AfterCensoring
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier
from simulations.draws import Draws, followed, groups
from simulations.question import Claim, Outcome, Question, Simulated, held, methods

PLAIN, ADJUSTED, ZERO = "Kaplan-Meier, Wald limits", "imputed under the true delta", "imputed under delta 0"
LANDMARK, LOST_BY = 1.0, 2.0


def _trial(draws: Draws, *, first: int, second: int, delta: float) -> Outcome:
    """Hazard 1 in both groups; lost at uniform times; afterwards the first group's hazard is exp(delta)."""
    group = groups(first, second)
    lost = LOST_BY * draws.uniform(first + second)
    time, event = followed(draws.exponential(np.ones(first + second)), lost)
    rows = FollowUpRows.of(time, event, group=group)
    truth = _survival(delta) - math.exp(-LANDMARK)
    curves = kaplan_meier(rows.counts(weighted=False))
    plain = survival_difference(curves[0], curves[1], LANDMARK, limits="wald")
    seed = int(draws.whole(1, low=0, high=2**31)[0])

    def imputed(value: float) -> bool | None:
        assumed = AfterCensoring(group == 0, LANDMARK, seed, delta=value, m=20)
        found = delta_adjusted_survival_difference(rows, assumed, contrast=(0, 1), at=LANDMARK)
        return held(found.lower, found.upper, truth)

    return {
        PLAIN: held(float(plain.lower[0]), float(plain.upper[0]), truth),
        ADJUSTED: imputed(delta),
        ZERO: imputed(0.0),
    }


def _survival(delta: float) -> float:
    """Of the first group at t: exp(-t) (1 - t/b) + integral over c of exp(-c - k (t - c)) / b, k = exp(delta)."""
    k, t, b = math.exp(delta), LANDMARK, LOST_BY
    after = t * math.exp(-t) if k == 1 else (math.exp(-t) - math.exp(-k * t)) / (k - 1)
    return math.exp(-t) * (1 - t / b) + after / b


WORSE = Claim(0.0, 0.9, "Censoring tells of the hazard that follows, which neither takes into account.")


def _setting(name: str, sizes: tuple[int, int], delta: float) -> Simulated:
    claims = {PLAIN: WORSE, ZERO: WORSE} if delta else {}
    return Simulated(
        name,
        1000,
        methods(PLAIN, ADJUSTED, ZERO, claims=claims),
        partial(_trial, first=sizes[0], second=sizes[1], delta=delta),
    )


QUESTION = Question(
    "delta_adjusted",
    "Delta-adjusted imputation after censoring",
    "Exponential times with hazard 1 in both groups, everyone lost at a uniform time, 50% by the landmark. After being "
    "lost the first group has the hazard exp(delta). Coverage is of the difference of survival at the landmark, "
    "which counts what happens after censoring. Twenty imputations.",
    (
        _setting("200 against 200, delta 0", (200, 200), 0.0),
        _setting("200 against 200, delta log 4", (200, 200), math.log(4)),
        _setting("60 against 490, delta log 2", (60, 490), math.log(2)),
    ),
)
