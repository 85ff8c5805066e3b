"""Bands of a number, such as 1, 2-4, 5-9 and ">=10", and which band a value or limit falls into."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.derive.misfit import MisfitError

_NUMBER = r"-?\d+(?:\.\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\s*(?:-|–|to)\s*({_NUMBER})")
_LIMIT = re.compile(rf"(<=|<|>=|>)\s*({_NUMBER})")
_SINGLE = re.compile(_NUMBER)


@dataclass(frozen=True, slots=True)
class Band:
    """An interval of values; the ends belong to it where ``low_in`` and ``high_in`` say so."""

    text: str
    low: float
    low_in: bool
    high: float
    high_in: bool

    @classmethod
    def parse(cls, text: str) -> Band:
        """The band written as ``3``, ``2-4`` (both ends in), ``<1``, ``<=5``, ``>20`` or ``>=10``.

        Raises MisfitError for anything else.
        """
        written = text.strip()
        if match := _SINGLE.fullmatch(written):
            return cls(text, float(match[0]), True, float(match[0]), True)
        if match := _RANGE.fullmatch(written):
            low, high = float(match[1]), float(match[2])
            if low <= high:
                return cls(text, low, True, high, True)
        if match := _LIMIT.fullmatch(written):
            sign, end = match[1], float(match[2])
            if sign.startswith("<"):
                return cls(text, -np.inf, False, end, sign == "<=")
            return cls(text, end, sign == ">=", np.inf, False)
        raise MisfitError("bands", f"'{text}' is no band.", "Write bands as 1, 2-4, '<1' or '>=10'.")

    def holds(self, numbers: NDArray[np.float64], limit: NDArray[np.str_]) -> NDArray[np.bool_]:
        """Which values lie in the band whatever they are: of a limit such as ">=10", everything beyond it must."""
        low, high = self._above_low(numbers), self._below_high(numbers)
        below, above = np.isin(limit, ("<", "<=")), np.isin(limit, (">", ">="))
        # The value of "<10" is no value it can take, so that the band need not hold 10 itself.
        open_end = np.isin(limit, ("<", ">"))
        low_end = np.where(open_end, numbers >= self.low, low)
        high_end = np.where(open_end, numbers <= self.high, high)
        return np.where(
            below, (self.low == -np.inf) & high_end, np.where(above, (self.high == np.inf) & low_end, low & high)
        )

    def _above_low(self, numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
        return (numbers >= self.low) if self.low_in else (numbers > self.low)

    def _below_high(self, numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
        return (numbers <= self.high) if self.high_in else (numbers < self.high)


def banded(numbers: NDArray[np.float64], limit: NDArray[np.str_], bands: tuple[str, ...]) -> NDArray[np.int64]:
    """The band of each value as a position in ``bands``; -1 where the value is missing or no single band holds it.

    ``limit`` has '' where the value is exact, else its sign. Bands must not overlap: the first that holds a value
    counts. A lowest band such as 1 does not hold "<1", and ">=10" lies in no band that ends.
    """
    found = np.full(numbers.shape, -1, dtype=np.int64)
    for position, text in reversed(list(enumerate(bands))):
        found[Band.parse(text).holds(numbers, limit)] = position
    found.setflags(write=False)
    return found
