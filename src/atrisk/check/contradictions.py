"""Rows that contradict what the study file declares impossible."""

# ruff: noqa: S608 (only quoted names and checked expressions are put into SQL)

from __future__ import annotations

from collections.abc import Mapping

from atrisk.check.cells import identifier_sql
from atrisk.check.date_order import ancestors, with_texts
from atrisk.errors import DataError, Problem, StudyError
from atrisk.read.session import Session, quote
from atrisk.read.table import ROW, ColumnType, Table
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.expression import Expression, ExpressionError
from atrisk.study.impossible import Impossible
from atrisk.study.load import LoadedStudy
from atrisk.study.scope import Resolved, Scope

_HINT = "Name columns of one table and of the tables its rows belong to."


def check_contradictions(loaded: LoadedStudy, tables: Mapping[str, Table], session: Session) -> list[Finding]:
    """Rows for which a condition under ``impossible:`` is true; where it is unknown nothing is said.

    The columns of one condition may stand in tables that belong to each other: each row of the lowest is looked at with
    the rows above it. The finding stands at that row and shows every column the condition names. Raises StudyError,
    with the line, for columns that do not exist, tables of which neither belongs to the other, and what is no
    condition.
    """
    findings: list[Finding] = []
    problems: list[Problem] = []
    for position, declared in enumerate(loaded.study.impossible):
        place = ("impossible", position, "when")
        try:
            findings += _found(declared, tables, session, _hidden(loaded))
        except ExpressionError as error:
            problems.append(loaded.problem(place, error.message, error.hint))
        except DataError as error:
            problems.append(loaded.problem(place, str(error), "Compare each column with values of its own type."))
    if problems:
        raise StudyError(problems)
    return findings


def _found(
    declared: Impossible, tables: Mapping[str, Table], session: Session, hidden: frozenset[str]
) -> list[Finding]:
    expression = Expression.parse(declared.when)
    scope = Scope(
        {name: {column: f"{_typed(name)}.{quote(column)}" for column in table.names} for name, table in tables.items()}
    )
    named = [scope.resolve(reference) for reference in expression.names]
    lowest = _lowest(named, tables)
    source = with_texts(ancestors(lowest, tables))
    condition = expression.sql(scope)
    if session.types(f"(SELECT {condition} AS answer FROM {source} LIMIT 0)")["answer"] is not ColumnType.BOOLEAN:
        raise ExpressionError("is not true or false for a row", "Compare with something, such as \"grade = 'B'\".")
    shown = [each for each in named if each.name not in hidden]
    texts = [f"{_raw(each.table)}.{quote(each.column)}" for each in shown]
    line = f"{_typed(lowest.name)}.{quote(ROW)}"
    rows = session.rows(
        f"SELECT {', '.join([line, identifier_sql(lowest, _raw(lowest.name)), *texts])} FROM {source} "
        f"WHERE {line} IS NOT NULL AND ({condition}) ORDER BY 1"
    )
    return [
        Finding(
            rule="declared-impossible",
            severity=Severity(declared.severity),
            table=lowest.name,
            file=lowest.file,
            row=row,
            column=", ".join(dict.fromkeys(each.column for each in named)),
            message=Remark("declared-impossible", {"because": declared.because}),
            remedy=Remark("declared-impossible.remedy"),
            key=key or "",
            value="; ".join(f"{each.column} {cell or ''}".strip() for each, cell in zip(shown, cells, strict=True)),
        )
        for row, key, *cells in rows
    ]


def _lowest(named: list[Resolved], tables: Mapping[str, Table]) -> Table:
    """The table to whose rows the others' rows lead."""
    if not named:
        raise ExpressionError("names no column", _HINT)
    used = dict.fromkeys(each.table for each in named)
    lowest = max((tables[name] for name in used), key=lambda table: len(ancestors(table, tables)))
    above = {table.name for table in ancestors(lowest, tables)}
    stray = next((name for name in used if name not in above), None)
    if stray is not None:
        raise ExpressionError(f"rows of '{stray}' and '{lowest.name}' do not belong to each other", _HINT)
    return lowest


def _hidden(loaded: LoadedStudy) -> frozenset[str]:
    return frozenset(name for name, variable in loaded.study.variables.items() if variable.identifier)


def _typed(name: str) -> str:
    return quote(f"t_{name}")


def _raw(name: str) -> str:
    return quote(f"r_{name}")
