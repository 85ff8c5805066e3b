"""Points that set thousands apart: 1.250 mL of blood, written so in German and read as one and a quarter."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

from collections.abc import Mapping

from atrisk.check.cells import Rule, about_cell, cells_where
from atrisk.read import cell
from atrisk.read.session import Session, quote
from atrisk.read.table import ROW, ColumnType, Table
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark

_RULE = Rule("thousands-point", Severity.WARNS, Remark("thousands-point.remedy"))
_GROUPED = r"[+-]?[1-9]\d{0,2}\.\d{3}"
_HUNDREDS = 100


def check_thousands(tables: Mapping[str, Table], session: Session) -> list[Finding]:
    """Cells such as ``1.250`` in a column whose other numbers are whole, mostly from 100 to 999 and never above.

    Read with a decimal point such a cell is far below the others; read as twelve hundred and fifty it goes on where
    they end. Looked at are columns in which every number with a point is of this form, one to three digits and then
    three, and no whole number has four digits; the median of the whole ones is 100 or more.
    """
    findings: list[Finding] = []
    for table in tables.values():
        for column in _possible(table, session):
            text = cell.without_limit(cell.trimmed(f"r.{quote(column)}"))
            if _goes_on(table, column, text, session):
                # The text is looked up in the raw relation, which the condition sees only by the row.
                grouped = f"SELECT {quote(ROW)} FROM {table.raw_relation} r WHERE {cell.matches(text, _GROUPED)}"
                condition = f"t.{quote(column)} IS NOT NULL AND t.{quote(ROW)} IN ({grouped})"
                cells = cells_where(session, table, column, condition)
                findings += [about_cell(_RULE, table, column, each, Remark("thousands-point")) for each in cells]
    return findings


def _possible(table: Table, session: Session) -> list[str]:
    """Columns whose fractions are all thousandths between 1 and 1000: the few whose texts must be looked up."""
    columns = [column.name for column in table.columns if column.type is ColumnType.NUMBER]
    if not columns:
        return []
    others = ", ".join(f"count(*) FILTER (WHERE {_other_fraction(quote(column))})" for column in columns)
    counts = session.rows(f"SELECT {others} FROM {table.relation}")[0]
    return [column for column, count in zip(columns, counts, strict=True) if not count]


def _other_fraction(name: str) -> str:
    thousandths = f"abs({name} * 1000 - round({name} * 1000)) < 1e-6"
    return f"{name} <> trunc({name}) AND NOT (abs({name}) BETWEEN 1 AND 1000 AND {thousandths})"


def _goes_on(table: Table, column: str, text: str, session: Session) -> bool:
    """Whether the column's grouped numbers would follow upon its whole ones."""
    name, row = f"t.{quote(column)}", quote(ROW)
    grouped, whole = cell.matches("v", _GROUPED), cell.matches("v", cell.INTEGER)
    n_grouped, n_others, most, median = session.rows(
        f"SELECT count(*) FILTER (WHERE {grouped}), count(*) FILTER (WHERE NOT {grouped} AND NOT {whole}), "
        f"max(abs(x)) FILTER (WHERE {whole}), median(abs(x)) FILTER (WHERE {whole}) "
        f"FROM (SELECT {text} AS v, {name} AS x FROM {table.relation} t JOIN {table.raw_relation} r USING ({row}) "
        f"WHERE {name} IS NOT NULL)"
    )[0]
    return bool(n_grouped) and not n_others and median is not None and median >= _HUNDREDS and most < 10 * _HUNDREDS
