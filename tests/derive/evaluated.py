"""SQL texts that definitions write, evaluated on rows given as Python values."""

# ruff: noqa: S608 (the SQL is the code under test)

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from atrisk.read.session import Session

Cell = str | int | float | bool | dt.date | None


def evaluated(
    sql: str, columns: Mapping[str, str], rows: Sequence[Sequence[Cell]], *, group_by: str = ""
) -> list[Cell]:
    """The value of ``sql`` for every row; with ``group_by``, for every group in the order of its value."""
    with Session.open() as session:
        session.load("given", {"place": "INTEGER", **columns}, [(i, *row) for i, row in enumerate(rows)])
        if group_by:
            return [row[0] for row in session.rows(f"SELECT {sql} FROM given GROUP BY {group_by} ORDER BY {group_by}")]
        return [row[0] for row in session.rows(f"SELECT {sql} FROM given ORDER BY place")]
