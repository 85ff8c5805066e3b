"""Weights by an estimated propensity score, with what the score's own error does to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.compare.balance.propensity import Estimand, PropensityScore, propensity_weights, treated_flags
from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample, finite_numbers
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Every patient's part of the score's error is kept.
EXECUTION: Final[Execution] = "rows"


@dataclass(frozen=True, slots=True, eq=False)
class ScoreWeights:
    """The weights (n,) of the patients and how they move with the q parameters of the score that they rest on.

    `derivative` (n, q): of each weight by each parameter. `influence` (n, q): each patient's part of the parameters'
    error, so that their covariance is influence' influence. Weights taken as known have q = 0. The parameters are the
    coefficients of the score and, for stabilised weights, the share of the treated.
    """

    treated: Flags
    weight: Floats
    derivative: Floats
    influence: Floats

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def score_weights(
    score: PropensityScore, sample: RegressionSample, *, estimand: Estimand = "ate", stabilised: bool = False
) -> ScoreWeights:
    """The weights of `propensity_weights` with their derivatives by the parameters of a logistic score.

    Definition: with z = (1, x), e the score and I = sum e (1 - e) z z' its information, a patient's influence on the
    coefficients is (A - e) I^-1 z, and dw/db = (dw/d logit e) z; the share of the treated has influence (A - mean A)/n.
    dw/d logit e by estimand, treated and untreated: ate -(1 - e)/e, e/(1 - e); att 0, e/(1 - e); atc -(1 - e)/e, 0;
    ato -e (1 - e), e (1 - e); atm: that of the branch on which the weight lies (it has a kink at e = 1/2).
    Source: Lunceford and Davidian 2004, Stat Med 23:2937-60; Li, Morgan and Zaslavsky 2018.
    `sample`: that of which `score` is the fit. Edges: covariates without a coefficient take no part.
    Raises EstimationError as `propensity_weights` does, and for a sample with case weights or of another size.
    """
    if sample.weight is not None:
        raise EstimationError("weights by a score that was itself fitted with case weights are not offered.")
    if score.score.shape != sample.outcome.shape or score.fit.coef.shape != (1 + sample.covariates.shape[1],):
        raise EstimationError("the score is not one of this sample: their sizes differ.")
    treated, e = sample.outcome == 1, score.score
    weight = propensity_weights(e, treated, estimand=estimand, stabilised=stabilised)
    kept = np.isfinite(np.diag(score.fit.covariance))
    z = np.column_stack((np.ones(e.size), sample.covariates))[:, kept]
    slope = _slope(e, treated, estimand)
    influence = (treated - e)[:, None] * (z @ score.fit.covariance[np.ix_(kept, kept)])
    if not stabilised:
        return ScoreWeights(treated, weight, slope[:, None] * z, influence)
    share = float(treated.mean())
    own = np.where(treated, share, 1.0 - share)
    by_share = np.where(treated, weight / share, -weight / (1.0 - share))
    return ScoreWeights(
        treated=treated,
        weight=weight,
        derivative=np.column_stack(((slope * own)[:, None] * z, by_share)),
        influence=np.column_stack((influence, (treated - share) / treated.size)),
    )


def known_weights(weight: ArrayLike, treated: ArrayLike) -> ScoreWeights:
    """Weights (n,) that rest on nothing estimated: chosen by design, or a score taken as known.

    Raises EstimationError for weights that are not above 0, unequal lengths, an empty group.
    """
    w, flags = finite_numbers("weights", weight), treated_flags(treated)
    if w.shape != flags.shape or np.any(w <= 0):
        raise EstimationError("each patient needs one weight above 0.")
    return ScoreWeights(flags, w, np.empty((w.size, 0)), np.empty((w.size, 0)))


def require_rows(rows: FollowUpRows, weights: ScoreWeights) -> None:
    """Refuse rows that are not one for each weight, or have weights of their own."""
    if rows.time.shape != weights.weight.shape:
        raise EstimationError("there must be one row of follow-up for each patient with a weight.")
    if rows.weight is not None:
        raise EstimationError("the rows have weights of their own: leave them to the propensity score.")


def _slope(e: Floats, treated: Flags, estimand: Estimand) -> Floats:
    """The derivative of each weight by the logit of its score: (n,)."""
    if estimand == "ato":
        return np.where(treated, -1.0, 1.0) * e * (1.0 - e)
    of_treated, of_untreated = -(1.0 - e) / e, e / (1.0 - e)
    if estimand == "att":
        of_treated = np.zeros_like(e)
    elif estimand == "atc":
        of_untreated = np.zeros_like(e)
    elif estimand == "atm":
        of_treated, of_untreated = np.where(e > 0.5, of_treated, 0.0), np.where(e < 0.5, of_untreated, 0.0)
    return np.where(treated, of_treated, of_untreated)
