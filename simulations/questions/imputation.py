"""What do pooled limits of a Cox model hold where a covariate is missing for some?"""

from __future__ import annotations

from functools import partial

import numpy as np

from atrisk.estimate.imputation.chained_equations import ImputationOptions, chained_equations
from atrisk.estimate.imputation.column import Column
from atrisk.estimate.imputation.outcome_predictors import outcome_predictors
from atrisk.estimate.imputation.pooled_model import pool_contrasts
from atrisk.estimate.proportional_hazards.cox import cox
from atrisk.estimate.proportional_hazards.cox_fit import CoxFit
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from simulations.draws import Codes, Draws, Floats, followed
from simulations.question import Claim, Outcome, Question, Simulated, held, methods

COMPLETE, IMPUTED = "complete patients only", "imputed, with event and hazard"
BLIND = "imputed, the outcome left out"
EFFECT, OF_GROUP = 0.7, 0.4
OPTIONS = ImputationOptions(m=10, rounds=2)


def _trial(draws: Draws, *, n: int, binary: bool) -> Outcome:
    """The covariate goes missing with the group and where the event has happened: at random, given what is seen."""
    group = draws.happens(0.4, n).astype(np.float64)
    x = draws.normal(n) + 0.5 * group
    if binary:
        x = (x > 0.3).astype(np.float64)
    time, event = followed(draws.exponential(np.exp(EFFECT * x + OF_GROUP * group)), 3.0 * draws.uniform(n))
    gone = draws.uniform(n) < 1 / (1 + np.exp(1.2 - 0.8 * event - 0.6 * group))
    seen = Column(np.where(gone, np.nan, x), "levels" if binary else "number")
    seed = int(draws.whole(1, low=0, high=2**31)[0])
    helping = np.column_stack((group, outcome_predictors(time, event)))
    there = ~gone
    return {
        COMPLETE: _holds(cox(CoxSample(time[there], event[there] > 0, np.column_stack((x, group))[there]))),
        IMPUTED: _pooled(seen, helping, (time, event, group), seed),
        BLIND: _pooled(seen, group, (time, event, group), seed),
    }


def _holds(fit: CoxFit) -> bool | None:
    return held(float(np.log(fit.lower[0])), float(np.log(fit.upper[0])), EFFECT)


def _pooled(seen: Column, helping: Floats, outcome: tuple[Floats, Codes, Floats], seed: int) -> bool | None:
    time, event, group = outcome
    imputed = chained_equations([seen], seed=seed, also=helping, options=OPTIONS)
    fits = [cox(CoxSample(time, event > 0, np.column_stack((values, group)))) for values in imputed.values]
    found = pool_contrasts([fit.coef for fit in fits], [fit.covariance for fit in fits], contrasts=[1.0, 0.0])
    return held(float(found.lower[0]), float(found.upper[0]), EFFECT)


CLAIMS = {
    COMPLETE: Claim(
        0.88, 0.95, "Whether the value is recorded depends on the event: those with all values are a selection."
    ),
    BLIND: Claim(
        0.0, 0.9, "Values imputed without the outcome are not associated with it: the coefficient is pulled to 0."
    ),
}


def _setting(name: str, *, binary: bool) -> Simulated:
    listed = methods(COMPLETE, IMPUTED, BLIND, claims=CLAIMS)
    return Simulated(name, 1000, listed, partial(_trial, n=200, binary=binary))


QUESTION = Question(
    "imputation",
    "Multiple imputation of a covariate of a Cox model",
    "200 patients, of whom about a third lack the covariate, the more so in one group and after an event. Coverage is "
    "of the covariate's log hazard ratio, 0.7. Ten imputations, pooled by Rubin's rules.",
    (
        _setting("normal covariate, predictive mean matching", binary=False),
        _setting("binary covariate, logistic regression", binary=True),
    ),
)
