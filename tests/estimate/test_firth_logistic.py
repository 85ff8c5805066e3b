"""Firth's logistic regression: closed forms, the penalised score, profile limits put back, coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest

from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.firth_logistic import FirthLogisticFit, firth_logistic
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample


def two_by_two(a: int, b: int, c: int, d: int) -> RegressionSample:
    outcome = np.repeat([1.0, 0.0, 1.0, 0.0], [a, b, c, d])
    return RegressionSample(outcome=outcome, covariates=np.repeat([1.0, 1.0, 0.0, 0.0], [a, b, c, d])[:, None])


def made(seed: int, n: int) -> RegressionSample:
    stream = np.random.default_rng(seed)
    x = np.column_stack([stream.normal(size=n), stream.random(n) < 0.2])
    risk = 1 / (1 + np.exp(-(-1.0 + x[:, 0] + x[:, 1])))
    return RegressionSample(outcome=(stream.random(n) < risk).astype(float), covariates=x)


@pytest.mark.parametrize("cells", [(12, 8, 7, 23), (0, 4, 5, 6), (6, 0, 0, 7), (0, 3, 0, 9)])
def test_a_two_by_two_table_by_hand(cells: tuple[int, int, int, int]) -> None:
    """Saturated: each row has h = 1 spread over its n patients, so its score is x - n p + (1/2 - p) = 0.

    p = (x + 1/2) / (n + 1): a half in every cell, also where a cell is empty. Variance of the log odds ratio: the
    inverse information n p (1 - p) of each row, summed. Penalty: half the log of the product of the two.
    """
    a, b, c, d = cells
    fit = firth_logistic(two_by_two(*cells))
    p1, p0 = (a + 0.5) / (a + b + 1), (c + 0.5) / (c + d + 1)
    np.testing.assert_allclose(
        fit.coef, [math.log(p0 / (1 - p0)), math.log(p1 * (1 - p0) / (p0 * (1 - p1)))], rtol=1e-11, atol=1e-11
    )
    information = ((a + b) * p1 * (1 - p1), (c + d) * p0 * (1 - p0))
    assert fit.std_err[1] == pytest.approx(math.sqrt(1 / information[0] + 1 / information[1]), rel=1e-11)
    loglik = a * math.log(p1) + b * math.log(1 - p1) + c * math.log(p0) + d * math.log(1 - p0)
    assert fit.loglik == pytest.approx(loglik, rel=1e-12)
    assert fit.penalised_loglik == pytest.approx(loglik + math.log(information[0] * information[1]) / 2, rel=1e-12)
    assert fit.warning is None


def penalised(x: np.ndarray, y: np.ndarray, b: np.ndarray) -> float:
    """The penalised log-likelihood as defined, row by row (oracle: ourselves, slowly)."""
    total, information = 0.0, np.zeros((b.size, b.size))
    for row, event in zip(x, y, strict=True):
        p = 1 / (1 + math.exp(-row @ b))
        total += math.log(p if event else 1 - p)
        information += p * (1 - p) * np.outer(row, row)
    return total + np.linalg.slogdet(information)[1] / 2


def test_the_estimate_is_a_maximum_and_the_limits_are_where_it_says() -> None:
    """Around the estimate the penalised likelihood is lower; at a limit, maximised over the rest, by z^2 / 2."""
    from scipy.optimize import minimize

    sample = made(1, 40)
    x = np.column_stack([np.ones(40), sample.covariates])
    fit = firth_logistic(sample)
    best = penalised(x, sample.outcome, fit.coef)
    assert best == pytest.approx(fit.penalised_loglik, rel=1e-12)
    for direction in np.vstack([np.eye(3), -np.eye(3)]) * 1e-3:
        assert penalised(x, sample.outcome, fit.coef + direction) < best
    for j, limit in ((1, fit.coef_lower[1]), (1, fit.coef_upper[1]), (2, fit.coef_upper[2])):
        rest = [k for k in range(3) if k != j]

        def other(free: np.ndarray, rest: list[int] = rest, j: int = j, limit: float = limit) -> float:
            b = np.empty(3)
            b[rest], b[j] = free, limit
            return -penalised(x, sample.outcome, b)

        held = minimize(other, fit.coef[rest], method="BFGS", options={"gtol": 1e-8})
        assert 2 * (best + held.fun) == pytest.approx(3.841458820694124, rel=1e-7)


def test_redundant_columns_weights_and_a_sum_of_parts() -> None:
    sample = made(2, 60)
    wide = RegressionSample(outcome=sample.outcome, covariates=np.column_stack([sample.covariates, np.ones(60)]))
    fit, plain = firth_logistic(wide), firth_logistic(sample)
    assert np.isnan(fit.coef[3])
    assert "covariate 3" in str(fit.warning)
    np.testing.assert_allclose(fit.coef[:3], plain.coef, rtol=1e-10)
    np.testing.assert_allclose(fit.coef_lower[:3], plain.coef_lower, rtol=1e-9)
    twice = RegressionSample(outcome=sample.outcome, covariates=sample.covariates, weight=np.full(60, 2.0))
    stacked = RegressionSample(outcome=np.tile(sample.outcome, 2), covariates=np.tile(sample.covariates, (2, 1)))
    one, other = firth_logistic(twice), firth_logistic(stacked)
    np.testing.assert_allclose(one.coef, other.coef, rtol=1e-9)
    np.testing.assert_allclose(one.coef_upper, other.coef_upper, rtol=1e-9)


def test_refuses_other_outcomes_and_clusters() -> None:
    with pytest.raises(EstimationError, match="must be 0 or 1"):
        firth_logistic(RegressionSample(outcome=np.array([0, 1, 2.0]), covariates=np.arange(3.0)[:, None]))
    clustered = RegressionSample(
        outcome=np.array([0, 1, 1.0]), covariates=np.arange(3.0)[:, None], cluster=np.array([0, 0, 1])
    )
    with pytest.raises(EstimationError, match="no robust variance"):
        firth_logistic(clustered)


@pytest.mark.slow
def test_coverage_of_the_profile_limits_in_small_samples() -> None:
    """40 patients, a rare covariate with log odds ratio 1: 95% limits cover it within Monte Carlo error.

    2,000 samples have a standard error of 0.5 points about 95%; small-sample profile limits may be off by a point.
    The estimate itself must always be finite. docs/methods/logistic.md quotes this simulation.
    """
    covered, estimates = 0, []
    for seed in range(2000):
        fit: FirthLogisticFit = firth_logistic(made(10_000 + seed, 40))
        assert np.isfinite(fit.coef[~np.isnan(fit.coef)]).all()
        if np.isnan(fit.coef[2]):
            continue
        estimates.append(fit.coef[2])
        covered += bool(fit.coef_lower[2] <= 1.0 <= fit.coef_upper[2])
    assert len(estimates) > 1990
    assert 0.935 < covered / len(estimates) < 0.975
    assert abs(np.mean(estimates) - 1.0) < 0.15
    print(f"coverage {covered / len(estimates):.4f}, mean {np.mean(estimates):.3f} of {len(estimates)}")


def test_fewer_profiles_are_those_of_all_and_the_rest_unknown() -> None:
    sample = made(4, 80)
    whole, first = firth_logistic(sample), firth_logistic(sample, profiled=1)
    np.testing.assert_array_equal(first.coef, whole.coef)
    np.testing.assert_array_equal(first.coef_lower[:2], whole.coef_lower[:2])
    np.testing.assert_array_equal(first.coef_upper[:2], whole.coef_upper[:2])
    np.testing.assert_array_equal(first.p_value[:2], whole.p_value[:2])
    assert np.isnan([first.coef_lower[2], first.coef_upper[2], first.p_value[2]]).all()
