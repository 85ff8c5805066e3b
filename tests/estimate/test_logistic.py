"""Logistic regression: closed forms by hand, separation, redundant columns, laws, and bad input."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.logistic import LogisticFit, logistic
from atrisk.estimate.generalized_linear.logistic_profile import logistic_profile_limits
from atrisk.estimate.generalized_linear.predicted_risk import area_under_curve, brier_score
from atrisk.estimate.generalized_linear.recession import overlapping
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample
from atrisk.estimate.interpolated_profile import end_cubic_spline

# 2 x 2: 12 of 20 with the covariate and 7 of 30 without have the outcome.
TABLE = ((12, 8), (7, 23))


def two_by_two() -> RegressionSample:
    (a, b), (c, d) = TABLE
    outcome = np.repeat([1.0, 0.0, 1.0, 0.0], [a, b, c, d])
    return RegressionSample(outcome=outcome, covariates=np.repeat([1.0, 1.0, 0.0, 0.0], [a, b, c, d])[:, None])


def made(seed: int, n: int = 200) -> RegressionSample:
    stream = np.random.default_rng(seed)
    x = np.column_stack([stream.normal(50, 10, n), stream.integers(0, 2, n), stream.exponential(2, n)])
    risk = 1 / (1 + np.exp(-(0.05 * (x[:, 0] - 50) + 0.8 * x[:, 1] - 0.2 * x[:, 2])))
    return RegressionSample(outcome=(stream.random(n) < risk).astype(float), covariates=x)


def test_a_two_by_two_table_by_hand() -> None:
    """The model is saturated: b = log(ad / bc), var b = 1/a + 1/b + 1/c + 1/d, intercept log(c / d).

    -2 log-likelihood = -2 sum of cell x log(share of the row); null: shares 19/50 and 31/50 for all.
    """
    (a, b), (c, d) = TABLE
    fit = logistic(two_by_two())
    np.testing.assert_allclose(fit.coef, [math.log(c / d), math.log(a * d / (b * c))], rtol=1e-13)
    np.testing.assert_allclose(
        fit.std_err, [math.sqrt(1 / c + 1 / d), math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)], rtol=1e-13
    )
    np.testing.assert_allclose(fit.odds_ratio[1], a * d / (b * c), rtol=1e-13)
    deviance = -2 * (a * math.log(a / 20) + b * math.log(b / 20) + c * math.log(c / 30) + d * math.log(d / 30))
    null = -2 * (19 * math.log(19 / 50) + 31 * math.log(31 / 50))
    assert fit.deviance == pytest.approx(deviance, rel=1e-13)
    assert fit.null_deviance == pytest.approx(null, rel=1e-13)
    assert fit.likelihood_ratio == pytest.approx(null - deviance, rel=1e-11)
    # P(chi squared on 1 df > g) = erfc(sqrt(g / 2)).
    assert fit.likelihood_ratio_p == pytest.approx(math.erfc(math.sqrt((null - deviance) / 2)), rel=1e-11)
    assert (fit.n, fit.df, fit.df_residual) == (50, 2, 48)
    assert fit.aic == pytest.approx(deviance + 4, rel=1e-13)
    assert fit.bic == pytest.approx(deviance + 2 * math.log(50), rel=1e-13)
    half = 1.959963984540054 * fit.std_err[1]
    np.testing.assert_allclose(
        [fit.lower[1], fit.upper[1]], np.exp([fit.coef[1] - half, fit.coef[1] + half]), rtol=1e-12
    )


def test_weights_count_as_patients_and_zero_weights_nowhere() -> None:
    sample, stream = made(1), np.random.default_rng(2)
    weight = stream.integers(0, 4, sample.outcome.size)
    replicated = RegressionSample(
        outcome=np.repeat(sample.outcome, weight), covariates=np.repeat(sample.covariates, weight, axis=0)
    )
    weighted = RegressionSample(outcome=sample.outcome, covariates=sample.covariates, weight=weight)
    one, other = logistic(weighted), logistic(replicated)
    np.testing.assert_allclose(one.coef, other.coef, rtol=1e-11)
    np.testing.assert_allclose(one.covariance, other.covariance, rtol=1e-10)
    assert one.loglik == pytest.approx(other.loglik, rel=1e-12)
    assert one.n == int((weight > 0).sum())
    assert one.fitted.size == sample.outcome.size


def test_an_offset_is_a_known_part_of_the_predictor() -> None:
    """x itself as the offset takes 1 off its coefficient and leaves the rest as it is."""
    sample = made(3)
    moved = RegressionSample(outcome=sample.outcome, covariates=sample.covariates, offset=sample.covariates[:, 2])
    plain, other = logistic(sample), logistic(moved)
    np.testing.assert_allclose(other.coef, plain.coef - [0, 0, 0, 1], rtol=1e-10)
    np.testing.assert_allclose(other.fitted, plain.fitted, rtol=1e-10)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_order_units_and_the_other_outcome(seed: int) -> None:
    sample = made(seed, 80)
    fit = logistic(sample)
    order = np.random.default_rng(seed).permutation(80)
    shuffled = logistic(RegressionSample(outcome=sample.outcome[order], covariates=sample.covariates[order]))
    np.testing.assert_allclose(shuffled.coef, fit.coef, rtol=1e-8, atol=1e-10)
    scaled = logistic(RegressionSample(outcome=sample.outcome, covariates=sample.covariates * [1e-3, 1, 1e6]))
    np.testing.assert_allclose(scaled.coef, fit.coef * [1, 1e3, 1, 1e-6], rtol=1e-8, atol=1e-14)
    swapped = logistic(RegressionSample(outcome=1 - sample.outcome, covariates=sample.covariates))
    np.testing.assert_allclose(swapped.coef, -fit.coef, rtol=1e-8, atol=1e-10)
    # The score equations: residuals sum to 0, alone and times each covariate.
    residual = sample.outcome - fit.fitted
    np.testing.assert_allclose(residual @ np.column_stack([np.ones(80), sample.covariates]), 0, atol=1e-8)


def test_redundant_columns_have_no_coefficient() -> None:
    """Constant, a copy, a sum of earlier ones: the first of each kind stays, as in R."""
    sample = made(4)
    x = sample.covariates
    wide = np.column_stack([x[:, 0], np.full(200, 3.7), x[:, 1], x[:, 0] * 2 + 5, x[:, 2], x[:, 1] - x[:, 2]])
    fit, plain = logistic(RegressionSample(outcome=sample.outcome, covariates=wide)), logistic(sample)
    assert np.flatnonzero(np.isnan(fit.coef)).tolist() == [2, 4, 6]
    np.testing.assert_allclose(fit.coef[[0, 1, 3, 5]], plain.coef, rtol=1e-10)
    np.testing.assert_allclose(fit.std_err[[0, 1, 3, 5]], plain.std_err, rtol=1e-10)
    assert np.isnan(fit.covariance[2]).all()
    assert fit.df == 4
    assert fit.warning is not None
    assert "covariate 2, covariate 4, covariate 6" in fit.warning


def test_nearly_collinear_columns_keep_their_digits() -> None:
    """x and x + small have the coefficients of x and of small, transformed; the Gram matrix alone would lose them."""
    stream = np.random.default_rng(5)
    x, small = stream.normal(size=400), stream.normal(size=400)
    outcome = (stream.random(400) < 1 / (1 + np.exp(-x - small))).astype(float)
    apart = logistic(RegressionSample(outcome=outcome, covariates=np.column_stack([x, small])))
    together = logistic(RegressionSample(outcome=outcome, covariates=np.column_stack([x, x + 1e-6 * small])))
    assert together.warning is None
    assert together.coef[2] == pytest.approx(apart.coef[2] * 1e6, rel=1e-8)
    assert together.coef[1] == pytest.approx(apart.coef[1] - apart.coef[2] * 1e6, rel=1e-8)
    assert together.deviance == pytest.approx(apart.deviance, rel=1e-10)


def test_complete_separation_has_no_estimate() -> None:
    x = np.arange(10.0)
    fit = logistic(RegressionSample(outcome=(x > 4.5).astype(float), covariates=x[:, None]))
    assert fit.coef.tolist() == [-math.inf, math.inf]
    assert fit.separated
    assert not fit.converged
    assert (fit.deviance, fit.loglik) == (0.0, 0.0)
    for values in (fit.std_err, fit.z, fit.p_value, fit.coef_lower, fit.coef_upper):
        assert np.isnan(values).all()
    assert fit.fitted.tolist() == [0.0] * 5 + [1.0] * 5
    assert fit.odds_ratio.tolist() == [0.0, math.inf]
    assert fit.warning is not None
    assert "infinite: intercept, covariate 1" in fit.warning


def test_a_level_without_outcomes_leaves_the_rest_of_the_limit() -> None:
    """Quasi-separation: the other coefficients are those of a fit without that level's patients."""
    sample, stream = made(6), np.random.default_rng(7)
    level = (stream.random(200) < 0.1).astype(float)
    outcome = np.where(level > 0, 0.0, sample.outcome)
    fit = logistic(RegressionSample(outcome=outcome, covariates=np.column_stack([sample.covariates, level])))
    rest = level == 0
    others = logistic(RegressionSample(outcome=outcome[rest], covariates=sample.covariates[rest]))
    assert fit.coef[4] == -math.inf
    np.testing.assert_allclose(fit.coef[:4], others.coef, rtol=1e-9)
    np.testing.assert_allclose(fit.std_err[:4], others.std_err, rtol=1e-9)
    assert fit.deviance == pytest.approx(others.deviance, rel=1e-12)
    assert np.isnan(fit.p_value[4])
    assert "infinite: covariate 4" in str(fit.warning)
    # R's stopping rule, asked for: its finite numbers, and a warning that they mean nothing.
    stopped = logistic(
        RegressionSample(outcome=outcome, covariates=np.column_stack([sample.covariates, level])),
        deviance_tolerance=1e-8,
    )
    assert np.isfinite(stopped.coef).all()
    assert stopped.separated
    assert "tolerance of the deviance stopped" in str(stopped.warning)


