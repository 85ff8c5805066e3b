"""Do the profile limits of a penalised logistic model hold the odds ratio in small samples and under separation?"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import partial

import numpy as np

from atrisk.estimate.generalized_linear.firth_logistic import firth_logistic
from atrisk.estimate.generalized_linear.logistic import logistic
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample
from simulations.counts import pairs_of_counts
from simulations.question import Claim, Outcome, Question, Summed, held, methods

PROFILE, WALD = "Firth, profile limits", "maximum likelihood, Wald limits"


def _outcomes(sizes: tuple[int, int], risk: float, odds_ratio: float) -> Iterable[tuple[float, Outcome]]:
    """Every table of counts: all that a model of one binary covariate knows of the patients."""
    odds = odds_ratio * risk / (1 - risk)
    for probability, (first, second) in pairs_of_counts(sizes, (risk, odds / (1 + odds))):
        cells = np.array([sizes[0] - first, first, sizes[1] - second, second], dtype=np.float64)
        there = cells > 0
        sample = RegressionSample(
            np.array([0.0, 1.0, 0.0, 1.0])[there], np.array([0.0, 0.0, 1.0, 1.0])[there, None], weight=cells[there]
        )
        penalised, plain = firth_logistic(sample), logistic(sample)
        yield (
            probability,
            {
                PROFILE: held(penalised.lower[1], penalised.upper[1], odds_ratio),
                WALD: held(plain.lower[1], plain.upper[1], odds_ratio) if math.isfinite(plain.coef[1]) else None,
            },
        )


_FEW = Claim(0.94, 0.98, "With few events the coverage jumps with the risk, mostly above 95%.")
_NOT_EMPTY = Claim(
    0.90, 1.0, "Only tables without an empty cell have limits, and what these hold says little of all tables."
)


def _setting(sizes: tuple[int, int], risk: float, odds_ratio: float) -> Summed:
    name = f"{sizes[0]} against {sizes[1]}, risk {risk:g}, odds ratio {odds_ratio:g}"
    return Summed(
        name,
        methods(PROFILE, WALD, claims={PROFILE: _FEW, WALD: _NOT_EMPTY}),
        partial(_outcomes, sizes, risk, odds_ratio),
    )


QUESTION = Question(
    "firth_logistic",
    "Logistic model with Firth's penalty",
    "Two groups, one coefficient; every table of counts is looked at with its probability. The risk is that of the "
    "first group. Maximum likelihood has no limits under separation: no event, or nothing but events, in a group.",
    (
        _setting((20, 20), 0.3, 3.0),
        _setting((15, 15), 0.05, 6.0),
        _setting((490, 32), 0.03, 2.0),
    ),
)
