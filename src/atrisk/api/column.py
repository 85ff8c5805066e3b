"""One column of a data frame, with its missing cells, and what may be asked of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

import numpy as np
from numpy.typing import NDArray

from atrisk.api.level import Level, as_number, level_text
from atrisk.errors import EstimationError

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]
Kind = Literal["number", "truth", "text", "date", "span", "mixed", "nested"]

_IN_WORDS = {
    "text": "texts",
    "date": "dates",
    "span": "spans of time",
    "mixed": "numbers mixed with something else",
    "nested": "lists or records",
}
_REMEDY = {
    "text": "write missing values as empty cells and turn the rest into numbers first",
    "date": "take differences in days first",
    "span": "turn them into a number of days first",
    "mixed": "write missing values as empty cells and turn the rest into numbers first",
    "nested": "one number a row is needed",
}
# Above this whole numbers are no longer all different as float64: two patients could become one.
_LARGEST_WHOLE = 2**53
# Squares and products of larger numbers are infinite, of smaller ones 0.
_LARGEST = 1e100


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column: `values` (n,) are float64 for numbers and truth values (missing: NaN), else objects (missing: None).

    `missing` (n,); `levels`: the order of an ordered categorical column, else None. `first_bad` is the place of the
    first cell that is no number in a mixed column. Rows are numbered from 1 in messages, which never show a value.
    """

    name: str
    kind: Kind
    values: NDArray[Any]
    missing: Flags
    levels: tuple[str, ...] | None = None
    first_bad: int = 0

    def refuse(self, row: int, words: str) -> NoReturn:
        """Stop with the column and the row (a place from 0) in which something is wrong."""
        raise EstimationError(f"column '{self.name}', row {row + 1}: {words}")

    def require_numbers(self, use: str) -> None:
        """Stop unless the column holds numbers."""
        if self.kind not in ("number", "truth"):
            present = np.flatnonzero(~self.missing)
            row = self.first_bad if self.kind == "mixed" else int(present[0]) if present.size else 0
            self.refuse(row, f"{use} must be numbers, not {_IN_WORDS[self.kind]}; {_REMEDY[self.kind]}.")

    def numbers(self, rows: Codes, use: str) -> Floats:
        """Finite numbers of the rows at some places."""
        self.require_numbers(use)
        values = self.values[rows]
        bad = np.flatnonzero(~np.isfinite(values))
        if bad.size:
            self.refuse(int(rows[bad[0]]), f"{use} must be finite numbers.")
        self.refuse_extremes(rows, use)
        return np.asarray(values, dtype=np.float64)

    def refuse_extremes(self, rows: Codes, use: str) -> None:
        """Stop at a number of some rows whose square would be infinite or 0; infinity itself is left to the caller."""
        size = np.abs(self.values[rows])
        with np.errstate(invalid="ignore"):
            extreme = np.flatnonzero((np.isfinite(size) & (size > _LARGEST)) | ((size > 0) & (size < 1 / _LARGEST)))
        if extreme.size:
            self.refuse(int(rows[extreme[0]]), f"{use} must lie between 1e-100 and 1e100 in size: choose another unit.")

    def equals(self, rows: Codes, value: Level) -> Flags:
        """Where some rows hold a code: 2, 2.0 and "2" are the same."""
        self.require_codes()
        if self.kind in ("number", "truth"):
            number = as_number(value)
            return np.zeros(rows.size, dtype=bool) if number is None else np.asarray(self.values[rows] == number)
        return np.asarray(self.values[rows] == level_text(value), dtype=bool)

    def any_of(self, rows: Codes, values: Sequence[Level]) -> Flags:
        """Where some rows hold one of some codes."""
        found = np.zeros(rows.size, dtype=bool)
        for value in values:
            found |= self.equals(rows, value)
        return found

    def coded(self, rows: Codes) -> tuple[Codes, tuple[str, ...]]:
        """Codes from 0 of the levels that occur in some rows, and the levels as text.

        Numbers sort as numbers, texts by code point, an ordered categorical by its own order.
        """
        self.require_codes()
        if self.kind in ("number", "truth"):
            found, code = np.unique(self.values[rows], return_inverse=True)
            return code.reshape(-1).astype(np.int64), tuple(level_text(value) for value in found)
        cells = (self.values if rows.size == self.values.size else self.values[rows]).tolist()
        present = set(cells)
        order = sorted(present) if self.levels is None else [level for level in self.levels if level in present]
        place = {level: i for i, level in enumerate(order)}
        return np.fromiter((place[cell] for cell in cells), dtype=np.int64, count=len(cells)), tuple(order)

    def require_codes(self) -> None:
        """Stop unless the column holds what can be a code."""
        if self.kind in ("mixed", "nested", "span"):
            self.refuse(self.first_bad, f"codes must be numbers, truth values or texts, not {_IN_WORDS[self.kind]}.")
        if self.kind == "date":
            self.refuse(self.first_bad, "codes must be numbers, truth values or texts, not dates.")


