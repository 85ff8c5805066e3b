"""What a function of data frames hands back: the pure result with names, tidy columns and conventions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from atrisk.api.frame import Library

Result = TypeVar("Result", covariant=True)

_MOST_ROWS = 40


@dataclass(frozen=True, slots=True)
class RowsUsed:
    """How many rows the data frame had, how many were used, and in which columns the others had no value."""

    n_read: int
    n_used: int
    missing: tuple[tuple[str, int], ...] = ()
    library: Library = field(default_factory=Library)

    @property
    def n_left_out(self) -> int:
        """Rows left out for a missing value in a column used (R's na.omit)."""
        return self.n_read - self.n_used

    def __str__(self) -> str:
        if not self.n_left_out:
            return f"{self.n_used} rows, none left out"
        where = ", ".join(f"{name} {count}" for name, count in self.missing)
        return f"{self.n_used} of {self.n_read} rows; {self.n_left_out} left out for missing values ({where})"


@dataclass(frozen=True, slots=True, eq=False)
class Answer(Generic[Result]):
    """A result with the names it was computed for.

    `result` is the frozen result of the pure function (a tuple of them for several groups or tests); `table` its
    numbers as tidy columns of equal length, NaN where something is not estimable; `conventions` what was chosen,
    by the caller or by default; `notes` what the reader should know; `rows` which rows took part. `summary` is the
    table that printing shows, where that is not `table`.
    """

    title: str
    result: Result
    table: Mapping[str, Any]
    conventions: tuple[str, ...]
    rows: RowsUsed
    notes: tuple[str, ...] = ()
    summary: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        for name in ("table", "summary"):
            columns = getattr(self, name)
            if columns is not None:
                object.__setattr__(self, name, MappingProxyType(tidy(columns)))

    def to_dict(self) -> dict[str, list[Any]]:
        """The tidy columns as lists of Python values."""
        return {
            name: list(values.tolist() if isinstance(values, np.ndarray) else values)
            for name, values in self.table.items()
        }

    def to_frame(self) -> Any:
        """The tidy columns as a data frame of the library the data came from (a dict of arrays for a mapping)."""
        return self.rows.library.frame(self.table)

    def __str__(self) -> str:
        lines = [self.title, "", *_printed(self.table if self.summary is None else self.summary), ""]
        lines.append(f"Conventions: {'; '.join(self.conventions)}.")
        lines.append(f"Rows: {self.rows}.")
        lines.extend(f"Note: {note}." for note in self.notes)
        return "\n".join(lines)


def tidy(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of equal length: read-only arrays of numbers, tuples of anything else; single values are repeated."""
    length = max((len(values) for values in columns.values() if _is_column(values)), default=1)
    return {name: _column(values if _is_column(values) else [values] * length) for name, values in columns.items()}


def stacked(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Tables of the same columns on top of one another."""
    whole = [tidy(part) for part in parts]
    if not whole:
        return {}
    return {
        name: np.concatenate([part[name] for part in whole])
        if all(isinstance(part[name], np.ndarray) for part in whole)
        else tuple(value for part in whole for value in part[name])
        for name in whole[0]
    }


def level_words(conf_level: float) -> str:
    """A confidence level in words: 95 %."""
    return f"{100 * conf_level:.6g} %"


def _is_column(values: object) -> bool:
    return isinstance(values, np.ndarray | list | tuple)


def _column(values: Any) -> NDArray[Any] | tuple[Any, ...]:
    array = np.array(values)
    if array.dtype.kind not in "biuf" or array.ndim != 1:
        return tuple(values.tolist() if isinstance(values, np.ndarray) else values)
    array.setflags(write=False)
    return array


def _printed(columns: Mapping[str, Any]) -> list[str]:
    """A table as lines of text, numbers to the right; not more rows than a screen."""
    whole = tidy(columns)
    n = len(next(iter(whole.values()))) if whole else 0
    cells = {name: [_cell(value) for value in values[:_MOST_ROWS]] for name, values in whole.items()}
    width = {name: max(len(name), *(len(cell) for cell in column), 0) for name, column in cells.items()}
    right = {name: isinstance(values, np.ndarray) for name, values in whole.items()}

    def line(row: Mapping[str, str]) -> str:
        return "  ".join(
            row[name].rjust(width[name]) if right[name] else row[name].ljust(width[name]) for name in cells
        ).rstrip()

    lines = [line({name: name for name in cells})]
    lines.extend(line({name: column[i] for name, column in cells.items()}) for i in range(min(n, _MOST_ROWS)))
    if n > _MOST_ROWS:
        lines.append(f"... {n - _MOST_ROWS} more rows: to_frame() has them all")
    return lines


def _cell(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        return "-" if np.isnan(value) else f"{value:.6g}"
    return "" if value is None else str(value)
