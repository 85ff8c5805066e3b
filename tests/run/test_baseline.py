"""Baseline rows of numbers recorded only as limits, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from atrisk.run.baseline import extreme_sign, limit_at


@pytest.mark.parametrize(
    ("numbers", "limit", "probability", "sign"),
    [
        # Sorted 1, 3, 10, >=10, >=10: the median is the exact 10, the third quartile the fourth value.
        ([10, 1, 10, 3, 10], ["", "", ">=", "", ">="], 0.5, ""),
        ([10, 1, 10, 3, 10], ["", "", ">=", "", ">="], 0.75, ">="),
        # Sorted <1, 1, 2: the first quartile lies between the limit and the exact 1.
        ([1, 2, 1], ["", "", "<"], 0.25, "<"),
        ([1, 2, 1], ["", "", "<"], 0.5, ""),
        # Two values: the median lies halfway between 4 and >20, so it too is only known to be larger.
        ([4, 20], ["", ">"], 0.5, ">"),
        ([], [], 0.5, ""),
    ],
)
def test_a_quantile_on_a_limit_is_a_limit(
    numbers: list[float], limit: list[str], probability: float, sign: str
) -> None:
    assert limit_at(np.array(numbers, dtype=np.float64), np.array(limit, dtype="<U2"), probability) == sign


@pytest.mark.parametrize(
    ("numbers", "limit", "smallest", "largest"),
    [
        ([1, 2, 1], ["", "", "<"], "<", ""),
        ([10, 1, 10, 3], ["", "", ">=", ""], "", ">="),
        # Somebody below 5 may be below 3 or not; somebody above 20 may be above 30 or not.
        ([3, 5, 20, 30], ["", "<", ">", ""], "<=", ">="),
        ([3, 5], ["", ""], "", ""),
        ([], [], "", ""),
    ],
)
def test_the_smallest_and_largest_value_may_be_limits(
    numbers: list[float], limit: list[str], smallest: str, largest: str
) -> None:
    given = np.array(numbers, dtype=np.float64), np.array(limit, dtype="<U2")
    assert extreme_sign(*given, largest=False) == smallest
    assert extreme_sign(*given, largest=True) == largest
