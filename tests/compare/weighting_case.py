"""Small cohorts for the tests of weighted comparisons, with few distinct times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.balance.propensity import Estimand, propensity_score
from atrisk.compare.weighting.score_weights import ScoreWeights, score_weights
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows

Floats = NDArray[np.float64]

ESTIMANDS: tuple[Estimand, ...] = ("ate", "att", "atc", "ato", "atm")


@dataclass(frozen=True)
class Cohort:
    """Patients with two covariates, a treatment, and follow-up."""

    sample: RegressionSample
    rows: FollowUpRows

    def weights(self, estimand: Estimand = "ate", *, stabilised: bool = False) -> ScoreWeights:
        return score_weights(propensity_score(self.sample), self.sample, estimand=estimand, stabilised=stabilised)


def cohort(seed: int, n: int = 80, *, whole_times: bool = True) -> Cohort:
    """Treatment and hazard depend on the covariates; whole times from 1 to 6 are tied, others are not."""
    stream = np.random.default_rng(seed)
    x = np.column_stack([stream.normal(size=n), stream.integers(0, 2, n)])
    treated = stream.random(n) < 1 / (1 + np.exp(0.3 - 0.7 * x[:, 0] - 0.5 * x[:, 1]))
    treated[:2] = [True, False]
    time = stream.exponential(4 / np.exp(0.5 * x[:, 0] - 0.4 * treated))
    lost = stream.exponential(8, n)
    event = (time <= lost).astype(np.int64)
    time = np.minimum(time, lost)
    if whole_times:
        time = np.minimum(np.ceil(time), 6.0)
    return Cohort(RegressionSample(treated.astype(float), x), FollowUpRows.of(time, event))
