"""Patterns of missing values and who has them: by hand, and against a loop."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atrisk.compare.balance.missing_patterns import complete_and_incomplete, missing_patterns
from atrisk.errors import EstimationError
from atrisk.estimate.imputation.column import Column


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans(), st.integers(0, 2)), min_size=1, max_size=40))
def test_patterns_against_a_loop(rows: list[tuple[bool, bool, bool, int]]) -> None:
    flags, group = np.array([row[:3] for row in rows]), [row[3] for row in rows]
    found = missing_patterns(flags, group=group, n_groups=3)
    counted = Counter((row[:3], row[3]) for row in rows)
    for pattern, count in zip(found.patterns, found.count, strict=True):
        assert count.tolist() == [counted[tuple(pattern.tolist()), of] for of in range(3)]
    total = found.count.sum(axis=1)
    assert total.min() > 0
    keys = [
        (-int(n), int(pattern.sum()), tuple(pattern.tolist())) for n, pattern in zip(total, found.patterns, strict=True)
    ]
    assert keys == sorted(keys)
    assert found.n.tolist() == [group.count(of) for of in range(3)]
    assert found.n_missing.tolist() == [
        [sum(row[k] and row[3] == of for row in rows) for of in range(3)] for k in range(3)
    ]
    assert found.n_complete.tolist() == [sum(not any(row[:3]) and row[3] == of for row in rows) for of in range(3)]
    assert found.incomplete.tolist() == [any(row[:3]) for row in rows]


def test_without_groups_and_variables() -> None:
    found = missing_patterns(np.zeros((3, 0), dtype=bool))
    assert (found.count.tolist(), found.n_complete.tolist(), found.n_missing.shape) == ([[3]], [3], (0, 1))


def test_contrasts_by_hand() -> None:
    """Numbers 1, 3 in the complete and 5, 7 in the incomplete: difference 4, variances 2: 4 / sqrt(2)."""
    nan = math.nan
    columns = [
        Column(np.array([1.0, 3.0, 5.0, 7.0, nan])),
        Column(np.array([0.0, 1.0, 1.0, 1.0, 0.0]), "levels"),
        Column(np.array([0.0, 1.0, 2.0, nan, nan]), "ordered"),
        Column(np.array([1.0, 1.0, nan, nan, nan])),
    ]
    flags = np.stack([column.missing for column in columns], axis=1)
    incomplete = missing_patterns(flags).incomplete
    assert incomplete.tolist() == [False, False, True, True, True]
    number, binary, ordered, alone = complete_and_incomplete(columns, incomplete)
    assert (number.n_complete, number.n_incomplete) == (2, 2)
    assert (number.mean_complete, number.mean_incomplete) == (2.0, 6.0)
    assert number.difference.value == pytest.approx(4 / math.sqrt(2))
    # 2/3 against 1/2: variances 2/9 and 1/4.
    assert binary.difference.value == pytest.approx((2 / 3 - 1 / 2) / math.sqrt((2 / 9 + 1 / 4) / 2))
    assert binary.share_complete.tolist() == [0.5, 0.5]
    assert math.isnan(binary.mean_complete)
    assert "share no level" in ordered.difference.reason
    assert "fewer than two" in alone.difference.reason


def test_bad_questions_are_refused() -> None:
    with pytest.raises(EstimationError, match="true or false"):
        missing_patterns(np.zeros((2, 2)))
    with pytest.raises(EstimationError, match="beyond the number"):
        missing_patterns(np.zeros((2, 1), dtype=bool), group=[0, 1], n_groups=1)
    with pytest.raises(EstimationError, match="true or false"):
        complete_and_incomplete([Column(np.ones(3))], np.ones(2, dtype=bool))


def test_numbers_below_zero_are_set_side_by_side() -> None:
    column, other = Column(np.array([-3.0, -1.0, -7.0, -5.0])), np.array([False, False, True, True])
    (found,) = complete_and_incomplete([column], other)
    assert (found.mean_complete, found.mean_incomplete) == (-2.0, -6.0)
    assert found.difference.value == pytest.approx(-4 / math.sqrt(2))
    assert found.share_complete.size == 0
