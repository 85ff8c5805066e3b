"""A table of a PostgreSQL database, read in one read-only transaction."""

from __future__ import annotations

import hashlib
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from atrisk.errors import DataError
from atrisk.read.contents import Contents
from atrisk.read.database_address import DatabaseAddress
from atrisk.read.header import column_names
from atrisk.read.session import Session, quote
from atrisk.read.source import Source
from atrisk.read.table import ROW

if TYPE_CHECKING:
    from pg8000.native import Connection

MOST_CELLS = 100_000_000
_CONNECT_SECONDS = 30
_TIMESTAMP_WITH_ZONE = 1184
# What the server's codes for errors mean; its own words may quote values.
_REASONS = {
    "28P01": "the password is wrong",
    "28000": "this user may not log in from here",
    "3D000": "the server has no database of that name",
    "42501": "this user may not read the table",
    "42P01": "the database has no such table",
    "3F000": "the database has no such schema",
    "57014": "the server stopped the query",
}


def read_postgres(name_of: str, address: DatabaseAddress, *, table: str, session: Session, name: str) -> Source:
    """The rows of ``table`` (``schema.table``; without a schema in ``public``) in the relation ``name``.

    Cells are text as PostgreSQL writes it (dates YYYY-MM-DD, times in UTC). A table has no order, so rows are sorted by
    their columns' texts from the first on, and ``__row`` is their number in that order, from 1. ``name_of`` is the
    database's name in the study file.
    Raises DataError where the client is not installed, and where the server cannot be reached, refuses, or has no such
    table; never with the server's own words, an address or a password.
    """
    place = f"database {name_of}, table {table}"
    schema, _, relation = table.rpartition(".")
    source = f"{quote(schema or 'public')}.{quote(relation)}"
    with _connection(name_of, address, place) as connection:
        connection.run("START TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for setting in ("DateStyle = 'ISO, YMD'", "TimeZone = 'UTC'", "extra_float_digits = 1", "bytea_output = 'hex'"):
            connection.run(f"SET LOCAL {setting}")
        connection.run(f"SELECT * FROM {source} LIMIT 0")  # noqa: S608 (quoted names)
        described = [(item["name"], item["type_oid"]) for item in connection.columns or ()]
        if not described:
            raise DataError(f"{place} has no columns.")
        names = column_names([column for column, _ in described], file=place)
        ((n_rows,),) = connection.run(f"SELECT count(*) FROM {source}")  # noqa: S608
        if n_rows * len(names) > MOST_CELLS:
            raise DataError(
                f"{place} has more than {MOST_CELLS:,} cells. Write what the study needs to a Parquet file."
            )
        texts = ", ".join(_text(column, kind) for column, kind in described)
        cells = connection.run(f"SELECT {texts} FROM {source}")  # noqa: S608
    cells = sorted(tuple("" if cell is None else cell for cell in row) for row in cells)
    rows = [(number, *row) for number, row in enumerate(cells, start=1)]
    stored = session.load(name, {ROW: "BIGINT", **dict.fromkeys(names, "VARCHAR")}, rows)
    return Source(name, stored, names, len(rows), _contents(names, cells), iso_dates=True)


def _text(column: str, kind: int) -> str:
    name = quote(column)
    return f"CAST({name} AT TIME ZONE 'UTC' AS text)" if kind == _TIMESTAMP_WITH_ZONE else f"CAST({name} AS text)"


def _contents(names: tuple[str, ...], cells: list[tuple[str, ...]]) -> Contents:
    """The hash of the table's texts: each with its length before it, so that no two tables give the same bytes."""
    digest, n_bytes = hashlib.sha256(), 0
    for row in (names, *cells):
        for cell in row:
            text = cell.encode()
            digest.update(len(text).to_bytes(8, "big") + text)
            n_bytes += len(text)
    return Contents(digest.hexdigest(), n_bytes)


@contextmanager
def _connection(name_of: str, address: DatabaseAddress, place: str) -> Iterator[Connection]:
    try:
        import pg8000.exceptions
        import pg8000.native
    except ImportError:
        raise DataError(
            f"{place}: the client for PostgreSQL is not installed. Install it with: pip install 'atrisk[postgres]'"
        ) from None
    connection: Any = None
    try:
        connection = pg8000.native.Connection(
            address.user,
            database=address.database,
            # An empty one, where none is set: the client fails on None if the server asks for one.
            password=os.environ.get(address.password_from, ""),
            ssl_context=_ssl(address, place),
            timeout=_CONNECT_SECONDS,
            **_where(address),
        )
        # The limit is for reaching the server; a large table takes its time.
        connection._usock.settimeout(None)
        yield connection
    except pg8000.exceptions.DatabaseError as error:
        detail = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
        reason = _REASONS.get(str(detail.get("C")), "the server answered with an error")
        raise DataError(f"{place} cannot be read: {reason}. {_advice(name_of, address)}") from None
    except (pg8000.exceptions.Error, OSError, EOFError):
        raise DataError(
            f"{place} cannot be read: the server cannot be reached, or no safe connection to it can be made. "
            f"{_advice(name_of, address)}"
        ) from None
    finally:
        if connection is not None:
            _close(connection)


def _where(address: DatabaseAddress) -> dict[str, Any]:
    if address.host.startswith("/"):
        return {"unix_sock": f"{address.host.rstrip('/')}/.s.PGSQL.{address.port}"}
    return {"host": address.host, "port": address.port}


def _ssl(address: DatabaseAddress, place: str) -> ssl.SSLContext | None:
    if address.ssl_mode == "disable":
        return None
    try:
        context = ssl.create_default_context(cafile=address.root_certificate)
    except OSError:
        raise DataError(f"{place}: the file that 'sslrootcert=' names cannot be read as certificates.") from None
    if address.ssl_mode == "require":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _close(connection: Any) -> None:
    # Whatever stopped the reading has been told, or everything was read.
    with suppress(Exception):
        connection.close()


def _advice(name_of: str, address: DatabaseAddress) -> str:
    password = "is set" if address.password_from in os.environ else "is not set"
    return (
        f"Look at the address given for '{name_of}' (--database or the profile); the password is taken from the "
        f"variable {address.password_from}, which {password}."
    )
