"""The exact treatment of ties in a Cox model: the discrete logistic (conditional) likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.summary.execution import Execution
from atrisk.summary.risk_sums import RiskRows

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ExactTerms:
    """Sums over the cells with two or more events of log e_d, of its gradient (p,) and of its Hessian (p, p)."""

    log_likelihood: float
    expected: Floats
    information: Floats


def exact_terms(rows: RiskRows, log_risk: Floats) -> ExactTerms:
    """What the tied cells contribute to the exact partial likelihood.

    Definition: a cell with d events among those at risk contributes the sum of the events' x'b less log e_d(r),
    where e_d is the elementary symmetric polynomial of degree d in the risks r = exp(x'b + offset): the
    probability, given that d fail, that just these do. Gradient and Hessian of log e_d are the mean and the
    variance of the sum of x over d patients drawn with those probabilities.
    Source: Cox 1972, section 6; Gail, Lubin and Rubinstein 1981, Biometrika 68:703 (recursion).
    Case weights have no meaning here and must be 1.
    Cost: of the order (number at risk) x d x p^2 per tied cell.
    """
    p = rows.x.shape[1]
    total = ExactTerms(0.0, np.zeros(p), np.zeros((p, p)))
    cell = rows.cell
    first, strata = rows.sets.first_cell, rows.sets.cells.stratum
    events = np.bincount(cell[rows.event], minlength=strata.size)
    order = np.argsort(cell, kind="stable")
    ordered = cell[order]
    for k in np.flatnonzero(events > 1):
        last = np.searchsorted(strata, strata[k], side="right")
        low, high = np.searchsorted(ordered, (k, last))
        there = order[low:high]
        if first is not None:
            there = there[first[there] <= k]
        log_e, mean, variance = symmetric_function(rows.x[there], log_risk[there], int(events[k]))
        total = ExactTerms(total.log_likelihood + log_e, total.expected + mean, total.information + variance)
    return total


def symmetric_function(x: Floats, log_risk: Floats, d: int) -> tuple[float, Floats, Floats]:
    """log e_d of the risks exp(log_risk) (m,), 1 <= d <= m, with its gradient and Hessian along x (m, p).

    Each factor 1 + r z is divided by 1 + r at the scale of z at which d are expected: the product is then the
    distribution of a sum of independent draws, whose coefficient at its mean d can neither overflow nor vanish.
    Factors are multiplied in pairs, pairs of pairs, and so on.
    """
    m, p = x.shape
    if d == m:
        return float(log_risk.sum()), x.sum(axis=0), np.zeros((p, p))
    tilt = _tilt(log_risk, d)
    share = 1 / (1 + np.exp(-(log_risk + tilt)))
    middle = share @ x / d
    y = x - middle
    pairs = np.triu_indices(p)
    # Row k of a block: coefficients of z^0, z^1, ...; columns: value, gradient, upper triangle of the Hessian.
    block = np.zeros((m, 2, 1 + p + pairs[0].size))
    block[:, 0, 0] = 1 - share
    block[:, 1, 0] = share
    block[:, 1, 1 : 1 + p] = share[:, None] * y
    block[:, 1, 1 + p :] = share[:, None] * y[:, pairs[0]] * y[:, pairs[1]]
    while block.shape[0] > 1:
        odd = block[-1:] if block.shape[0] % 2 else None
        merged = _products(block[0 : block.shape[0] - 1 : 2], block[1::2], d, pairs)
        if odd is not None:
            padded = np.zeros((1, *merged.shape[1:]))
            padded[:, : odd.shape[1]] = odd[:, : merged.shape[1]]
            merged = np.concatenate((merged, padded))
        block = merged
    value, gradient, hessian = np.split(block[0, d], [1, 1 + p])
    mean = gradient / value
    variance = np.empty((p, p))
    variance[pairs] = hessian / value
    variance.T[pairs] = variance[pairs]
    log_e = float(np.log(value[0]) + np.logaddexp(0.0, log_risk + tilt).sum() - d * tilt)
    return log_e, mean + d * middle, variance - np.outer(mean, mean)


def _products(left: Floats, right: Floats, d: int, pairs: tuple[Codes, Codes]) -> Floats:
    """Products of polynomials up to degree d, with derivatives: (b, s, q) x (b, s, q) -> (b, min(2s-1, d+1), q)."""
    p = int(pairs[0].max()) + 1
    size = left.shape[1]
    length = min(2 * size - 1, d + 1)
    out = np.zeros((left.shape[0], length, left.shape[2]))
    g, h = slice(1, 1 + p), slice(1 + p, None)
    for i in range(min(size, length)):
        reach = min(size, length - i)
        a, b, to = left[:, i, None], right[:, :reach], out[:, i : i + reach]
        to[..., 0] += a[..., 0] * b[..., 0]
        to[..., g] += a[..., g] * b[..., :1] + a[..., :1] * b[..., g]
        one, two = a[..., g], b[..., g]
        crossed = one[..., pairs[0]] * two[..., pairs[1]] + one[..., pairs[1]] * two[..., pairs[0]]
        to[..., h] += a[..., h] * b[..., :1] + crossed + a[..., :1] * b[..., h]
    return out


def _tilt(log_risk: Floats, d: int) -> float:
    """The u at which the sum of 1 / (1 + exp(-(log_risk + u))) is d, closely enough."""
    low, high = -float(log_risk.max()) - 50.0, -float(log_risk.min()) + 50.0
    for _ in range(60):
        middle = (low + high) / 2
        if (1 / (1 + np.exp(-(log_risk + middle)))).sum() < d:
            low = middle
        else:
            high = middle
    return (low + high) / 2
