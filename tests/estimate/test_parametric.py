"""Parametric models in closed form, against numerical derivatives and integrals, and at the edges (against R:
tests/verify)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import integrate, optimize

from atrisk.errors import EstimationError
from atrisk.estimate.parametric_survival.location_scale import contributions, standard_distribution
from atrisk.estimate.parametric_survival.parametric import parametric
from atrisk.estimate.parametric_survival.parametric_prediction import (
    linear_prediction,
    quantile_prediction,
    survival_prediction,
)
from atrisk.estimate.parametric_survival.parametric_sample import ParametricSample, bounds_of_follow_up

# Densities of W as in a textbook.
DENSITIES: dict[str, Callable[[float], float]] = {
    "extreme": lambda z: math.exp(z - math.exp(z)),
    "logistic": lambda z: math.exp(-z) / (1 + math.exp(-z)) ** 2,
    "gaussian": lambda z: math.exp(-z * z / 2) / math.sqrt(2 * math.pi),
}


@pytest.mark.parametrize("name", list(DENSITIES))
@pytest.mark.parametrize(
    ("a", "b"), [(-1.3, -1.3), (0.4, 0.4), (-0.7, 0.9), (0.2, 1.1), (-2.5, -0.3), (0.3, math.inf), (-math.inf, 0.6)]
)
def test_contributions_are_integrals_of_the_density(name: str, a: float, b: float) -> None:
    distribution, density = standard_distribution(name), DENSITIES[name]  # type: ignore[arg-type]
    found = contributions(distribution, np.array([a]), np.array([b]))
    low, high = max(a, -40.0), min(b, 6.0 if name == "extreme" else 40.0)
    expected = density(a) if a == b else integrate.quad(density, low, high, epsabs=1e-13)[0]
    assert found.value[0] == pytest.approx(math.log(expected), abs=1e-9)


@pytest.mark.parametrize("name", list(DENSITIES))
@pytest.mark.parametrize(("a", "b"), [(0.4, 0.4), (-0.7, 0.9), (0.2, 1.1), (0.3, math.inf), (-math.inf, 0.6)])
def test_derivatives_are_those_of_the_value(name: str, a: float, b: float) -> None:
    """Central differences of step 1e-5 carry an error of 1e-10 in the first and 1e-5 in the second derivatives."""
    distribution, h = standard_distribution(name), 1e-5  # type: ignore[arg-type]

    def value(da: float, db: float) -> float:
        left, right = np.array([a + da]), np.array([a + da if a == b else b + db])
        return float(contributions(distribution, left, right).value[0])

    found = contributions(distribution, np.array([a]), np.array([b]))
    assert found.in_a[0] == pytest.approx((value(h, 0) - value(-h, 0)) / (2 * h) if math.isfinite(a) else 0, abs=1e-8)
    assert found.in_aa[0] == pytest.approx(_second(lambda t: value(t, 0), h) if math.isfinite(a) else 0, abs=1e-4)
    if a != b and math.isfinite(b):
        assert found.in_b[0] == pytest.approx((value(0, h) - value(0, -h)) / (2 * h), abs=1e-8)
        assert found.in_bb[0] == pytest.approx(_second(lambda t: value(0, t), h), abs=1e-4)
    if a != b and math.isfinite(a) and math.isfinite(b):
        mixed = (value(h, h) - value(h, -h) - value(-h, h) + value(-h, -h)) / (4 * h * h)
        assert found.in_ab[0] == pytest.approx(mixed, abs=1e-4)


def _second(function: Callable[[float], float], h: float) -> float:
    return (function(h) - 2 * function(0) + function(-h)) / (h * h)


def test_far_tails_do_not_cancel() -> None:
    """P(8 < W <= 9) for the normal distribution, from the asymptotic series of the upper tail: the plain difference
    of two numbers near 1 has no digit of it."""
    found = contributions(standard_distribution("gaussian"), np.array([8.0, -9.0]), np.array([9.0, -8.0]))
    tail = integrate.quad(lambda z: math.exp(-z * z / 2 + 32) / math.sqrt(2 * math.pi), 8, 9, epsabs=0, epsrel=1e-12)[0]
    np.testing.assert_allclose(found.value, math.log(tail) - 32, rtol=1e-12)


def test_exponential_in_closed_form() -> None:
    """Rate = events / person-time: b = log(T/d), variance 1/d, log-likelihood d log(d/T) - d; with a group, one
    rate for each, and the likelihood ratio of two rates against one."""
    time, event = np.array([2.0, 3, 5, 8, 13, 21]), np.array([1, 0, 1, 1, 0, 1])
    group = np.array([0, 0, 0, 1, 1, 1])
    fit = parametric(ParametricSample(*bounds_of_follow_up(time, event)), "exponential")
    assert fit.coef[0] == pytest.approx(math.log(52 / 4), rel=1e-12)
    assert fit.covariance[0, 0] == pytest.approx(1 / 4, rel=1e-10)
    assert fit.loglik == pytest.approx(4 * math.log(4 / 52) - 4, rel=1e-12)
    assert fit.df == 0
    assert fit.p_value == 1
    split = parametric(ParametricSample(*bounds_of_follow_up(time, event), covariates=group[:, None]), "exponential")
    np.testing.assert_allclose(split.coef, [math.log(10 / 2), math.log(42 / 2) - math.log(10 / 2)], rtol=1e-10)
    ratio = 2 * (2 * math.log(2 / 10) + 2 * math.log(2 / 42) - 4 * math.log(4 / 52))
    assert split.likelihood_ratio == pytest.approx(ratio, rel=1e-10)
    np.testing.assert_allclose(split.std_err, [math.sqrt(1 / 2), 1], rtol=1e-9)


def test_lognormal_without_censoring_is_least_squares() -> None:
    """Normal equations for log T; scale^2 = residual sum of squares / n."""
    random = np.random.default_rng(1)
    x = random.normal(size=(40, 2))
    y = 1 + x @ [0.5, -0.3] + 0.4 * random.normal(size=40)
    fit = parametric(ParametricSample(np.exp(y), np.exp(y), covariates=x), "lognormal")
    design = np.column_stack((np.ones(40), x))
    coef, rest, *_ = np.linalg.lstsq(design, y, rcond=None)
    np.testing.assert_allclose(fit.coef, coef, rtol=1e-10)
    assert fit.scale[0] == pytest.approx(math.sqrt(rest[0] / 40), rel=1e-10)
    inner = np.linalg.inv(design.T @ design) * rest[0] / 40
    np.testing.assert_allclose(fit.covariance[:3, :3], inner, rtol=1e-8)
    # Information of log scale is 2 n in every normal model.
    assert fit.std_err_log_scale[0] == pytest.approx(1 / math.sqrt(80), rel=1e-9)


def mixed_sample(random: np.random.Generator, n: int = 120) -> ParametricSample:
    """Exact, right, left and interval censored times, a covariate, weights, an offset and two scales."""
    x = random.normal(size=(n, 1))
    stratum = random.integers(0, 2, n)
    time = np.exp(0.5 + 0.3 * x[:, 0] + np.where(stratum == 1, 0.8, 0.4) * random.logistic(size=n))
    lower, upper = time.copy(), time.copy()
    kind = random.integers(0, 4, n)
    upper[kind == 1] = np.inf
    lower[kind == 2] = -np.inf
    lower[kind == 3] *= 0.7
    upper[kind == 3] *= 1.4
    return ParametricSample(
        lower, upper, covariates=x, weight=random.uniform(0.5, 2, n), offset=random.normal(size=n) / 5, stratum=stratum
    )


@pytest.mark.parametrize("name", ["weibull", "lognormal", "loglogistic", "exponential"])
def test_no_other_optimiser_finds_a_higher_likelihood(name: str) -> None:
    """The likelihood written out from the distribution functions of time, maximised by the simplex of Nelder and
    Mead from the estimate and from 0."""
    sample = mixed_sample(np.random.default_rng(7))
    if name == "exponential":
        sample = ParametricSample(sample.lower, sample.upper, sample.covariates, sample.weight, sample.offset)
    fit = parametric(sample, name)  # type: ignore[arg-type]

    def cdf(t: np.ndarray, location: np.ndarray, scale: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", over="ignore"):
            z = (np.log(np.maximum(t, 0)) - location) / scale
            if name == "lognormal":
                return np.array([0.5 * math.erfc(-v / math.sqrt(2)) for v in z])
            return 1 / (1 + np.exp(-z)) if name == "loglogistic" else -np.expm1(-np.exp(z))

    def minus_likelihood(theta: np.ndarray) -> float:
        location = theta[0] + theta[1] * sample.covariates[:, 0] + sample.offset
        scale = np.ones(location.size) if name == "exponential" else np.exp(theta[2:])[sample.stratum]
        exact = sample.lower == sample.upper
        t, h = np.where(exact, sample.lower, 1.0), 1e-6
        density = (cdf(t * (1 + h), location, scale) - cdf(t * (1 - h), location, scale)) / (2 * h * t)
        inside = cdf(sample.upper, location, scale) - cdf(sample.lower, location, scale)
        return -float(sample.weight @ np.log(np.maximum(np.where(exact, density, inside), 1e-300)))

    theta = fit.coef if name == "exponential" else np.concatenate((fit.coef, fit.log_scale))
    # Differences in place of the density cost the likelihood some 1e-7.
    assert fit.loglik == pytest.approx(-minus_likelihood(theta), abs=1e-5)
    for begin in (theta, np.zeros(theta.size)):
        best = optimize.minimize(
            minus_likelihood, begin, method="Nelder-Mead", options={"maxiter": 4000, "xatol": 1e-9}
        )
        assert -best.fun <= fit.loglik + 1e-5
        np.testing.assert_allclose(best.x, theta, atol=2e-3)


def test_scaling_time_shifts_the_intercept() -> None:
    sample = mixed_sample(np.random.default_rng(3))
    days = ParametricSample(
        sample.lower * 30, sample.upper * 30, sample.covariates, sample.weight, sample.offset, sample.stratum
    )
    months, of_days = parametric(sample, "weibull"), parametric(days, "weibull")
    np.testing.assert_allclose(of_days.coef, months.coef + np.array([math.log(30), 0]), rtol=1e-9)
    np.testing.assert_allclose(of_days.log_scale, months.log_scale, rtol=1e-8)
    np.testing.assert_allclose(of_days.covariance, months.covariance, rtol=1e-7)


def test_weights_that_are_whole_numbers_are_replications() -> None:
    random = np.random.default_rng(5)
    sample = mixed_sample(random)
    weight = random.integers(0, 3, 120)
    rows = np.repeat(np.arange(120), weight)
    one = parametric(ParametricSample(sample.lower, sample.upper, sample.covariates, weight), "loglogistic")
    other = parametric(ParametricSample(sample.lower[rows], sample.upper[rows], sample.covariates[rows]), "loglogistic")
    np.testing.assert_allclose(one.coef, other.coef, rtol=1e-10)
    np.testing.assert_allclose(one.covariance, other.covariance, rtol=1e-9)


def test_predictions_fit_together() -> None:
    """The survival at a predicted quantile is one minus its probability; the linear predictor is the median of a
    symmetric distribution; standard errors in time are those on the log scale times the quantile."""
    sample = mixed_sample(np.random.default_rng(9))
    fit = parametric(sample, "loglogistic")
    new, stratum = np.array([[0.0], [1.5]]), np.array([0, 1])
    quantile, error = quantile_prediction(fit, new, [0.2, 0.5], stratum=stratum)
    for j, p in enumerate((0.2, 0.5)):
        for i in range(2):
            alive = survival_prediction(fit, new[[i]], quantile[i, j], stratum=stratum[[i]])
            assert alive[0, 0] == pytest.approx(1 - p, rel=1e-12)
    location, location_error = linear_prediction(fit, new)
    np.testing.assert_allclose(quantile[:, 1], np.exp(location), rtol=1e-12)
    np.testing.assert_allclose(error[:, 1], quantile[:, 1] * location_error, rtol=1e-9)
    np.testing.assert_array_equal(survival_prediction(fit, new, [0.0], stratum=stratum), [[1.0], [1.0]])
    for probability in (0.0, 1.0, np.nan):
        with pytest.raises(EstimationError):
            quantile_prediction(fit, new, probability)
    with pytest.raises(EstimationError):
        quantile_prediction(fit, new, 0.5, stratum=[0, 2])
    with pytest.raises(EstimationError):
        linear_prediction(fit, [[1.0, 2.0]])


def test_columns_without_an_estimate() -> None:
    time, event = np.array([2.0, 3, 5, 8, 13, 21, 4, 6]), np.array([1, 1, 1, 1, 0, 1, 0, 0])
    none = np.array([0.0, 0, 0, 0, 0, 0, 1, 1])
    x = np.array([1.0, 2, 3, 1, 2, 3, 1, 2])
    ran_off = parametric(ParametricSample(*bounds_of_follow_up(time, event), covariates=none[:, None]), "weibull")
    assert ran_off.coef[1] == np.inf
    assert np.isnan(ran_off.std_err[1])
    assert "without end" in str(ran_off.warning)
    rest = parametric(ParametricSample(*bounds_of_follow_up(time[:6], event[:6])), "weibull")
    np.testing.assert_allclose(ran_off.coef[0], rest.coef[0], rtol=1e-6)
    doubled = np.column_stack((x, 2 * x, np.full(8, 4.0)))
    redundant = parametric(ParametricSample(*bounds_of_follow_up(time, event), covariates=doubled), "weibull")
    alone = parametric(ParametricSample(*bounds_of_follow_up(time, event), covariates=x[:, None]), "weibull")
    np.testing.assert_allclose(redundant.coef, [*alone.coef, np.nan, np.nan], rtol=1e-9)
    assert redundant.df == 1
    assert "columns 2, 3" in str(redundant.warning)


def test_rows_that_say_nothing_are_left_out_and_named() -> None:
    time, event = np.array([0.0, 3, 5, 8]), np.array([0, 1, 1, 0])
    fit = parametric(ParametricSample(*bounds_of_follow_up(time, event)), "exponential")
    assert fit.n == 3
    assert fit.coef[0] == pytest.approx(math.log(16 / 2), rel=1e-12)
    assert "left out" in str(fit.warning)


def test_what_is_refused() -> None:
    for lower, upper in (([2.0], [1.0]), ([np.inf], [np.inf]), ([1.0, 2], [3.0])):
        with pytest.raises(EstimationError):
            ParametricSample(lower, upper)
    with pytest.raises(EstimationError):
        ParametricSample([1.0, 2], [1.0, 2], covariates=[[1.0], [np.nan]])
    with pytest.raises(EstimationError):
        ParametricSample([1.0, 2], [1.0, 2], weight=[1.0, -1])
    with pytest.raises(EstimationError):
        bounds_of_follow_up([1.0, 2], [0, 2])
    sample = ParametricSample([1.0, 2, 4], [1.0, 2, np.inf])
    with pytest.raises(EstimationError, match="unknown"):
        parametric(sample, "gompertz")  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="positive"):
        parametric(sample, "weibull", fixed_scale=-1.0)
    with pytest.raises(EstimationError, match="stratum"):
        parametric(ParametricSample([1.0, 2], [1.0, 2], stratum=[0, 1]), "weibull", fixed_scale=1.0)
    with pytest.raises(EstimationError, match="stratum"):
        parametric(ParametricSample([1.0, 2, 3], [1.0, 2, 3], stratum=[0, 2, 0]), "weibull")
    with pytest.raises(EstimationError, match="no event"):
        parametric(ParametricSample([1.0, 2], [np.inf, np.inf]), "weibull")
    with pytest.raises(EstimationError, match="free of the event"):
        parametric(ParametricSample([0.0, 0], [2.0, 1]), "weibull")
    with pytest.raises(EstimationError, match="time 0"):
        parametric(ParametricSample([0.0, 2], [0.0, 2]), "lognormal")
    with pytest.raises(EstimationError, match="the same"):
        parametric(ParametricSample([2.0, 2], [2.0, 2]), "lognormal")
    fit = parametric(sample, "exponential", fixed_scale=2.0)
    assert "not the one given" in str(fit.warning)
    assert fit.scale[0] == 1


def test_the_model_without_covariates_is_at_its_maximum() -> None:
    """R: survreg(Surv(lo, up, type = "interval2") ~ 1 + strata(s)) at rel.tolerance 1e-14 has -30.3204357980434, where
    the null model that survreg fits within ~ age + strata(s) stops at -30.3712301020656 (20 durable goods of Tobin)."""
    up = np.full(20, 0.5)
    up[[1, 7, 9, 10, 14, 17, 18]] = 0.7, 3.7, 3.0, 10.4, 1.5, 3.5, 6.1
    age = np.array(
        [
            "57.7",
            "50.9",
            "48.5",
            "41.7",
            "47.7",
            "59.8",
            "44.3",
            "45.1",
            "51.7",
            "50",
            "46.8",
            "58",
            "58.9",
            "40",
            "34.1",
            "39.9",
            "33.4",
            "48.1",
            "46.6",
            "53.1",
        ]
    )
    stratum = np.array([0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0])
    sample = ParametricSample(np.where(up == 0.5, np.nan, up), up, age.astype(float)[:, None], stratum=stratum)
    assert parametric(sample, "weibull").loglik_null == pytest.approx(-30.3204357980434, rel=1e-10)
