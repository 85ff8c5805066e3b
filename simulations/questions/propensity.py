"""What do limits after weighting or matching on an estimated propensity score hold?"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.balance.matching import MatchingRule, caliper_width, nearest_neighbours
from atrisk.compare.balance.propensity import propensity_score
from atrisk.compare.weighting.score_weights import ScoreWeights, score_weights
from atrisk.compare.weighting.weighted_difference import WeightedDifference
from atrisk.compare.weighting.weighted_hazard_ratio import weighted_hazard_ratio, weighted_log_rank
from atrisk.compare.weighting.weighted_survival import weighted_restricted_mean, weighted_survival
from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample
from atrisk.estimate.proportional_hazards.cox import cox
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.estimate.survival_curve.kaplan_meier import survival_at
from atrisk.estimate.survival_curve.survival_curves import survival_curves
from simulations.draws import Codes, Draws, Floats, followed
from simulations.question import LEVEL, Claim, Outcome, Question, Simulated, held, methods, rejected

CRUDE = "Cox, not adjusted"
WEIGHTED, OVERLAP = "Cox, weights ate, robust variance", "Cox, weights ato, robust variance"
MODEL = "Cox, weights ate, model variance"
PAIRS, MATCHED = "Cox, matched pairs as clusters", "Cox, matched, model variance"
CURVE = "survival of the treated, weights ate, jackknife"
KNOWING, KNOWING_OVERLAP = "Cox, weights ate, score estimated", "Cox, weights ato, score estimated"
KNOWING_CURVE = "survival of the treated, weights ate, score estimated"
DIFFERENCE = "difference of survival, weights ate, score estimated"
KNOWN_DIFFERENCE = "difference of survival, weights ate, score known"
OVERLAP_DIFFERENCE = "difference of survival, weights ato, score estimated"
AREA = "difference of restricted means, weights ate, score estimated"
TEST, KNOWN_TEST = "log-rank, weights ate, score estimated", "log-rank, weights ate, score known"
LANDMARK = 0.5
EFFECTS = (0.8, 0.5)
# With it 32 of 522 are treated on average.
RARE = 3.22347


def patients(
    draws: Draws, *, n: int, strength: float, rarity: float
) -> tuple[Floats, NDArray[np.bool_], Floats, Codes]:
    """Covariates, treatment, follow-up, event; covariates move treatment and hazard, treatment moves nothing."""
    x = np.column_stack((draws.normal(n), draws.happens(0.4, n).astype(np.float64)))
    risk = x @ np.array(EFFECTS)
    treated = draws.uniform(n) < 1 / (1 + np.exp(rarity - strength * risk))
    time, event = followed(draws.exponential(np.exp(risk)), 2.0 * draws.uniform(n))
    return x, treated, time, event


def _trial(draws: Draws, *, n: int, strength: float, rarity: float) -> Outcome:
    """Two covariates that move treatment and hazard alike; treatment does nothing, so that every hazard ratio is 1."""
    x, treated, time, event = patients(draws, n=n, strength=strength, rarity=rarity)
    score = propensity_score(RegressionSample(treated.astype(float), x))
    if score.warning is not None:
        return {}
    of_everyone = score_weights(score, RegressionSample(treated.astype(float), x), estimand="ate")
    of_either = score_weights(score, RegressionSample(treated.astype(float), x), estimand="ato")
    everyone, either = of_everyone.weight, of_either.weight
    rule = MatchingRule(caliper=caliper_width(score.logit, treated))
    matching = nearest_neighbours(score.logit, treated, rule=rule)
    pairs = matching.pairs.ravel()
    of_pairs = CoxSample(
        time[pairs],
        event[pairs] > 0,
        treated[pairs, None].astype(float),
        cluster=np.repeat(np.arange(pairs.size // 2), 2),
    )
    curves = survival_curves(
        FollowUpRows.of(time, event, group=treated.astype(int), weight=everyone), conf_type="log-log"
    )
    there = survival_at(curves[1], [LANDMARK])
    rows = FollowUpRows.of(time, event)
    survival = weighted_survival(rows, of_everyone, [LANDMARK])
    overlap = weighted_survival(rows, of_either, [LANDMARK])
    area = weighted_restricted_mean(rows, of_everyone, LANDMARK)
    test = weighted_log_rank(rows, of_everyone)
    known = (test.observed - test.expected) / test.std_err_score_known
    return {
        CRUDE: _holds_one(_sample(time, event, treated)),
        WEIGHTED: _holds_one(_sample(time, event, treated, everyone)),
        MODEL: _holds_one(_sample(time, event, treated, everyone), robust=False),
        OVERLAP: _holds_one(_sample(time, event, treated, either)),
        PAIRS: _holds_one(of_pairs),
        MATCHED: _holds_one(of_pairs, robust=False),
        CURVE: held(float(there.lower[0]), float(there.upper[0]), _survival()),
        KNOWING: _knowing(rows, of_everyone),
        KNOWING_OVERLAP: _knowing(rows, of_either),
        KNOWING_CURVE: held(survival.groups.lower[0, 0], survival.groups.upper[0, 0], _survival()),
        DIFFERENCE: held(survival.lower[0], survival.upper[0], 0.0),
        KNOWN_DIFFERENCE: _score_known(survival),
        OVERLAP_DIFFERENCE: held(overlap.lower[0], overlap.upper[0], 0.0),
        AREA: held(area.lower[0], area.upper[0], 0.0),
        TEST: rejected(test.p_value),
        KNOWN_TEST: abs(known) >= normal_quantile(1 - LEVEL),
    }


def _knowing(rows: FollowUpRows, weights: ScoreWeights) -> bool | None:
    ratio = weighted_hazard_ratio(rows, weights)
    return held(ratio.lower, ratio.upper, 1.0)


def _score_known(difference: WeightedDifference) -> bool | None:
    reach = normal_quantile(1 - LEVEL) * difference.std_err_score_known[0]
    return held(difference.estimate[0] - reach, difference.estimate[0] + reach, 0.0)


def _sample(time: Floats, event: Codes, treated: np.ndarray, weight: Floats | None = None) -> CoxSample:
    return CoxSample(time, event > 0, treated[:, None].astype(float), weight=weight)


def _holds_one(sample: CoxSample, *, robust: bool | None = None) -> bool | None:
    fit = cox(sample, variance="model" if robust is False else None)
    return held(fit.lower[0], fit.upper[0], 1.0)


def _survival() -> float:
    """Survival of everyone at the landmark: exp(-t exp(x'b)) over the covariates, the normal one by Gauss-Hermite."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    weights = weights / weights.sum()
    by_level = [weights @ np.exp(-LANDMARK * np.exp(EFFECTS[0] * nodes + EFFECTS[1] * level)) for level in (0, 1)]
    return float(0.6 * by_level[0] + 0.4 * by_level[1])


_KNOWN = Claim(
    0.93,
    0.99,
    "The variance takes the weights as known; that the score is estimated makes the estimate steadier than that.",
)
_FEW = Claim(
    0.86,
    0.96,
    "Where a few patients carry most of the weight (scores near 0 or 1; of 32 treated patients the effective number is "
    "19), a variance by linear approximation is too small. Overlap weights suffer least.",
)
_NEAR = Claim(0.90, 0.96, "Patients of a pair still differ a little within the caliper, which leaves some confounding.")
CLAIMS = {
    CRUDE: Claim(0.0, 0.5, "The groups differ in what moves the hazard."),
    WEIGHTED: _KNOWN,
    OVERLAP: _KNOWN,
    MODEL: Claim(0.6, 0.95, "It takes the sum of the weights for a number of patients."),
    PAIRS: _NEAR,
    MATCHED: Claim(0.93, 0.98, "It takes patients of a pair for independent, though they are alike."),
    CURVE: _KNOWN,
    KNOWN_DIFFERENCE: _KNOWN,
    KNOWING: _FEW,
    KNOWING_CURVE: _FEW,
    DIFFERENCE: _FEW,
    AREA: _FEW,
    TEST: Claim(0.04, 0.11, _FEW.why),
    KNOWN_TEST: Claim(0.01, 0.07, _KNOWN.why),
}
# With few treated patients the weights are unequal enough for the variances that take them as known to fall short too.
RARE_CLAIMS = {
    **CLAIMS,
    WEIGHTED: _FEW,
    MODEL: Claim(0.3, 0.5, CLAIMS[MODEL].why),
    CURVE: _FEW,
    KNOWN_DIFFERENCE: _FEW,
    KNOWING_OVERLAP: _FEW,
    OVERLAP_DIFFERENCE: _FEW,
    TEST: Claim(0.04, 0.16, _FEW.why),
    KNOWN_TEST: Claim(0.04, 0.11, _FEW.why),
}
TESTS = (TEST, KNOWN_TEST)
COVERAGES = (*(name for name in CLAIMS if name not in TESTS), KNOWING_OVERLAP, OVERLAP_DIFFERENCE)


def _setting(name: str, strength: float, *, n: int = 300, rarity: float = 0.5) -> Simulated:
    claims = CLAIMS if rarity < RARE else RARE_CLAIMS
    asked = (*methods(*COVERAGES, claims=claims), *methods(*TESTS, kind="size", claims=claims))
    return Simulated(name, 1000, asked, partial(_trial, n=n, strength=strength, rarity=rarity))


QUESTION = Question(
    "propensity",
    "Weighting and matching on a propensity score",
    "A normal and a binary covariate move treatment and hazard alike; the treatment does nothing, so that the hazard "
    "ratio is 1 whoever is averaged over. The score is estimated from the right model. 'Score estimated': the variance "
    "knows of it; all the others take weights and matches as known.",
    (
        _setting("300 patients, moderate confounding", 1.0),
        _setting("300 patients, strong confounding", 2.0),
        _setting("522 patients, about 32 of them treated, moderate confounding", 1.0, n=522, rarity=RARE),
    ),
)
