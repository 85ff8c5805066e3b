"""The course of patients under cause-specific hazards: event-free survival, incidences, and their gradients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Below this, (1 - exp(-a)) / a and its derivative come from their series: the formula of the derivative loses digits.
_SMALL = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """An outcome O of some patients at every time (m, T), and by cause j the V_j (m, T) of its gradient.

    The derivative of O(t) by the hazard increment a_j(s), s <= t, is V_j(s) - O(t).
    """

    value: Floats
    gradient: tuple[Floats, ...]


def course(increments: list[Floats], outcome: int) -> Course:
    """Survival (outcome 0) or the cumulative incidence of cause k (outcome k) from hazard increments a_j (m, T).

    Definition: S(t) = exp(-sum a), F_k(t) = sum_{s <= t} S(s-) (1 - exp(-a(s))) a_k(s) / a(s), a = sum_j a_j: constant
    cause-specific hazards within the step, so that S + sum_k F_k = 1 (Aalen and Johansen 1978 with matrix exponentials
    in place of 1 + dA, as in R's survfit of a multi-state coxph).
    Gradient: S: V = 0. F_k: later increments are all multiplied by S, so that the derivative is its own increment's D
    less F_k(t) - F_k(s): V_j(s) = D_j(s) + F_k(s), D_j = S(s-) (phi(a) 1{j = k} + a_k phi'(a)), phi(a) = (1 - e^-a) /
    a.
    """
    together = np.sum(increments, axis=0)
    survival = np.exp(-np.cumsum(together, axis=1))
    if outcome == 0:
        return Course(survival, tuple(np.zeros_like(survival) for _ in increments))
    before = np.concatenate((np.ones((survival.shape[0], 1)), survival[:, :-1]), axis=1)
    phi, slope = _phi(together)
    own = increments[outcome - 1]
    incidence = np.cumsum(before * phi * own, axis=1)
    drag = before * own * slope + incidence
    return Course(incidence, tuple(drag + before * phi if j == outcome - 1 else drag for j in range(len(increments))))


def _phi(a: Floats) -> tuple[Floats, Floats]:
    """(1 - exp(-a)) / a and its derivative."""
    small = a < _SMALL
    large = np.where(small, 1.0, a)
    phi = -np.expm1(-large) / large
    slope = (np.exp(-large) - phi) / large
    series, derivative, term = np.zeros_like(a), np.zeros_like(a), np.ones_like(a)
    for n in range(9):
        # term is (-a)^n / (n + 1)!
        series += term
        derivative -= term * (n + 1) / (n + 2)
        term = term * -a / (n + 2)
    return np.where(small, series, phi), np.where(small, derivative, slope)
