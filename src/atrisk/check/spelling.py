"""Codes that differ only in upper and lower case, in blanks or in the width of their letters."""

# ruff: noqa: S608 (only quoted names are put into SQL)

from __future__ import annotations

from collections.abc import Mapping

from atrisk.check.cells import Rule, about_cell, cells_where
from atrisk.read.session import Session, literal, quote
from atrisk.read.table import ColumnType, Table
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.starter_codes import folded
from atrisk.study.table import Variable

_ALIKE = Rule(
    "codes-alike",
    Severity.WARNS,
    Remark("codes-alike.remedy"),
)


def check_spelling(tables: Mapping[str, Table], variables: Mapping[str, Variable], session: Session) -> list[Finding]:
    """Cells of a category whose code is written otherwise in more of the column's cells: ``m`` among many ``M``.

    Two codes are alike if they are the same without regard to case, to the number of blanks, to full-width letters and
    to signs that nobody sees (zero-width spaces, soft hyphens).
    The commonest of them (the first in order, of equally common ones) is taken for the right one. Of declared levels
    only those whose label is the code itself are looked at: words of their own say that a code is meant, and a code
    that is not declared is a finding anyway.
    """
    findings: list[Finding] = []
    for table in tables.values():
        for column in table.columns:
            variable = variables.get(f"{table.name}.{column.name}", Variable())
            if column.type is not ColumnType.CATEGORY:
                continue
            rarer = _rarer(session, table, column.name)
            if variable.levels:
                rarer = [code for code in rarer if code in variable.levels and str(variable.levels[code]) == code]
            if rarer:
                condition = f"t.{quote(column.name)} IN ({', '.join(literal(code) for code in rarer)})"
                message = Remark("codes-alike")
                cells = cells_where(session, table, column.name, condition)
                findings += [about_cell(_ALIKE, table, column.name, cell, message) for cell in cells]
    return findings


def _rarer(session: Session, table: Table, column: str) -> list[str]:
    name = quote(column)
    counted = session.rows(
        f"SELECT {name}, count(*) FROM {table.relation} WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    seen: set[str] = set()
    rarer = []
    for code, _count in counted:
        alike = folded(code)
        if alike in seen:
            rarer.append(code)
        seen.add(alike)
    return rarer
