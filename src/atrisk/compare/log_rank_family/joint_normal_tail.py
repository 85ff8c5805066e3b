"""How probable it is that any of several correlated normal variables lies far from 0."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.summary.read_only import read_only_floats

Floats = NDArray[np.float64]

# More variables than this would need more nodes than the quadrature below affords.
MOST_VARIABLES = 4
# Gauss-Legendre nodes a dimension, by the number of dimensions; all together some 10^5.
_NODES = {1: 512, 2: 256, 3: 64}
# A variable whose variance given the earlier ones is below this is a sum of them.
_DEPENDENT = 1e-9


def any_beyond(correlation: Floats, limit: float) -> float:
    """P(|Z_k| > limit for some k) of standard normal Z with a correlation matrix (K, K), which may be singular.

    Definition: sum over k of P(|Z_k| > limit and |Z_j| <= limit for all j < k), so that a small probability keeps
    its digits. Each term is 2 P(Z_k < -limit) times an integral over the unit cube by Genz's transformation of
    the conditional normal variables (1992, J Comput Graph Stat 1:141), by Gauss-Legendre quadrature; a variable
    that is a sum of others narrows the interval of the last one that it depends on.
    Accuracy: 1e-6 relatively or better. Raises EstimationError for more than four variables and for a limit that
    is negative or not a number.
    """
    k = correlation.shape[0]
    if k > MOST_VARIABLES:
        raise EstimationError(f"the joint tail is computed for at most {MOST_VARIABLES} variables.")
    if not limit >= 0:
        raise EstimationError("the limit of a joint tail must be a number of 0 or more.")
    return min(1.0, sum(_first_beyond(correlation[: i + 1, : i + 1], limit) for i in range(k)))


def _first_beyond(correlation: Floats, limit: float) -> float:
    """P(|Z_k| > limit, all others within), Z_k the last variable."""
    from scipy.special import ndtr

    k = correlation.shape[0]
    order = [k - 1, *range(k - 1)]
    factor = _pivoted_factor(correlation[np.ix_(order, order)])
    rank = factor.shape[1]
    # The rows whose last factor is j bound the j-th independent variable; 0 belongs to the variable that is beyond.
    last = [int(np.flatnonzero(np.abs(row) > math.sqrt(_DEPENDENT)).max(initial=0)) for row in factor]
    tail = float(ndtr(-limit))
    if k == 1:
        return 2.0 * tail
    uniform, share = _cube(max(rank - 1, 1))
    return 2.0 * tail * float(share @ _within(factor, last, uniform, limit))


@cache
def _cube(dimensions: int) -> tuple[tuple[Floats, ...], Floats]:
    """The nodes of a product quadrature on the unit cube, a vector for each dimension, and their weights."""
    points, weights = np.polynomial.legendre.leggauss(_NODES[dimensions])
    grid = np.meshgrid(*([(points + 1) / 2] * dimensions), indexing="ij")
    share = np.prod(np.meshgrid(*([weights / 2] * dimensions), indexing="ij"), axis=0)
    return tuple(read_only_floats(axis.ravel()) for axis in grid), read_only_floats(share.ravel())


def _within(factor: Floats, last: list[int], uniform: tuple[Floats, ...], limit: float) -> Floats:
    """P(all others within | Z_1 < -limit) as a function on the unit cube, before averaging."""
    from scipy.special import ndtr, ndtri

    rank = factor.shape[1]
    size = uniform[0].size
    found = np.zeros((rank, size))
    found[0] = ndtri(uniform[0] * float(ndtr(-limit)))
    probability = np.ones(size)
    for j in range(rank):
        low, high = np.full(size, -np.inf), np.full(size, np.inf)
        for i in range(1, factor.shape[0]):
            if last[i] != j:
                continue
            centre, slope = factor[i, :j] @ found[:j], factor[i, j]
            ends = ((-limit - centre) / slope, (limit - centre) / slope)
            low, high = np.maximum(low, np.minimum(*ends)), np.minimum(high, np.maximum(*ends))
        if j == 0:
            probability *= (found[0] >= low) & (found[0] <= high)
            continue
        below, above = ndtr(low), ndtr(high)
        width = np.maximum(above - below, 0.0)
        probability *= width
        if j < rank - 1:
            found[j] = ndtri(np.clip(below + uniform[j] * width, 1e-300, 1 - 1e-16))
    return probability


def _pivoted_factor(correlation: Floats) -> Floats:
    """L (K, rank) with L L' = correlation: row 0 is the first variable, dependent rows add no column."""
    k = correlation.shape[0]
    columns: list[Floats] = []
    left = correlation.astype(np.float64).copy()
    for i in range(k):
        if left[i, i] <= _DEPENDENT:
            continue
        column = left[:, i] / math.sqrt(left[i, i])
        columns.append(column)
        left = left - np.outer(column, column)
    return np.column_stack(columns)
