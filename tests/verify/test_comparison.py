"""When two numbers agree."""

from __future__ import annotations

import math

import numpy as np
import pytest

from atrisk.verify.case import Tolerance
from atrisk.verify.comparison import as_numbers, compare_numbers, is_p_value

HINT = Tolerance(1e-6, 1e-12)


def compare(expected: list, got: list, *, p_value: bool = False, scale: float = 0.0):
    return compare_numbers(np.array(expected), np.array(got), HINT, p_value=p_value, scale=scale)


def test_within_the_tolerance_and_within_1e9() -> None:
    result = compare([100.0, 100.0, 100.0, 0.0], [100.00005, 100.0000001, 100.001, 5e-13])
    np.testing.assert_array_equal(result.within, [True, True, False, True])
    np.testing.assert_array_equal(result.close, [False, True, False, True])
    assert result.worst == 2
    assert result.relative_difference[2] == pytest.approx(1e-5)


def test_not_a_number_agrees_with_itself_alone_and_infinity_too() -> None:
    nan, inf = math.nan, math.inf
    result = compare([nan, nan, 1.0, inf, inf, -inf], [nan, 1.0, nan, inf, 1e300, inf])
    np.testing.assert_array_equal(result.within, [True, False, False, True, False, False])
    np.testing.assert_array_equal(result.close, result.within)


def test_a_tiny_p_value_is_compared_on_the_log_scale() -> None:
    """1e-40 against 2e-40 passes any absolute tolerance, but log 2 / log 1e40 = 0.0075 is no agreement."""
    assert compare([1e-40], [2e-40]).within[0]
    assert not compare([1e-40], [2e-40], p_value=True).within[0]
    assert compare([1e-40], [1e-40 * (1 + 1e-5)], p_value=True).within[0]
    assert not compare([1e-40], [0.0], p_value=True).within[0]
    assert compare([0.0], [0.0], p_value=True).close[0]
    assert compare([0.3], [0.3 * (1 + 5e-7)], p_value=True).within[0]


def test_a_sum_that_cancels_is_close_beside_what_was_added_up() -> None:
    assert not compare([1e-14], [3e-14]).close[0]
    assert compare([1e-14], [3e-14], scale=1.0).close[0]


@pytest.mark.parametrize("name", ["p", "a.p", "p_holm", "exact_p", "lrt.p", "p_less", "curves[x].p"])
def test_names_of_p_values(name: str) -> None:
    assert is_p_value(name)


@pytest.mark.parametrize("name", ["p1", "pairs", "lp", "prop", "p.stat", "wilcoxon.w_first_group"])
def test_other_names(name: str) -> None:
    assert not is_p_value(name)


def test_json_numbers() -> None:
    np.testing.assert_array_equal(as_numbers([[1, None], ["Inf", "-Inf"]]), [[1, np.nan], [np.inf, -np.inf]])
    assert as_numbers("1") is None
    assert as_numbers(True) is None
    assert as_numbers([[1, 2], [3]]) is None
    assert as_numbers(np.array(["a"])) is None
