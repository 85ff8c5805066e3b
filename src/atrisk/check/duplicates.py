"""Rows entered twice under different keys."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

from collections.abc import Mapping

from atrisk.check.cells import Cell, Rule, about_cell
from atrisk.read.session import Session, quote
from atrisk.read.table import ROW, ColumnType, Table
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark

_RULE = Rule(
    "same-row-twice",
    Severity.WARNS,
    Remark("same-row-twice.remedy"),
)
# Rows with fewer recorded values than this are often alike by chance.
_FEWEST = 6


def check_duplicates(tables: Mapping[str, Table], session: Session) -> list[Finding]:
    """Rows that are alike in everything but their key.

    Only rows in which a date and at least two other values, or at least six values, are recorded: with less, two
    patients are alike by chance.
    """
    findings: list[Finding] = []
    for table in tables.values():
        if table.key is not None and len(table.columns) > 1:
            findings += _alike(session, table, table.key)
    return findings


def _alike(session: Session, table: Table, key: str) -> list[Finding]:
    row, name = quote(ROW), quote(key)
    others = [column for column in table.columns if column.name != key]
    listed = ", ".join(quote(column.name) for column in others)
    recorded = " + ".join(f"({quote(column.name)} IS NOT NULL)::INTEGER" for column in others)
    dates = [f"{quote(column.name)} IS NOT NULL" for column in others if column.type is ColumnType.DATE]
    enough = f"({recorded}) >= {_FEWEST}"
    if dates:
        enough += f" OR (({' OR '.join(dates)}) AND ({recorded}) >= 3)"
    # Rows are sorted by all their values only where a number made from these occurs twice, which is seldom.
    found = session.rows(
        f"WITH numbered AS (SELECT *, hash({listed}) AS __hash FROM {table.relation} WHERE {enough}), "
        "again AS (SELECT __hash FROM numbered GROUP BY 1 HAVING count(*) > 1) "
        f"SELECT t.{row}, r.{name}, t.first FROM ("
        f"SELECT {row}, {name}, min({row}) OVER same AS first, first_value({name}) OVER same AS first_key "
        f"FROM numbered SEMI JOIN again USING (__hash) WINDOW same AS (PARTITION BY {listed} ORDER BY {row})"
        f") t JOIN {table.raw_relation} r USING ({row}) WHERE t.{row} > t.first "
        f"AND t.{name} IS DISTINCT FROM t.first_key ORDER BY t.{row}"
    )
    return [
        about_cell(_RULE, table, "", Cell(line, text or "", ""), Remark("same-row-twice", {"first": first}))
        for line, text, first in found
    ]
