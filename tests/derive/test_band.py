"""Bands by hand: exact values, limits, values that fit nowhere."""

from __future__ import annotations

import numpy as np
import pytest

from atrisk.derive.band import banded
from atrisk.derive.misfit import MisfitError

COUNTS = ("1", "2-4", "5-9", ">=10")
PERCENT = ("<3", "3-20", ">20")


def band(value, limit, bands):
    found = banded(np.array([value]), np.array([limit], dtype="<U2"), bands)[0]
    return bands[found] if found >= 0 else None


@pytest.mark.parametrize(
    ("value", "limit", "expected"),
    [
        (1, "", "1"),
        (2, "", "2-4"),
        (4, "", "2-4"),
        (9, "", "5-9"),
        (10, "", ">=10"),
        (10, ">=", ">=10"),
        (12, ">", ">=10"),
        (9, ">", None),  # 9.5 or 10: for whole numbers it is 10 or more, which nobody said
        (5, ">=", None),
        (2, "<", None),  # nothing says that a number of metastases starts at 1
        (1.5, "", None),
        (np.nan, "", None),
    ],
)
def test_counts(value, limit, expected):
    assert band(value, limit, COUNTS) == expected


@pytest.mark.parametrize(
    ("value", "limit", "expected"),
    [
        (2.9, "", "<3"),
        (3, "", "3-20"),
        (20, "", "3-20"),
        (20.1, "", ">20"),
        (1, "<", "<3"),
        (3, "<", "<3"),
        (3, "<=", None),
        (20, ">", ">20"),
        (20, ">=", None),
    ],
)
def test_percent(value, limit, expected):
    assert band(value, limit, PERCENT) == expected


@pytest.mark.parametrize("text", ["", "few", "4-2", "=>3", "1,2"])
def test_words_that_are_no_band(text):
    with pytest.raises(MisfitError, match="no band"):
        banded(np.array([1.0]), np.array([""], dtype="<U2"), (text,))


def test_the_answer_is_read_only():
    assert not banded(np.array([1.0]), np.array([""], dtype="<U2"), COUNTS).flags.writeable
