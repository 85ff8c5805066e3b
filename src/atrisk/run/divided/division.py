"""A variable that divides the patients: its parts, and who is in which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.derive.variable import Values

Flags = NDArray[np.bool_]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """The parts of a variable by their codes, and the part (n of the cohort) of each patient, -1 where not known."""

    variable: str
    parts: tuple[str, ...]
    part: Codes

    @classmethod
    def of(cls, values: Values) -> Division:
        """By levels, or by the declared bands of a number, which it must have."""
        if values.kind != "number":
            return cls(values.name, values.levels, values.level)
        if values.bands is None or values.band is None:
            raise ValueError("a number divides nobody without bands")
        return cls(values.name, values.bands, values.band)

    @property
    def known(self) -> Flags:
        """Of which patients the part is known."""
        return self.part >= 0

    def members(self, among: Flags) -> Iterator[tuple[int, str, Flags]]:
        """Position, code and patients of every part that any of these patients are in."""
        for position, code in enumerate(self.parts):
            inside = among & (self.part == position)
            if inside.any():
                yield position, code, inside
