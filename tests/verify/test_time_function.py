"""Functions of time written in R."""

from __future__ import annotations

import numpy as np
import pytest

from atrisk.errors import DataError
from atrisk.verify.time_function import time_function

T = np.array([0.5, 1.0, 4.0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("t", T),
        ("log(t)", np.log(T)),
        ("t^2 / 10", T**2 / 10),
        ("sqrt(t) - 1", np.sqrt(T) - 1),
        ("(t > 1) * 1", [0, 0, 1]),
        ("I(log(t + 1))", np.log(T + 1)),
        ("-t", -T),
        ("2", [2, 2, 2]),
    ],
)
def test_reads_what_r_reads(text: str, expected: object) -> None:
    np.testing.assert_allclose(time_function(text)(T), expected, rtol=1e-15)


@pytest.mark.parametrize(
    "text", ["x", "t +", "__import__('os')", "t.real", "open(t)", "lambda t: t", "'t'", "log(t, 2)"]
)
def test_refuses_anything_else(text: str) -> None:
    with pytest.raises(DataError):
        time_function(text)
