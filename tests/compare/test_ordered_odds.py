"""One odds ratio for all thresholds: by hand, its laws, and its test against the score statistic written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from atrisk.compare.contingency.ordered_odds import ordered_odds
from atrisk.errors import EstimationError

TABLES = st.integers(2, 4).flatmap(
    lambda groups: st.integers(3, 5).flatmap(
        lambda levels: st.lists(
            st.lists(st.integers(1, 30), min_size=levels, max_size=levels), min_size=groups, max_size=groups
        )
    )
)


def test_two_levels_are_the_odds_ratio_of_a_table() -> None:
    found = ordered_odds([[8, 12], [23, 7]])
    assert found.fit.coef[0] == pytest.approx(math.log(7 * 8 / (23 * 12)), abs=1e-12)
    assert math.isnan(found.p_value)
    assert found.reason


def test_counts_that_are_proportional_are_what_is_expected_of_them() -> None:
    """Odds of 1/3 and 1 below the thresholds in one group, a third of these in the other: 9/10 and 3/4 are above."""
    found = ordered_odds([[30, 30, 60], [12, 18, 90]], reference=0)
    assert found.fit.coef[0] == pytest.approx(math.log(3), abs=1e-9)
    assert found.expected == pytest.approx(np.array([[30, 30, 60], [12, 18, 90]]), rel=1e-9)
    assert found.chi_squared == pytest.approx(0, abs=1e-12)
    assert found.p_value == pytest.approx(1)
    assert found.df == 1


def probabilities(theta: NDArray[np.float64], groups: int, levels: int) -> NDArray[np.float64]:
    """Of every level in every group, a threshold of its own for each."""
    below = 1 / (1 + np.exp(-theta.reshape(groups, levels - 1)))
    return np.diff(np.hstack((np.zeros((groups, 1)), below, np.ones((groups, 1)))), axis=1)


def score_statistic(table: NDArray[np.int64], expected: NDArray[np.float64]) -> float:
    """Score and information of the model with a threshold for every group, at the fit: derivatives by differences."""
    groups, levels = table.shape
    n = table.sum(axis=1)
    share = np.cumsum(expected / n[:, None], axis=1)[:, :-1]
    theta = np.log(share / (1 - share)).ravel()
    p = probabilities(theta, groups, levels)
    step = 1e-6
    slope = np.stack(
        [
            (probabilities(theta + step * unit, groups, levels) - probabilities(theta - step * unit, groups, levels))
            / (2 * step)
            for unit in np.eye(theta.size)
        ]
    )
    score = (slope * (table / p)).sum(axis=(1, 2))
    information = np.einsum("igk,jgk,gk->ij", slope, slope, n[:, None] / p)
    return float(score @ np.linalg.solve(information, score))


@given(TABLES)
@settings(max_examples=40, deadline=None)
def test_the_test_is_the_score_test(counts: list[list[int]]) -> None:
    table = np.array(counts)
    found = ordered_odds(table)
    assert found.chi_squared == pytest.approx(score_statistic(table, found.expected), rel=1e-6, abs=1e-6)
    assert found.df == (table.shape[0] - 1) * (table.shape[1] - 2)


@given(TABLES)
@settings(max_examples=40, deadline=None)
def test_levels_turned_round_turn_the_ratio_and_another_reference_keeps_the_test(counts: list[list[int]]) -> None:
    table = np.array(counts)
    found, turned = ordered_odds(table), ordered_odds(table[:, ::-1])
    assert turned.fit.coef == pytest.approx(-found.fit.coef, abs=1e-8)
    assert turned.chi_squared == pytest.approx(found.chi_squared, rel=1e-7, abs=1e-9)
    other = ordered_odds(table, reference=1)
    assert other.fit.coef[0] == pytest.approx(-found.fit.coef[0], abs=1e-8)
    assert other.chi_squared == pytest.approx(found.chi_squared, rel=1e-7, abs=1e-9)


def test_a_level_that_nobody_has_does_not_exist() -> None:
    found, without = ordered_odds([[5, 0, 7, 3], [9, 0, 4, 8]]), ordered_odds([[5, 7, 3], [9, 4, 8]])
    assert found.fit.coef == pytest.approx(without.fit.coef)
    assert (found.df, found.chi_squared) == (1, pytest.approx(without.chi_squared))
    assert not found.expected[:, 1].any()


def test_a_group_wholly_above_the_other_has_no_ratio_and_no_test() -> None:
    found = ordered_odds([[9, 4, 0, 0], [0, 0, 3, 5]])
    assert found.fit.separated
    assert math.isnan(found.p_value)
    assert found.reason


@pytest.mark.parametrize("table", [[[3, 4, 5]], [[3, 4, 5], [0, 0, 0]], [[3, 0], [5, 0]]])
def test_what_cannot_be_compared_is_refused(table: list[list[int]]) -> None:
    with pytest.raises(EstimationError):
        ordered_odds(table)
