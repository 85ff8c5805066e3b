"""Propensity scores, the weights made from them, and the effective sample size of weighted patients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.logistic import LogisticFit, logistic
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample, finite_numbers
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# The score is a logistic regression; weights and effective sizes then add up patient by patient.
EXECUTION: Final[Execution] = "rounds"

# Whom the weighted groups resemble: everyone, the treated, the untreated, those who could be either, or those who
# would find a match one to one.
Estimand = Literal["ate", "att", "atc", "ato", "atm"]


@dataclass(frozen=True, slots=True, eq=False)
class PropensityScore:
    """Each patient's probability of being treated; arrays (n,), `fit` the regression they come from.

    `logit`: the linear predictor. `outside_support`: patients whose score lies outside the range in which both
    groups have scores. `warning` says where the score cannot be used (treatment predicted perfectly), else None.
    """

    score: Floats
    logit: Floats
    outside_support: Flags
    fit: LogisticFit
    warning: str | None

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def propensity_score(sample: RegressionSample, *, deviance_tolerance: float | None = None) -> PropensityScore:
    """The propensity score of Rosenbaum and Rubin (1983, Biometrika 70:41-55) by logistic regression.

    `sample.outcome`: 1 = treated, 0 = not. `deviance_tolerance`: as for `logistic`; 1e-8 repeats R's glm.
    Edges: where covariates predict the treatment of some patients perfectly their score is 0 or 1, `warning`
    says so, and `propensity_weights` refuses them: such patients have no counterpart.
    Raises EstimationError as `logistic` does, and where one of the groups is empty.
    """
    treated = sample.outcome == 1
    if not 0 < int(treated[sample.counted].sum()) < int(sample.counted.sum()):
        raise EstimationError("a propensity score needs patients both with and without the treatment.")
    fit = logistic(sample, deviance_tolerance=deviance_tolerance)
    score = fit.fitted
    lowest = max(score[treated & sample.counted].min(), score[~treated & sample.counted].min())
    highest = min(score[treated & sample.counted].max(), score[~treated & sample.counted].max())
    return PropensityScore(
        score=score,
        logit=fit.linear_predictor,
        outside_support=(score < lowest) | (score > highest),
        fit=fit,
        warning=fit.warning,
    )


def propensity_weights(
    score: ArrayLike, treated: ArrayLike, *, estimand: Estimand = "ate", stabilised: bool = False
) -> Floats:
    """Weights (n,) that balance the groups: with e the score,

    ate: 1/e for the treated, 1/(1-e) for the others (everyone; Horvitz and Thompson 1952);
    att: 1 and e/(1-e) (the treated); atc: (1-e)/e and 1 (the untreated);
    ato: 1-e and e (overlap: those who might have had either; Li, Morgan, Zaslavsky 2018, JASA 113:390-400);
    atm: min(e, 1-e)/e and min(e, 1-e)/(1-e) (matching weights; Li and Greene 2013, Int J Biostat 9:215-34).
    `stabilised`, for ate: times the share of the patient's own group (Robins, Hernan, Brumback 2000,
    Epidemiology 11:550-60), which leaves estimates within groups as they are. Nothing is cut off.
    `score` (n,): strictly between 0 and 1; `treated` (n,): true or 1 for the treated.
    Raises EstimationError for another score (no counterpart), an unknown estimand, or an empty group.
    """
    if estimand not in get_args(Estimand):
        raise EstimationError(f"the estimand '{estimand}' is unknown; use one of {', '.join(get_args(Estimand))}.")
    if stabilised and estimand != "ate":
        raise EstimationError("only the weights of the average effect in everyone (ate) are stabilised.")
    e, is_treated = finite_numbers("propensity scores", score), treated_flags(treated)
    if e.shape != is_treated.shape:
        raise EstimationError("there must be one propensity score for each patient.")
    if np.any((e <= 0) | (e >= 1)):
        raise EstimationError(
            "propensity scores must lie strictly between 0 and 1: a patient who is certain to be treated, or not to "
            "be, has no counterpart; leave the covariate that predicts it out, or restrict the cohort."
        )
    if estimand == "ate":
        weight = np.where(is_treated, 1.0 / e, 1.0 / (1.0 - e))
        share = float(is_treated.mean())
        return weight * np.where(is_treated, share, 1.0 - share) if stabilised else weight
    if estimand == "att":
        return np.where(is_treated, 1.0, e / (1.0 - e))
    if estimand == "atc":
        return np.where(is_treated, (1.0 - e) / e, 1.0)
    if estimand == "atm":
        return np.minimum(e, 1.0 - e) / np.where(is_treated, e, 1.0 - e)
    return np.where(is_treated, 1.0 - e, e)


def effective_sample_size(weight: ArrayLike) -> float:
    """Kish's effective sample size, (sum w)^2 / sum w^2: as many patients of equal weight say as much.

    Kish 1965, Survey Sampling, section 8.2. NaN where every weight is 0.
    Raises EstimationError for negative or missing weights.
    """
    w = finite_numbers("weights", weight)
    if w.ndim != 1 or np.any(w < 0):
        raise EstimationError("weights must not be negative, one for each patient.")
    square = float(w @ w)
    return float(w.sum()) ** 2 / square if square > 0 else float("nan")


def treated_flags(treated: ArrayLike) -> Flags:
    """Whether each patient (n,) is treated, from true and false or 1 and 0; both must occur."""
    given = np.asarray(treated)
    if given.ndim != 1 or given.dtype.kind not in "buif" or np.any((given != 0) & (given != 1)):
        raise EstimationError("the treatment must be true or false (1 or 0), one for each patient.")
    flags = given.astype(bool)
    if flags.all() or not flags.any():
        raise EstimationError("a comparison needs patients both with and without the treatment.")
    return flags
