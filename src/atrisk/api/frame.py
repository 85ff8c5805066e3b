"""Data frames of any library, through narwhals, or a mapping of arrays; none of the libraries is required."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atrisk.api.column import Column, of_array, of_cells, of_numbers, of_texts
from atrisk.errors import EstimationError

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Library:
    """Where a data frame came from, so that results can be handed back in kind; None: a mapping of arrays."""

    implementation: Any = None

    def frame(self, table: Mapping[str, Any]) -> Any:
        """The columns of a table as a frame of the caller's library."""
        columns = {name: values if isinstance(values, np.ndarray) else list(values) for name, values in table.items()}
        if self.implementation is None:
            return columns
        import narwhals as nw

        return nw.from_dict(columns, backend=self.implementation).to_native()


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A data frame: the names of its columns, its number of rows, and its columns when they are asked for."""

    names: tuple[str, ...]
    n: int
    source: Any
    library: Library

    def column(self, name: str, role: str) -> Column:
        """A column; the message for a name that is not there says what it was wanted for."""
        if not isinstance(name, str):
            raise EstimationError(f"'{role}' must be the name of a column, not {type(name).__name__}.")
        if name not in self.names:
            near = difflib.get_close_matches(name, self.names, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else f" It has: {', '.join(self.names)}."
            raise EstimationError(f"{role}: the data frame has no column '{name}'.{hint}")
        if self.library.implementation is None:
            column = of_array(name, self.source[name])
        else:
            column = _of_series(name, self.source[name])
        if column.values.size != self.n:
            raise EstimationError(f"column '{name}' has {column.values.size} rows, the first column {self.n}.")
        return column


def frame_of(data: Any) -> Frame:
    """A data frame, from pandas, Polars, PyArrow or any other library narwhals knows, or from a mapping of arrays.

    Raises EstimationError for anything else, for frames that are not computed yet, and for two columns of one name.
    """
    if isinstance(data, Mapping):
        names = tuple(str(name) for name in data)
        return Frame(names, len(data[names[0]]) if names else 0, data, Library())
    import narwhals as nw

    try:
        found = nw.from_native(data, eager_only=True)
    except TypeError:
        lazy = hasattr(data, "collect")
        advice = "collect() it first" if lazy else "give a pandas, Polars or PyArrow table, or a dict of arrays"
        raise EstimationError(f"{type(data).__name__} is not a data frame in memory: {advice}.") from None
    except Exception as error:
        if type(error).__name__ != "DuplicateError":
            raise
        raise EstimationError("two columns of the data frame have the same name: rename one of them.") from None
    return Frame(tuple(found.columns), len(found), found, Library(found.implementation))


def _of_series(name: str, series: Any) -> Column:
    import narwhals as nw

    kind = series.dtype
    if kind.is_numeric():
        missing = series.is_null().to_numpy()
        if kind.is_integer() and not missing.any():
            return of_numbers(name, series.to_numpy())
        return of_numbers(name, series.cast(nw.Float64).to_numpy(), missing)
    if kind == nw.Boolean:
        return of_cells(name, series.to_list()) if series.is_null().any() else of_array(name, series.to_numpy())
    if kind == nw.String:
        return of_texts(name, _texts(series.to_list()))
    if kind in (nw.Categorical, nw.Enum):
        declared = tuple(str(level) for level in kind.categories) if isinstance(kind, nw.Enum) else None
        return of_texts(name, _texts(series.cast(nw.String).to_list()), declared)
    if kind in (nw.Date, nw.Datetime, nw.Time, nw.Duration):
        values = np.empty(len(series), dtype=object)
        return Column(name, "span" if kind == nw.Duration else "date", values, series.is_null().to_numpy())
    if kind in (nw.List, nw.Array, nw.Struct, nw.Binary):
        values = np.empty(len(series), dtype=object)
        return Column(name, "nested", values, series.is_null().to_numpy())
    return of_cells(name, series.to_list())


def _texts(cells: Sequence[Any]) -> list[str | None]:
    """Cells of a column of texts, some libraries' missing ones being NaN."""
    return [cell if isinstance(cell, str) else None for cell in cells]
