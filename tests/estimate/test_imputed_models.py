"""Imputed data analysed: against mice, by hand and by simulation; limits, shifts, ordered levels and diagnostics."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.proportional_odds import penalised_mode, proportional_odds
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample
from atrisk.estimate.imputation.chained_equations import ImputationOptions, chained_equations
from atrisk.estimate.imputation.column import Column
from atrisk.estimate.imputation.diagnostics import imputed_summaries, scale_reduction
from atrisk.estimate.imputation.draws import drawn_levels, drawn_ordered_levels, numbers_within
from atrisk.estimate.imputation.outcome_predictors import outcome_predictors
from atrisk.estimate.imputation.pooled_model import pool_contrasts, pooled_wald_test
from atrisk.estimate.imputation.pooled_probability import pool_probabilities
from atrisk.estimate.imputation.rubin import pool
from atrisk.estimate.proportional_hazards.cox import cox
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.estimate.random_stream import Stream

R: dict[str, Any] = json.loads((Path(__file__).parent / "r" / "imputed_models.json").read_text(encoding="utf-8"))


def generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def stream(seed: int = 1) -> Stream:
    return Stream(np.random.PCG64(seed))


@pytest.mark.parametrize("case", R["wald"])
def test_tests_of_several_parameters_against_r(case: dict[str, Any]) -> None:
    found = pooled_wald_test(case["coefs"], case["covariances"], complete_df=float(case["complete_df"]))
    assert found.df == case["df"]
    for name, value in (
        ("statistic", found.statistic),
        ("df_denominator", found.df_denominator),
        ("p", found.p_value),
        ("increase", found.relative_increase),
    ):
        assert value == pytest.approx(case[name], rel=1e-9), name


def test_one_parameter_tested_is_the_square_of_its_t() -> None:
    b = np.array([[0.2], [0.5], [0.3]])
    v = np.array([0.04, 0.05, 0.06]).reshape(3, 1, 1)
    found, alone = pooled_wald_test(b, v), pool(b, v[:, :, 0])
    assert found.statistic == pytest.approx(float(alone.estimate[0] / alone.std_err[0]) ** 2, rel=1e-12)
    # t = 2 is at most 4: v = 2 * 2 * (1 + 1/r)^2 / 2, twice Rubin's (m - 1)(1 + 1/r)^2 / 2.
    assert found.df_denominator == pytest.approx(2 * (1 + 1 / found.relative_increase) ** 2, rel=1e-12)


def test_nothing_missing_is_the_wald_test_of_the_complete_data() -> None:
    b, v = np.array([0.4, -0.3]), np.array([[0.05, 0.01], [0.01, 0.04]])
    found = pooled_wald_test([b] * 5, [v] * 5)
    statistic = float(b @ np.linalg.solve(v, b))
    assert (found.statistic, found.df_denominator) == (pytest.approx(statistic / 2, rel=1e-12), math.inf)
    # A chi squared on 2 degrees of freedom has the tail exp(-x / 2).
    assert found.p_value == pytest.approx(math.exp(-statistic / 2), rel=1e-9)


def test_too_few_patients_for_the_degrees_of_freedom_have_no_p() -> None:
    """Three data sets, k 3: t 6; estimates far apart (r large) and 5 degrees of freedom: the expansion breaks down."""
    b = np.array([[0.0, 0.0, 0.0], [3.0, 3.0, -3.0], [-3.0, 2.0, 3.0]])
    found = pooled_wald_test(b, [np.eye(3)] * 3, complete_df=5)
    assert math.isnan(found.df_denominator)
    assert math.isnan(found.p_value)
    assert found.statistic > 0


def test_contrasts_are_pooled_as_they_stand() -> None:
    source = generator(5)
    b = source.normal(size=(6, 3))
    v = np.array([(lambda a: a @ a.T + np.eye(3))(source.normal(size=(3, 3))) for _ in range(6)])
    rows = np.array([[1.0, -1.0, 0.0], [0.0, 0.0, 2.0]])
    found = pool_contrasts(b, v, contrasts=rows)
    first = pool(b[:, 0] - b[:, 1], v[:, 0, 0] + v[:, 1, 1] - 2 * v[:, 0, 1])
    second = pool(2 * b[:, 2], 4 * v[:, 2, 2])
    for name in ("estimate", "std_err", "df", "lower", "upper", "missing_information"):
        both = [getattr(first, name)[0], getattr(second, name)[0]]
        assert getattr(found, name) == pytest.approx(both, rel=1e-12), name


def test_a_column_without_a_coefficient_does_not_hinder_the_others() -> None:
    b, v = np.array([[0.1, np.nan], [0.2, np.nan]]), np.full((2, 2, 2), np.nan)
    v[:, 0, 0] = 0.5
    assert pool_contrasts(b, v, contrasts=[1.0, 0.0]).estimate == pytest.approx([0.15])
    with pytest.raises(EstimationError, match="not finite in one"):
        pool_contrasts(b, v)


def test_bad_models_are_refused() -> None:
    b, v = np.ones((2, 2)), np.array([np.eye(2)] * 2)
    with pytest.raises(EstimationError, match="their covariance"):
        pool_contrasts(b, v[:, :1])
    with pytest.raises(EstimationError, match="one finite number"):
        pool_contrasts(b, v, contrasts=[1.0])
    with pytest.raises(EstimationError, match="depend on one another"):
        pooled_wald_test(b, v, contrasts=[[1, 0], [2, 0]])
    with pytest.raises(EstimationError, match="at least two"):
        pooled_wald_test(b[:1], v[:1])


def test_probabilities_against_mice() -> None:
    case = R["probabilities"]
    found = pool_probabilities(case["estimates"], case["std_errs"])
    estimate, lower, upper, df, fmi = np.array(case["pooled"], dtype=float)
    for name, value, expected in (
        ("estimate", found.estimate, estimate),
        ("lower", found.lower, lower),
        ("upper", found.upper, upper),
        ("df", found.df, df),
        ("fmi", found.missing_information, fmi),
    ):
        assert value == pytest.approx(expected, rel=1e-9), name


def test_a_landmark_that_some_data_set_cannot_tell_has_no_pooled_estimate() -> None:
    p = [[0.8, 0.5, 1.0, 0.4], [0.7, np.nan, 0.9, 0.4]]
    found = pool_probabilities(p, [[0.1, 0.1, 0.0, 0.0], [0.1, np.nan, 0.1, 0.1]])
    assert np.isfinite([found.estimate[0], found.lower[0], found.upper[0]]).all()
    assert np.isnan(found.estimate[1:]).all()
    assert [bool(text) for text in found.reason] == [False, True, True, True]
    with pytest.raises(EstimationError, match="between 0 and 1"):
        pool_probabilities([[1.2], [0.5]], [[0.1], [0.1]])


def test_the_hazard_gone_through_is_that_of_survfit() -> None:
    data = R["lung"]
    found = outcome_predictors(data["time"], data["status"])
    assert np.array_equal(found[:, 0], data["status"])
    assert found[:, 1] == pytest.approx(R["nelson_aalen"], rel=1e-9)


def test_the_hazard_gone_through_since_a_delayed_entry() -> None:
    case = R["entry"]
    found = outcome_predictors(case["stop"], case["event"], entry=case["start"])
    assert found[:, 1] == pytest.approx(case["hazard"], rel=1e-9, abs=1e-12)


def test_each_competing_cause_has_its_hazard() -> None:
    """By hand: of four at risk one dies of cause 1 at 1, of three one of cause 2 at 2."""
    found = outcome_predictors([1.0, 2.0, 3.0, 4.0], [1, 2, 0, 0], n_causes=3)
    assert found[:, :4].tolist() == [
        [1, 0.25, 0, 0],
        [0, 0.25, 1, pytest.approx(1 / 3)],
        [0, 0.25, 0, pytest.approx(1 / 3)],
        [0, 0.25, 0, pytest.approx(1 / 3)],
    ]
    assert not found[:, 4:].any()
    with pytest.raises(EstimationError, match="beyond the number"):
        outcome_predictors([1.0, 2.0], [1, 2], n_causes=1)


def test_a_cox_model_of_imputed_data_is_that_of_mice() -> None:
    """Pooled estimates differ by no more than four of their Monte Carlo errors, sqrt(B (1/m + 1/m'))."""
    data = {name: np.array(values, dtype=float) for name, values in R["lung"].items()}
    columns = [
        Column(data["age"]),
        Column(data["sex"], "levels"),
        Column(data["limp"], "levels"),
        Column(data["wt_loss"]),
        Column(data["meal_cal"]),
        Column(data["karno"]),
    ]
    m, by_mice = 60, R["cox"]
    found = chained_equations(
        columns, seed=4, also=outcome_predictors(data["time"], data["status"]), options=ImputationOptions(m=m)
    )
    fits = [cox(CoxSample(data["time"], data["status"] > 0, completed)) for completed in found.values]
    pooled = pool_contrasts([fit.coef for fit in fits], [fit.covariance for fit in fits])
    spread = np.array(by_mice["between_sd"])
    error = spread * np.sqrt(1 / by_mice["m"] + 1 / m)
    assert np.all(np.abs(pooled.estimate - by_mice["estimate"]) < 4 * error)
    # A standard deviation of m values has the relative error 1 / sqrt(2 m).
    ratio = np.sqrt(pooled.between) / spread
    assert np.all(np.abs(np.log(ratio)) < 4 * np.sqrt(1 / (2 * by_mice["m"]) + 1 / (2 * m)))
    assert pooled.std_err == pytest.approx(by_mice["std_err"], rel=0.05)
    # m data sets are the first m of any longer run.
    few = chained_equations(
        columns, seed=4, also=outcome_predictors(data["time"], data["status"]), options=ImputationOptions(m=5)
    )
    assert few.values.tobytes() == found.values[:5].tobytes()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_values_stay_within_their_limits(seed: int) -> None:
    source = generator(seed)
    x = source.normal(size=60)
    seen, lower, upper = x.copy(), np.full(60, np.nan), np.full(60, np.nan)
    seen[:30] = np.nan
    upper[:10] = np.floor(x[:10]) + 1
    lower[5:15] = np.floor(x[5:15])
    column = Column(seen, lower=lower, upper=upper)
    assert column.limited.sum() == 15
    for values in chained_equations([column], seed=seed, options=ImputationOptions(m=3, rounds=2)).values[:, :, 0]:
        assert np.all(values[:10] <= upper[:10])
        assert np.all(values[5:15] >= lower[5:15])
        assert np.array_equal(values[30:], x[30:])


def test_values_below_a_detection_limit_are_recovered() -> None:
    """Of 3,000 values with mean 0.5 z and variance 1.25 those below -0.5 are known only as such.

    Their mean has a standard error of about 0.02; leaving them out of the regression would move it by 0.1 and more.
    """
    source = generator(3)
    z = source.normal(size=3000)
    x = 0.5 * z + source.normal(size=3000)
    low = x < -0.5
    column = Column(np.where(low, np.nan, x), upper=np.where(low, -0.5, np.nan))
    found = chained_equations([column], seed=1, also=z, options=ImputationOptions(m=5, rounds=20)).values[:, low, 0]
    assert abs(found.mean() - x[low].mean()) < 0.06
    assert abs(np.cov(np.tile(z[low], 5), found.ravel())[0, 1] - np.cov(z[low], x[low])[0, 1]) < 0.06


def test_draws_far_in_the_tail_keep_to_their_limits() -> None:
    known, x = np.array([100.0, 101.0, 99.0, 100.0, 101.0, 99.0]), np.ones((6, 1))
    low, high = np.array([-np.inf, 200.0, 0.0]), np.array([1.0, np.inf, 0.5])
    found = numbers_within(known, x, np.ones((3, 1)), (low, high), stream=stream())
    assert np.all((found >= low) & (found <= high))
    # So far out the density falls steeply: values lie close to the limit nearest to the mean.
    assert found == pytest.approx([1.0, 200.0, 0.5], abs=0.2)


def test_truncated_draws_have_the_moments_of_the_truncated_normal() -> None:
    """Below 0 a standard normal has mean -sqrt(2/pi) and variance 1 - 2/pi; b and s are known from 20,000 values."""
    known = generator(1).normal(size=20_000)
    known = (known - known.mean()) / known.std()
    limits = (np.full(40_000, -np.inf), np.zeros(40_000))
    found = numbers_within(known, np.ones((20_000, 1)), np.ones((40_000, 1)), limits, stream=stream(2))
    assert found.mean() == pytest.approx(-math.sqrt(2 / math.pi), abs=0.02)
    assert found.var() == pytest.approx(1 - 2 / math.pi, abs=0.02)


def test_ordered_modes_without_a_prior_are_those_of_proportional_odds() -> None:
    source = generator(8)
    x = source.normal(size=(200, 2))
    level = np.digitize(x[:, 0] + source.logistic(size=200), [-1.0, 0.5, 2.0])
    mode, information = penalised_mode(x, level, n_levels=4, prior_sd=1e9)
    fit = proportional_odds(RegressionSample(level.astype(float), x))
    assert mode == pytest.approx(np.concatenate((fit.coef, fit.threshold)), rel=1e-8)
    assert np.sqrt(np.diag(np.linalg.inv(information))) == pytest.approx(
        np.concatenate((fit.std_err, fit.threshold_std_err)), rel=1e-8
    )


def test_with_two_levels_the_ordered_mode_is_the_penalised_logistic_one() -> None:
    """The score of the penalised likelihood, written out, is 0 at the mode."""
    source = generator(9)
    x = np.column_stack((np.repeat([-1.0, 1.0], 20), source.normal(size=40)))
    level = np.repeat([0, 1], 20)
    mode, _ = penalised_mode(x, level, n_levels=2, prior_sd=10.0)
    chance = 1 / (1 + np.exp(mode[2] - x @ mode[:2]))
    assert x.T @ (level - chance) == pytest.approx(mode[:2] / 100, abs=1e-8)


def test_ordered_levels_missing_at_random_are_recovered() -> None:
    """4,000 levels of which the higher ones go missing; shares have a standard error of at most 0.012 or so."""
    source = generator(12)
    y = source.normal(size=4000)
    level = np.digitize(y + source.logistic(size=4000), [-1.0, 0.5, 2.0]).astype(float)
    gone = source.random(4000) < 1 / (1 + np.exp(-y))
    column = Column(np.where(gone, np.nan, level), "ordered")
    found = chained_equations([column], seed=3, also=y, options=ImputationOptions(m=5, rounds=1)).values[:, :, 0]
    shares = [np.bincount(values.astype(int).ravel(), minlength=4) / values.size for values in (found, level)]
    seen = np.bincount(level[~gone].astype(int), minlength=4) / (~gone).sum()
    assert np.abs(seen - shares[1]).max() > 0.05
    assert np.abs(shares[0] - shares[1]).max() < 0.035


def test_shifts_move_what_they_should() -> None:
    """Numbers by the shift itself; two levels and ordered ones by log odds: both from a share of 1/2 to expit(2)."""
    source = generator(4)
    n = 8000
    x, gone = source.normal(size=n), np.arange(n) < n // 2
    level = (np.arange(n) % 2).astype(float)
    once = ImputationOptions(m=1, rounds=1)

    def imputed(values: Any, kind: Any, shift: float) -> Any:
        moved = None if shift == 0 else np.where(gone, shift, 0.0)
        column = Column(np.where(gone, np.nan, values), kind, shift=moved)
        return chained_equations([column], seed=6, options=once).values[0, :, 0]

    plain, moved = imputed(x, "number", 0.0), imputed(x, "number", -1.5)
    assert moved[gone] == pytest.approx(plain[gone] - 1.5)
    assert np.array_equal(moved[~gone], x[~gone])
    wanted = 1 / (1 + math.exp(-2.0))
    for kind in ("levels", "ordered"):
        assert imputed(level, kind, 2.0)[gone].mean() == pytest.approx(wanted, abs=0.03)
        assert imputed(level, kind, 0.0)[gone].mean() == pytest.approx(0.5, abs=0.05)


def test_levels_nobody_has_are_never_drawn() -> None:
    x = np.ones((4, 1))
    assert set(drawn_levels(np.array([2, 2, 2, 2]), x, x, stream=stream())[0]) == {2}
    assert set(drawn_ordered_levels(np.array([2, 2, 2, 2]), x, x, stream=stream())[0]) == {2}
    x = np.column_stack((np.ones(40), np.repeat([0.0, 1.0], 20)))
    drawn, _ = drawn_ordered_levels(np.repeat([0, 3], 20), x, x.repeat(20, axis=0), stream=stream())
    assert set(drawn) == {0, 3}


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"values": [0.0, 1.0, np.nan], "kind": "levels", "upper": [1.0, 1.0, 1.0]}, "only numbers"),
        ({"values": [0.0, np.nan], "upper": [1.0]}, "as many"),
        ({"values": [0.0, np.nan], "lower": [1.0, 1.0], "upper": [2.0, 1.0]}, "below its upper"),
        ({"values": [0.0, np.nan], "shift": [1.0]}, "as many"),
        ({"values": [0.0, np.nan], "shift": [1.0, np.nan]}, "finite"),
        ({"values": [0.0, 2.0, np.nan], "kind": "levels", "shift": [1.0, 1.0, 1.0]}, "more than two levels"),
    ],
)
def test_bad_limits_and_shifts_are_refused(given_: dict[str, Any], words: str) -> None:
    with pytest.raises(EstimationError, match=words):
        Column(**given_)


