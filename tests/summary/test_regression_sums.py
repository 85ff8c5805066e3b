"""The additive sums of a regression step: laws, and the obvious formula (oracle: ourselves, slowly)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.errors import EstimationError
from atrisk.summary.regression_sums import RegressionSums


def drawn(seed: int, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    stream = np.random.default_rng(seed)
    return stream.normal(size=(n, 3)), stream.random(n), stream.normal(size=n)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 40), st.integers(0, 40))
def test_the_sums_of_a_union_are_the_sum_of_the_sums(seed: int, first: int, second: int) -> None:
    x, w, z = drawn(seed, first + second)
    whole = RegressionSums.of(x, w, z, deviance=3.0)
    parts = RegressionSums.of(x[:first], w[:first], z[:first], deviance=1.0) + RegressionSums.of(
        x[first:], w[first:], z[first:], deviance=2.0
    )
    np.testing.assert_allclose(parts.gram, whole.gram, atol=1e-12)
    np.testing.assert_allclose(parts.cross, whole.cross, atol=1e-12)
    assert parts.deviance == whole.deviance
    nobody = RegressionSums.zero(3)
    np.testing.assert_array_equal((whole + nobody).gram, (nobody + whole).gram)


def test_sums_patient_by_patient_also_beyond_one_block() -> None:
    x, w, z = drawn(1, 5000)
    sums = RegressionSums.of(x, w, z, deviance=0.0)
    gram = sum(weight * np.outer(row, row) for row, weight in zip(x, w, strict=True))
    cross = sum(value * row for row, value in zip(x, z, strict=True))
    np.testing.assert_allclose(sums.gram, gram, rtol=1e-12, atol=1e-12 * 5000)
    np.testing.assert_allclose(sums.cross, cross, rtol=1e-12, atol=1e-12 * 5000)
    np.testing.assert_allclose(sums.gram @ sums.solve(), sums.cross, atol=1e-9)
    with pytest.raises(ValueError, match="read-only"):
        sums.gram[0, 0] = 1.0


def test_refuses_what_does_not_fit() -> None:
    x, w, z = drawn(2, 5)
    with pytest.raises(EstimationError, match="one row for each patient"):
        RegressionSums.of(x, w[:4], z, deviance=0.0)
    with pytest.raises(EstimationError, match="cannot be added"):
        RegressionSums.zero(2) + RegressionSums.zero(3)
