"""Numbers and dates that people enter to say "not recorded": 9, 99, -1, 1900-01-01."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from atrisk.check.cells import Rule, about_cell, cells_where
from atrisk.read.session import Session, literal, quote
from atrisk.read.table import Column, ColumnType, Table
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark

NUMBERS = (9, 99, 999, 9999, 88, 888, 8888, -1, -9, -99, -999, -9999)
_REPEATED = 3
MISSING_DATES = tuple(
    dt.date.fromisoformat(text)
    for text in ("1111-11-11", "1899-12-30", "1900-01-01", "1901-01-01", "1970-01-01", "2099-12-31", "9999-12-31")
)
_FEWEST = 5
_YEAR = 365
_RULE = Rule(
    "like-a-missing-code",
    Severity.WARNS,
    Remark("like-a-missing-code.remedy"),
)


def check_sentinels(tables: Mapping[str, Table], session: Session) -> list[Finding]:
    """Values that are common codes for "not recorded" and lie far from the column's other values.

    Far is, for a number, further from the nearest other value than these are from each other, or negative where no
    other value is; a code entered three times or more is also far if no two neighbouring values of the others are as
    far from each other as it is from the nearest. A date is far if it is more than a year from every other one and no
    more than one in a hundred of these (or one in all) lie beyond it: one wrong date does not hide a code. The other
    values are those that are no such code; a column with fewer than five of them is not judged.
    """
    findings: list[Finding] = []
    for table in tables.values():
        keys = {table.key, table.parent_key}
        for column in table.columns:
            if column.name in keys:
                continue
            condition = _condition(session, table, column)
            if condition:
                message = Remark("like-a-missing-code")
                cells = cells_where(session, table, column.name, condition)
                findings += [about_cell(_RULE, table, column.name, cell, message) for cell in cells]
    return findings


def _condition(session: Session, table: Table, column: Column) -> str:
    codes: tuple[int, ...] | tuple[dt.date, ...]
    if column.type in (ColumnType.INTEGER, ColumnType.NUMBER):
        codes = NUMBERS
    elif column.type is ColumnType.DATE:
        codes = MISSING_DATES
    else:
        return ""
    name = quote(column.name)
    listed = ", ".join(literal(code) for code in codes)
    present, n, low, high = session.rows(
        f"SELECT list(DISTINCT {name}) FILTER (WHERE {name} IN ({listed})), count({name}) FILTER (WHERE {name} NOT IN "
        f"({listed})), min({name}) FILTER (WHERE {name} NOT IN ({listed})), max({name}) FILTER (WHERE {name} NOT IN "
        f"({listed})) FROM {table.relation}"
    )[0]
    if not present or n < _FEWEST:
        return ""
    if column.type is ColumnType.DATE:
        far = [code for code in present if _date_is_far(session, table, name, code, listed)]
    else:
        far = [code for code in present if _is_far(code, low, high)]
        far += [
            code
            for code in present
            if code not in far and not low <= code <= high and _stands_alone(session, table, name, code, listed)
        ]
    return f"t.{name} IN ({', '.join(literal(code) for code in sorted(far))})" if far else ""


def _stands_alone(session: Session, table: Table, name: str, code: float, listed: str) -> bool:
    """Whether a code is repeated, and further from the others than any two neighbours among them."""
    repeated, nearest, widest = session.rows(
        f"SELECT (SELECT count(*) FROM {table.relation} WHERE {name} = {literal(code)}), "
        f"min(abs(value - {literal(code)})), max(gap) "
        f"FROM (SELECT value, lead(value) OVER (ORDER BY value) - value AS gap "
        f"FROM (SELECT DISTINCT {name} AS value FROM {table.relation} WHERE {name} NOT IN ({listed})))"
    )[0]
    return repeated >= _REPEATED and widest is not None and nearest > widest


def _is_far(code: float, low: float, high: float) -> bool:
    if low <= code <= high:
        return False
    return code < 0 <= low or max(low - code, code - high) > high - low


def _date_is_far(session: Session, table: Table, name: str, code: dt.date, listed: str) -> bool:
    before, after, nearest = session.rows(
        f"SELECT count(*) FILTER (WHERE {name} < {literal(code)}), count(*) FILTER (WHERE {name} > {literal(code)}), "
        f"min(abs(date_diff('day', {name}, {literal(code)}))) FROM {table.relation} WHERE {name} NOT IN ({listed})"
    )[0]
    return bool(nearest > _YEAR and min(before, after) <= max(1, (before + after) // 100))
