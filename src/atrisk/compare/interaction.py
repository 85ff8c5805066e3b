"""Whether hazard ratios, or odds ratios, are the same in all strata or subgroups."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.logistic import logistic
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample
from atrisk.estimate.proportional_hazards.cox import CoxSample, cox
from atrisk.estimate.proportional_hazards.cox_fit import ChiSquaredTest, chi_squared_test
from atrisk.summary.codes import codes
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "rounds"

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class InteractionTest:
    """The likelihood ratio test of one effect in all strata; `reason` says why it is NaN, or is empty."""

    test: ChiSquaredTest
    reason: str = ""


def hazard_ratio_interaction(sample: CoxSample, part: ArrayLike | None = None) -> InteractionTest:
    """The likelihood ratio test that every coefficient is the same in all parts of the patients.

    Definition: two Cox models (Efron ties) with a baseline hazard of its own in each part (within each stratum of the
    sample, where it has any), one with the covariates x, one with x in each part apart; twice the difference of their
    log-likelihoods on (parts - 1) x p degrees of freedom, fewer where a column carries no information.
    `part` (n,): codes of the parts from 0; None for the strata themselves.
    Source: Therneau and Grambsch 2000, section 3.3; anova of coxph(x + strata(s)) and coxph(x * strata(s)) in R.
    Edges: a coefficient without a finite estimate in a part (a group without events there), or one part alone:
    no test, with a reason. Raises EstimationError for a sample without strata where no parts are given.
    """
    if sample.stratum is None and part is None:
        raise EstimationError("an interaction with strata needs a sample with strata.")
    n = sample.time.size
    code = codes("part", sample.stratum if part is None else part, n)
    present = np.unique(code)
    if present.size < 2:
        return _none("one stratum alone: there is nothing to compare")
    within = code if sample.stratum is None else _joined(sample.stratum, code)
    apart = np.column_stack([sample.covariates * (code == one)[:, None] for one in present])
    of_strata = replace(sample, stratum=within)
    common, separate = cox(of_strata), cox(replace(of_strata, covariates=apart))
    if np.isnan(separate.std_err).any() or np.isnan(common.std_err).any():
        return _none("a hazard ratio cannot be estimated in every stratum")
    gain = max(2.0 * (separate.loglik - common.loglik), 0.0)
    df = separate.likelihood_ratio_test.df - common.likelihood_ratio_test.df
    return InteractionTest(chi_squared_test(gain, df))


def odds_ratio_interaction(
    outcome: ArrayLike, group: ArrayLike, part: ArrayLike, *, stratum: ArrayLike | None = None
) -> InteractionTest:
    """The likelihood ratio test that every odds ratio between groups is the same in all parts of the patients.

    Definition: two logistic models, indicators of groups and of parts, and these with their products; twice the
    difference of their log-likelihoods on (groups - 1) x (parts - 1) degrees of freedom. `outcome` (n,) true or false,
    `group` and `part` (n,): codes from 0; `stratum` (n,): codes of further strata, indicators of which are in both.
    Source: Hosmer, Lemeshow and Sturdivant 2013, section 3.4; anova of glm(y ~ g + s) and glm(y ~ g * s) in R.
    Edges: a group that none of, or only, has the outcome in a part, or is not there, or one part alone: no test, with a
    reason. Raises EstimationError for codes of different lengths.
    """
    happened = np.asarray(outcome, dtype=np.float64)
    n = happened.size
    g, s = _indicators(codes("group", group, n)), _indicators(codes("part", part, n))
    if not s.shape[1] or not g.shape[1]:
        return _none("one subgroup or group alone: there is nothing to compare")
    more = [] if stratum is None else [_indicators(codes("stratum", stratum, n))]
    products = (g[:, :, None] * s[:, None, :]).reshape(n, -1)
    common = logistic(RegressionSample(outcome=happened, covariates=np.column_stack((g, s, *more))))
    apart = logistic(RegressionSample(outcome=happened, covariates=np.column_stack((g, s, *more, products))))
    first_product = apart.coef.size - products.shape[1]
    if common.separated or apart.separated or np.isnan(apart.std_err[first_product:]).any():
        return _none("an odds ratio cannot be estimated in every subgroup")
    gain = max(2.0 * (apart.loglik - common.loglik), 0.0)
    return InteractionTest(chi_squared_test(gain, products.shape[1]))


def _joined(first: Codes, second: Codes) -> Codes:
    """A code for every pair of codes that occurs."""
    return np.unique(np.stack((first, second)), axis=1, return_inverse=True)[1].reshape(-1)


def _indicators(code: Codes) -> Floats:
    """A column for every code that occurs but the lowest, (n, C - 1)."""
    columns: Floats = (code[:, None] == np.unique(code)[1:]).astype(np.float64)
    return columns


def _none(reason: str) -> InteractionTest:
    return InteractionTest(ChiSquaredTest(math.nan, 0, math.nan), reason)
