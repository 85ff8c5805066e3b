"""Rubin's rules: one answer from the estimates of several completed data sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import require_conf_level
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "mergeable"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PooledEstimate:
    """Estimates pooled over m completed data sets; arrays (p,).

    `within`, `between`: mean variance within and variance between data sets; `std_err` the root of their total.
    `df`: degrees of freedom of the t distribution of limits and p. `missing_information`: the share of the
    information that the missing values took (fmi).
    """

    estimate: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    p_value: Floats
    df: Floats
    within: Floats
    between: Floats
    missing_information: Floats
    m: int
    conf_level: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def pool(
    estimates: ArrayLike, variances: ArrayLike, *, complete_df: float = np.inf, conf_level: float = 0.95
) -> PooledEstimate:
    """Estimates of m data sets as one, by Rubin's rules with the degrees of freedom of Barnard and Rubin.

    Definition: Q the mean of the estimates, U the mean of their variances, B the variance of the estimates (m - 1 in
    the denominator), T = U + (1 + 1/m) B, l = (1 + 1/m) B / T; df = d1 d2 / (d1 + d2) with d1 = (m - 1) / l^2 and
    d2 = (c + 1) / (c + 3) c (1 - l), c the degrees of freedom of the complete data; limits Q -/+ t_df sqrt(T).
    fmi = (r + 2 / (df + 3)) / (r + 1), r = (1 + 1/m) B / U.
    Source: Rubin 1987, eq. 3.1.2 to 3.1.10; Barnard and Rubin 1999, Biometrika 86:948, eq. 3.
    Shapes: `estimates`, `variances` (m,) or (m, p), on a scale on which the estimate is nearly normal (log hazard
    ratios). Edges: without variance between the data sets df is that of the complete data (d2).
    Raises EstimationError for fewer than two data sets, values that are not finite, a variance not above 0, and
    complete degrees of freedom not above 0.
    """
    from scipy.special import stdtr, stdtrit

    require_conf_level(conf_level)
    q = _columns(estimates, "estimates")
    u = _columns(variances, "variances")
    m = q.shape[0]
    if q.shape != u.shape:
        raise EstimationError("estimates and variances of imputed data must have the same shape.")
    if m < 2:
        raise EstimationError("pooling needs at least two imputed data sets.")
    if np.any(u <= 0):
        raise EstimationError("every variance of an imputed data set must be above 0.")
    if not complete_df > 0:
        raise EstimationError("the degrees of freedom of the complete data must be above 0.")
    within, between = u.mean(axis=0), q.var(axis=0, ddof=1)
    added = (1 + 1 / m) * between
    total = within + added
    df = _degrees_of_freedom(added / total, m, complete_df)
    ratio = added / within
    estimate, std_err = q.mean(axis=0), np.sqrt(total)
    # stdtrit has no answer for infinitely many degrees of freedom, where t is normal; 1e15 are as many.
    finite = np.minimum(df, 1e15)
    reach = stdtrit(finite, 0.5 + conf_level / 2) * std_err
    return PooledEstimate(
        estimate=estimate,
        std_err=std_err,
        lower=estimate - reach,
        upper=estimate + reach,
        p_value=2 * stdtr(finite, -np.abs(estimate / std_err)),
        df=df,
        within=within,
        between=between,
        missing_information=(ratio + 2 / (df + 3)) / (ratio + 1),
        m=m,
        conf_level=conf_level,
    )


def _degrees_of_freedom(share: Floats, m: int, complete_df: float) -> Floats:
    """Barnard and Rubin's degrees of freedom, where `share` of the total variance comes from the missing values."""
    with np.errstate(divide="ignore"):
        old = (m - 1) / share**2
    if np.isinf(complete_df):
        return np.asarray(old)
    observed = (complete_df + 1) / (complete_df + 3) * complete_df * (1 - share)
    return np.asarray(1 / (1 / old + 1 / observed))


def _columns(values: ArrayLike, name: str) -> Floats:
    given = np.asarray(values, dtype=np.float64)
    table = given[:, None] if given.ndim == 1 else given
    if table.ndim != 2 or not np.all(np.isfinite(table)):
        raise EstimationError(f"the {name} of imputed data must be finite numbers, a row for each data set.")
    return table
