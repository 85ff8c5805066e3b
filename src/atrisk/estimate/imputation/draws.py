"""Draws of one incomplete variable given the others: what a chain of equations goes through in turn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

# Covariates are standardised, so a coefficient of 10 multiplies odds by 20,000 for one standard deviation: a normal
# prior of that spread decides only what the data leave open (a level predicted perfectly, collinear columns).
PRIOR_SD = 10.0
_MOST_STEPS = 100


def matched_numbers(
    known: Floats, x_known: Floats, x_missing: Floats, *, donors: int, stream: np.random.Generator
) -> Floats:
    """Numbers for missing cells, each taken from one of the patients whose predicted value is nearest.

    Definition: b, s from least squares of `known` on `x_known`; s*^2 = RSS / chi^2_{n-p}, b* ~ N(b, s*^2 (X'X)^-1); the
    prediction x b* of a missing cell is compared with x b of the known, and one of the `donors` nearest lends its
    value.
    Source: Rubin 1986, J Bus Econ Stat 4:87; Little 1988 (type 1 matching; van Buuren 2018, section 3.4).
    Shapes: `known` (n,), `x_known` (n, p) and `x_missing` (k, p) with their constant column; returns (k,).
    """
    values, vectors = np.linalg.eigh(x_known.T @ x_known)
    kept = values > 1e-10 * values[-1]
    root = (vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T
    b = root @ (root @ (x_known.T @ known))
    fitted = x_known @ b
    free = max(known.size - int(kept.sum()), 1)
    spread = np.sqrt(float(((known - fitted) ** 2).sum()) / stream.chisquare(free))
    drawn = b + spread * (root @ stream.standard_normal(b.size))
    order = np.argsort(fitted, kind="stable")
    return known[order[_near(fitted[order], x_missing @ drawn, donors, stream)]]


def _near(steps: Floats, wanted: Floats, donors: int, stream: np.random.Generator) -> Codes:
    """For each wanted value the place of one of the `donors` nearest among sorted `steps`, by chance."""
    donors = min(donors, steps.size)
    around = np.searchsorted(steps, wanted)
    # The nearest lie within `donors` places on either side.
    places = np.clip(around[:, None] + np.arange(-donors, donors), 0, steps.size - 1)
    distance = np.abs(steps[places] - wanted[:, None])
    repeated = np.concatenate((np.zeros((wanted.size, 1), dtype=bool), np.diff(places, axis=1) == 0), axis=1)
    nearest = np.argsort(np.where(repeated, np.inf, distance), axis=1, kind="stable")[:, :donors]
    chosen = nearest[np.arange(wanted.size), stream.integers(0, donors, wanted.size)]
    return np.asarray(places[np.arange(wanted.size), chosen])


def drawn_levels(
    known: Codes, x_known: Floats, x_missing: Floats, *, n_levels: int, stream: np.random.Generator
) -> Codes:
    """Levels for missing cells from a logistic (two levels) or polytomous logistic regression.

    Definition: b* drawn from the normal approximation of the posterior at its mode (see `polytomous_mode`), then each
    level with its probability given b*. Levels that nobody is known to have are never drawn.
    Source: Rubin 1987, section 5.3; van Buuren 2018, section 3.6.
    Shapes: as `matched_numbers`; codes 0 .. n_levels - 1.
    """
    present = np.flatnonzero(np.bincount(known, minlength=n_levels))
    if present.size == 1:
        return np.full(x_missing.shape[0], present[0], dtype=np.int64)
    mode, covariance = polytomous_mode(np.searchsorted(present, known), x_known, n_levels=present.size)
    values, vectors = np.linalg.eigh(covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    drawn = mode + (root @ stream.standard_normal(mode.size)).reshape(mode.shape)
    probability = _probabilities(x_missing, drawn)
    below = np.cumsum(probability, axis=1)[:, :-1]
    passed = (stream.random((x_missing.shape[0], 1)) > below).sum(axis=1)
    return np.asarray(present[passed], dtype=np.int64)


def polytomous_mode(level: Codes, x: Floats, *, n_levels: int, prior_sd: float = PRIOR_SD) -> tuple[Floats, Floats]:
    """The mode of the coefficients of levels 1, 2, ... against level 0, and the inverse of the information there.

    Definition: maximum of sum log P(level | x) - sum b^2 / (2 prior_sd^2), the constant of `x` under the same
    prior as the rest; Newton steps, halved until the sum rises. Returns (levels - 1, p) and the matrix of its rows in
    turn.
    """
    n, p = x.shape
    outer = n_levels - 1
    b = np.zeros((outer, p))
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
        while (reached := height(b + move)) < best and np.abs(move).max() > 1e-12:
            move = move / 2
        b, gain, best = b + move, reached - best, max(best, reached)
        if gain <= 1e-12 * max(1.0, abs(best)):
            break
    return b, np.asarray(np.linalg.inv(_information(x, _probabilities(x, b)[:, 1:], precision)), dtype=np.float64)


def _information(x: Floats, chance: Floats, precision: float) -> Floats:
    """Minus the second derivatives, a block for each pair of levels but the first: (levels - 1) p square."""
    outer, p = chance.shape[1], x.shape[1]
    blocks = np.empty((outer, p, outer, p))
    for i in range(outer):
        for j in range(outer):
            weight = chance[:, i] * ((i == j) - chance[:, j])
            blocks[i, :, j] = (x * weight[:, None]).T @ x
    return blocks.reshape(outer * p, outer * p) + precision * np.eye(outer * p)


def _probabilities(x: Floats, b: Floats) -> Floats:
    """P(level | x): (n, levels), the level without coefficients first."""
    linear = np.concatenate((np.zeros((x.shape[0], 1)), x @ b.T), axis=1)
    odds = np.exp(linear - linear.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))
