"""The exact treatment of ties against all subsets, counted one by one (oracle: ourselves, slowly)."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.errors import EstimationError
from atrisk.estimate.proportional_hazards.cox import CoxSample, cox
from atrisk.estimate.proportional_hazards.exact_ties import symmetric_function


@given(st.integers(1, 8), st.integers(1, 8), st.integers(0, 2**31))
@settings(deadline=None, max_examples=60)
def test_symmetric_function_is_the_sum_over_all_subsets(m: int, d: int, seed: int) -> None:
    """With p(S) = prod r / e_d over subsets S of size d: gradient E[sum x], Hessian Var[sum x]."""
    d = min(d, m)
    rng = np.random.default_rng(seed)
    x, log_risk = rng.normal(size=(m, 2)), 2 * rng.normal(size=m)
    subsets = [list(subset) for subset in itertools.combinations(range(m), d)]
    share = np.array([math.exp(log_risk[subset].sum()) for subset in subsets])
    sums = np.array([x[subset].sum(axis=0) for subset in subsets])
    mean = share @ sums / share.sum()
    variance = (sums - mean).T @ ((sums - mean) * (share / share.sum())[:, None])
    found = symmetric_function(x, log_risk, d)
    assert found[0] == pytest.approx(math.log(share.sum()), rel=1e-11, abs=1e-11)
    np.testing.assert_allclose(found[1], mean, rtol=1e-10, atol=1e-11)
    np.testing.assert_allclose(found[2], variance, rtol=1e-9, atol=1e-10)


def test_two_of_three_by_hand() -> None:
    """At one time two of three fail, both with x = 1, the third has x = 0: with r = exp(b) the subsets of two have
    r^2, r and r, so l = 2b - log(r^2 + 2r), which rises without end; at b = 0 it is -log 3, the score
    2 - (2 + 1 + 1)/3 = 2/3 and the information (4 + 1 + 1)/3 - (4/3)^2 = 2/9, the score test 2."""
    fit = cox(CoxSample(np.ones(3), np.array([1, 1, 0]), np.array([[1.0], [1.0], [0.0]])), ties="exact")
    assert fit.loglik_null == pytest.approx(-math.log(3), rel=1e-14)
    assert fit.score_test.statistic == pytest.approx(2, rel=1e-12)
    assert fit.coef[0] == math.inf


def test_many_ties_neither_overflow_nor_vanish() -> None:
    """C(4000, 1500) has 1143 digits; with equal risks log e_d is its logarithm."""
    log_e, mean, _ = symmetric_function(np.ones((4000, 1)), np.zeros(4000), 1500)
    expected = math.lgamma(4001) - math.lgamma(1501) - math.lgamma(2501)
    assert log_e == pytest.approx(expected, rel=1e-11)
    assert mean[0] == pytest.approx(1500, rel=1e-12)


def test_without_ties_all_three_treatments_agree() -> None:
    rng = np.random.default_rng(3)
    sample = CoxSample(rng.permutation(40) + 1, rng.integers(0, 2, 40), rng.normal(size=(40, 2)))
    exact, efron = cox(sample, ties="exact"), cox(sample)
    np.testing.assert_allclose(exact.coef, efron.coef, rtol=1e-10)
    np.testing.assert_allclose(exact.covariance, efron.covariance, rtol=1e-9)


def test_weights_and_robust_variances_are_refused() -> None:
    given_ = {
        "time": np.arange(1.0, 5),
        "event": np.ones(4, dtype=bool),
        "covariates": np.array([[0.0], [1], [0], [1]]),
    }
    with pytest.raises(EstimationError, match="weights"):
        cox(CoxSample(**given_, weight=np.array([1.0, 2, 1, 1])), ties="exact")
    with pytest.raises(EstimationError, match="robust"):
        cox(CoxSample(**given_, cluster=np.array([0, 0, 1, 1])), ties="exact")
