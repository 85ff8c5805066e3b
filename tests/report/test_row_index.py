"""Rows are found by what they are of, and never one of several."""

from __future__ import annotations

from dataclasses import replace

import pytest

from atrisk.report.row_index import Key, RowIndex
from atrisk.result.row import Row

RATIO = Row(analysis="cox", statistic="hazard_ratio", outcome="os", contrast="B vs A", method="cox", value=1.2)
KEY = Key(analysis="cox", statistic="hazard_ratio", outcome="os", contrast="B vs A")


def test_rows_of_other_adjustments_and_subgroups_are_other_rows() -> None:
    index = RowIndex.of([replace(RATIO, adjustment_set="age", value=2.0), replace(RATIO, subgroup="F"), RATIO])
    assert index.find(KEY) is index.rows[2]
    assert index.find(replace(KEY, adjustment_set="age")) is index.rows[0]


def test_without_a_method_the_first_of_several_methods_is_found() -> None:
    index = RowIndex.of([RATIO, replace(RATIO, method="firth cox")])
    assert index.find(KEY) is index.rows[0]
    assert index.find(replace(KEY, method="firth cox")) is index.rows[1]
    assert index.find(replace(KEY, method="exact")) is None


def test_of_two_rows_that_fit_none_is_shown() -> None:
    index = RowIndex.of([RATIO, replace(RATIO, population="complete cases", value=3.0)])
    with pytest.raises(ValueError, match="2 rows are"):
        index.find(KEY)
