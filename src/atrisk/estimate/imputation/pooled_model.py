"""Coefficients of one model from several completed data sets: contrasts, and tests of several parameters at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.imputation.rubin import PooledEstimate, pool
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "mergeable"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PooledTest:
    """An F test of several parameters pooled over m data sets.

    `relative_increase`: of the variance because of what is missing, on the average of the parameters.
    """

    statistic: float
    df: int
    df_denominator: float
    p_value: float
    relative_increase: float
    m: int


def pool_contrasts(
    coefs: ArrayLike,
    covariances: ArrayLike,
    *,
    contrasts: ArrayLike | None = None,
    complete_df: float = np.inf,
    conf_level: float = 0.95,
) -> PooledEstimate:
    """Coefficients, or contrasts L b of them, pooled by Rubin's rules.

    Definition: `pool` of L b_i with the variances diag(L V_i L').
    Shapes: `coefs` (m, p), `covariances` (m, p, p); `contrasts` (k, p), None: the coefficients themselves. Pool log
    hazard and log odds ratios, and take exponentials of the estimate and limits.
    Raises EstimationError as `pool` does, so for a data set in which a coefficient is not finite (name it then).
    """
    b, v, rows = _checked(coefs, covariances, contrasts)
    chosen = b @ rows.T
    return pool(chosen, np.einsum("kp,mpq,kq->mk", rows, v, rows), complete_df=complete_df, conf_level=conf_level)


def pooled_wald_test(
    coefs: ArrayLike, covariances: ArrayLike, *, contrasts: ArrayLike | None = None, complete_df: float = np.inf
) -> PooledTest:
    """The Wald test that k contrasts L b are all 0, from several completed data sets (D1).

    Definition: Q mean of L b_i, U mean of L V_i L', B covariance of the L b_i (m - 1), r = (1 + 1/m) tr(B U^-1) / k;
    F = Q' U^-1 Q / (k (1 + r)) on k and v degrees of freedom. With t = k (m - 1), v = 4 + (t - 4)(1 + (1 - 2/t)/r)^2 if
    t > 4, else t (1 + 1/k)(1 + 1/r)^2 / 2; with `complete_df` c those of Reiter, if t > 4.
    Source: Li, Raghunathan and Rubin 1991, J Am Stat Assoc 86:1065, eq. 1.17 to 1.19; Rubin 1987, eq. 3.4.8 (t <= 4);
    Reiter 2007, Biometrika 94:502, eq. 1 and 2.
    Shapes: as `pool_contrasts`. Edges: one contrast: F is the square of t of `pool`, but v is not its df. Nothing
    missing (r = 0): v is infinite, with `complete_df` c (c + 1) / (c + 3). Where so much is missing of so few patients
    that Reiter's expansion does not hold (c (c + 1) / (c + 3) <= 4 + 4 r t / (t - 2)) v and p are NaN.
    Raises EstimationError as `pool` does, and for contrasts that depend on one another.
    """
    from scipy.special import fdtrc

    b, v, rows = _checked(coefs, covariances, contrasts)
    m, k = b.shape[0], rows.shape[0]
    if m < 2:
        raise EstimationError("pooling needs at least two imputed data sets.")
    if not complete_df > 0:
        raise EstimationError("the degrees of freedom of the complete data must be above 0.")
    chosen = b @ rows.T
    within = rows @ v.mean(axis=0) @ rows.T
    if np.linalg.matrix_rank(within, hermitian=True) < k:
        raise EstimationError("the contrasts to be tested together depend on one another.")
    centred = chosen - chosen.mean(axis=0)
    between = centred.T @ centred / (m - 1)
    r = max(float((1 + 1 / m) * np.trace(np.linalg.solve(within, between)) / k), 0.0)
    mean = chosen.mean(axis=0)
    statistic = float(mean @ np.linalg.solve(within, mean)) / (k * (1 + r))
    df = _denominator(r, k, m, complete_df)
    # An F with infinitely many degrees of freedom is a chi squared; 1e15 are as many.
    return PooledTest(statistic, k, df, float(fdtrc(k, np.minimum(df, 1e15), statistic)), r, m)


def _denominator(r: float, k: int, m: int, complete_df: float) -> float:
    t = k * (m - 1)
    observed = (complete_df + 1) / (complete_df + 3) * complete_df if math.isfinite(complete_df) else math.inf
    # Rounding leaves a trace of variance between equal estimates.
    if r < 1e-14:
        return observed
    if t <= 4:
        return t * (1 + 1 / k) * (1 + 1 / r) ** 2 / 2
    if math.isinf(observed):
        return 4 + (t - 4) * (1 + (1 - 2 / t) / r) ** 2
    a = r * t / (t - 2)
    c1, c2 = observed - 2 * (1 + a), observed - 4 * (1 + a)
    if c2 <= 0:
        return math.nan
    spread = a**2 * c1 / ((1 + a) ** 2 * c2) + 8 * a**2 * c1 / ((1 + a) * c2**2) + 4 * a**2 / ((1 + a) * c2)
    spread += 4 * a**2 / (c1 * c2) + 16 * a**2 * c1 / c2**3 + 8 * a**2 / c2**2
    return 4 + 1 / (1 / c2 + spread / (t - 4))


def _checked(coefs: ArrayLike, covariances: ArrayLike, contrasts: ArrayLike | None) -> tuple[Floats, Floats, Floats]:
    b, v = np.asarray(coefs, dtype=np.float64), np.asarray(covariances, dtype=np.float64)
    if b.ndim != 2 or b.shape[1] == 0 or v.shape != (*b.shape, b.shape[1]):
        raise EstimationError("each data set needs its coefficients and their covariance.")
    rows = np.eye(b.shape[1]) if contrasts is None else np.atleast_2d(np.asarray(contrasts, dtype=np.float64))
    if rows.ndim != 2 or rows.shape[1] != b.shape[1] or rows.shape[0] == 0 or not np.all(np.isfinite(rows)):
        raise EstimationError("a contrast needs one finite number for each coefficient.")
    # Coefficients that no contrast touches may be missing (a column without an estimate).
    used = np.any(rows != 0, axis=0)
    b, v, rows = b[:, used], v[np.ix_(np.arange(b.shape[0]), used, used)], rows[:, used]
    if not np.all(np.isfinite(b)) or not np.all(np.isfinite(v)):
        raise EstimationError("a coefficient is not finite in one of the data sets: it cannot be pooled.")
    return b, v, rows
