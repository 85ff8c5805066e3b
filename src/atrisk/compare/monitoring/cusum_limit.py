"""How long a risk-adjusted CUSUM runs until it signals, and the limit that keeps false alarms rare."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.compare.monitoring.cusum import finite_risks, require_odds_ratio, scores
from atrisk.errors import EstimationError
from atrisk.summary.execution import Execution

Floats = NDArray[np.float64]

# Counts of patients by risk add up.
EXECUTION: Final[Execution] = "mergeable"

# Places between 0 and the limit at which the chart is followed; it lies between two of them in shares.
STATES = 200
_HIGHEST_LIMIT = 100.0
_CLOSE = 1e-6


def average_run_length(
    limit: float, risk: ArrayLike, *, odds_ratio: float = 2.0, true_odds_ratio: float = 1.0, states: int = STATES
) -> float:
    """The mean number of operations until a CUSUM first reaches its limit.

    Definition: patients come with risks drawn independently from `risk` (n,) and have the event with odds
    `true_odds_ratio` times those of their risk; the mean of the first t with X_t >= limit, X as in
    `risk_adjusted_cusum`. The chart is followed as a Markov chain on `states` equal steps from 0 to the limit, a value
    between two of them being shared out linearly; solve (I - Q) L = 1.
    Source: Brook and Evans 1972, Biometrika 59:539; Steiner et al. 2000, Biostatistics 1:441, section 3.
    With `true_odds_ratio` 1 the time to a false alarm, else the time to find out. Exact where all values lie on the
    steps; otherwise more states bring it closer. Infinite where no alarm is possible.
    Raises EstimationError for values outside these domains.
    """
    moves = _transitions(limit, risk, odds_ratio, true_odds_ratio, states)
    # The chart never rises: nobody has, or everybody has, the event that would raise it.
    certain = finite_risks(risk)
    if np.all(certain == 0) if odds_ratio > 1 else np.all(certain == 1):
        return math.inf
    return float(np.linalg.solve(np.eye(moves.shape[0]) - moves, np.ones(moves.shape[0]))[0])


def signal_probability(
    limit: float, risk: ArrayLike, *, n: int, odds_ratio: float = 2.0, true_odds_ratio: float = 1.0
) -> float:
    """The probability that a CUSUM has signalled by the n-th operation. As `average_run_length` otherwise."""
    if isinstance(n, bool) or n != int(n) or n < 1:
        raise EstimationError("the number of operations must be a whole number from 1.")
    moves = _transitions(limit, risk, odds_ratio, true_odds_ratio, STATES)
    return 1.0 - float(np.linalg.matrix_power(moves, int(n))[0].sum())


def limit_for_run_length(run_length: float, risk: ArrayLike, *, odds_ratio: float = 2.0) -> float:
    """The limit at which false alarms are `run_length` operations apart on average.

    Definition: the h with `average_run_length`(h) = run_length while the odds are those of the risks.
    Raises EstimationError for a run length not above 1, and where no limit gives it.
    """
    if not (math.isfinite(run_length) and run_length > 1):
        raise EstimationError("the mean number of operations between false alarms must be above 1.")
    return _solved(lambda limit: run_length / average_run_length(limit, risk, odds_ratio=odds_ratio))


def limit_for_false_alarms(probability: float, risk: ArrayLike, *, n: int, odds_ratio: float = 2.0) -> float:
    """The limit at which a false alarm within n operations has the probability given.

    Raises EstimationError for a probability outside (0, 1), and where no limit gives it.
    """
    if not 0 < probability < 1:
        raise EstimationError("the probability of a false alarm must lie strictly between 0 and 1.")
    return _solved(lambda limit: signal_probability(limit, risk, n=n, odds_ratio=odds_ratio) / probability)


def _solved(frequency: Callable[[float], float]) -> float:
    """The lowest limit, to 1e-6 of itself, at which `frequency`, that of alarms over the one asked for, is at most 1.

    The higher the limit the rarer alarms are: a bracket is halved, from about where Brent's method finds 1 on the
    scale of the logarithm, on which the frequency falls nearly in a straight line. Where it jumps, halving decides.
    """
    low, high = 0.0, 1.0
    while frequency(high) > 1:
        low, high = high, 2 * high
        if high > _HIGHEST_LIMIT:
            raise EstimationError("no limit makes false alarms so rare: the risks leave nothing to be found out.")
    if low > 0 and frequency(high) > 0:
        from scipy.optimize import brentq

        near = brentq(lambda limit: math.log(frequency(limit)), low, high, rtol=_CLOSE / 4)
        below, above = near * (1 - _CLOSE / 2), near * (1 + _CLOSE / 2)
        low, high = (max(low, below), high) if frequency(below) > 1 else (low, min(high, below))
        high = min(high, above) if frequency(above) <= 1 else high
    while high - low > _CLOSE * high:
        middle = (low + high) / 2
        low, high = (low, middle) if frequency(middle) <= 1 else (middle, high)
    return high


def _transitions(limit: float, risk: ArrayLike, odds_ratio: float, true_odds_ratio: float, states: int) -> Floats:
    """Probabilities (states + 1, states + 1) of going from step to step without an alarm.

    The last step is the value just below the limit.
    """
    require_odds_ratio(odds_ratio)
    if not (math.isfinite(limit) and limit > 0) or not (math.isfinite(true_odds_ratio) and true_odds_ratio > 0):
        raise EstimationError("the limit of a CUSUM and the true odds ratio must be above 0.")
    if isinstance(states, bool) or states != int(states) or states < 1:
        raise EstimationError("the number of states must be a whole number from 1.")
    p, count = np.unique(finite_risks(risk), return_counts=True)
    if p.size == 0:
        raise EstimationError("run lengths need risks.")
    share = count / count.sum()
    chance = true_odds_ratio * p / (1 + p * (true_odds_ratio - 1))
    size = states + 1
    start = np.linspace(0.0, limit, size)
    moves = np.zeros(size * size)
    for outcome, weight in ((1.0, share * chance), (0.0, share * (1 - chance))):
        there = np.maximum(start[:, None] + scores(np.full(p.size, outcome), p, odds_ratio), 0.0)
        inside = there < limit
        step = there[inside] / limit * states
        below = np.minimum(step.astype(np.int64), states - 1)
        above = step - below
        origin = (np.nonzero(inside)[0] * size + below).astype(np.int64)
        probability = np.broadcast_to(weight, there.shape)[inside]
        moves += np.bincount(origin, probability * (1 - above), minlength=moves.size)
        moves += np.bincount(origin + 1, probability * above, minlength=moves.size)
    return moves.reshape(size, size)
