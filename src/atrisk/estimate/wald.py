"""Standard errors, z, p values and limits of coefficients from their covariance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class WaldTable:
    """Coefficients (q,) with standard errors, z = coef / std_err, two-sided p and limits coef -/+ z se.

    NaN throughout, but for the coefficient itself, where there is no finite estimate.
    """

    coef: Floats
    std_err: Floats
    z: Floats
    p_value: Floats
    lower: Floats
    upper: Floats

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def wald_table(coef: Floats, covariance: Floats, *, conf_level: float) -> WaldTable:
    """The table of some coefficients (q,) and their covariance (q, q); EstimationError for a bad `conf_level`."""
    quantile = normal_quantile(conf_level)
    finite = np.where(np.isfinite(coef), coef, np.nan)
    # Rounding can leave a variance below 0 where the information has run out: that is no standard error.
    diagonal = np.diag(covariance)
    std_err = np.sqrt(np.where(diagonal > 0, diagonal, np.nan)) + 0.0 * finite
    z = finite / std_err
    return WaldTable(
        coef=coef,
        std_err=std_err,
        z=z,
        p_value=two_sided(z),
        lower=finite - quantile * std_err,
        upper=finite + quantile * std_err,
    )


def two_sided(z: Floats) -> Floats:
    """The probability of a standard normal deviate beyond |z|, to full relative precision in the tail."""
    return np.array([math.erfc(abs(value) / math.sqrt(2.0)) for value in z])
