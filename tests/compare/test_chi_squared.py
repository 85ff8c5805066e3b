"""The chi-squared test: its correction and empty levels, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atrisk.compare.contingency.chi_squared import chi_squared


def test_the_correction_never_exceeds_the_deviation() -> None:
    """By hand, [[3, 4], [2, 3]]: every |O - E| is 1/12, below 0.5, so the corrected statistic is exactly 0; the plain
    one is (1/144) (12/35 + 12/49 + 12/25 + 12/35)."""
    corrected = chi_squared([[3, 4], [2, 3]])
    assert corrected.statistic == pytest.approx(0.0, abs=1e-25)
    assert corrected.p_value == pytest.approx(1.0, abs=1e-9)
    plain = chi_squared([[3, 4], [2, 3]], continuity_correction=False)
    assert plain.statistic == pytest.approx((12 / 35 + 12 / 49 + 12 / 25 + 12 / 35) / 144, rel=1e-12)


tables = st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=2, max_size=4)


@given(table=tables, data=st.data())
def test_empty_levels_and_order_change_nothing(table: list[list[int]], data: st.DataObject) -> None:
    plain = chi_squared(table)
    wider = np.pad(np.array(table), ((0, 1), (0, 2)))
    rows = list(data.draw(st.permutations(range(len(wider)))))
    for other in (chi_squared(wider[rows]), chi_squared(np.transpose(table))):
        assert (other.statistic, other.p_value) == pytest.approx(
            (plain.statistic, plain.p_value), rel=1e-9, abs=1e-12, nan_ok=True
        )
        assert other.df == plain.df


@pytest.mark.parametrize("table", [[[3, 4], [0, 0]], [[3, 0], [4, 0]], [[0, 0], [0, 0]]])
def test_nothing_to_compare(table: list[list[int]]) -> None:
    test = chi_squared(table)
    assert math.isnan(test.p_value)
    assert test.reason
