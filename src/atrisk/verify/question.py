"""The question that a reference case asks: a method, its options and the data; never the answer."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import DataError
from atrisk.summary.event_counts import snap_times

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]
Level = tuple[str, ...]

# Options whose columns a row must have a value in, to be counted among the complete ones.
_ONE_COLUMN = ("time", "event", "entry", "weights", "cluster", "offset", "outcome", "treatment", "exposure")
_SOME_COLUMNS = ("group", "strata", "censoring_group", "scale_strata")


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What a case asks; `columns` holds its data set as text (empty = missing), {} where there is none.

    `data_row` (n,) is the number, from 1, of each row in the CSV file: `complete` and `where` leave rows out.
    `numeric` names the columns in which every cell of the file is a number (R sorts their levels as numbers).
    `rate_table` holds the columns of the data set that the option `rate_table` names, {} without one.
    """

    id: str
    method: str
    dataset: str | None
    options: Mapping[str, Any]
    columns: Mapping[str, tuple[str, ...]]
    data_row: Codes
    numeric: frozenset[str]
    rate_table: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """The number of rows of data."""
        return len(self.data_row)

    def text(self, name: str) -> tuple[str, ...]:
        """A column's cells; refuses a name that the data set does not have."""
        if name not in self.columns:
            raise DataError(f"case {self.id}: the data set {self.dataset} has no column '{name}'.")
        return self.columns[name]

    def numbers(self, name: str) -> Floats:
        """A column as numbers (n,), missing as NaN."""
        try:
            return np.array([float(cell) if cell else np.nan for cell in self.text(name)], dtype=np.float64)
        except ValueError:
            raise DataError(
                f"case {self.id}: the column '{name}' holds a text where a number is needed (missing = empty)."
            ) from None

    def given(self, option: str) -> Floats | None:
        """The column of numbers that an option names, None where the case does not use the option."""
        name = self.options.get(option)
        return None if name is None else self.numbers(str(name))

    def equals(self, name: str, value: object) -> Flags:
        """Where a column holds a value of the options (2, 2.0 and "2" are the same)."""
        return np.array([same(cell, value) for cell in self.text(name)], dtype=bool)

    def names(self, option: str) -> tuple[str, ...]:
        """The columns that an option names: none, one or several."""
        value = self.options.get(option)
        if value is None:
            return ()
        return (value,) if isinstance(value, str) else tuple(value)

    def codes(self, names: str | Sequence[str]) -> tuple[Codes, tuple[Level, ...]]:
        """Codes (n,) of the combinations that occur, and the level of each column in every one of them.

        In R's order: the first column varies slowest, numbers sort as numbers, texts by code point. Without a
        column every row has code 0.
        """
        chosen = (names,) if isinstance(names, str) else tuple(names)
        if not chosen:
            return np.zeros(self.n, dtype=np.int64), ((),)
        levels, place = [], []
        for name in chosen:
            cells = self.text(name)
            keys: list[Any] = [float(cell) for cell in cells] if name in self.numeric else list(cells)
            order = {key: i for i, key in enumerate(sorted(set(keys)))}
            levels.append([level_text(key) for key in order])
            place.append([order[key] for key in keys])
        rows = list(zip(*place, strict=True))
        present = set(rows)
        ranges = [range(len(column)) for column in levels]
        combinations = [combination for combination in itertools.product(*ranges) if combination in present]
        number = {combination: i for i, combination in enumerate(combinations)}
        texts = tuple(
            tuple(column[i] for column, i in zip(levels, combination, strict=True)) for combination in combinations
        )
        return np.array([number[row] for row in rows], dtype=np.int64), texts

    def happened(self) -> Flags:
        """Whether each row ends with the event: `event == event_value` (1 where the option is absent)."""
        return self.equals(str(self.options["event"]), self.options.get("event_value", 1))

    def states(self) -> tuple[Codes, tuple[str, ...]]:
        """Codes (n,) of the states of competing risks, 0 for censoring, and the names of the causes 1, 2, ..."""
        mapping = dict(self.options["event_map"])
        censor = self.options.get("censor", next(iter(mapping.values())))
        causes = tuple(dict.fromkeys(state for state in mapping.values() if state != censor))
        code = np.full(self.n, -1, dtype=np.int64)
        for value, state in mapping.items():
            code[self.equals(str(self.options["event"]), value)] = 0 if state == censor else causes.index(state) + 1
        if np.any(code < 0):
            raise DataError(f"case {self.id}: an event code is not in the event_map; take the complete rows first.")
        return code, causes

    def times(self) -> tuple[Floats, Floats | None]:
        """Follow-up (n,) and delayed entry (n,) or None, tied by R's rule unless `timefix` is false."""
        time, entry = self.numbers(str(self.options["time"])), self.given("entry")
        if self.options.get("timefix") is False:
            return time, entry
        if entry is None:
            return snap_times(time), None
        entry, time = snap_times(np.stack([entry, time]))
        return time, entry

    def used(self) -> tuple[str, ...]:
        """Every column that the common options name."""
        names = [self.options[key] for key in _ONE_COLUMN if self.options.get(key) is not None]
        for key in _SOME_COLUMNS:
            names.extend(self.names(key))
        names.extend(covariate["name"] for covariate in self.options.get("covariates", ()))
        return tuple(dict.fromkeys(str(name) for name in names))

    def complete(self, names: Iterable[str] | None = None) -> Question:
        """The question of the rows that have a value in every column named (default: every one used).

        By default a level outside a factor's `levels`, an event code outside `event_map` and follow-up that does not
        end after its entry are missing too.
        """
        keep = np.ones(self.n, dtype=bool)
        for name in self.used() if names is None else names:
            keep &= np.array([cell != "" for cell in self.text(name)], dtype=bool)
        if names is None:
            for covariate in self.options.get("covariates", ()):
                if covariate["type"] == "factor":
                    keep &= self._any_of(covariate["name"], covariate["levels"])
            if "event_map" in self.options:
                keep &= self._any_of(str(self.options["event"]), self.options["event_map"])
            keep &= ~self.ends_at_entry()
        return self.where(keep)

    def ends_at_entry(self) -> Flags:
        """Whether each row's follow-up ends at or before its entry, and nobody is at risk in it."""
        entry = self.given("entry")
        if entry is None:
            return np.zeros(self.n, dtype=bool)
        return np.asarray(entry >= self.numbers(str(self.options["time"])))

    def where(self, keep: Flags) -> Question:
        """The question of some of its rows."""
        rows = np.flatnonzero(keep)
        columns = {name: tuple(cells[i] for i in rows) for name, cells in self.columns.items()}
        return replace(self, columns=columns, data_row=self.data_row[rows])

    def _any_of(self, name: str, values: Iterable[object]) -> Flags:
        found = np.zeros(self.n, dtype=bool)
        for value in values:
            found |= self.equals(name, value)
        return found


def same(cell: str, value: object) -> bool:
    """Whether a cell holds a value named in a case's options: "2", 2 and 2.0 are the same."""
    try:
        return float(cell) == float(str(value))
    except ValueError:
        return cell == str(value)


def level_text(key: float | str) -> str:
    """A level as R writes it: numbers with up to 15 significant digits, 1 rather than 1.0."""
    return key if isinstance(key, str) else f"{key:.15g}"


def label(names: Sequence[str], levels: Level) -> str:
    """A combination of levels as R's survfit names it: `sex=1, ph.ecog=0`."""
    return ", ".join(f"{name}={level}" for name, level in zip(names, levels, strict=True))
