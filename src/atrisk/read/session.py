"""The embedded engine: an in-memory DuckDB that can read nothing beyond the folders it was opened with.

A study file is untrusted input and its expressions become SQL, so the engine itself is closed as well: before any of
them run, the folders that may be read are fixed, then external access and the loading of extensions are switched off
and the configuration is locked, which cannot be undone from SQL.
"""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import numpy as np
from numpy.typing import NDArray

from atrisk.errors import DataError
from atrisk.read.table import ColumnType

Value = str | int | float | bool | dt.date | None

_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}


def quote(identifier: str) -> str:
    """The SQL text of an identifier, whatever characters it has."""
    if "\x00" in identifier:
        raise ValueError("a name in SQL cannot hold a NUL character")
    return '"' + identifier.replace('"', '""') + '"'


def literal(value: Value) -> str:
    """The SQL text of a constant: text, whole number, finite number, true/false, date or NULL.

    Raises ValueError for a number that is not finite and for text with a NUL character.
    """
    match value:
        case None:
            return "NULL"
        case bool():
            return "TRUE" if value else "FALSE"
        case int():
            return str(value)
        case float():
            if not np.isfinite(value):
                raise ValueError("a constant in SQL must be a finite number")
            return f"CAST({value!r} AS DOUBLE)"
        case dt.date():
            return f"DATE '{value:%Y-%m-%d}'" if value.year >= 1000 else f"DATE '{value.isoformat()}'"
        case str():
            if "\x00" in value:
                raise ValueError("a constant in SQL cannot hold a NUL character")
            return "'" + value.replace("'", "''") + "'"


def column_type(declared: str) -> ColumnType:
    """The column type for a DuckDB type's name; times stamped to the second count as dates, the rest as text."""
    name = declared.upper().split("(")[0].strip()
    if name in _INTEGERS:
        return ColumnType.INTEGER
    if name in ("DOUBLE", "FLOAT", "DECIMAL"):
        return ColumnType.NUMBER
    if name == "DATE" or name.startswith("TIMESTAMP"):
        return ColumnType.DATE
    if name == "BOOLEAN":
        return ColumnType.BOOLEAN
    return ColumnType.TEXT


# Each thread takes memory.
_MOST_THREADS = 4
# Handing a query out to threads takes longer than a query of a few thousand rows.
_LARGE_BYTES = 20_000_000


def threads_for(bytes_of_data: int) -> int:
    """How many threads the engine takes for data of a size: one for small, one a processor for large."""
    return min(os.cpu_count() or 1, _MOST_THREADS) if bytes_of_data > _LARGE_BYTES else 1


