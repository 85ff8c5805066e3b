"""Ages that nobody reaches, and years of birth of two digits."""

# ruff: noqa: S608 (only quoted names are put into SQL)

from __future__ import annotations

from collections.abc import Mapping

from atrisk.check.cells import Cell, Rule, about_cell, cells_where, identifier_sql
from atrisk.check.date_order import ancestors, with_texts
from atrisk.check.life_span import births_among, date_columns
from atrisk.check.roles import birth_year_columns, start_column
from atrisk.read.session import Session, quote
from atrisk.read.table import ROW, Table
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.model import Study

_OLD = Rule("implausible-age", Severity.WARNS, Remark("implausible-age.remedy"))
_YEAR = Rule("implausible-birth-year", Severity.WARNS, Remark("implausible-birth-year.remedy"))
_OLDEST = 110
_FIRST_YEAR, _LAST_YEAR = 1880, 2100


def check_ages(tables: Mapping[str, Table], study: Study, session: Session) -> list[Finding]:
    """Dates of birth more than 110 years before the date from which follow-up counts, and impossible years of birth.

    A year of birth is a column of numbers whose name says so; below 1880 it is most likely a year of two digits. A
    birth after the operation, which is what a two-digit year of 1900 to 1930 becomes, is found as a date before birth.
    """
    findings: list[Finding] = []
    for table in tables.values():
        for column in birth_year_columns(table):
            name = f"t.{quote(column)}"
            cells = cells_where(session, table, column, f"{name} < {_FIRST_YEAR} OR {name} > {_LAST_YEAR}")
            findings += [about_cell(_YEAR, table, column, cell, Remark("implausible-birth-year")) for cell in cells]
    root, start = tables[study.root], start_column(study, tables)
    births = births_among(date_columns(study, root))
    if start is None or not births:
        return findings
    birth, line = births[0], ancestors(tables[start.table], tables)
    if line[-1].name != root.name:
        return findings
    day = f"{quote(f't_{start.table}')}.{quote(start.column)}"
    row = f"{birth.alias}.{quote(ROW)}"
    found = session.rows(
        f"SELECT DISTINCT {row}, {identifier_sql(root, birth.raw)}, {birth.raw}.{quote(birth.column)} "
        f"FROM {with_texts(line)} WHERE {birth.value} + INTERVAL {_OLDEST} YEAR < {day} ORDER BY 1"
    )
    message = Remark("implausible-age", {"years": _OLDEST, "start": start.column})
    return findings + [
        about_cell(_OLD, root, birth.column, Cell(number, key or "", text or ""), message)
        for number, key, text in found
    ]
