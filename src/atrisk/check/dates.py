"""Dates one by one: none after the data cut, none of another century than patients live in."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from atrisk.check.cells import Rule, about_cell, cells_where, counts_where, earliest, latest
from atrisk.check.sentinels import MISSING_DATES
from atrisk.read.session import Session, literal, quote
from atrisk.read.table import ColumnType, Table
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.model import Study

_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_CUT = Rule(
    "after-data-cut",
    Severity.BLOCKS,
    Remark("after-data-cut.remedy"),
)
_GAP, _FEWEST = 731, 20
_FAR = Rule("far-after-the-others", Severity.WARNS, Remark("far-after-the-others.remedy"))
_YEAR = Rule("implausible-year", Severity.WARNS, Remark("implausible-year.remedy"))


def check_dates(tables: Mapping[str, Table], study: Study, session: Session) -> list[Finding]:
    """Dates after the data cut (or, without one, far after all others), and dates before 1900 or after 2100.

    A partial date is after the cut only if its whole month or year is.
    """
    findings: list[Finding] = []
    for table in tables.values():
        rules = _conditions(table, study)
        counts = counts_where(session, table, [condition for _, _, condition, _ in rules])
        for (rule, column, condition, message), count in zip(rules, counts, strict=True):
            if count:
                cells = cells_where(session, table, column, condition)
                findings += [about_cell(rule, table, column, cell, message) for cell in cells]
    if study.study.data_cut is None:
        findings += _far_after_the_others(tables, session)
    return findings


def _far_after_the_others(tables: Mapping[str, Table], session: Session) -> list[Finding]:
    """Without a data cut: the few dates that lie more than two years after all other dates of all tables.

    No clock is read, so that a study gives the same findings every day; what the other dates show is all there is.
    """
    columns = [(table, c.name) for table in tables.values() for c in table.columns if c.type is ColumnType.DATE]
    if not columns:
        return []
    codes = ", ".join(literal(date) for date in MISSING_DATES)
    every = " UNION ALL ".join(f"SELECT {quote(column)} AS date FROM {table.relation}" for table, column in columns)
    last_day = literal(dt.date(_LAST_YEAR, 12, 31))
    counted = session.rows(
        f"SELECT date, count(*) FROM ({every}) WHERE date <= {last_day} AND date NOT IN ({codes}) GROUP BY 1 ORDER BY 1"
    )
    last = _last_before_a_gap(counted)
    if last is None:
        return []
    findings: list[Finding] = []
    for table, column in columns:
        name = f"t.{quote(column)}"
        condition = f"{name} > {literal(last)} AND {name} <= {last_day} AND {name} NOT IN ({codes})"
        cells = cells_where(session, table, column, condition)
        message = Remark("far-after-the-others")
        findings += [about_cell(_FAR, table, column, cell, message) for cell in cells]
    return findings


def _last_before_a_gap(counted: Sequence[tuple[dt.date, int]]) -> dt.date | None:
    """The last date before a gap of two years that only a few dates lie beyond; None where there is no such gap.

    ``counted`` are the dates in order with their numbers. A few are at most one in a hundred (and one in any case), of
    at least twenty: with fewer dates, gaps are common.
    """
    total = sum(count for _, count in counted)
    beyond = 0
    found = None
    for (before, _), (date, count) in zip(reversed(counted[:-1]), reversed(counted[1:]), strict=True):
        beyond += count
        if beyond > max(1, total // 100) or total - beyond < _FEWEST:
            break
        if (date - before).days > _GAP:
            found = before
    return found


def is_partial(study: Study, table: Table, column: str) -> bool:
    """Whether a column's dates may lack their day or month."""
    variable = study.variables.get(f"{table.name}.{column}")
    return variable is not None and variable.partial is not None


def _conditions(table: Table, study: Study) -> list[tuple[Rule, str, str, str]]:
    cut = study.study.data_cut
    rules: list[tuple[Rule, str, str, str]] = []
    for column in table.columns:
        if column.type is not ColumnType.DATE:
            continue
        partial = is_partial(study, table, column.name)
        first = earliest(column.name, "t", partial=partial)
        last = latest(column.name, "t", partial=partial)
        if cut is not None:
            rules.append(
                (_CUT, column.name, f"{first} > {literal(cut)}", Remark("after-data-cut", {"cut": cut.isoformat()}))
            )
        early = f"{last} < {literal(dt.date(_FIRST_YEAR, 1, 1))}"
        late = f"{first} > {literal(dt.date(_LAST_YEAR, 12, 31))}"
        rules.append((_YEAR, column.name, early, Remark("year-before", {"year": _FIRST_YEAR})))
        rules.append((_YEAR, column.name, late, Remark("year-after", {"year": _LAST_YEAR})))
    return rules
