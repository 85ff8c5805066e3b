"""A bootstrap of weighted statistics that estimates the propensity score anew in every resample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.compare.balance.propensity import Estimand, propensity_score
from atrisk.compare.weighting.score_weights import ScoreWeights, score_weights
from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import require_conf_level
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
# From the drawn patients' places (n,) and their weights the statistics (k,): NaN where one cannot be estimated.
Statistic = Callable[[Codes, ScoreWeights], ArrayLike]

# With fewer of the resamples answered than this, the others say too little of the whole.
_ANSWERED = 0.9


@dataclass(frozen=True, slots=True)
class Resampling:
    """How often patients are drawn anew, from which seed, and the level of the percentile limits."""

    seed: int
    replicates: int = 1000
    conf_level: float = 0.95

    def __post_init__(self) -> None:
        require_conf_level(self.conf_level)
        if self.seed < 0 or self.replicates < 2:
            raise EstimationError("a bootstrap needs a seed of 0 or more and at least two replicates.")


@dataclass(frozen=True, slots=True, eq=False)
class ScoreBootstrap:
    """k statistics with the standard deviation of their replicates (R, k) and percentile limits: (k,) each.

    `unanswered` (k,): replicates without an answer, left out of the limits. `reasons` (k): why limits are NaN, if so.
    """

    estimate: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    replicates: Floats
    unanswered: Codes
    reasons: tuple[str, ...]
    resampling: Resampling

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def score_bootstrap(
    sample: RegressionSample,
    statistic: Statistic,
    resampling: Resampling,
    *,
    estimand: Estimand = "ate",
    stabilised: bool = False,
) -> ScoreBootstrap:
    """Weighted statistics by resampling the patients, treated and untreated together.

    Definition: n of the n patients are drawn with replacement, the score of the drawn is fitted and their weights and
    statistics computed; the limits are the quantiles (1 - level)/2 and (1 + level)/2 of the replicates (R's type 7).
    Source: Austin 2016, Stat Med 35:5642-55, who finds it right where the variance that takes weights as known is not.
    Patients are drawn by the raw 64-bit numbers of PCG64, so that a seed means the same under every version of NumPy.
    `statistic`: from the places of the drawn and their weights, both in the order of drawing, k numbers. Statistics on
    a scale without bounds (log hazard ratio) need no other treatment here: percentiles go along with any scale.
    Edges: a resample with one group only, or with a score of 0 or 1, has no answer; with more than one in ten of them
    the limits of a statistic are NaN, with a reason.
    Raises EstimationError where the patients themselves have no weights.
    """
    everyone = np.arange(sample.outcome.size)
    whole = score_weights(propensity_score(sample), sample, estimand=estimand, stabilised=stabilised)
    estimate = np.atleast_1d(np.asarray(statistic(everyone, whole), dtype=np.float64))
    stream = np.random.PCG64(resampling.seed)
    values = np.full((resampling.replicates, estimate.size), np.nan)
    for replicate in range(resampling.replicates):
        drawn = (stream.random_raw(everyone.size) % np.uint64(everyone.size)).astype(np.int64)
        weights = _weights_of(sample, drawn, estimand, stabilised)
        if weights is not None:
            values[replicate] = statistic(drawn, weights)
    return _summary(estimate, values, resampling)


def _weights_of(sample: RegressionSample, drawn: Codes, estimand: Estimand, stabilised: bool) -> ScoreWeights | None:
    """The weights of the drawn, their score fitted anew; None where one of them has no counterpart."""
    again = RegressionSample(sample.outcome[drawn], sample.covariates[drawn])
    if np.ptp(again.outcome) == 0:
        return None
    score = propensity_score(again)
    if np.any((score.score <= 0) | (score.score >= 1)):
        return None
    return score_weights(score, again, estimand=estimand, stabilised=stabilised)


def _summary(estimate: Floats, values: Floats, resampling: Resampling) -> ScoreBootstrap:
    # An infinite ratio is an answer to nobody's question of limits.
    answered = np.isfinite(values)
    share = answered.mean(axis=0)
    std_err, lower, upper = (np.full(estimate.size, np.nan) for _ in range(3))
    tail = (1 - resampling.conf_level) / 2
    for k in np.flatnonzero((share >= _ANSWERED) & np.isfinite(estimate)):
        own = values[answered[:, k], k]
        std_err[k] = own.std(ddof=1)
        lower[k], upper[k] = np.quantile(own, (tail, 1 - tail))
    return ScoreBootstrap(
        estimate=estimate,
        std_err=std_err,
        lower=lower,
        upper=upper,
        replicates=values,
        unanswered=np.asarray((~answered).sum(axis=0), dtype=np.int64),
        reasons=tuple(_reason(part, one) for part, one in zip(share, estimate, strict=True)),
        resampling=resampling,
    )


def _reason(share: float, estimate: float) -> str:
    if not np.isfinite(estimate):
        return "the statistic cannot be estimated"
    return "" if share >= _ANSWERED else "more than one in ten resamples have no answer"
