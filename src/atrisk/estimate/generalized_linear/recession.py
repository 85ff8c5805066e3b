"""Directions in which a likelihood rises without end: the cone {d : A d >= 0}, searched by linear programming."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# The solver meets its constraints to 1e-7. A direction of the cone can be lengthened until it meets the box
# |d| <= 1, so what stays well inside the box comes from that tolerance, not from the cone.
_IN_THE_CONE = 0.5
_STRICTLY_INSIDE = 1e-6
_VIOLATED = 1e-7
_RANK = 1e-9


def overlapping(constraints: Floats) -> Flags:
    """Which rows (m,) of A satisfy a'd = 0 for every d with A d >= 0.

    With the rows of A the patients' columns, signed so that A d >= 0 means "no patient's likelihood falls along
    d", the other rows are the separated patients. All rows overlap exactly when a finite maximum exists.
    Source: Albert and Anderson 1984, Biometrika 71:1-10; the linear program of Konis 2007 (thesis, Oxford).
    """
    left = np.ones(constraints.shape[0], dtype=bool)
    while np.any(left):
        here = constraints[left]
        # In the space the remaining rows span: a direction outside it changes none of them.
        turned = here @ row_space(here)
        direction = _Cone(turned).furthest(turned.sum(axis=0))
        if direction is None:
            break
        still = turned @ direction <= _STRICTLY_INSIDE
        if np.all(still):
            break
        left[np.flatnonzero(left)[~still]] = False
    return left


def signs(constraints: Floats, functionals: Floats) -> Floats:
    """The limits (k,) of linear functionals c'd (rows of `functionals`) over the cone {d : A d >= 0}.

    inf or -inf where c'd has one sign on the cone (and is not always 0), 0 where it is always 0, NaN where it
    can be of either sign, so that nothing is known.
    """
    cone = _Cone(constraints)
    answer = np.zeros(len(functionals))
    for j, functional in enumerate(functionals):
        unit = functional / np.linalg.norm(functional)
        rises, falls = (_reaches(cone, sign * unit) for sign in (1.0, -1.0))
        answer[j] = np.nan if rises and falls else np.inf if rises else -np.inf if falls else 0.0
    return answer


def row_space(matrix: Floats) -> Floats:
    """An orthonormal basis (q, r) of the space that the rows (m, q) span."""
    _, lengths, turn = np.linalg.svd(matrix.T @ matrix / max(len(matrix), 1), hermitian=True)
    # Singular values of the Gram matrix are squares.
    return np.asarray(turn[lengths > _RANK * lengths[0]].T) if lengths.size and lengths[0] > 0 else turn[:0].T


def _reaches(cone: _Cone, functional: Floats) -> bool:
    direction = cone.furthest(functional)
    return direction is not None and bool(functional @ direction > _STRICTLY_INSIDE)


class _Cone:
    """The cone of some constraints; the constraints that mattered are remembered from question to question."""

    def __init__(self, constraints: Floats) -> None:
        self._constraints = constraints
        n, q = constraints.shape
        self._batch = 50 * max(q, 1)
        self._used = np.zeros(n, dtype=bool)
        self._used[:: max(n // self._batch, 1)] = True

    def furthest(self, objective: Floats) -> Floats | None:
        """A direction of the cone in the box |d| <= 1 that maximises an objective; None if only d = 0 does.

        Constraints are added as they are violated, so that a million rows need a program of some hundred.
        """
        from scipy.optimize import linprog

        if objective.size == 0:
            return None
        while True:
            rows = self._constraints[self._used]
            found = linprog(-objective, A_ub=-rows, b_ub=np.zeros(len(rows)), bounds=(-1.0, 1.0), method="highs")
            if found.x is None:
                raise EstimationError("the search for separated patients found no answer; rescale the covariates.")
            direction = np.asarray(found.x)
            short = self._constraints @ direction
            violated = np.flatnonzero((short < -_VIOLATED) & ~self._used)
            if violated.size == 0:
                return direction if np.max(np.abs(direction)) > _IN_THE_CONE else None
            worst = violated[np.argsort(short[violated], kind="stable")[: self._batch]]
            self._used[worst] = True
