"""Adjusted p values against the step-by-step definition (oracle: ourselves, slowly)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atrisk.compare.multiplicity import adjust
from atrisk.errors import EstimationError

p_values = st.lists(st.one_of(st.floats(0, 1), st.just(float("nan")), st.sampled_from([0.01, 0.05])), max_size=8)


def holm_rejects(p: list[float], index: int, level: float) -> bool:
    """Holm's procedure as he wrote it: go up from the smallest p and stop at the first above level / tests left."""
    left = sorted((value, i) for i, value in enumerate(p))
    while left:
        value, i = left.pop(0)
        if value * (len(left) + 1) > level:
            return False
        if i == index:
            return True
    raise AssertionError("the test is not in the family")


@given(p=st.lists(st.floats(1e-12, 1), min_size=1, max_size=7))
def test_holm_is_the_level_at_which_the_procedure_first_rejects(p: list[float]) -> None:
    adjusted = adjust(p, "holm")
    for i, level in enumerate(adjusted):
        assert level >= p[i]
        assert level == 1.0 or holm_rejects(p, i, level * (1 + 1e-12))
        assert level == 0.0 or not holm_rejects(p, i, level * (1 - 1e-9))


@given(p=p_values, data=st.data())
@pytest.mark.parametrize("method", ["holm", "bonferroni", "benjamini-hochberg", "none"])
def test_order_and_missing_tests(method: Any, p: list[float], data: st.DataObject) -> None:
    """The order of the family does not matter, and a test that could not be done does not count in it."""
    adjusted = adjust(p, method)
    order = data.draw(st.permutations(range(len(p))))
    np.testing.assert_array_equal(adjust([p[i] for i in order], method), adjusted[list(order)])
    done = ~np.isnan(np.array(p, dtype=float))
    np.testing.assert_array_equal(np.isnan(adjusted), ~done)
    np.testing.assert_array_equal(adjust(np.array(p)[done], method), adjusted[done])


def test_by_hand() -> None:
    """Three tests, 0.01, 0.02 and 0.03: Holm 3 * 0.01, 2 * 0.02, then 1 * 0.03 raised to the 0.04 before it."""
    np.testing.assert_allclose(adjust([0.03, 0.01, 0.02], "holm"), [0.04, 0.03, 0.04], rtol=1e-14)
    np.testing.assert_allclose(adjust([0.03, 0.01, 0.02], "bonferroni"), [0.09, 0.03, 0.06], rtol=1e-14)
    np.testing.assert_allclose(adjust([0.03, 0.01, 0.02], "benjamini-hochberg"), [0.03] * 3, rtol=1e-14)


@pytest.mark.parametrize(("p", "method"), [([1.2], "holm"), ([-0.1], "none"), ([[0.1]], "holm"), ([0.1], "sidak")])
def test_arguments_outside_the_domain(p: Any, method: Any) -> None:
    with pytest.raises(EstimationError):
        adjust(p, method)
