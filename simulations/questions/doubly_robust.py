"""Does doubly robust survival hold the truth while one of its two models is wrong?"""

from __future__ import annotations

from functools import partial

import numpy as np

from atrisk.compare.balance.propensity import propensity_score
from atrisk.compare.weighting.doubly_robust import (
    HazardCovariates,
    doubly_robust_restricted_mean,
    doubly_robust_survival,
)
from atrisk.compare.weighting.score_weights import score_weights
from atrisk.compare.weighting.weighted_difference import WeightedDifference
from atrisk.compare.weighting.weighted_survival import weighted_survival
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from simulations.draws import Draws, followed
from simulations.question import Claim, Outcome, Question, Simulated, held, methods

SURVIVAL, AREA = "doubly robust difference of survival", "doubly robust difference of restricted means"
PLAIN = "doubly robust difference of survival, all models taken as known"
WEIGHTED = "weighted difference of survival, score estimated"
LANDMARK = 0.5
EFFECTS, TREATMENT, LOSS = (0.8, 0.5), -0.5, 0.6


def differences(
    draws: Draws, *, n: int, event_right: bool, score_right: bool
) -> tuple[WeightedDifference, WeightedDifference, WeightedDifference] | None:
    """Of one trial the doubly robust differences of survival and of restricted means, and the weighted of survival.

    A wrong model leaves the normal covariate out, on which both treatment and hazard depend. The hazard of a loss
    depends on the binary one. None where the score is 0 or 1 for somebody.
    """
    x = np.column_stack((draws.normal(n), draws.happens(0.4, n).astype(np.float64)))
    risk = x @ np.array(EFFECTS)
    treated = draws.uniform(n) < 1 / (1 + np.exp(0.5 - risk))
    lost = np.minimum(draws.exponential(0.5 * np.exp(LOSS * x[:, 1])), 2.0)
    time, event = followed(draws.exponential(np.exp(risk + TREATMENT * treated)), lost)
    rows = FollowUpRows.of(time, event)
    sample = RegressionSample(treated.astype(float), x if score_right else x[:, 1:])
    score = propensity_score(sample)
    if score.warning is not None:
        return None
    covariates = HazardCovariates(x if event_right else x[:, 1:], x[:, 1:])
    return (
        doubly_robust_survival(rows, score, sample, covariates, [LANDMARK]),
        doubly_robust_restricted_mean(rows, score, sample, covariates, LANDMARK),
        weighted_survival(rows, score_weights(score, sample), [LANDMARK]),
    )


def truth() -> tuple[float, float]:
    """The difference of survival at the landmark and of the areas up to it, of everyone treated and everyone not."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    weights = weights / weights.sum()
    survival, area = np.zeros(2), np.zeros(2)
    for level, share in ((0, 0.6), (1, 0.4)):
        for group, effect in enumerate((TREATMENT, 0.0)):
            hazard = np.exp(EFFECTS[0] * nodes + EFFECTS[1] * level + effect)
            survival[group] += share * float(weights @ np.exp(-LANDMARK * hazard))
            area[group] += share * float(weights @ (-np.expm1(-LANDMARK * hazard) / hazard))
    return float(survival[0] - survival[1]), float(area[0] - area[1])


def _trial(draws: Draws, *, n: int, event_right: bool, score_right: bool) -> Outcome:
    found = differences(draws, n=n, event_right=event_right, score_right=score_right)
    if found is None:
        return {}
    of_survival, of_area = truth()
    robust, area, weighted = found
    reach = (robust.upper[0] - robust.lower[0]) / 2 * robust.std_err_score_known[0] / robust.std_err[0]
    return {
        SURVIVAL: held(robust.lower[0], robust.upper[0], of_survival),
        AREA: held(area.lower[0], area.upper[0], of_area),
        PLAIN: held(robust.estimate[0] - reach, robust.estimate[0] + reach, of_survival),
        WEIGHTED: held(weighted.lower[0], weighted.upper[0], of_survival),
    }


_BIAS = Claim(0.0, 0.9, "What moves treatment and hazard alike is in no model that could take it away.")
CLAIMS: dict[tuple[bool, bool], dict[str, Claim]] = {
    (True, True): {},
    (True, False): {WEIGHTED: _BIAS},
    (False, True): {},
    (False, False): {SURVIVAL: _BIAS, AREA: _BIAS, PLAIN: _BIAS, WEIGHTED: _BIAS},
}


def _setting(name: str, event_right: bool, score_right: bool) -> Simulated:
    asked = methods(SURVIVAL, AREA, PLAIN, WEIGHTED, claims=CLAIMS[event_right, score_right])
    return Simulated(name, 500, asked, partial(_trial, n=400, event_right=event_right, score_right=score_right))


QUESTION = Question(
    "doubly_robust",
    "Doubly robust differences of survival",
    "400 patients; a normal and a binary covariate move treatment and hazard alike, the treatment lowers the hazard, "
    "and losses depend on the binary covariate. A wrong model leaves the normal covariate out. The truth is the "
    "difference between everyone treated and nobody treated.",
    (
        _setting("both models right", True, True),
        _setting("model of the event right, score wrong", True, False),
        _setting("score right, model of the event wrong", False, True),
        _setting("both wrong", False, False),
    ),
)
