"""Propensity weights, effective sample size and balance: by hand, laws, bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.compare.balance.covariate_balance import covariate_balance, weighted_mean, weighted_variance
from atrisk.compare.balance.propensity import effective_sample_size, propensity_score, propensity_weights
from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample

SCORE = np.array([0.2, 0.5, 0.8, 0.25])
TREATED = np.array([True, False, True, False])


def drawn(seed: int, n: int = 120) -> RegressionSample:
    stream = np.random.default_rng(seed)
    x = np.column_stack([stream.normal(size=n), stream.integers(0, 2, n)])
    treated = stream.random(n) < 1 / (1 + np.exp(-(0.7 * x[:, 0] - 0.5 * x[:, 1])))
    return RegressionSample(outcome=treated.astype(float), covariates=x)


def test_weights_by_hand() -> None:
    """Treated e = 1/5 and 4/5, untreated 1/2 and 1/4; half of the patients are treated."""
    expected = {
        "ate": [5, 2, 5 / 4, 4 / 3],
        "att": [1, 1, 1, 1 / 3],
        "atc": [4, 1, 1 / 4, 1],
        "ato": [4 / 5, 1 / 2, 1 / 5, 1 / 4],
        "atm": [1, 1, 1 / 4, 1 / 3],
    }
    for estimand, weights in expected.items():
        np.testing.assert_allclose(propensity_weights(SCORE, TREATED, estimand=estimand), weights, rtol=1e-14)
    stabilised = propensity_weights(SCORE, TREATED, stabilised=True)
    np.testing.assert_allclose(stabilised, [2.5, 1, 5 / 8, 2 / 3], rtol=1e-14)


def test_effective_sample_size_by_hand() -> None:
    """Equal weights: their number. 1, 2, 3: 36 / 14."""
    assert effective_sample_size([0.3] * 7) == pytest.approx(7)
    assert effective_sample_size([1, 2, 3]) == pytest.approx(36 / 14)
    assert math.isnan(effective_sample_size([0.0, 0.0]))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_overlap_weights_balance_exactly(seed: int) -> None:
    """Li, Morgan and Zaslavsky 2018, theorem 3: with a logistic score every covariate's weighted means agree."""
    sample = drawn(seed)
    weight = propensity_weights(propensity_score(sample).score, sample.outcome, estimand="ato")
    for column in sample.covariates.T:
        assert covariate_balance(column, sample.outcome, weight=weight).value == pytest.approx(0, abs=1e-9)


def test_a_treatment_that_is_certain_is_said_and_has_no_weight() -> None:
    sample = drawn(1)
    certain = (np.arange(120) % 20 == 0).astype(float)
    treated = np.where(certain > 0, 0.0, sample.outcome)
    score = propensity_score(
        RegressionSample(outcome=treated, covariates=np.column_stack([sample.covariates, certain]))
    )
    assert score.warning is not None
    assert score.score[certain > 0].tolist() == [0.0] * 6
    assert score.outside_support[certain > 0].all()
    with pytest.raises(EstimationError, match="no counterpart"):
        propensity_weights(score.score, treated)


def test_weighted_moments_and_balance_by_hand() -> None:
    """x = 1, 3 with weights 1, 3: mean 10/4; sum w (x - m)^2 = 2.25 + 0.75 = 3; times 4 / (16 - 10) = 2.

    Against 0, 2 with equal weights (mean 1, variance 2): (2.5 - 1) / sqrt((2 + 2) / 2).
    """
    values, weight = np.array([1.0, 3.0]), np.array([1.0, 3.0])
    assert weighted_mean(values, weight) == 2.5
    assert weighted_variance(values, weight) == pytest.approx(2.0)
    difference = covariate_balance([1, 3, 0, 2], [1, 1, 0, 0], weight=[1, 3, 5, 5])
    assert difference.value == pytest.approx(1.5 / math.sqrt(2))
    # Binary: 3/4 against 1/2 under these weights; variances 3/16 and 1/4.
    binary = covariate_balance([0, 1, 0, 1], [1, 1, 0, 0], weight=[1, 3, 5, 5], kind="binary")
    assert binary.value == pytest.approx(0.25 / math.sqrt((3 / 16 + 1 / 4) / 2))


def test_balance_without_an_answer_says_why() -> None:
    assert covariate_balance([1, 1, 1, 1], [1, 1, 0, 0]).reason == "no variation in either group"
    assert covariate_balance([1, 2, 3, 4], [1, 1, 0, 0], weight=[1, 0, 1, 1]).reason
    assert covariate_balance([0, 1, 0, 1], [1, 1, 0, 0], weight=[0, 0, 1, 1], kind="binary").reason


def test_refuses_bad_input() -> None:
    with pytest.raises(EstimationError, match="strictly between"):
        propensity_weights([0.5, 1.0], [1, 0])
    with pytest.raises(EstimationError, match="unknown"):
        propensity_weights(SCORE, TREATED, estimand="everyone")  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="only the weights"):
        propensity_weights(SCORE, TREATED, estimand="att", stabilised=True)
    with pytest.raises(EstimationError, match="both with and without"):
        propensity_weights(SCORE, np.ones(4, dtype=bool))
    with pytest.raises(EstimationError, match="true or false"):
        propensity_weights(SCORE, [1, 2, 0, 1])
    with pytest.raises(EstimationError, match="one propensity score"):
        propensity_weights(SCORE[:3], TREATED)
    with pytest.raises(EstimationError, match="both with and without"):
        propensity_score(RegressionSample(outcome=np.ones(5), covariates=np.arange(5.0)[:, None]))
    with pytest.raises(EstimationError, match="must not be negative"):
        effective_sample_size([1.0, -1.0])
    with pytest.raises(EstimationError, match="must be 0 or 1"):
        covariate_balance([0, 1, 2, 1], TREATED, kind="binary")
    with pytest.raises(EstimationError, match="must be finite"):
        covariate_balance([0, 1, math.nan, 1], TREATED)
    with pytest.raises(EstimationError, match="unknown"):
        covariate_balance([0, 1, 2, 1], TREATED, kind="ordinal")  # type: ignore[arg-type]
