"""The weighted Cox hazard ratio of two groups and the weighted log-rank test."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.weighting.estimated_score import influence_with_score, influence_without_score, standard_errors
from atrisk.compare.weighting.score_weights import ScoreWeights, require_rows
from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.estimate.proportional_hazards.cox import CoxSample, Ties, cox
from atrisk.estimate.proportional_hazards.cox_residuals import score_residuals
from atrisk.estimate.proportional_hazards.cox_rows import start, summarise
from atrisk.estimate.proportional_hazards.score_residual import score_residual
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WeightedHazardRatio:
    """The hazard of the treated over that of the untreated; `std_err` is that of its logarithm `coef`.

    `std_err_score_known`: if the weights were known. `n_event`: patients with the event. `reason`: why values are NaN.
    """

    hazard_ratio: float
    coef: float
    std_err: float
    lower: float
    upper: float
    p_value: float
    std_err_score_known: float
    n: int
    n_event: int
    ties: Ties
    conf_level: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WeightedLogRank:
    """Weighted events of the treated, observed and expected, and the test of equal hazards on one degree of freedom.

    `std_err` is that of observed less expected. `reason`: why the test is NaN.
    """

    observed: float
    expected: float
    std_err: float
    chi_squared: float
    p_value: float
    std_err_score_known: float
    reason: str = ""


def weighted_hazard_ratio(
    rows: FollowUpRows, weights: ScoreWeights, *, ties: Ties = "efron", conf_level: float = 0.95
) -> WeightedHazardRatio:
    """The hazard ratio of a weighted Cox model of the treatment alone.

    Definition: b maximises the weighted partial likelihood; the derivative of b by a patient's weight is the inverse
    information times the score residual, to which `influence_with_score` adds the part of the score.
    Source: Lin and Wei 1989 (known weights); Shu, Young, Toh and Wang 2021, Biometrics 77:1101-17; Hajage et al. 2018,
    Biom J 60:1151-63. The ratio is a marginal one, averaged over the weighted patients.
    `rows`: one a patient, in the order of the weights, without weights of their own; their groups are not looked at.
    Edges: no event, or none in a group: no ratio, or an infinite one without limits, with the reason.
    Raises EstimationError for other rows, exact ties (they know no weights), and a level outside (0, 1).
    """
    if ties == "exact":
        raise EstimationError("the exact likelihood knows no weights; use efron or breslow.")
    z = normal_quantile(conf_level)
    sample = _sample(rows, weights)
    fit = cox(sample, ties=ties, conf_level=conf_level, variance="robust")
    coef, n_event = float(fit.coef[0]), int(rows.event.sum())
    std_err = plain = math.nan
    reason = fit.warning or ""
    if math.isfinite(coef):
        by_weight = score_residuals(sample, fit) @ fit.model_covariance
        std_err = _std_err(influence_with_score(weights, by_weight), rows)
        plain = _std_err(influence_without_score(weights, by_weight), rows)
    # Beyond floating point infinity is the nearest number.
    with np.errstate(over="ignore"):
        lower, upper = np.exp(coef - z * std_err), np.exp(coef + z * std_err)
    return WeightedHazardRatio(
        hazard_ratio=float(fit.hazard_ratio[0]),
        coef=coef,
        std_err=std_err,
        lower=float(lower),
        upper=float(upper),
        p_value=math.erfc(abs(coef / std_err) / math.sqrt(2)),
        std_err_score_known=plain,
        n=rows.time.size,
        n_event=n_event,
        ties=ties,
        conf_level=conf_level,
        reason=reason,
    )


def weighted_log_rank(rows: FollowUpRows, weights: ScoreWeights) -> WeightedLogRank:
    """The log-rank test of two weighted groups with a robust variance.

    Definition: O - E = sum over times of d_1 - n_1 d / n, all sums of weights; its derivative by a patient's weight is
    the integral of (A - n_1 / n) (dN - Y d / n), the score residual of a Cox model (Breslow's ties) at a ratio of 1.
    Chi squared = (O - E)^2 over the sum of squared influences.
    Source: Xie and Liu 2005, Stat Med 24:3089-110 (the statistic); Lin and Wei 1989 (the variance, that of R's robust
    score test); the score's part as for the hazard ratio. The hypergeometric variance is wrong here: it takes sums of
    weights for numbers of patients.
    Edges: without an event, or where the groups are never at risk together, NaN with the reason.
    Raises EstimationError as `weighted_hazard_ratio` does.
    """
    sample = _sample(rows, weights)
    laid_out = start(sample)
    sums = summarise(laid_out, np.zeros(1), ties="breslow")
    by_weight = score_residual(laid_out, sums) * laid_out.scale
    observed = float(weights.weight[weights.treated] @ rows.event[weights.treated])
    difference = float(sums.score[0] * laid_out.scale[0])
    std_err = _std_err(influence_with_score(weights, by_weight), rows)
    plain = _std_err(influence_without_score(weights, by_weight), rows)
    if not np.any(np.abs(by_weight) > 1e-12):
        nan, reason = math.nan, "nobody has the event while both groups are at risk"
        return WeightedLogRank(observed, observed - difference, nan, nan, nan, nan, reason)
    z = difference / std_err
    return WeightedLogRank(
        observed=observed,
        expected=observed - difference,
        std_err=std_err,
        chi_squared=z**2,
        p_value=math.erfc(abs(z) / math.sqrt(2)),
        std_err_score_known=plain,
    )


def _sample(rows: FollowUpRows, weights: ScoreWeights) -> CoxSample:
    require_rows(rows, weights)
    return CoxSample(
        time=rows.time,
        event=rows.event > 0,
        covariates=weights.treated[:, None].astype(np.float64),
        entry=rows.entry,
        weight=weights.weight,
    )


def _std_err(influence: Floats, rows: FollowUpRows) -> float:
    return float(standard_errors(influence, rows.cluster)[0])
