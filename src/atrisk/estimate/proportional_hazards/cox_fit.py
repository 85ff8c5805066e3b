"""What a Cox regression hands back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from atrisk.estimate.proportional_hazards.partial_likelihood import Ties
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Variance = Literal["model", "robust"]


@dataclass(frozen=True, slots=True)
class ChiSquaredTest:
    """A chi squared statistic with its degrees of freedom and upper tail probability."""

    statistic: float
    df: int
    p_value: float


def chi_squared_test(statistic: float, df: int) -> ChiSquaredTest:
    """The test with its p value; NaN where there is no degree of freedom or no statistic."""
    if df == 0 or math.isnan(statistic):
        return ChiSquaredTest(statistic=math.nan, df=df, p_value=math.nan)
    from scipy.special import chdtrc

    return ChiSquaredTest(statistic=statistic, df=df, p_value=float(chdtrc(df, statistic)))


NO_TEST: Final = ChiSquaredTest(math.nan, 0, math.nan)


def quadratic_form(vector: Floats, variance: Floats) -> float:
    """v' W^-1 v; NaN where W has no inverse, as a sandwich from fewer clusters than columns has none."""
    if vector.size and np.linalg.matrix_rank(variance, hermitian=True) < vector.size:
        return math.nan
    return float(vector @ np.linalg.solve(variance, vector)) if vector.size else math.nan


def wald_test(estimate: Floats, variance: Floats) -> ChiSquaredTest:
    """The test that all of some estimates are 0, from their variance; NaN where that has no inverse."""
    return chi_squared_test(quadratic_form(estimate, variance), estimate.size)


@dataclass(frozen=True, slots=True, eq=False)
class CoxFit:
    """A fitted Cox model; arrays are (p,), `covariance` and `model_covariance` (p, p).

    `coef`: log hazard ratio per unit of the covariate; NaN for a column that is constant or a sum of earlier
    ones; inf or -inf where the likelihood has no maximum, with NaN for standard error, limits, z and p (and NaN
    for a coefficient that such a column leaves undetermined). `warning` says so in words and is None otherwise.
    `variance` says which one `covariance`, standard errors, limits, z, p and the Wald test rest on;
    `model_covariance` is the inverse information in either case, `robust_score_test` None without the robust
    one. `iterations` counts Newton steps, each cut of one that went too far as another. `n` counts rows with a
    weight above 0.
    """

    coef: Floats
    std_err: Floats
    covariance: Floats
    model_covariance: Floats
    hazard_ratio: Floats
    lower: Floats
    upper: Floats
    z: Floats
    p_value: Floats
    loglik_null: float
    loglik: float
    likelihood_ratio_test: ChiSquaredTest
    wald_test: ChiSquaredTest
    score_test: ChiSquaredTest
    robust_score_test: ChiSquaredTest | None
    n: int
    n_event: int
    iterations: int
    converged: bool
    warning: str | None
    ties: Ties
    variance: Variance
    conf_level: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)

    @property
    def aic(self) -> float:
        """Akaike's criterion, -2 log-likelihood + 2 (coefficients)."""
        return -2 * self.loglik + 2 * self.likelihood_ratio_test.df

    @property
    def bic(self) -> float:
        """Schwarz's criterion, -2 log-likelihood + log(events) (coefficients); NaN without an event.

        The events, not the patients, are the sample size (Volinsky and Raftery 2000, Biometrics 56:256).
        """
        if self.n_event == 0:
            return math.nan
        return -2 * self.loglik + math.log(self.n_event) * self.likelihood_ratio_test.df