class Session:
    """One engine for one run; a context manager. Rows come back in the order they were loaded."""

    __slots__ = ("_connection", "roots")

    def __init__(self, connection: duckdb.DuckDBPyConnection, roots: tuple[Path, ...]) -> None:
        self._connection = connection
        self.roots = roots

    @classmethod
    def open(cls, roots: Sequence[Path] = (), memory_limit: str | None = None, threads: int = 1) -> Session:
        """An engine that can read files below ``roots`` and nothing else.

        ``memory_limit`` is in DuckDB's words, such as ``4GB``. ``threads``: see `threads_for`. With several, the order
        in which rows come together differs from run to run: SQL here therefore counts, compares and puts in order, and
        adds up fractions only in a stated order; statistics are computed from rows in their order.
        """
        folders = tuple(Path(root).resolve() for root in roots)
        connection = duckdb.connect(":memory:")
        settings = [
            f"SET threads = {int(threads)}",
            "SET enable_progress_bar = false",
            "SET preserve_insertion_order = true",
            # Patients' values are never written to a spill file.
            "SET temp_directory = ''",
            "SET autoinstall_known_extensions = false",
            "SET autoload_known_extensions = false",
            "SET TimeZone = 'UTC'",
            f"SET allowed_directories = [{', '.join(literal(str(folder)) for folder in folders)}]",
        ]
        if memory_limit is not None:
            settings.append(f"SET memory_limit = {literal(memory_limit)}")
        settings += ["SET enable_external_access = false", "SET lock_configuration = true"]
        for setting in settings:
            connection.execute(setting)
        return cls(connection, folders)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the engine's memory back."""
        self._connection.close()

    def create(self, name: str, select_sql: str) -> str:
        """Store a query's rows as the relation ``name`` (replacing one of that name); returns the quoted name."""
        relation = quote(name)
        self._run(f"CREATE OR REPLACE TABLE {relation} AS {select_sql}")
        return relation

    def view(self, name: str, select_sql: str) -> str:
        """Give a query the name ``name``, without storing its rows; returns the quoted name."""
        relation = quote(name)
        self._run(f"CREATE OR REPLACE VIEW {relation} AS {select_sql}")
        return relation

    def load(self, name: str, columns: Mapping[str, str], rows: Sequence[Sequence[Value]]) -> str:
        """Store rows as the relation ``name``; ``columns`` maps each column to its DuckDB type, in order.

        Every row has one cell a column. Returns the quoted name.
        """
        relation = quote(name)
        self._run(
            f"CREATE OR REPLACE TABLE {relation} ({', '.join(f'{quote(c)} {kind}' for c, kind in columns.items())})"
        )
        if rows:
            # An array a column is some fifty times faster than one INSERT a row.
            arrays: dict[str, NDArray[Any]] = {}
            for position, cells in enumerate(zip(*rows, strict=True)):
                array = np.empty(len(cells), dtype=object)
                array[:] = cells
                arrays[f"c{position}"] = array
            self._connection.register("__loading", arrays)
            casts = ", ".join(f"CAST(c{i} AS {kind})" for i, kind in enumerate(columns.values()))
            try:
                self._run(f"INSERT INTO {relation} SELECT {casts} FROM __loading")
            finally:
                self._connection.unregister("__loading")
        return relation

    @contextmanager
    def attached(self, path: Path) -> Iterator[str]:
        """A DuckDB file below the roots, read-only, as a database whose quoted name is given, within the block.

        Raises duckdb's errors where it is no such file, damaged, or in use.
        """
        self._run(f'ATTACH {literal(str(path))} AS "__attached" (TYPE duckdb, READ_ONLY)')
        try:
            yield quote("__attached")
        finally:
            self._run('DETACH "__attached"')

    def drop(self, name: str) -> None:
        """Forget the relation ``name`` and give its memory back; nothing happens where there is none."""
        self._run(f"DROP TABLE IF EXISTS {quote(name)}")

    def drop_view(self, name: str) -> None:
        """Forget the query called ``name``; nothing happens where there is none."""
        self._run(f"DROP VIEW IF EXISTS {quote(name)}")

    def rows(self, select_sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self._run(select_sql).fetchall()

    def value(self, select_sql: str) -> Any:
        """The single value of a query with one row and one column; None for NULL or for no row."""
        row = self._run(select_sql).fetchone()
        return None if row is None else row[0]

    def arrays(self, select_sql: str) -> dict[str, NDArray[Any]]:
        """The columns of a query as read-only arrays by name, all of the same length.

        Numbers are float64 with NaN for NULL; dates are datetime64[D] with NaT; text and true/false are objects with
        None for NULL.
        """
        columns = self._run(select_sql).fetchnumpy()
        return {name: _plain(column) for name, column in columns.items()}

    def types(self, relation: str) -> dict[str, ColumnType]:
        """The columns of a relation (SQL text, quoted where need be) in order, with their types."""
        return {row[0]: column_type(row[1]) for row in self.rows(f"DESCRIBE SELECT * FROM {relation}")}

    def _run(self, sql: str) -> duckdb.DuckDBPyConnection:
        try:
            return self._connection.execute(sql)
        except duckdb.PermissionException:
            raise DataError("The study asked for a file outside its folder; only files below it can be read.") from None
        except duckdb.OutOfMemoryException:
            raise DataError("The data do not fit into the memory this run may use.") from None
        except duckdb.BinderException as error:
            # Raised before any row is looked at, so its words hold no patient's value.
            reason = str(error).splitlines()[0].removeprefix("Binder Error: ")
            raise DataError(f"An expression does not fit the types of its columns: {reason}") from None
        except (duckdb.ConversionException, duckdb.OutOfRangeException, duckdb.InvalidInputException):
            # The engine's own words quote the value, which is a patient's.
            raise DataError("An expression met a value that it cannot turn into the type it needs.") from None


def _plain(column: NDArray[Any] | np.ma.MaskedArray[Any, Any]) -> NDArray[Any]:
    hidden = np.ma.getmaskarray(column) if isinstance(column, np.ma.MaskedArray) else None
    data: NDArray[Any] = np.ma.getdata(column)
    if data.dtype.kind == "M":
        plain: NDArray[Any] = data.astype("datetime64[D]")
        empty: Any = np.datetime64("NaT", "D")
    elif data.dtype.kind in "iuf":
        plain, empty = data.astype(np.float64), np.nan
    else:
        plain, empty = data.astype(object), None
    if hidden is not None and hidden.any():
        plain[hidden] = empty
    plain.setflags(write=False)
    return plain
