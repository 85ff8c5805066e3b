"""Compares two answers to one question, number by number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atrisk.verify.case import Tolerance

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# What is called agreement to the last digits; the floor lets a zero meet the rounding residue beside large numbers.
_CLOSE = 1e-9
_RESIDUE = 1e-12
_NOTHING = 1e-15
# Below this a p value is compared on the log scale: an absolute tolerance would let anything pass.
_TINY_P = 1e-8
_TOKENS = {"Inf": np.inf, "-Inf": -np.inf, "NA": np.nan, "NaN": np.nan}
_P_VALUE = re.compile(r"(^|_)p($|_)")


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """For each value (n,): what was expected and got, the relative difference, and whether it agrees."""

    expected: Floats
    got: Floats
    relative_difference: Floats
    within: Flags
    close: Flags

    @property
    def worst(self) -> int:
        """The place of the value furthest off, those outside the tolerance first; -1 where there is none."""
        if self.expected.size == 0:
            return -1
        return int(np.lexsort((self.relative_difference, ~self.within))[-1])


def is_p_value(statistic: str) -> bool:
    """Whether the last word of a statistic's name says that it is a p value (`p`, `p_holm`, `exact_p`)."""
    return bool(_P_VALUE.search(statistic.rsplit(".", 1)[-1]))


def as_numbers(value: Any) -> Floats | None:
    """A number or nested lists of numbers as an array; None if there are others.

    None and the texts "NA" and "NaN" are NaN, "Inf" and "-Inf" infinite.
    """
    if isinstance(value, np.ndarray):
        return value.astype(np.float64) if value.dtype.kind in "iuf" else None
    try:
        return np.asarray(_plain(value), dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None


def as_plain_numbers(value: Any) -> Floats | None:
    """As `as_numbers`, and yes and no as 1 and 0."""
    return np.array(float(value)) if isinstance(value, bool | np.bool_) else as_numbers(value)


def compare_numbers(
    expected: Floats, got: Floats, tolerance: Tolerance, *, p_value: bool, scale: float = 0.0
) -> Comparison:
    """Compare arrays of one shape: |a - b| <= atol + rtol |b|; NaN meets NaN, an infinity itself.

    Tiny p values (below 1e-8) are compared by their logarithms. `close` asks for 1e-9 relatively, or for 1e-12
    of the largest number of the same statistic (or of `scale`, the size of what was added up), which is all that
    rounding leaves of a zero.
    """
    b, a = expected.ravel(), got.ravel()
    largest = float(np.abs(b[np.isfinite(b)]).max(initial=scale))
    floor = np.full(b.shape, max(_RESIDUE * largest, _NOTHING))
    atol = np.full(b.shape, tolerance.atol)
    if p_value:
        tiny = (b > 0) & (b < _TINY_P) & (a > 0)
        b, a = np.where(tiny, np.log(np.where(tiny, b, 1.0)), b), np.where(tiny, np.log(np.where(tiny, a, 1.0)), a)
        # A p value of 1e-30 is not zero beside one of 0.5.
        floor = np.where(tiny | (b > 0), _NOTHING, floor)
        atol = np.where((b > 0) & (b < _TINY_P), 0.0, atol)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        off = np.where(same, 0.0, np.abs(a - b))
        size = np.abs(b)
        relative = np.where(same, 0.0, np.where(size > 0, off / size, off))
        comparable = np.isfinite(a) & np.isfinite(b)
        within = same | (comparable & (off <= atol + tolerance.rtol * size))
        close = same | (comparable & (off <= np.maximum(_CLOSE * size, floor)))
    relative = np.where(np.isnan(relative), np.inf, relative)
    return Comparison(expected.ravel(), got.ravel(), relative, within, close)


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return value.tolist()
    if value is None:
        return np.nan
    if isinstance(value, str) and value in _TOKENS:
        return _TOKENS[value]
    if isinstance(value, bool | np.bool_ | str):
        raise TypeError
    return float(value)
