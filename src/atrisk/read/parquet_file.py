"""Parquet files: columns that bring their types along."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

from pathlib import Path

import duckdb

from atrisk.errors import DataError
from atrisk.read.contents import Contents, unchanged
from atrisk.read.header import column_names
from atrisk.read.session import Session, column_type, literal, quote
from atrisk.read.source import Source
from atrisk.read.table import ROW, ColumnType

# Whole numbers beyond 64 bits with sign are read from their text, which says which of them do not fit.
_TOO_WIDE = {"HUGEINT", "UHUGEINT", "UBIGINT"}
_PATTERN_SIGNS = set("*?[]{}")


def read_parquet(path: Path, *, file: str, session: Session, name: str) -> Source:
    """The rows of a Parquet file in the relation ``name``; ``__row`` counts as in a text file: the first row is 2.

    A column keeps the file's type where that is a date, true/false, or a number the engine computes with (a time stamp
    is cut to its day, NaN is missing), and is text otherwise; so is a column of numbers in which one is infinite.
    ``file`` is the name shown.
    Raises DataError where the file is not Parquet, is damaged, has no usable columns, or changes while it is read.
    """
    if _PATTERN_SIGNS & set(str(path)):
        # The engine would take the path for a pattern and read other files.
        raise DataError(f"{file}: the name of a Parquet file or its folder cannot hold any of * ? [ ] {{ }}.")
    with unchanged(path, file) as contents:
        return _read(path, contents, file=file, session=session, name=name)


def _read(path: Path, contents: Contents, *, file: str, session: Session, name: str) -> Source:
    source = f"read_parquet({literal(str(path))}, file_row_number = true)"
    try:
        described = session.rows(f"DESCRIBE SELECT * EXCLUDE (file_row_number) FROM {source}")
        kinds = native_kinds(session, source, {row[0]: row[1] for row in described})
    except (duckdb.Error, DataError):
        raise _unreadable(file) from None
    columns = [row[0] for row in described]
    names = column_names(columns, file=file)
    cells = [f"{typed_cell(old, kinds.get(old))} AS {quote(new)}" for old, new in zip(columns, names, strict=True)]
    try:
        relation = session.create(
            name,
            f"SELECT file_row_number + 2 AS {quote(ROW)}, {', '.join(cells)} FROM {source}",
        )
    except (duckdb.Error, DataError):
        raise _unreadable(file) from None
    n_rows = int(session.value(f"SELECT count(*) FROM {relation}"))
    native = {new: kinds[old] for old, new in zip(columns, names, strict=True) if old in kinds}
    return Source(name, relation, names, n_rows, contents, native=native)


def _unreadable(file: str) -> DataError:
    return DataError(
        f"{file} cannot be read as Parquet: it is another kind of file, damaged, or larger than the memory."
    )


def native_kinds(session: Session, source: str, types: dict[str, str]) -> dict[str, ColumnType]:
    """The types that columns keep, of a relation ``source`` whose engine types are ``types``; the others are text."""
    kinds: dict[str, ColumnType] = {
        column: kind
        for column, declared in types.items()
        if (kind := column_type(declared)) is not ColumnType.TEXT and declared not in _TOO_WIDE
    }
    numbers = [column for column, kind in kinds.items() if kind is ColumnType.NUMBER]
    if numbers:
        counts = ", ".join(f"count(*) FILTER (WHERE isinf(CAST({quote(column)} AS DOUBLE)))" for column in numbers)
        for column, infinite in zip(numbers, session.rows(f"SELECT {counts} FROM {source}")[0], strict=True):
            if infinite:
                # As text each infinite cell becomes a finding; as a number it would have to be dropped in silence.
                del kinds[column]
    return kinds


def typed_cell(column: str, kind: ColumnType | None) -> str:
    """SQL of a column in the type it keeps; NaN is missing, a time stamp is cut to its day."""
    name = quote(column)
    match kind:
        case ColumnType.INTEGER:
            return f"CAST({name} AS BIGINT)"
        case ColumnType.NUMBER:
            return f"CASE WHEN NOT isnan(CAST({name} AS DOUBLE)) THEN CAST({name} AS DOUBLE) END"
        case ColumnType.DATE:
            return f"CAST({name} AS DATE)"
        case ColumnType.BOOLEAN:
            return name
        case _:
            return f"CAST({name} AS VARCHAR)"
