"""The rows that have a value in every column used, by R's rule, and what may be read from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atrisk.api.answer import RowsUsed
from atrisk.api.column import Column
from atrisk.api.frame import frame_of
from atrisk.api.level import Level, level_text
from atrisk.errors import EstimationError

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]
Names = str | Sequence[str]


@dataclass(frozen=True, slots=True, eq=False)
class CompleteRows:
    """The columns used, the places `at` (from 0) of the rows without a missing value, and their account."""

    columns: Mapping[str, Column]
    at: Codes
    account: RowsUsed

    @property
    def n(self) -> int:
        """How many rows are complete."""
        return self.at.size

    def numbers(self, name: str, use: str) -> Floats:
        """A column of finite numbers; `use` says in the message what for."""
        return self.columns[name].numbers(self.at, use)

    def equals(self, name: str, value: Level) -> Flags:
        """Where a column holds a code."""
        return self.columns[name].equals(self.at, value)

    def codes(self, names: Names | None) -> tuple[Codes, tuple[str, ...]]:
        """Codes from 0 of a column's levels, or of the combinations of several columns that occur, and their labels.

        A label is the level itself for one column, `sex=1, site=A` for several; the first column varies slowest.
        Without a column all rows have code 0 and the label is empty.
        """
        chosen = as_names(names)
        if not chosen:
            return np.zeros(self.n, dtype=np.int64), ("",)
        coded = [self.columns[name].coded(self.at) for name in chosen]
        if len(chosen) == 1:
            return coded[0]
        whole = np.zeros(self.n, dtype=np.int64)
        for code, levels in coded:
            whole = whole * max(len(levels), 1) + code
        found, first, code = np.unique(whole, return_index=True, return_inverse=True)
        labels = tuple(
            ", ".join(f"{name}={levels[c[i]]}" for name, (c, levels) in zip(chosen, coded, strict=True)) for i in first
        )
        return code.reshape(-1).astype(np.int64), labels if found.size else ("",)

    def refuse_where(self, bad: Flags, name: str, words: str) -> None:
        """Stop at the first complete row in which something is wrong with a column."""
        if np.any(bad):
            self.columns[name].refuse(int(self.at[np.argmax(bad)]), words)


def complete_rows(
    data: Any,
    roles: Mapping[str, Names | None],
    levels: Mapping[str, Sequence[Level]] | None = None,
    *,
    may_lack: tuple[str, ...] = (),
) -> CompleteRows:
    """Read the columns that play a role, and leave out rows with a missing value in any of them.

    `roles`: what is asked for -> its column or columns. `levels`: the declared levels of a column; by R's rule a
    value outside them is missing. `may_lack`: columns of which a row needs only one.
    Raises EstimationError for a column that is not there, and where no row is left.
    """
    frame = frame_of(data)
    columns: dict[str, Column] = {}
    for role, names in roles.items():
        if names is not None and not isinstance(names, str | Sequence):
            raise EstimationError(f"'{role}' must be the name of a column, not {type(names).__name__}.")
        for name in as_names(names):
            columns.setdefault(name, frame.column(name, role))
    keep = np.ones(frame.n, dtype=bool)
    missing = []
    every = np.arange(frame.n)
    if may_lack:
        keep &= ~np.logical_and.reduce([columns[name].missing for name in may_lack])
    if not keep.all():
        missing.append((" and ".join(may_lack), int((~keep).sum())))
    for name, column in columns.items():
        if name in may_lack:
            continue
        absent = column.missing
        if levels and name in levels:
            absent = absent | ~column.any_of(every, levels[name])
        if absent.any():
            missing.append((name, int(absent.sum())))
            keep &= ~absent
    at = np.flatnonzero(keep)
    if not at.size:
        raise EstimationError("no row has a value in every column used: there is nothing to compute.")
    return CompleteRows(columns, at, RowsUsed(frame.n, at.size, tuple(missing), frame.library))


def as_names(names: Names | None) -> tuple[str, ...]:
    """No, one or several names of columns."""
    if names is None:
        return ()
    return (names,) if isinstance(names, str) else tuple(names)


def as_levels(values: Any) -> tuple[Level, ...]:
    """One or several codes."""
    return (values,) if isinstance(values, str | int | float | bool) else tuple(values)


def chosen_level(rows: CompleteRows, name: str, value: Level | None, argument: str) -> Flags:
    """Where a column with two kinds of values has the one of interest: 1 or true, or the code that was declared."""
    if value is not None:
        found = rows.equals(name, value)
        if not found.any():
            raise EstimationError(f"column '{name}' never holds the code {level_text(value)} that {argument} declares.")
        return found
    column = rows.columns[name]
    column.require_codes()
    if column.kind not in ("number", "truth"):
        column.refuse(int(rows.at[0]), f"say with {argument} which code is meant.")
    numbers = rows.numbers(name, "a column of yes or no")
    outside = (numbers != 0) & (numbers != 1)
    rows.refuse_where(outside, name, f"codes other than 0 and 1: say with {argument} which code is meant.")
    return np.asarray(numbers == 1)
