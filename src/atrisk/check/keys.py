"""Keys: every row has one, no two rows share one, and every row belongs to a row of its parent table."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

from collections.abc import Mapping

from atrisk.check.cells import Cell, Rule, about_cell, about_column, cells_where, identifier_sql
from atrisk.read.session import Session, quote
from atrisk.read.table import ROW, Table
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark

_MISSING = Rule("missing-key", Severity.BLOCKS, Remark("missing-key.remedy"))
_DUPLICATE = Rule(
    "duplicate-key",
    Severity.BLOCKS,
    Remark("duplicate-key.remedy"),
)
_NO_PARENT_KEY = Rule("missing-parent-key", Severity.BLOCKS, Remark("missing-parent-key.remedy"))
_ORPHAN = Rule("orphan-row", Severity.BLOCKS, Remark("orphan-row.remedy"))
_SPELLING = Rule(
    "orphan-row",
    Severity.BLOCKS,
    Remark("orphan-row.other-spelling"),
)
_SECOND = Rule(
    "one-to-one",
    Severity.BLOCKS,
    Remark("one-to-one.remedy"),
)
_LEFT_OUT = Rule("parent-left-out", Severity.INFORMS)


def check_keys(tables: Mapping[str, Table], session: Session) -> list[Finding]:
    """Keys missing or standing twice, rows without a parent row, and second rows where one is declared."""
    findings: list[Finding] = []
    for table in tables.values():
        if table.key is not None:
            findings += _missing(session, table, table.key, _MISSING, Remark("missing-key"))
            findings += _repeated(session, table, table.key, _DUPLICATE, {})
        if table.parent is not None and table.parent_key is not None:
            parent = tables[table.parent]
            message = Remark("missing-parent-key", {"parent": parent.name})
            findings += _missing(session, table, table.parent_key, _NO_PARENT_KEY, message)
            findings += _orphans(session, table, parent, table.parent_key)
            if table.one_to_one:
                findings += _repeated(session, table, table.parent_key, _SECOND, {"parent": parent.name})
    return findings


def _missing(session: Session, table: Table, column: str, rule: Rule, message: str) -> list[Finding]:
    cells = cells_where(session, table, column, f"t.{quote(column)} IS NULL")
    return [about_cell(rule, table, column, cell, message) for cell in cells]


def _repeated(session: Session, table: Table, column: str, rule: Rule, values: dict[str, str]) -> list[Finding]:
    row, name = quote(ROW), quote(column)
    found = session.rows(
        f"SELECT t.{row}, {identifier_sql(table, 'r')}, r.{name}, again.first "
        f"FROM (SELECT {name}, min({row}) AS first FROM {table.relation} WHERE {name} IS NOT NULL "
        f"GROUP BY 1 HAVING count(*) > 1) again JOIN {table.relation} t USING ({name}) "
        f"JOIN {table.raw_relation} r USING ({row}) WHERE t.{row} > again.first ORDER BY t.{row}"
    )
    return [
        about_cell(
            rule, table, column, Cell(line, key or "", text or ""), Remark(rule.name, {**values, "first": first})
        )
        for line, key, text, first in found
    ]


def _orphans(session: Session, table: Table, parent: Table, column: str) -> list[Finding]:
    if parent.key is None:
        return []
    keys = f"SELECT {quote(parent.key)} FROM {parent.relation} WHERE {quote(parent.key)} IS NOT NULL"
    name = f"t.{quote(column)}"
    orphan = f"{name} IS NOT NULL AND {name} NOT IN ({keys})"
    findings = []
    if parent.left_out is not None:
        left_out = f"SELECT key FROM {parent.left_out} WHERE key IS NOT NULL"
        count = len(cells_where(session, table, column, f"{orphan} AND {name} IN ({left_out})"))
        if count:
            message = Remark("parent-left-out", {"count": count, "parent": parent.name})
            findings.append(about_column(_LEFT_OUT, table, column, message))
        orphan += f" AND {name} NOT IN ({left_out})"
    orphans = cells_where(session, table, column, orphan)
    if not orphans:
        return findings
    same_number = f"{_bare(name)} IN (SELECT {_bare(quote(parent.key))} FROM {parent.relation})"
    spelled = {cell.row for cell in cells_where(session, table, column, f"{orphan} AND {same_number}")}
    message = Remark("orphan-row", {"parent": parent.name})
    return findings + [
        about_cell(_SPELLING if cell.row in spelled else _ORPHAN, table, column, cell, message) for cell in orphans
    ]


def _bare(name: str) -> str:
    return rf"regexp_replace({name}, '^0+|\.0+$', '', 'g')"
