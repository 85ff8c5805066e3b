"""Charts of outcomes in the order of the operations: risk-adjusted CUSUM, and observed less expected (VLAD)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.regression_sample import finite_numbers
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

# One operation after the other, in their order.
EXECUTION: Final[Execution] = "rows"


@dataclass(frozen=True, slots=True, eq=False)
class Cusum:
    """A log likelihood ratio CUSUM of n operations.

    `score` (n,): what each adds; `value` (n,): the chart after it; `signals` (k,): positions (from 0) of the operations
    at which it reached the limit, after each of which it starts again from 0.
    """

    score: Floats
    value: Floats
    signals: Codes
    odds_ratio: float
    limit: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True, eq=False)
class ObservedLessExpected:
    """Events less the sum of risks after each of n operations; `std_dev`: what chance alone gives by then.

    `vlad`: the same turned round (variable life-adjusted display): above 0 fewer have died than expected.
    """

    difference: Floats
    vlad: Floats
    std_dev: Floats

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def risk_adjusted_cusum(event: ArrayLike, risk: ArrayLike, *, limit: float, odds_ratio: float = 2.0) -> Cusum:
    """The chart that tells fastest whether the odds of an event have become `odds_ratio` times what the risks say.

    Definition: X_t = max(0, X_{t-1} + W_t), X_0 = 0, W_t = y log R - log(1 - p + R p) for an operation with risk p and
    the event (y = 1) or without (y = 0); a signal where X_t >= limit, then X starts again from 0.
    Source: Steiner, Cook, Farewell and Treasure 2000, Biostatistics 1:441, eq. 2.2 and 2.3 (with R_0 = 1).
    `event` (n,): true or 1 for the event; `risk` (n,): its probability before the operation, between 0 and 1, from a
    model not fitted to these operations; in the order of time. R > 1 looks for deterioration, R < 1 for improvement:
    two charts. `limit`: see `limit_for_run_length`, fixed before the operations are looked at.
    Raises EstimationError for values outside these domains.
    """
    y, p = monitored(event, risk)
    require_odds_ratio(odds_ratio)
    if not (math.isfinite(limit) and limit > 0):
        raise EstimationError("the limit of a CUSUM must be above 0.")
    score = scores(y, p, odds_ratio)
    value, signals, level = np.empty(score.size), [], 0.0
    for place, step in enumerate(score):
        level = max(0.0, level + float(step))
        value[place] = level
        if level >= limit:
            signals.append(place)
            level = 0.0
    return Cusum(score, value, np.array(signals, dtype=np.int64), odds_ratio, limit)


def observed_less_expected(event: ArrayLike, risk: ArrayLike) -> ObservedLessExpected:
    """Events observed less those expected, operation by operation, and the display of lives turned round from it.

    Definition: D_t = sum (y - p), VLAD_t = -D_t, standard deviation sqrt(sum p (1 - p)).
    Source: Lovegrove et al. 1997, Lancet 350:1128. The standard deviation belongs to one time chosen beforehand: who
    looks after every operation will see it exceeded far more often, and takes `risk_adjusted_cusum` to be warned.
    Arguments and errors as there.
    """
    y, p = monitored(event, risk)
    difference = np.cumsum(y - p)
    return ObservedLessExpected(difference, -difference, np.sqrt(np.cumsum(p * (1 - p))))


def scores(y: Floats, p: Floats, odds_ratio: float) -> Floats:
    """The log likelihood ratio of each outcome under odds `odds_ratio` times those of the risks."""
    return np.asarray(y * math.log(odds_ratio) - np.log1p(p * (odds_ratio - 1)))


def monitored(event: ArrayLike, risk: ArrayLike) -> tuple[Floats, Floats]:
    """Events as 0 and 1 and risks, checked."""
    y, p = finite_numbers("events", event), finite_risks(risk)
    if y.shape != p.shape or np.any((y != 0) & (y != 1)):
        raise EstimationError("events must be true or false (1 or 0), one for each risk.")
    return y, p


def finite_risks(risk: ArrayLike) -> Floats:
    """Risks (n,), checked."""
    p = finite_numbers("risks", risk)
    if p.ndim != 1 or np.any((p < 0) | (p > 1)):
        raise EstimationError("risks must lie between 0 and 1, one for each operation.")
    return p


def require_odds_ratio(odds_ratio: float) -> None:
    """Raise EstimationError unless the odds ratio to be found out is above 0 and not 1."""
    if not (math.isfinite(odds_ratio) and odds_ratio > 0) or odds_ratio == 1:
        raise EstimationError("the odds ratio that a CUSUM looks for must be above 0 and not 1.")
