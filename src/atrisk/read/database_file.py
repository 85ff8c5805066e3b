"""One table of a database file, DuckDB or SQLite, opened read-only below the study's folder like every other file."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote as percent_encoded

import duckdb

from atrisk.errors import DataError
from atrisk.read.contents import Contents, unchanged
from atrisk.read.header import column_names
from atrisk.read.parquet_file import native_kinds, typed_cell
from atrisk.read.session import Session, quote
from atrisk.read.source import Source
from atrisk.read.table import ROW
from atrisk.read.workbook.cell_text import cell_text
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.scope import nearest

MOST_CELLS = 50_000_000
_DUCKDB_MARK, _SQLITE_MARK = b"DUCK", b"SQLite format 3\x00"
_SHOWN = 12
# A view can run for ever without giving a row: steps of SQLite's machine, some minutes of them.
_STEPS, _MOST_CALLS = 1_000_000, 20_000


def read_database_file(path: Path, *, file: str, table: str | None, session: Session, name: str) -> Source:
    """The rows of a table or view in the relation ``name``; ``__row`` is the row's number as stored, from 1.

    Columns of a DuckDB file keep their types as those of Parquet do. SQLite has types by the cell, so its cells are
    text. ``table`` is its name, with its schema where it lies in one (``schema.table``); ``file`` is the name shown.
    Raises DataError where the file is of another kind, damaged or in use, or has no such table (naming those it has).
    """
    with unchanged(path, file) as contents:
        with path.open("rb") as stream:
            start = stream.read(16)
        if start == _SQLITE_MARK:
            return _read_sqlite(path, contents, file=file, table=table, session=session, name=name)
        if start[8:12] == _DUCKDB_MARK:
            return _read_duckdb(path, contents, file=file, table=table, session=session, name=name)
    raise DataError(f"{file} is neither a DuckDB nor an SQLite database, or it is damaged.")


def _read_duckdb(
    path: Path, contents: Contents, *, file: str, table: str | None, session: Session, name: str
) -> Source:
    place = f"{file}, table {table}"
    try:
        with session.attached(path) as database:
            found = session.rows(
                "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = '__attached' UNION ALL "
                "SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = '__attached' AND NOT internal "
                "ORDER BY 1, 2"
            )
            schema, chosen = _chosen([(schema, known) for schema, known in found], table, file=file, default="main")
            source = f"{database}.{quote(schema)}.{quote(chosen)}"
            described = session.rows(f"DESCRIBE SELECT * FROM {source}")
            columns = [row[0] for row in described]
            kinds = native_kinds(session, source, {row[0]: row[1] for row in described})
            names = column_names(columns, file=place)
            cells = [
                f"{typed_cell(old, kinds.get(old))} AS {quote(new)}" for old, new in zip(columns, names, strict=True)
            ]
            relation = session.create(
                name, f"SELECT row_number() OVER () AS {quote(ROW)}, {', '.join(cells)} FROM {source}"
            )
    except duckdb.Error:
        raise DataError(
            f"{file} cannot be read as a DuckDB database: it is damaged, written by a newer version, open in another "
            "program, or the table reads other files. Close it there, or write the table to a Parquet file."
        ) from None
    n_rows = int(session.value(f"SELECT count(*) FROM {relation}"))
    native = {new: kinds[old] for old, new in zip(columns, names, strict=True) if old in kinds}
    return Source(name, relation, names, n_rows, contents, native=native)


def _read_sqlite(
    path: Path, contents: Contents, *, file: str, table: str | None, session: Session, name: str
) -> Source:
    place = f"{file}, table {table}"
    address = f"file:{percent_encoded(path.as_posix())}?mode=ro"
    try:
        with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA query_only = ON")
            calls = iter(range(_MOST_CALLS))
            connection.set_progress_handler(lambda: next(calls, None) is None, _STEPS)
            found = connection.execute(
                "SELECT 'main', name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' "
                "ORDER BY name"
            ).fetchall()
            _, chosen = _chosen(found, table, file=file, default="main")
            cursor = connection.execute(f"SELECT * FROM {quote(chosen)}")
            columns = [item[0] for item in cursor.description]
            names = column_names(columns, file=place)
            cells = cursor.fetchmany(MOST_CELLS // len(names) + 1)
    except (sqlite3.Error, UnicodeDecodeError):
        raise DataError(
            f"{file} cannot be read as an SQLite database: it is damaged, in use, has texts that are not UTF-8, or the "
            "table takes too long. Close it in other programs, or save the table as CSV."
        ) from None
    if len(cells) > MOST_CELLS // len(names):
        raise DataError(f"{place} has more than {MOST_CELLS:,} cells. Write the table to a Parquet file.")
    rows: list[tuple[int | str, ...]] = [
        (number, *("" if isinstance(cell, bytes) else cell_text(cell) for cell in row))
        for number, row in enumerate(cells, start=1)
    ]
    relation = session.load(name, {ROW: "BIGINT", **dict.fromkeys(names, "VARCHAR")}, rows)
    binary = [new for position, new in enumerate(names) if any(isinstance(row[position], bytes) for row in cells)]
    findings = tuple(_binary(place, column) for column in binary)
    return Source(name, relation, names, len(rows), contents, findings=findings)


def _chosen(found: Sequence[tuple[str, str]], table: str | None, *, file: str, default: str) -> tuple[str, str]:
    """The schema and name of a table, however its upper and lower case; those there are named where it is not there."""
    known = {(name if schema == default else f"{schema}.{name}"): (schema, name) for schema, name in found}
    shown = ", ".join(f"'{name}'" for name in list(known)[:_SHOWN]) + (" and others" if len(known) > _SHOWN else "")
    if not known:
        raise DataError(f"{file} has no tables.")
    if table is None:
        raise DataError(f"{file} is a database with the tables {shown}. Say which one: 'table: {next(iter(known))}'.")
    wanted = table.removeprefix(f"{default}.")
    exact = known.get(wanted) or next((place for name, place in known.items() if name.lower() == wanted.lower()), None)
    if exact is None:
        near = nearest(wanted, tuple(known))
        hint = f"Did you mean '{near}'?" if near else f"It has {shown}."
        raise DataError(f"{file} has no table '{table}'. {hint}")
    return exact


def _binary(place: str, column: str) -> Finding:
    return Finding(
        rule="binary-cells",
        severity=Severity.WARNS,
        file=place,
        column=column,
        message=Remark("binary-cells"),
        remedy=Remark("binary-cells.remedy"),
    )