def test_everyone_with_the_same_outcome_determines_almost_nothing() -> None:
    """The slope may have either sign; the intercept is the log odds of the patient with x = 0: minus infinity.

    Without a patient at or around 0 it may have either sign as well.
    """
    fit = logistic(RegressionSample(outcome=np.zeros(20), covariates=np.arange(20.0)[:, None]))
    np.testing.assert_array_equal(fit.coef, [-math.inf, math.nan])
    away = logistic(RegressionSample(outcome=np.zeros(20), covariates=np.arange(5.0, 25.0)[:, None]))
    assert np.isnan(away.coef).all()
    for one in (fit, away):
        assert "everyone has the same outcome" in str(one.warning)
        assert (one.deviance, one.null_deviance) == (0.0, 0.0)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), min_size=4, max_size=14))
def test_separation_against_every_extreme_direction(patients: list[tuple[int, int, bool]]) -> None:
    """Oracle, slow and exact: a pointed cone in 3 dimensions has a ray that two of its constraints hold at 0.

    Whole numbers, so that cross products and signs are exact. A ray along which some constraint is positive and
    none negative separates that patient; a patient is separated when some ray does it.
    """
    rows = np.array([[1, a, b] for a, b, _ in patients])
    if np.linalg.matrix_rank(rows) < 3:
        return
    signed = rows * np.where([event for _, _, event in patients], 1, -1)[:, None]
    separated = np.zeros(len(rows), dtype=bool)
    for one, other in itertools.combinations(signed, 2):
        ray = np.cross(one, other)
        for direction in (ray, -ray):
            along = signed @ direction
            if direction.any() and np.all(along >= 0):
                separated |= along > 0
    np.testing.assert_array_equal(overlapping(signed.astype(float)), ~separated)


