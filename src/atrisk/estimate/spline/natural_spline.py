"""Natural cubic splines on a B-spline basis, the columns of R's `splines::ns`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.summary.execution import Execution

# Each patient has their own columns; the knots come from the range of all.
EXECUTION: Final[Execution] = "mergeable"

Floats = NDArray[np.float64]
_DEGREE = 3


def natural_spline(
    values: ArrayLike, knots: Sequence[float] | Floats, boundary: tuple[float, float] | None = None
) -> Floats:
    """The columns of a natural cubic spline without intercept: (n, number of inner knots + 1).

    Definition: the cubic B-splines on the inner `knots` and the `boundary` knots (default: the range of x), less
    the first, projected on the null space of the second derivatives at the boundary; beyond it, straight lines.
    Source: de Boor 1978; Hastie 1992, section 7.2.1 (R's ns; the projection is the Householder basis of its QR
    decomposition, so that the columns are R's, sign included).
    Edges: NaN where x is missing. Raises EstimationError for inner knots not in order inside the boundary.
    """
    x = np.asarray(values, dtype=np.float64).ravel()
    known = ~np.isnan(x)
    if boundary is None and not np.any(known):
        raise EstimationError("a natural spline of no values needs its boundary knots.")
    low, high = boundary if boundary is not None else (float(x[known].min()), float(x[known].max()))
    inner = np.asarray(knots, dtype=np.float64)
    edges = np.concatenate(([low], inner, [high]))
    if inner.ndim != 1 or not np.all(np.isfinite(edges)) or not np.all(np.diff(edges) > 0):
        raise EstimationError("the inner knots of a natural spline must be in order, inside its boundary knots.")
    sequence = np.concatenate(([low] * _DEGREE, edges, [high] * _DEGREE))
    columns = np.full((x.size, inner.size + 1), np.nan)
    columns[known] = _basis(x[known], sequence, low, high) @ _projection(sequence, low, high)
    return columns


def _basis(x: Floats, sequence: Floats, low: float, high: float) -> Floats:
    """The B-splines but the first, continued beyond the boundary along their tangents."""
    inside = _design(np.clip(x, low, high), sequence, 0)
    slope = np.where((x < low)[:, None], _design(np.array([low]), sequence, 1), _design(np.array([high]), sequence, 1))
    beyond = np.where(x < low, x - low, np.where(x > high, x - high, 0.0))
    return np.asarray(inside + beyond[:, None] * slope)


def _projection(sequence: Floats, low: float, high: float) -> Floats:
    constraint = _design(np.array([low, high]), sequence, 2)
    q, _ = np.linalg.qr(constraint.T, mode="complete")
    return np.asarray(q[:, 2:])


def _design(x: Floats, sequence: Floats, derivative: int) -> Floats:
    from scipy.interpolate import BSpline

    size = sequence.size - _DEGREE - 1
    basis = BSpline(sequence, np.eye(size), _DEGREE, extrapolate=True)
    return np.asarray(basis(x, nu=derivative)[:, 1:], dtype=np.float64)
