"""Standardised differences: laws, closed forms, and where there is none."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from atrisk.compare.balance.standardized_difference import (
    binary_difference,
    continuous_difference,
    expected_by_chance,
    multilevel_difference,
)
from atrisk.errors import EstimationError

means = st.floats(-100, 100)
variances = st.floats(0.01, 100)
counts = st.lists(st.integers(0, 20), min_size=2, max_size=5)


def test_by_hand() -> None:
    """(3 - 1) / sqrt((1 + 7) / 2) = 1; (0.5 - 0.2) / sqrt((0.25 + 0.16) / 2)."""
    assert continuous_difference(3.0, 1.0, 1.0, 7.0).value == 1.0
    assert binary_difference(0.5, 0.2).value == pytest.approx(0.3 / math.sqrt(0.205), rel=1e-14)


@given(m1=means, v1=variances, m2=means, v2=variances, scale=st.floats(0.1, 10))
def test_sign_and_scale(m1: float, v1: float, m2: float, v2: float, scale: float) -> None:
    value = continuous_difference(m1, v1, m2, v2).value
    assert continuous_difference(m2, v2, m1, v1).value == pytest.approx(-value, rel=1e-12)
    scaled = continuous_difference(scale * m1, scale**2 * v1, scale * m2, scale**2 * v2).value
    assert scaled == pytest.approx(value, rel=1e-9, abs=1e-12)


@given(first=st.integers(1, 19), second=st.integers(1, 19))
def test_two_levels_are_the_binary_difference_without_its_sign(first: int, second: int) -> None:
    binary = binary_difference(first / 20, second / 20).value
    multilevel = multilevel_difference([first, 20 - first], [second, 20 - second]).value
    assert multilevel == pytest.approx(abs(binary), rel=1e-9, abs=1e-9)


@given(data=st.data(), first=counts)
def test_levels_may_come_in_any_order(data: st.DataObject, first: list[int]) -> None:
    """So that the level left out of the matrix does not matter; nor does a level nobody has."""
    second = data.draw(st.lists(st.integers(0, 20), min_size=len(first), max_size=len(first)))
    order = list(data.draw(st.permutations(range(len(first)))))
    one = multilevel_difference(first, second)
    two = multilevel_difference(np.array(first)[order], np.array(second)[order])
    assert one.value == pytest.approx(two.value, rel=1e-8, abs=1e-7, nan_ok=True)
    assert one.reason == two.reason
    wider = multilevel_difference([*first, 0], [*second, 0])
    assert wider.value == pytest.approx(one.value, rel=1e-8, abs=1e-7, nan_ok=True)
    assert multilevel_difference(second, first).value == pytest.approx(one.value, rel=1e-8, abs=1e-7, nan_ok=True)


@given(first=counts)
def test_equal_groups_do_not_differ(first: list[int]) -> None:
    assume(sum(count > 0 for count in first) >= 2)
    assert multilevel_difference(first, [3 * count for count in first]).value == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("difference", "reason"),
    [
        (continuous_difference(1.0, 0.0, 1.0, 0.0), "no variation"),
        (continuous_difference(1.0, 0.0, 2.0, 0.0), "no variation"),
        (continuous_difference(1.0, float("nan"), 2.0, 1.0), "fewer than two values"),
        (continuous_difference(1.0, 1.0, float("nan"), float("nan")), "fewer than two values"),
        (binary_difference(0.0, 0.0), "no variation"),
        (binary_difference(1.0, 0.0), "no variation"),
        (binary_difference(float("nan"), 0.5), "no values"),
        (multilevel_difference([5, 0], [7, 0]), "no variation"),
        (multilevel_difference([5, 0, 0], [0, 3, 4]), "share no level"),
        (multilevel_difference([0, 0], [3, 4]), "no values"),
    ],
)
def test_where_there_is_none(difference, reason: str) -> None:
    assert math.isnan(difference.value)
    assert reason in difference.reason


@pytest.mark.parametrize(("first", "second"), [([1, 2], [1, 2, 3]), ([-1, 2], [1, 2]), ([[1]], [[1]])])
def test_arguments_outside_the_domain(first: list[int], second: list[int]) -> None:
    with pytest.raises(EstimationError):
        multilevel_difference(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param([14, 16, 10], [128, 133, 80], id="three levels, unequal groups"),
        pytest.param([40, 30, 20, 30, 40], [41, 29, 25, 30, 35], id="five levels"),
    ],
)
def test_what_chance_alone_gives_is_the_mean_over_permutations(first: list[int], second: list[int]) -> None:
    """Oracle: simulation. Patients dealt anew to the groups differ only by chance; 3,000 deals, within four standard
    errors of their mean and 3 %, the large-sample approximation's own error at these sizes."""
    generator = np.random.default_rng(20261126)
    patients = np.repeat(np.arange(len(first)), np.add(first, second))
    found = np.empty(3000)
    for deal in range(found.size):
        generator.shuffle(patients)
        parts = patients[: sum(first)], patients[sum(first) :]
        counts = [np.bincount(part, minlength=len(first)) for part in parts]
        found[deal] = multilevel_difference(*counts).value
    error = 4 * found.std() / math.sqrt(found.size)
    assert expected_by_chance(first, second).value == pytest.approx(found.mean(), abs=error + 0.03 * found.mean())


def test_chance_with_three_levels_by_hand() -> None:
    """Two degrees of freedom: the root of a chi-squared variable is Rayleigh's, with mean sqrt(pi / 2)."""
    expected = math.sqrt(math.pi / 2) * math.sqrt(1 / 40 + 1 / 60)
    assert expected_by_chance([20, 10, 10], [20, 20, 20]).value == pytest.approx(expected, rel=1e-14)
    assert expected_by_chance([20, 0, 20], [0, 20, 0]).reason == "the groups share no level"
