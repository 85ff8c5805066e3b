"""Draws of one incomplete variable given the others: what a chain of equations goes through in turn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from atrisk.estimate.generalized_linear.proportional_odds import penalised_mode
from atrisk.estimate.random_stream import Stream

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

# Covariates are standardised, so a coefficient of 10 multiplies odds by 20,000 for one standard deviation: a normal
# prior of that spread decides only what the data leave open (a level predicted perfectly, collinear columns).
PRIOR_SD = 10.0
_MOST_STEPS = 100


def matched_numbers(known: Floats, x_known: Floats, x_missing: Floats, *, donors: int, stream: Stream) -> Floats:
    """Numbers for missing cells, each taken from one of the patients whose predicted value is nearest.

    Definition: b, s from least squares of `known` on `x_known`; s*^2 = RSS / chi^2_{n-p}, b* ~ N(b, s*^2 (X'X)^-1); the
    prediction x b* of a missing cell is compared with x b of the known, and one of the `donors` nearest lends its
    value.
    Source: Rubin 1986, J Bus Econ Stat 4:87; Little 1988 (type 1 matching; van Buuren 2018, section 3.4).
    Shapes: `known` (n,), `x_known` (n, p) and `x_missing` (k, p) with their constant column; returns (k,).
    """
    b, drawn, _ = _drawn_line(known, x_known, stream)
    fitted = x_known @ b
    order = np.argsort(fitted, kind="stable")
    return known[order[_near(fitted[order], x_missing @ drawn, donors, stream)]]


def numbers_within(
    known: Floats, x_known: Floats, x_missing: Floats, limits: tuple[Floats, Floats], *, stream: Stream
) -> Floats:
    """Numbers for cells of which only limits are known, such as a laboratory's "< 1".

    Definition: b* and s* drawn as in `matched_numbers`, then each value from the normal distribution with mean x b* and
    standard deviation s* between its limits (-inf, inf: none on that side).
    Source: Tobin 1958 (model); Chib 1992, J Econometrics 51:79 (draws of the censored values given the coefficients).
    Shapes: as there; `limits` two of (k,).
    """
    _, drawn, spread = _drawn_line(known, x_known, stream)
    lower, upper = limits
    if spread == 0:
        return np.asarray(np.clip(x_missing @ drawn, lower, upper))
    return _truncated_normal(x_missing @ drawn, spread, limits, stream)


def _drawn_line(known: Floats, x: Floats, stream: Stream) -> tuple[Floats, Floats, float]:
    """Least squares coefficients, and coefficients and standard deviation drawn from their posterior."""
    values, vectors = np.linalg.eigh(x.T @ x)
    kept = values > 1e-10 * values[-1]
    root = (vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T
    b = root @ (root @ (x.T @ known))
    free = max(known.size - int(kept.sum()), 1)
    spread = float(np.sqrt(float(((known - x @ b) ** 2).sum()) / stream.chi_squared(free)))
    return b, b + spread * (root @ stream.normal(b.size)), spread


def _truncated_normal(mean: Floats, spread: float, limits: tuple[Floats, Floats], stream: Stream) -> Floats:
    """By inversion, on the logarithms of the lower tail, turned round where the limits lie in the upper one."""
    from scipy.special import log_ndtr, ndtri_exp

    low, high = ((limit - mean) / spread for limit in limits)
    turned = low + high > 0
    a, b = np.where(turned, -high, low), np.where(turned, -low, high)
    # log(P(a) + u (P(b) - P(a))), the tail probabilities themselves being perhaps too small for a number.
    top = log_ndtr(b)
    share = np.exp(log_ndtr(a) - top)
    z = ndtri_exp(top + np.log(share + stream.uniform(mean.size) * (1 - share)))
    return np.asarray(np.clip(mean + spread * np.where(turned, -z, z), *limits))


def _near(steps: Floats, wanted: Floats, donors: int, stream: Stream) -> Codes:
    """For each wanted value the place of one of the `donors` nearest among sorted `steps`, by chance."""
    donors = min(donors, steps.size)
    around = np.searchsorted(steps, wanted)
    # The nearest lie within `donors` places on either side.
    places = np.clip(around[:, None] + np.arange(-donors, donors), 0, steps.size - 1)
    distance = np.abs(steps[places] - wanted[:, None])
    repeated = np.concatenate((np.zeros((wanted.size, 1), dtype=bool), np.diff(places, axis=1) == 0), axis=1)
    nearest = np.argsort(np.where(repeated, np.inf, distance), axis=1, kind="stable")[:, :donors]
    chosen = nearest[np.arange(wanted.size), stream.whole(wanted.size, low=0, high=donors - 1)]
    return np.asarray(places[np.arange(wanted.size), chosen])


def drawn_levels(
    known: Codes,
    x_known: Floats,
    x_missing: Floats,
    *,
    shift: Floats | None = None,
    start: Floats | None = None,
    stream: Stream,
) -> tuple[Codes, Floats]:
    """Levels for missing cells from a logistic (two levels) or polytomous logistic regression.

    Definition: b* drawn from the normal approximation of the posterior at its mode (see `polytomous_mode`), then each
    level with its probability given b*. Levels that nobody is known to have are never drawn.
    Source: Rubin 1987, section 5.3; van Buuren 2018, section 3.6.
    Shapes: as `matched_numbers`; codes from 0; `shift` (k,): added to the log odds of every level but the lowest.
    Returns the mode, too, from which the search may `start` in the next round of the same variable.
    """
    present, place = np.unique(known, return_inverse=True)
    if present.size == 1:
        return np.full(x_missing.shape[0], present[0], dtype=np.int64), np.empty(0)
    mode, information = polytomous_mode(place, x_known, n_levels=present.size, start=start)
    drawn = mode + _deviate(information, stream).reshape(mode.shape)
    probability = _probabilities(x_missing, drawn, shift)
    return _by_chance(present, np.cumsum(probability, axis=1)[:, :-1], stream), mode


def drawn_ordered_levels(
    known: Codes,
    x_known: Floats,
    x_missing: Floats,
    *,
    shift: Floats | None = None,
    start: Floats | None = None,
    stream: Stream,
) -> tuple[Codes, Floats]:
    """Ordered levels for missing cells from a proportional odds regression.

    Definition: coefficients, the first threshold and the logarithms of the gaps between thresholds drawn from the
    normal approximation at the mode (prior as in `polytomous_mode`, on the coefficients), then each level with its
    probability. The logarithms keep drawn thresholds in order. Levels that nobody is known to have are never drawn.
    Source: McCullagh 1980, J R Stat Soc B 42:109 (model); Rubin 1987, section 5.3.
    Shapes: as `matched_numbers`; `shift` (k,): added to the log odds of being in a higher level; `start` as there.
    """
    from scipy.special import expit

    present, place = np.unique(known, return_inverse=True)
    if present.size == 1:
        return np.full(x_missing.shape[0], present[0], dtype=np.int64), np.empty(0)
    q = x_known.shape[1] - 1
    mode, information = penalised_mode(x_known[:, 1:], place, n_levels=present.size, prior_sd=PRIOR_SD, start=start)
    gaps = np.diff(mode[q:])
    turn = np.eye(mode.size)
    for number, gap in enumerate(gaps):
        turn[q + 1 + number, q + number : q + 2 + number] = (-1 / gap, 1 / gap)
    drawn = np.concatenate((mode[: q + 1], np.log(gaps)))
    drawn = drawn + turn @ _deviate(information, stream)
    threshold = drawn[q] + np.concatenate(([0.0], np.cumsum(np.exp(drawn[q + 1 :]))))
    higher = x_missing[:, 1:] @ drawn[:q] + (0.0 if shift is None else shift)
    return _by_chance(present, expit(threshold - higher[:, None]), stream), mode


def _deviate(information: Floats, stream: Stream) -> Floats:
    """Normal deviates whose covariance is the inverse of the information: with C its Cholesky factor, C'^-1 z."""
    factor = np.linalg.cholesky(information)
    return np.asarray(np.linalg.solve(factor.T, stream.normal(information.shape[0])))


def _by_chance(present: Codes, below: Floats, stream: Stream) -> Codes:
    """One of the levels `present` for each row of probabilities of being at or below all of them but the last."""
    passed = (stream.uniform((below.shape[0], 1)) > below).sum(axis=1)
    return np.asarray(present[passed], dtype=np.int64)


def polytomous_mode(
    level: Codes, x: Floats, *, n_levels: int, prior_sd: float = PRIOR_SD, start: Floats | None = None
) -> tuple[Floats, Floats]:
    """The mode of the coefficients of levels 1, 2, ... against level 0, and the information there.

    Definition: maximum of sum log P(level | x) - sum b^2 / (2 prior_sd^2), the constant of `x` under the same
    prior as the rest; Newton steps, halved until the sum rises. Returns (levels - 1, p) and the matrix of its rows in
    turn.
    """
    n, p = x.shape
    outer = n_levels - 1
    b = np.zeros((outer, p)) if start is None else start
    happened = (level[:, None] == np.arange(1, n_levels)).astype(np.float64)
    precision = 1 / prior_sd**2

    def height(at: Floats) -> float:
        chance = _probabilities(x, at)[np.arange(n), level]
        return float(np.log(np.maximum(chance, 1e-300)).sum() - precision / 2 * (at**2).sum())

    best = height(b)
    for _ in range(_MOST_STEPS):
        chance = _probabilities(x, b)[:, 1:]
        slope = (happened - chance).T @ x - precision * b
        move = np.linalg.solve(_information(x, chance, precision), slope.ravel()).reshape(outer, p)
        # Near the top the sum rises by less than it is rounded by: such a step is good, and not to be halved away.
        noise = 1e-12 * max(1.0, abs(best))
        while (reached := height(b + move)) < best - noise and np.abs(move).max() > 1e-12:
            move = move / 2
        b, gain, best = b + move, reached - best, max(best, reached)
        if gain <= noise:
            break
    return b, _information(x, _probabilities(x, b)[:, 1:], precision)


def _information(x: Floats, chance: Floats, precision: float) -> Floats:
    """Minus the second derivatives, a block for each pair of levels but the first: (levels - 1) p square."""
    outer, p = chance.shape[1], x.shape[1]
    blocks = np.empty((outer, p, outer, p))
    for i in range(outer):
        for j in range(i + 1):
            weight = chance[:, i] * ((i == j) - chance[:, j])
            blocks[i, :, j] = blocks[j, :, i] = (x * weight[:, None]).T @ x
    return blocks.reshape(outer * p, outer * p) + precision * np.eye(outer * p)


def _probabilities(x: Floats, b: Floats, shift: Floats | None = None) -> Floats:
    """P(level | x): (n, levels), the level without coefficients first; `shift` (n,): added to the others' log odds."""
    others = x @ b.T if shift is None else x @ b.T + shift[:, None]
    linear = np.concatenate((np.zeros((x.shape[0], 1)), others), axis=1)
    odds = np.exp(linear - linear.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))
