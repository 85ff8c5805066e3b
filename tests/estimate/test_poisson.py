"""Poisson regression: risk ratios by hand, clusters, rates, groups without events, bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest

from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.poisson import poisson
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample


def two_by_two(a: int, b: int, c: int, d: int) -> RegressionSample:
    outcome = np.repeat([1.0, 0.0, 1.0, 0.0], [a, b, c, d])
    return RegressionSample(outcome=outcome, covariates=np.repeat([1.0, 1.0, 0.0, 0.0], [a, b, c, d])[:, None])


def test_a_risk_ratio_by_hand() -> None:
    """Two risks p1 = 12/20, p0 = 7/30: b = log(p1 / p0), and with scores y - p the robust variance is Katz's.

    Row g: information n p, sum of squared scores n p (1 - p), so that its log risk has the variance
    (1 - p) / (n p) = 1/x - 1/n; the model's is 1/x.
    """
    a, n1, c, n0 = 12, 20, 7, 30
    robust, model = poisson(two_by_two(12, 8, 7, 23)), poisson(two_by_two(12, 8, 7, 23), variance="model")
    for fit in (robust, model):
        np.testing.assert_allclose(fit.coef, [math.log(c / n0), math.log(a / n1 / (c / n0))], rtol=1e-12)
        np.testing.assert_allclose(fit.model_covariance, model.covariance)
    np.testing.assert_allclose(
        robust.std_err, [math.sqrt(1 / c - 1 / n0), math.sqrt(1 / a - 1 / n1 + 1 / c - 1 / n0)], rtol=1e-12
    )
    np.testing.assert_allclose(model.std_err, [math.sqrt(1 / c), math.sqrt(1 / a + 1 / c)], rtol=1e-12)
    half = 1.959963984540054 * robust.std_err[1]
    np.testing.assert_allclose(robust.upper[1], math.exp(robust.coef[1] + half), rtol=1e-12)
    # sum y eta - mu - log y!, with mu summing to the events.
    assert robust.loglik == pytest.approx(a * math.log(a / n1) + c * math.log(c / n0) - 19, rel=1e-12)


def test_a_rate_ratio_by_hand() -> None:
    """8 and 15 events in 100 and 250 days at risk: log rates log(x / T), variances of the model 1 / x."""
    sample = RegressionSample(
        outcome=np.array([8.0, 15.0]), covariates=np.array([[0.0], [1.0]]), offset=np.log([100.0, 250.0])
    )
    fit = poisson(sample, variance="model")
    np.testing.assert_allclose(fit.coef, [math.log(0.08), math.log(0.06 / 0.08)], rtol=1e-12)
    np.testing.assert_allclose(fit.std_err, [math.sqrt(1 / 8), math.sqrt(1 / 8 + 1 / 15)], rtol=1e-12)


def test_clusters_of_one_change_nothing_and_copies_in_one_cluster_neither() -> None:
    """A patient listed three times under one code says as much as one patient."""
    stream = np.random.default_rng(1)
    x, y = stream.normal(size=(50, 2)), stream.integers(0, 3, 50).astype(float)
    plain = poisson(RegressionSample(outcome=y, covariates=x))
    ones = poisson(RegressionSample(outcome=y, covariates=x, cluster=np.arange(50)))
    np.testing.assert_allclose(ones.covariance, plain.covariance, rtol=1e-12)
    copies = RegressionSample(
        outcome=np.repeat(y, 3), covariates=np.repeat(x, 3, axis=0), cluster=np.repeat(np.arange(50), 3)
    )
    tripled = poisson(copies)
    np.testing.assert_allclose(tripled.coef, plain.coef, rtol=1e-10)
    np.testing.assert_allclose(tripled.covariance, plain.covariance, rtol=1e-9)


def test_a_group_without_events_has_no_ratio() -> None:
    fit = poisson(two_by_two(0, 20, 7, 23))
    assert fit.coef[1] == -math.inf
    assert fit.ratio[1] == 0.0
    assert np.isnan([fit.std_err[1], fit.coef_lower[1], fit.coef_upper[1], fit.p_value[1]]).all()
    # The other group alone: log(7 / 30), variance 1/7 - 1/30.
    assert fit.coef[0] == pytest.approx(math.log(7 / 30), rel=1e-12)
    assert fit.std_err[0] == pytest.approx(math.sqrt(1 / 7 - 1 / 30), rel=1e-9)
    assert fit.loglik == pytest.approx(7 * math.log(7 / 30) - 7, rel=1e-12)
    assert fit.separated
    assert "infinite: covariate 1" in str(fit.warning)


def test_few_clusters_are_said_and_bad_input_refused() -> None:
    sample = two_by_two(12, 8, 7, 23)
    two = RegressionSample(outcome=sample.outcome, covariates=sample.covariates, cluster=np.arange(50) % 2)
    assert "no more clusters than coefficients" in str(poisson(two).warning)
    with pytest.raises(EstimationError, match="must not be negative"):
        poisson(RegressionSample(outcome=np.array([-1.0, 0, 2]), covariates=np.arange(3.0)[:, None]))
    with pytest.raises(EstimationError, match="unknown"):
        poisson(sample, variance="jackknife")  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="whole-number codes"):
        RegressionSample(outcome=sample.outcome, covariates=sample.covariates, cluster=np.linspace(0, 1, 50))
