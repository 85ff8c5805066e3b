"""Whether hazard ratios are the same in all strata."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from atrisk.errors import EstimationError
from atrisk.estimate.proportional_hazards.cox import CoxSample, cox
from atrisk.estimate.proportional_hazards.cox_fit import ChiSquaredTest, chi_squared_test
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "rounds"


@dataclass(frozen=True, slots=True)
class InteractionTest:
    """The likelihood ratio test of one hazard ratio in all strata; `reason` says why it is NaN, or is empty."""

    test: ChiSquaredTest
    reason: str = ""


def hazard_ratio_interaction(sample: CoxSample) -> InteractionTest:
    """The likelihood ratio test that every coefficient is the same in all strata.

    Definition: two Cox models (Efron ties) with a baseline hazard of its own in each stratum, one with the
    covariates x, one with x in each stratum apart; twice the difference of their log-likelihoods on (strata - 1) x p
    degrees of freedom, fewer where a column carries no information.
    Source: Therneau and Grambsch 2000, section 3.3; anova of coxph(x + strata(s)) and coxph(x * strata(s)) in R.
    Edges: a coefficient without a finite estimate in a stratum (a group without events there), or one stratum alone:
    no test, with a reason. Raises EstimationError for a sample without strata.
    """
    if sample.stratum is None:
        raise EstimationError("an interaction with strata needs a sample with strata.")
    present = np.unique(sample.stratum)
    if present.size < 2:
        return _none("one stratum alone: there is nothing to compare")
    apart = np.column_stack([sample.covariates * (sample.stratum == code)[:, None] for code in present])
    common, separate = cox(sample), cox(replace(sample, covariates=apart))
    if np.isnan(separate.std_err).any() or np.isnan(common.std_err).any():
        return _none("a hazard ratio cannot be estimated in every stratum")
    gain = max(2.0 * (separate.loglik - common.loglik), 0.0)
    df = separate.likelihood_ratio_test.df - common.likelihood_ratio_test.df
    return InteractionTest(chi_squared_test(gain, df))


def _none(reason: str) -> InteractionTest:
    return InteractionTest(ChiSquaredTest(math.nan, 0, math.nan), reason)
