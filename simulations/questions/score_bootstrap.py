"""Does the bootstrap that estimates the score anew hold what it says where few patients are treated?"""

from __future__ import annotations

from functools import partial

from atrisk.compare.balance.propensity import Estimand, propensity_score
from atrisk.compare.weighting.score_bootstrap import Resampling, score_bootstrap
from atrisk.compare.weighting.score_weights import ScoreWeights
from atrisk.compare.weighting.weighted_hazard_ratio import weighted_hazard_ratio
from atrisk.compare.weighting.weighted_survival import weighted_survival
from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from simulations.draws import Codes, Draws
from simulations.question import LEVEL, Claim, Outcome, Question, Simulated, held, methods
from simulations.questions.propensity import LANDMARK, RARE, patients

STATISTICS = ("log hazard ratio", "difference of survival")
FEW = Claim(0.88, 0.97, "Of 32 treated patients resamples, too, know little of those who carry most of the weight.")
LIMITS = ("percentiles", "normal limits with the bootstrap's error")


def _trial(draws: Draws, *, n: int, rarity: float, estimand: Estimand) -> Outcome:
    """Limits of two statistics that are 0 in truth, from 200 resamples."""
    x, treated, time, event = patients(draws, n=n, strength=1.0, rarity=rarity)
    seed = int(draws.whole(1, low=0, high=2**31)[0])
    sample = RegressionSample(treated.astype(float), x)
    if propensity_score(sample).warning is not None:
        return {}

    def statistics(drawn: Codes, weights: ScoreWeights) -> list[float]:
        rows = FollowUpRows.of(time[drawn], event[drawn])
        survival = weighted_survival(rows, weights, [LANDMARK])
        return [weighted_hazard_ratio(rows, weights).coef, float(survival.estimate[0])]

    found = score_bootstrap(sample, statistics, Resampling(seed, 200), estimand=estimand)
    reach = normal_quantile(1 - LEVEL) * found.std_err
    outcome: dict[str, bool | None] = {}
    for k, name in enumerate(STATISTICS):
        outcome[f"{name}, {LIMITS[0]}"] = held(found.lower[k], found.upper[k], 0.0)
        outcome[f"{name}, {LIMITS[1]}"] = held(found.estimate[k] - reach[k], found.estimate[k] + reach[k], 0.0)
    return outcome


def _setting(name: str, estimand: Estimand) -> Simulated:
    names = [f"{statistic}, {limits}" for statistic in STATISTICS for limits in LIMITS]
    asked = methods(*names, claims=dict.fromkeys(names, FEW))
    return Simulated(name, 200, asked, partial(_trial, n=522, rarity=RARE, estimand=estimand))


QUESTION = Question(
    "score_bootstrap",
    "Bootstrap of the propensity score",
    "As above, with about 32 of 522 patients treated and moderate confounding: 200 resamples of the patients, the "
    "score estimated in each. Fewer trials, as each takes 200 fits.",
    (
        _setting("weights ate", "ate"),
        _setting("weights ato", "ato"),
    ),
)