def test_a_bad_seed_is_refused() -> None:
    for seed in (-1, 1.5, True):
        with pytest.raises(EstimationError, match="seed"):
            chained_equations([Column(np.ones(2))], seed=seed)


def test_scale_reduction_by_hand() -> None:
    """Chains 1, 2, 3 and 3, 4, 5: W 1, variance of the means 2; sqrt(2/3 + 2)."""
    trace = np.array([[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]])[:, :, None]
    assert scale_reduction(trace) == pytest.approx([math.sqrt(2 / 3 + 2)])
    assert np.isnan(scale_reduction(trace[:1])).all()
    assert np.isnan(scale_reduction(np.full((2, 3, 1), np.nan))).all()


def test_summaries_by_hand() -> None:
    columns = [
        Column(np.array([1.0, 3.0, np.nan, np.nan]), upper=np.array([np.nan, np.nan, np.nan, 2.0])),
        Column(np.array([0.0, 1.0, 1.0, np.nan]), "levels"),
        Column(np.arange(4.0)),
    ]
    imputed = chained_equations(columns, seed=1, options=ImputationOptions(m=4, rounds=2))
    number, level, whole = imputed_summaries(columns, imputed)
    assert (number.n_observed, number.n_missing, number.n_limited) == (2, 2, 1)
    assert (number.observed_mean, number.observed_sd) == (2.0, pytest.approx(math.sqrt(2)))
    drawn = imputed.values[:, 2:, 0]
    assert number.imputed_mean == pytest.approx(drawn.mean())
    assert number.difference == pytest.approx((drawn.mean() - 2) / math.sqrt(2))
    assert level.observed_share == pytest.approx([1 / 3, 2 / 3])
    assert level.imputed_share.sum() == pytest.approx(1)
    assert whole.n_missing == 0
    assert math.isnan(whole.imputed_mean)
    assert not whole.observed_share.size
    with pytest.raises(EstimationError, match="columns that were imputed"):
        imputed_summaries(columns[:2], imputed)
