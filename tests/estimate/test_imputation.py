"""Multiple imputation: Rubin's rules against mice, modes against R, and what an imputation must and must not do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atrisk.errors import EstimationError
from atrisk.estimate.imputation.chained_equations import ImputationOptions, chained_equations
from atrisk.estimate.imputation.column import Column
from atrisk.estimate.imputation.draws import drawn_levels, matched_numbers, polytomous_mode
from atrisk.estimate.imputation.rubin import pool
from atrisk.estimate.random_stream import Stream

R: dict[str, Any] = json.loads((Path(__file__).parent / "r" / "imputation.json").read_text(encoding="utf-8"))
SMALL = ImputationOptions(m=3, rounds=2)


def stream(seed: int = 1) -> Stream:
    return Stream(np.random.PCG64(seed))


def generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


@pytest.mark.parametrize("case", R["pool"])
def test_pooling_against_mice(case: dict[str, Any]) -> None:
    found = pool(case["estimates"], case["variances"], complete_df=case["complete_df"])
    for name, value in (("estimate", found.estimate), ("std_err", found.std_err), ("df", found.df)):
        assert value[0] == pytest.approx(case[name], rel=1e-9), name
    assert found.missing_information[0] == pytest.approx(case["fmi"], rel=1e-9)
    assert (found.lower[0], found.upper[0]) == pytest.approx((case["lower"], case["upper"]), rel=1e-9)
    assert found.p_value[0] == pytest.approx(case["p"], rel=1e-9)


def test_pooling_by_hand() -> None:
    """Estimates 1 and 3, variances 1: U 1, B 2, T 1 + 1.5 * 2 = 4, l 3/4; df 1 / (9/16) = 16/9 without end."""
    found = pool([1.0, 3.0], [1.0, 1.0])
    assert (found.estimate[0], found.std_err[0]) == (2.0, 2.0)
    assert found.df[0] == pytest.approx(16 / 9, rel=1e-14)


def test_without_variance_between_the_data_sets_pooling_changes_nothing() -> None:
    found = pool([[0.5, -0.2]] * 4, [[0.04, 0.01]] * 4)
    assert found.std_err == pytest.approx([0.2, 0.1], rel=1e-12)
    assert found.upper == pytest.approx([0.5 + 1.959963984540054 * 0.2, -0.2 + 1.959963984540054 * 0.1], rel=1e-9)
    limited = pool([0.5] * 4, [0.04] * 4, complete_df=30)
    assert limited.df[0] == pytest.approx(31 / 33 * 30, rel=1e-12)


@pytest.mark.parametrize(
    ("estimates", "variances", "words"),
    [
        ([1.0], [1.0], "at least two"),
        ([1.0, 2.0], [1.0], "same shape"),
        ([1.0, np.nan], [1.0, 1.0], "finite"),
        ([1.0, 2.0], [1.0, 0.0], "above 0"),
    ],
)
def test_bad_pools_are_refused(estimates: list[float], variances: list[float], words: str) -> None:
    with pytest.raises(EstimationError, match=words):
        pool(estimates, variances)
    with pytest.raises(EstimationError, match="complete data"):
        pool([1.0, 2.0], [1.0, 1.0], complete_df=0)


def lung() -> np.ndarray[Any, np.dtype[np.float64]]:
    """The covariates of the script: constant, age and weight loss standardised with n - 1, and female sex."""
    data = {name: np.array(values, dtype=float) for name, values in R["data"].items()}
    age, loss = ((x - x.mean()) / x.std(ddof=1) for x in (data["age"], data["wt_loss"]))
    return np.column_stack((np.ones(age.size), age, data["sex"] == 2, loss))


def test_without_a_prior_the_mode_is_that_of_glm() -> None:
    mode, information = polytomous_mode(np.array(R["data"]["binary"]), lung(), n_levels=2, prior_sd=1e9)
    assert mode[0] == pytest.approx(R["glm"]["coef"], rel=1e-9)
    assert np.sqrt(np.diag(np.linalg.inv(information))) == pytest.approx(R["glm"]["std_err"], rel=1e-9)


@pytest.mark.parametrize("case", R["modes"])
def test_penalised_modes_against_optim(case: dict[str, Any]) -> None:
    """R's optimiser stops a little below the top: ours must not be lower, and lie where it went."""
    level = np.array(R["data"]["binary" if case["levels"] == 2 else "three"])
    x = lung()
    mode, information = polytomous_mode(level, x, n_levels=case["levels"], prior_sd=case["prior_sd"])
    linear = np.concatenate((np.zeros((level.size, 1)), x @ mode.T), axis=1)
    chance = linear[np.arange(level.size), level] - np.log(np.exp(linear).sum(axis=1))
    assert chance.sum() - (mode**2).sum() / (2 * case["prior_sd"] ** 2) >= case["height"] - 1e-9
    assert mode.ravel() == pytest.approx(np.ravel(case["mode"]), rel=1e-5, abs=1e-6)
    # Second differences of the height, which R takes, are good to about 1e-5.
    assert np.sqrt(np.diag(np.linalg.inv(information)))[: x.shape[1]] == pytest.approx(
        case["std_err_of_first"], rel=1e-4
    )