def test_profile_limits_put_back_into_the_deviance() -> None:
    """Definition: with the coefficient held at a limit, the deviance is higher by the chi squared quantile."""
    sample = made(8, 60)
    fit = logistic(sample)
    limits = logistic_profile_limits(sample, fit, conf_level=0.9)
    for j in (1, 2, 3):
        others = np.delete(sample.covariates, j - 1, axis=1)
        for limit in (limits.lower[j], limits.upper[j]):
            held = RegressionSample(
                outcome=sample.outcome, covariates=others, offset=limit * sample.covariates[:, j - 1]
            )
            assert logistic(held).deviance - fit.deviance == pytest.approx(2.705543454095414, rel=1e-9)


def test_an_infinite_coefficient_has_one_profile_limit() -> None:
    """0 of 4 and 3 of 4: the log odds ratio is infinite. Held at u, the deviance is that of the best intercept.

    The limit is finite and solves rise = z^2, looked up here by a fit with an offset.
    """
    outcome, x = np.array([0, 0, 0, 0, 1, 1, 1, 0.0]), np.repeat([0.0, 1.0], 4)[:, None]
    sample = RegressionSample(outcome=outcome, covariates=x)
    fit = logistic(sample)
    limits = logistic_profile_limits(sample, fit)
    assert limits.upper[1] == math.inf
    held = RegressionSample(outcome=outcome, covariates=np.empty((8, 0)), offset=limits.lower[1] * x[:, 0])
    assert logistic(held).deviance - fit.deviance == pytest.approx(3.841458820694124, rel=1e-9)
    nothing = logistic_profile_limits(sample, fit, method="interpolated")
    assert np.isnan(nothing.lower).all()