def of_array(name: str, values: Any) -> Column:
    """A column from an array, or from a list of cells."""
    hidden = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
    array = np.asarray(values) if isinstance(values, np.ndarray) else _array_of(values)
    if array.ndim != 1:
        raise EstimationError(f"column '{name}' must be one-dimensional, one value a row.")
    kind = array.dtype.kind
    if kind in "iuf":
        column = of_numbers(name, array)
    elif kind == "b":
        column = Column(name, "truth", array.astype(np.float64), np.zeros(array.size, dtype=bool))
    elif kind in "Mm":
        column = Column(name, "date" if kind == "M" else "span", array, np.isnat(array))
    else:
        column = of_cells(name, array.tolist())
    if hidden is None or not hidden.any():
        return column
    emptied = column.values.copy()
    emptied[hidden] = np.nan if emptied.dtype.kind == "f" else None
    return Column(name, column.kind, emptied, column.missing | hidden, column.levels, column.first_bad)


def of_numbers(name: str, values: NDArray[Any], missing: Flags | None = None) -> Column:
    """A column of numbers; NaN is missing, as in R."""
    if (
        values.dtype.kind in "iu"
        and values.size
        and max(abs(int(values.max())), abs(int(values.min()))) > _LARGEST_WHOLE
    ):
        raise EstimationError(f"column '{name}' holds whole numbers beyond 2^53: give such identifiers as texts.")
    numbers = values.astype(np.float64)
    if missing is not None:
        numbers[missing] = np.nan
    return Column(name, "number", numbers, np.isnan(numbers))


def of_texts(name: str, cells: Sequence[str | None], levels: tuple[str, ...] | None = None) -> Column:
    """A column of texts, None where missing; `levels`: the order of an ordered categorical."""
    values = np.empty(len(cells), dtype=object)
    values[:] = cells
    missing = np.fromiter((cell is None for cell in cells), dtype=bool, count=len(cells))
    return Column(name, "text", values, missing, levels)


def of_cells(name: str, cells: Sequence[object]) -> Column:
    """A column of Python objects, which are looked at one by one."""
    known = [None if _is_missing(cell) else cell for cell in cells]
    present = [cell for cell in known if cell is not None]
    missing = np.fromiter((cell is None for cell in known), dtype=bool, count=len(known))
    if present and all(isinstance(cell, bool | np.bool_) for cell in present):
        return Column(name, "truth", _floats(known), missing)
    if all(isinstance(cell, int | float | np.number) for cell in present):
        return of_numbers(name, _floats(known))
    if all(isinstance(cell, str) for cell in present):
        return of_texts(name, [None if cell is None else str(cell) for cell in known])
    first = next(
        i for i, cell in enumerate(known) if cell is not None and not isinstance(cell, int | float | np.number)
    )
    values = np.empty(len(known), dtype=object)
    values[:] = known
    dated = all(hasattr(cell, "isoformat") for cell in present)
    return Column(name, "date" if dated else "mixed", values, missing, first_bad=first)


def _array_of(values: Any) -> NDArray[Any]:
    """A list as an array, without the conversions that would turn 1 and "a" into "1" and "a"."""
    cells = np.empty(len(values), dtype=object)
    cells[:] = list(values)
    return cells


def _floats(cells: Sequence[Any]) -> Floats:
    if any(isinstance(cell, int) and abs(cell) > _LARGEST_WHOLE for cell in cells):
        return np.array([0 if cell is None else cell for cell in cells])
    return np.array([math.nan if cell is None else float(cell) for cell in cells], dtype=np.float64)


def _is_missing(cell: object) -> bool:
    if cell is None or type(cell).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(cell, float | np.floating) and math.isnan(cell)
