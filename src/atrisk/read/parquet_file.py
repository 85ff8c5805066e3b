"""Parquet files: columns that bring their types along."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

from pathlib import Path

import duckdb

from atrisk.errors import DataError
from atrisk.read.header import column_names
from atrisk.read.session import Session, column_type, literal, quote
from atrisk.read.source import Source
from atrisk.read.table import ROW, ColumnType

_PATTERN_SIGNS = set("*?[]{}")


def read_parquet(path: Path, *, file: str, session: Session, name: str) -> Source:
    """The rows of a Parquet file in the relation ``name``; ``__row`` counts as in a text file: the first row is 2.

    A column keeps the file's type where that is a number, date, time or true/false (a time stamp is cut to its day,
    NaN is missing), and is text otherwise. ``file`` is the name shown.
    Raises DataError where the file is not Parquet, is damaged, or has no usable columns.
    """
    if _PATTERN_SIGNS & set(str(path)):
        # The engine would take the path for a pattern and read other files.
        raise DataError(f"{file}: the name of a Parquet file or its folder cannot hold any of * ? [ ] {{ }}.")
    source = f"read_parquet({literal(str(path))}, file_row_number = true)"
    try:
        described = session.rows(f"DESCRIBE SELECT * EXCLUDE (file_row_number) FROM {source}")
        names = column_names([row[0] for row in described], file=file)
        native = {row[0]: kind for row in described if (kind := _native(row[1])) is not None}
        cells = [
            f"{_cell(row[0], native.get(row[0]))} AS {quote(new)}" for row, new in zip(described, names, strict=True)
        ]
        relation = session.create(
            name,
            f"SELECT file_row_number + 2 AS {quote(ROW)}, {', '.join(cells)} FROM {source} ORDER BY file_row_number",
        )
    except duckdb.Error:
        raise DataError(f"{file} cannot be read as Parquet: it is another kind of file, or damaged.") from None
    n_rows = int(session.value(f"SELECT count(*) FROM {relation}"))
    kept = {new: native[row[0]] for row, new in zip(described, names, strict=True) if row[0] in native}
    return Source(name, relation, names, n_rows, native=kept)


def _native(declared: str) -> ColumnType | None:
    kind = column_type(declared)
    return None if kind is ColumnType.TEXT else kind


def _cell(column: str, kind: ColumnType | None) -> str:
    name = quote(column)
    match kind:
        case ColumnType.INTEGER:
            return f"TRY_CAST({name} AS BIGINT)"
        case ColumnType.NUMBER:
            return f"CASE WHEN isfinite(CAST({name} AS DOUBLE)) THEN CAST({name} AS DOUBLE) END"
        case ColumnType.DATE:
            return f"CAST({name} AS DATE)"
        case ColumnType.BOOLEAN:
            return name
        case _:
            return f"CAST({name} AS VARCHAR)"
