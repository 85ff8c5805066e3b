"""Proportional odds regression: two levels, thresholds by hand, a slow likelihood, laws, separation, bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.logistic import logistic
from atrisk.estimate.generalized_linear.proportional_odds import proportional_odds
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample


def made(seed: int, n: int = 150) -> RegressionSample:
    stream = np.random.default_rng(seed)
    x = np.column_stack([stream.normal(60, 8, n), stream.integers(0, 2, n)])
    latent = 0.06 * (x[:, 0] - 60) + 0.7 * x[:, 1] + stream.logistic(size=n)
    return RegressionSample(outcome=np.digitize(latent, [-1, 0.5, 2]).astype(float), covariates=x)


def test_two_levels_are_logistic_regression() -> None:
    sample = made(1)
    binary = RegressionSample(outcome=(sample.outcome >= 2).astype(float), covariates=sample.covariates)
    fit, other = proportional_odds(binary), logistic(binary)
    np.testing.assert_allclose(fit.coef, other.coef[1:], rtol=1e-10)
    np.testing.assert_allclose(fit.threshold, -other.coef[:1], rtol=1e-10)
    np.testing.assert_allclose(fit.std_err, other.std_err[1:], rtol=1e-9)
    np.testing.assert_allclose(fit.threshold_std_err, other.std_err[:1], rtol=1e-9)
    assert fit.loglik == pytest.approx(other.loglik, rel=1e-12)
    assert fit.likelihood_ratio_p == pytest.approx(other.likelihood_ratio_p, rel=1e-8)


def test_without_covariates_the_thresholds_are_the_cumulative_log_odds() -> None:
    """3, 5, 2 patients: log(3/7), log(8/2); -log-likelihood = -(3 log .3 + 5 log .5 + 2 log .2)."""
    outcome = np.repeat([0.0, 1.0, 4.0], [3, 5, 2])
    fit = proportional_odds(RegressionSample(outcome=outcome, covariates=np.empty((10, 0))))
    np.testing.assert_allclose(fit.threshold, [math.log(3 / 7), math.log(4)], rtol=1e-12)
    loglik = 3 * math.log(0.3) + 5 * math.log(0.5) + 2 * math.log(0.2)
    assert fit.loglik == pytest.approx(loglik, rel=1e-12)
    assert fit.loglik_null == pytest.approx(loglik, rel=1e-12)
    assert fit.levels.tolist() == [0.0, 1.0, 4.0]
    # Cumulative share q of n: variance of its log odds 1 / (n q (1 - q)).
    np.testing.assert_allclose(fit.threshold_std_err, [math.sqrt(1 / 2.1), math.sqrt(1 / 1.6)], rtol=1e-10)


def slow_log_likelihood(sample: RegressionSample, b: np.ndarray, a: np.ndarray) -> float:
    """Patient by patient, from the definition."""
    total = 0.0
    for level, row in zip(sample.outcome.astype(int), sample.covariates, strict=True):
        at_or_below = [1 / (1 + math.exp(-(cut - row @ b))) for cut in a]
        total += math.log(np.diff([0.0, *at_or_below, 1.0])[level])
    return total


def test_the_fit_is_a_maximum_of_the_likelihood_and_its_curvature() -> None:
    """Oracle: the definition, with second differences as the information."""
    sample = made(2, 60)
    fit = proportional_odds(sample)
    best = np.concatenate([fit.coef, fit.threshold])

    def at(change: np.ndarray) -> float:
        moved = best + change
        return slow_log_likelihood(sample, moved[:2], moved[2:])

    assert at(np.zeros(5)) == pytest.approx(fit.loglik, rel=1e-12)
    steps = np.diag(1e-3 * np.sqrt(np.diag(fit.covariance)))
    for step in steps:
        assert at(step) < fit.loglik
        assert at(-step) < fit.loglik
    information = np.linalg.inv(fit.covariance)
    for i in range(5):
        for j in range(5):
            u, v = steps[i], steps[j]
            curvature = -(at(u + v) - at(u - v) - at(v - u) + at(-u - v)) / (4 * u[i] * v[j])
            scale = math.sqrt(information[i, i] * information[j, j])
            assert curvature == pytest.approx(information[i, j], abs=2e-5 * scale)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_turning_the_order_round_and_replicating(seed: int) -> None:
    sample = made(seed, 80)
    fit = proportional_odds(sample)
    turned = proportional_odds(RegressionSample(outcome=-sample.outcome, covariates=sample.covariates))
    np.testing.assert_allclose(turned.coef, -fit.coef, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(turned.threshold, -fit.threshold[::-1], rtol=1e-8, atol=1e-9)
    weight = np.random.default_rng(seed).integers(1, 4, 80)
    weighted = proportional_odds(RegressionSample(outcome=sample.outcome, covariates=sample.covariates, weight=weight))
    copied = proportional_odds(
        RegressionSample(
            outcome=np.repeat(sample.outcome, weight), covariates=np.repeat(sample.covariates, weight, axis=0)
        )
    )
    np.testing.assert_allclose(weighted.coef, copied.coef, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(weighted.covariance, copied.covariance, rtol=1e-7, atol=1e-10)


def test_separation_is_named_and_gives_no_number() -> None:
    outcome = np.repeat([0.0, 1.0, 2.0], 5)
    fit = proportional_odds(RegressionSample(outcome=outcome, covariates=np.arange(15.0)[:, None]))
    assert fit.separated
    assert fit.coef.tolist() == [math.inf]
    assert np.isnan([fit.loglik, *fit.threshold, *fit.std_err]).all()
    assert "infinite: covariate 1" in str(fit.warning)
    # One level that only one group has: the other covariate keeps a finite limit, which is not given.
    sample, stream = made(3), np.random.default_rng(4)
    group = (stream.random(150) < 0.2).astype(float)
    outcome = np.where(group > 0, 3.0, np.minimum(sample.outcome, 2.0))
    covariates = np.column_stack([sample.covariates, group])
    fit = proportional_odds(RegressionSample(outcome=outcome, covariates=covariates))
    assert fit.coef[2] == math.inf
    assert np.isnan(fit.coef[:2]).all()


def test_an_offset_and_redundant_columns() -> None:
    sample = made(5)
    moved = RegressionSample(outcome=sample.outcome, covariates=sample.covariates, offset=sample.covariates[:, 1])
    np.testing.assert_allclose(proportional_odds(moved).coef, proportional_odds(sample).coef - [0, 1], rtol=1e-9)
    wide = np.column_stack([sample.covariates, sample.covariates.sum(axis=1)])
    fit = proportional_odds(RegressionSample(outcome=sample.outcome, covariates=wide))
    assert np.flatnonzero(np.isnan(fit.coef)).tolist() == [2]
    assert "covariate 3" in str(fit.warning)


def test_refuses_one_level_and_clusters() -> None:
    x = np.arange(4.0)[:, None]
    with pytest.raises(EstimationError, match="at least two levels"):
        proportional_odds(RegressionSample(outcome=np.ones(4), covariates=x))
    with pytest.raises(EstimationError, match="no robust variance"):
        proportional_odds(RegressionSample(outcome=np.arange(4.0), covariates=x, cluster=np.arange(4)))
