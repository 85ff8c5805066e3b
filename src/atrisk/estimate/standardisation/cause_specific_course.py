"""The cumulative incidence of patients under cause-specific hazards, and its gradient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Below this, (1 - exp(-a)) / a and its derivative come from their series: the formula of the derivative loses digits.
_SMALL = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """The incidence F of a cause for some patients at every time (m, T), and by cause j the V_j (m, T) of its gradient.

    The derivative of F(t) by the hazard increment a_j(s), s <= t, is V_j(s) - F(t).
    """

    value: Floats
    gradient: tuple[Floats, ...]


def course(increments: list[Floats], cause: int) -> Course:
    """The cumulative incidence of cause k from the hazard increments a_j (m, T) of all causes.

    Definition: F_k(t) = sum_{s <= t} S(s-) (1 - exp(-a(s))) a_k(s) / a(s), a = sum_j a_j, S(t) = exp(-sum a): constant
    cause-specific hazards within the step, so that S + sum_k F_k = 1 (Aalen and Johansen 1978 with matrix exponentials
    in place of 1 + dA, as in R's survfit of a multi-state coxph).
    Gradient: later increments are all multiplied by S, so that the derivative is the own increment's D less
    F_k(t) - F_k(s): V_j(s) = D_j(s) + F_k(s), D_j = S(s-) (phi(a) 1{j = k} + a_k phi'(a)), phi(a) = (1 - e^-a) / a.
    """
    together = np.sum(increments, axis=0)
    survival = np.exp(-np.cumsum(together, axis=1))
    before = np.concatenate((np.ones((survival.shape[0], 1)), survival[:, :-1]), axis=1)
    phi, slope = _phi(together)
    own = increments[cause - 1]
    incidence = np.cumsum(before * phi * own, axis=1)
    drag = before * own * slope + incidence
    gradient = tuple(drag + before * phi if j == cause - 1 else drag for j in range(len(increments)))
    return Course(incidence, gradient)


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