def test_a_level_predicted_perfectly_stays_within_reason() -> None:
    x = np.column_stack((np.ones(40), np.repeat([-1.0, 1.0], 20)))
    mode, information = polytomous_mode(np.repeat([0, 1], 20), x, n_levels=2)
    assert np.all(np.isfinite(mode))
    assert np.all(np.diag(np.linalg.inv(information)) > 0)
    drawn = drawn_levels(np.repeat([0, 1], 20), x, x[[0, 39]].repeat(200, axis=0), stream=stream())[0]
    assert drawn[:200].mean() < 0.05 < 0.95 < drawn[200:].mean()


def test_matched_numbers_come_from_the_nearest_donors() -> None:
    """A perfect line: what is drawn for x lies among the five values nearest to it, and each of them comes up."""
    known = np.arange(100.0)
    x = np.column_stack((np.ones(100), known))
    drawn = matched_numbers(known, x, np.tile([1.0, 50.0], (500, 1)), donors=5, stream=stream())
    assert set(drawn) == {48.0, 49.0, 50.0, 51.0, 52.0}


def test_matching_at_the_ends_and_with_few_donors() -> None:
    known = np.array([3.0, 1.0, 2.0])
    x = np.column_stack((np.ones(3), known))
    drawn = matched_numbers(known, x, np.tile([1.0, 99.0], (300, 1)), donors=1, stream=stream())
    assert set(drawn) == {3.0}
    assert set(matched_numbers(known, x, np.tile([1.0, 2.0], (300, 1)), donors=9, stream=stream())) == {1.0, 2.0, 3.0}


def incomplete(seed: int, n: int = 60) -> list[Column]:
    source = generator(seed)
    number, level = source.normal(size=n), source.integers(0, 3, n).astype(float)
    number[source.random(n) < 0.3] = np.nan
    level[source.random(n) < 0.3] = np.nan
    number[0], level[0] = 0.1, 1.0
    return [Column(number), Column(level, "levels"), Column(source.normal(size=n))]


@given(seed=st.integers(0, 10_000))
def test_recorded_values_stay_and_imputed_ones_are_possible(seed: int) -> None:
    columns = incomplete(seed)
    found = chained_equations(columns, seed=seed, options=SMALL)
    assert np.all(np.isfinite(found.values))
    for place, column in enumerate(columns):
        known = column.values[~column.missing]
        for completed in found.values[:, :, place]:
            assert np.array_equal(completed[~column.missing], known)
            assert set(completed) <= set(known)


def test_one_seed_gives_the_same_bytes_and_more_data_sets_begin_alike() -> None:
    columns = incomplete(3)
    first = chained_equations(columns, seed=7, options=SMALL)
    again = chained_equations(columns, seed=7, options=ImputationOptions(m=5, rounds=2))
    other = chained_equations(columns, seed=8, options=SMALL)
    assert first.values.tobytes() == again.values[:3].tobytes()
    assert first.values.tobytes() != other.values.tobytes()
    assert not np.array_equal(first.values[0], first.values[1])
    assert np.isnan(first.trace[:, :, 2]).all()
    assert np.isfinite(first.trace[:, :, :2]).all()
    assert np.isfinite(first.trace_sd[:, :, :2]).all()


def test_complete_columns_come_back() -> None:
    column = Column(np.arange(5.0))
    found = chained_equations([column], seed=1, options=SMALL)
    assert np.array_equal(found.values[:, :, 0], np.tile(column.values, (3, 1)))


def test_values_missing_at_random_are_recovered() -> None:
    """x goes missing where y is high: the mean of those recorded is far off, that of the imputed data is not.

    The mean of 4,000 standard normal x has a standard error of 0.016, with what is missing about 0.02. Were y twice as
    decisive there would be hardly a donor where it is high, and predictive mean matching would be off by 0.08.
    """
    source = generator(11)
    x = source.normal(size=4000)
    y = x + source.normal(size=4000)
    gone = source.random(4000) < 1 / (1 + np.exp(-y))
    level = (x > 0.5).astype(float)
    seen_x, seen_level = np.where(gone, np.nan, x), np.where(gone, np.nan, level)
    numbers = chained_equations([Column(seen_x)], seed=2, also=y, options=SMALL).values
    levels = chained_equations([Column(seen_level, "levels")], seed=2, also=y, options=SMALL).values
    assert abs(np.nanmean(seen_x)) > 0.2
    assert abs(numbers.mean()) < 4 * 0.02
    assert abs(np.nanmean(seen_level) - level.mean()) > 0.1
    assert abs(levels.mean() - level.mean()) < 4 * 0.012


@pytest.mark.parametrize(
    ("columns", "also", "words"),
    [
        ([], None, "at least one column"),
        ([Column(np.ones(3)), Column(np.ones(4))], None, "equally long"),
        ([Column(np.ones(3))], [1.0, np.nan, 2.0], "must be complete"),
    ],
)
def test_bad_questions_are_refused(columns: list[Column], also: Any, words: str) -> None:
    with pytest.raises(EstimationError, match=words):
        chained_equations(columns, seed=1, also=also, options=SMALL)


@pytest.mark.parametrize(
    ("values", "kind", "words"),
    [
        ([np.nan, np.nan], "number", "without a single recorded"),
        ([1.0, np.inf], "number", "infinite"),
        ([0.0, 1.5], "levels", "codes"),
        ([-1.0, 1.0], "levels", "codes"),
        ([0.0], "words", "numbers, levels or ordered"),
    ],
)
def test_bad_columns_are_refused(values: list[float], kind: Any, words: str) -> None:
    with pytest.raises(EstimationError, match=words):
        Column(np.array(values), kind)
