"""Do limits of Brier scores and of the concordance corrected for optimism hold what holds in new patients?"""

from __future__ import annotations

from functools import partial

import numpy as np

from atrisk.estimate.prognosis.censored_brier_score import censored_brier_score
from atrisk.estimate.prognosis.predictions import Predictions
from atrisk.estimate.prognosis.validated_model import validated_model
from atrisk.estimate.proportional_hazards.concordance import concordance
from atrisk.estimate.proportional_hazards.cox import CoxSample, cox
from simulations.draws import Draws, Floats, followed
from simulations.question import Claim, Outcome, Question, Simulated, held, methods

SCORE, SCALED = "Brier score", "scaled Brier score"
APPARENT, CORRECTED = "concordance, as fitted", "concordance, corrected for optimism"
TIME = 1.0
REPLICATES, NEW = 60, 4000

_GRID = np.linspace(-8, 8, 4001)
_DENSITY = np.exp(-(_GRID**2) / 2) / np.exp(-(_GRID**2) / 2).sum()


def _true(x: Floats) -> Floats:
    return np.asarray(np.exp(-0.7 * np.exp(0.8 * x) * TIME))


def _predicted(x: Floats) -> Floats:
    """What another model says: too low a hazard, too weak a covariate."""
    return np.asarray(np.exp(-0.6 * np.exp(0.5 * x) * TIME))


_ALIVE = float(_DENSITY @ _true(_GRID))
TRUE_SCORE = float(
    _DENSITY @ (_true(_GRID) * (1 - _predicted(_GRID)) ** 2 + (1 - _true(_GRID)) * _predicted(_GRID) ** 2)
)
TRUE_SCALED = 1 - TRUE_SCORE / (_ALIVE * (1 - _ALIVE))


def _brier(draws: Draws, *, n: int) -> Outcome:
    x = draws.normal(n)
    time, event = followed(draws.exponential(0.7 * np.exp(0.8 * x)), 3.0 * draws.uniform(n))
    found = censored_brier_score(Predictions(time, event > 0, np.array([TIME]), _predicted(x)[:, None]))
    return {
        SCORE: held(found.lower[0], found.upper[0], TRUE_SCORE),
        SCALED: held(found.scaled_lower[0], found.scaled_upper[0], TRUE_SCALED),
    }


def _patients(draws: Draws, n: int, noise: int) -> CoxSample:
    """One covariate that matters, others that do not; lost at times uniform up to 3."""
    x = draws.normal((n, 1 + noise))
    time, event = followed(draws.exponential(0.7 * np.exp(0.8 * x[:, 0])), 3.0 * draws.uniform(n))
    return CoxSample(time, event > 0, x)


def _optimism(draws: Draws, *, n: int, noise: int) -> Outcome:
    sample = _patients(draws, n, noise)
    others = _patients(draws, NEW, noise)
    seed = int(draws.whole(1, low=0, high=2**31)[0])
    found = validated_model(sample, seed=seed, replicates=REPLICATES)
    truth = concordance(others, others.covariates @ cox(sample).coef).estimate
    half = (found.upper - found.lower) / 2
    return {
        APPARENT: held(found.apparent - half, found.apparent + half, truth),
        CORRECTED: held(found.lower, found.upper, truth),
    }


_WHY = "The model has learnt the noise of its own patients, which new ones do not share."

QUESTION = Question(
    "prognosis",
    "Prognostic models in new patients",
    "Exponential times, patients lost at uniform times, a third of them by the landmark. The Brier score is of given "
    f"predictions of another model; the concordance of a fitted one in {NEW:,} new patients, {REPLICATES} resamples.",
    (
        Simulated("100 patients, given predictions", 2000, methods(SCORE, SCALED), partial(_brier, n=100)),
        Simulated("400 patients, given predictions", 1000, methods(SCORE, SCALED), partial(_brier, n=400)),
        Simulated(
            "150 patients, 1 covariate and 14 of noise",
            300,
            methods(APPARENT, CORRECTED, claims={APPARENT: Claim(0.3, 0.9, _WHY)}),
            partial(_optimism, n=150, noise=14),
        ),
    ),
)
