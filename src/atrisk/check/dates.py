"""Dates one by one: none after the data cut, none of another century than patients live in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from atrisk.check.cells import Rule, about_cell, cells_where, counts_where, earliest, latest
from atrisk.read.session import Session, literal
from atrisk.read.table import ColumnType, Table
from atrisk.result.finding import Finding, Severity
from atrisk.study.model import Study

_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_CUT = Rule(
    "after-data-cut",
    Severity.BLOCKS,
    "Correct the date; if it is a code such as 9999-12-31, declare it under 'missing:'; or correct 'data_cut:'.",
)
_YEAR = Rule("implausible-year", Severity.WARNS, "Check the year; two digits may have been read as four.")


def check_dates(tables: Mapping[str, Table], study: Study, session: Session) -> list[Finding]:
    """Dates after the data cut, and dates before 1900 or after 2100.

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
    return findings


def is_partial(study: Study, table: Table, column: str) -> bool:
    """Whether a column's dates may lack their day or month."""
    variable = study.variables.get(f"{table.name}.{column}")
    return variable is not None and variable.partial is not None


def _conditions(table: Table, study: Study) -> list[tuple[Rule, str, str, str]]:
    cut = study.study.data_cut
    rules = []
    for column in table.columns:
        if column.type is not ColumnType.DATE:
            continue
        partial = is_partial(study, table, column.name)
        first = earliest(column.name, "t", partial=partial)
        last = latest(column.name, "t", partial=partial)
        if cut is not None:
            rules.append((_CUT, column.name, f"{first} > {literal(cut)}", f"the date is after the data cut, {cut}"))
        early = f"{last} < {literal(dt.date(_FIRST_YEAR, 1, 1))}"
        late = f"{first} > {literal(dt.date(_LAST_YEAR, 12, 31))}"
        rules.append((_YEAR, column.name, early, f"the year is before {_FIRST_YEAR}"))
        rules.append((_YEAR, column.name, late, f"the year is after {_LAST_YEAR}"))
    return rules
