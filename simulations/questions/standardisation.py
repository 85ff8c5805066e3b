"""Do the limits of standardised survival, incidence and restricted means hold the truth, and those of the crude not?"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from atrisk.compare.standardised_contrast import standardised_difference, standardised_ratio
from atrisk.compare.survival_difference import survival_difference
from atrisk.estimate.proportional_hazards.cox import CoxSample, cox
from atrisk.estimate.standardisation.outcome_model import OutcomeModel, with_columns_set
from atrisk.estimate.standardisation.standardised_curves import standardised_curves, standardised_restricted_mean
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier
from atrisk.summary.event_counts import EventCounts
from simulations.draws import Draws, Floats, followed
from simulations.question import Claim, Outcome, Question, Simulated, held, methods

CRUDE = "difference of Kaplan-Meier curves, not adjusted"
SURVIVAL, RATIO = "difference of survival", "ratio of survival"
TREATED = "difference of survival, over the treated"
AREA = "difference of restricted means"
INCIDENCE = "difference of incidence, from both causes' models"
TIME, TAU = 1.0, 2.0
EFFECT, CONFOUNDING = -0.5, 0.8

# Standard normal deviates in a grid fine enough for every mean below.
_GRID = np.linspace(-8, 8, 4001)
_DENSITY = np.exp(-(_GRID**2) / 2) / np.exp(-(_GRID**2) / 2).sum()


def _hazard(treated: float | Floats, x: Floats) -> Floats:
    return np.asarray(0.6 * np.exp(EFFECT * treated + 0.7 * x))


def _other(x: Floats) -> Floats:
    return np.asarray(0.4 * np.exp(0.4 * x))


def _treated(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(0.3 - CONFOUNDING * x)))


def _gap(of: Callable[[float], Floats], weight: Floats) -> float:
    """The mean over covariates of a function's value among the treated less that among the others."""
    share = _DENSITY * weight
    return float(share @ (of(1.0) - of(0.0)) / share.sum())


EVERYBODY = np.ones_like(_GRID)
TRUE_SURVIVAL = _gap(lambda a: np.exp(-_hazard(a, _GRID) * TIME), EVERYBODY)
TRUE_TREATED = _gap(lambda a: np.exp(-_hazard(a, _GRID) * TIME), _treated(_GRID))
TRUE_AREA = _gap(lambda a: -np.expm1(-_hazard(a, _GRID) * TAU) / _hazard(a, _GRID), EVERYBODY)


def _share(a: float) -> Floats:
    together = _hazard(a, _GRID) + _other(_GRID)
    return np.asarray(-_hazard(a, _GRID) / together * np.expm1(-together * TIME))


TRUE_INCIDENCE = _gap(_share, EVERYBODY)
TRUE_RATIO = float((_DENSITY @ np.exp(-_hazard(1.0, _GRID) * TIME)) / (_DENSITY @ np.exp(-_hazard(0.0, _GRID) * TIME)))


def _model(time: Floats, event: Floats, x: Floats) -> OutcomeModel:
    sample = CoxSample(time, event > 0, x)
    return OutcomeModel(sample, cox(sample), with_columns_set(x, [0], [[0], [1]]))


def _trial(draws: Draws, *, n: int) -> Outcome:
    """One covariate that moves treatment and hazard alike; everybody is lost at a time uniform up to 4."""
    covariate = draws.normal(n)
    treated = (draws.uniform(n) < _treated(covariate)).astype(np.float64)
    x = np.column_stack((treated, covariate))
    first, second = draws.exponential(_hazard(treated, covariate)), draws.exponential(_other(covariate))
    lost = 4.0 * draws.uniform(n)
    time, event = followed(first, lost)
    model = _model(time, event.astype(np.float64), x)
    curves = standardised_curves([model], [TIME])
    survival, ratio = standardised_difference(curves, 1, 0), standardised_ratio(curves, 1, 0)
    over_treated = standardised_difference(standardised_curves([model], [TIME], target=treated), 1, 0)
    area = standardised_difference(standardised_restricted_mean([model], TAU), 1, 0)
    any_cause, any_event = followed(np.minimum(first, second), lost)
    of_first = any_event * (first <= second)
    both = [_model(any_cause, cause.astype(np.float64), x) for cause in (of_first, any_event - of_first)]
    incidence = standardised_difference(standardised_curves(both, [TIME], outcome=1), 1, 0)
    crude = kaplan_meier(EventCounts.of(time, event, group=treated.astype(np.int64)), conf_type="log-log")
    unadjusted = survival_difference(crude[1], crude[0], [TIME])
    found = {
        CRUDE: (unadjusted, TRUE_SURVIVAL),
        SURVIVAL: (survival, TRUE_SURVIVAL),
        RATIO: (ratio, TRUE_RATIO),
        TREATED: (over_treated, TRUE_TREATED),
        AREA: (area, TRUE_AREA),
        INCIDENCE: (incidence, TRUE_INCIDENCE),
    }
    return {name: held(value.lower[0], value.upper[0], truth) for name, (value, truth) in found.items()}


_ALL = (CRUDE, SURVIVAL, RATIO, TREATED, AREA, INCIDENCE)


def _setting(n: int, confounded: Claim) -> Simulated:
    return Simulated(f"{n} patients", 1000, methods(*_ALL, claims={CRUDE: confounded}), partial(_trial, n=n))


_WHY = "The treated would have fared worse untreated: a difference that does not know this is pulled down."

QUESTION = Question(
    "standardisation",
    "Standardised survival, incidence and restricted means",
    "A normal covariate that moves treatment and hazard alike, exponential times, patients lost at uniform times; the "
    "model is right. Survival and incidence at time 1, restricted means up to 2. Limits from each patient's influence.",
    (_setting(100, Claim(0.5, 0.85, _WHY)), _setting(400, Claim(0.0, 0.6, _WHY))),
)