def test_the_interpolating_spline_repeats_a_cubic() -> None:
    """End cubics: through the points of a cubic the spline is that cubic everywhere."""
    knots, points = np.array([0.0, 0.7, 1.1, 2.0, 3.5]), np.linspace(0, 3.5, 15)

    def cubic(t: np.ndarray) -> np.ndarray:
        return 1 + 2 * t - 3 * t**2 + 0.5 * t**3

    np.testing.assert_allclose(end_cubic_spline(knots, cubic(knots), points), cubic(points), rtol=1e-12, atol=1e-12)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=30))
def test_the_area_under_the_curve_counts_pairs(patients: list[tuple[bool, int]]) -> None:
    outcome, score = np.array([p[0] for p in patients], dtype=float), np.array([p[1] for p in patients]) / 5
    pairs = [(a > b) + (a == b) / 2 for a in score[outcome == 1] for b in score[outcome == 0]]
    expected = sum(pairs) / len(pairs) if pairs else math.nan
    assert area_under_curve(outcome, score) == pytest.approx(expected, nan_ok=True)
    assert brier_score(outcome, score) == pytest.approx(sum((outcome - score) ** 2) / len(patients))


X = np.arange(6.0)[:, None]
Y = np.array([0, 1, 0, 1, 1, 0.0])


@pytest.mark.parametrize(
    ("outcome", "covariates", "told"),
    [
        (np.array([0, 1, 2, 1, 0, 1.0]), X, "must be 0 or 1"),
        (np.array([0, 1, np.nan, 1, 0, 1.0]), X, "must be finite"),
        (Y, np.where(X == 3, np.inf, X), "must be finite"),
        (Y, np.array([["a"]] * 6), "must be numbers"),
        (Y, np.array([["2020-01-01"]] * 6, dtype="datetime64[D]"), "not dates"),
        (Y, X[:5], "one row for each patient"),
        (Y, X[:, 0], "one row for each patient"),
        (np.empty(0), np.empty((0, 1)), "at least one patient"),
    ],
)
def test_refuses_bad_input(outcome: np.ndarray, covariates: np.ndarray, told: str) -> None:
    with pytest.raises(EstimationError, match=told):
        logistic(RegressionSample(outcome=outcome, covariates=covariates))


def test_refuses_bad_weights_levels_and_methods() -> None:
    with pytest.raises(EstimationError, match="must not be negative"):
        RegressionSample(outcome=Y, covariates=X, weight=np.array([1, 1, -1, 1, 1, 1.0]))
    with pytest.raises(EstimationError, match="one number for each patient"):
        RegressionSample(outcome=Y, covariates=X, offset=np.zeros(5))
    with pytest.raises(EstimationError, match="confidence level"):
        logistic(RegressionSample(outcome=Y, covariates=X), conf_level=95)
    with pytest.raises(EstimationError, match="at least one patient"):
        logistic(RegressionSample(outcome=Y, covariates=X, weight=np.zeros(6)))
    with pytest.raises(EstimationError, match="above 0"):
        logistic(RegressionSample(outcome=Y, covariates=X), deviance_tolerance=0.0)
    sample = RegressionSample(outcome=Y, covariates=X)
    with pytest.raises(EstimationError, match="unknown"):
        logistic_profile_limits(sample, logistic(sample), method="spline")  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="another sample"):
        logistic_profile_limits(sample, logistic(made(1)))


def test_more_covariates_than_patients_leaves_the_surplus_out() -> None:
    stream = np.random.default_rng(9)
    fit: LogisticFit = logistic(RegressionSample(outcome=Y, covariates=stream.normal(size=(6, 9))))
    assert fit.df == 6
    assert fit.separated
    assert np.isnan(fit.coef[6:]).all()
