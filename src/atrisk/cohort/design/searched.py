"""Complications that nobody looked for, or that stand there although nobody is said to have looked."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

from collections.abc import Iterator

from atrisk.derive.child_rows import CHILD, ChildRows, child_rows
from atrisk.derive.compiled import Breach
from atrisk.derive.misfit import MisfitError
from atrisk.derive.patients import ALIAS, UNIT, Patients
from atrisk.derive.row_findings import row_findings
from atrisk.read.session import Session, quote
from atrisk.read.table import Column, ColumnType
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark, Value
from atrisk.study.definition import ClavienDindo, ComprehensiveComplicationIndex, IsglsGrade
from atrisk.study.derivation import FromChildRows
from atrisk.study.model import Study

_CONTRADICTED = Breach(
    rule="found-without-search",
    message=Remark("found-without-search"),
    remedy=Remark("found-without-search.remedy"),
    severity=Severity.WARNS,
)
_NOT_SAID = "search-not-declared"


def complications_not_searched(study: Study, patients: Patients, session: Session) -> Iterator[Finding]:
    """Rows of complications within the window of a patient who was not searched; and derivations that do not ask.

    Where ``searched`` is named: every row within the derivation's window of a patient for whom it is not true warns,
    because without the row the answer would be unknown. Where it is not named and patients without a row count as
    free of it: how many do informs once a table, since "not looked for" is not "no".
    """
    asked: set[tuple[str, str]] = set()
    silent: dict[str, ChildRows] = {}
    for declared in study.derive.values():
        if not isinstance(declared, ClavienDindo | ComprehensiveComplicationIndex | IsglsGrade | FromChildRows):
            continue
        try:
            rows = child_rows("from", declared.from_, patients)
        except MisfitError:
            continue
        if declared.searched is None:
            if not isinstance(declared, FromChildRows) or declared.if_none is not None:
                silent.setdefault(rows.table.name, rows)
        elif declared.date is not None and (rows.table.name, declared.searched) not in asked:
            asked.add((rows.table.name, declared.searched))
            yield from _contradicted(declared, rows, patients, session)
    for name, rows in silent.items():
        if not any(table == name for table, _ in asked):
            yield from _not_said(rows, patients, session)


def _contradicted(
    declared: ClavienDindo | ComprehensiveComplicationIndex | IsglsGrade | FromChildRows,
    rows: ChildRows,
    patients: Patients,
    session: Session,
) -> Iterator[Finding]:
    try:
        flag = patients.resolve("searched", str(declared.searched), ColumnType.BOOLEAN)
        date: Column = rows.column("date", str(declared.date), ColumnType.DATE)
    except MisfitError:
        return
    if rows.start is None:
        return
    inside = rows.inside(f"{CHILD}.{quote(date.name)}", declared.within.days if declared.within else None)
    question = rows.question(date, f"{inside} AND {flag.sql} IS NOT TRUE", _CONTRADICTED)
    yield from row_findings(question, patients.tables, session)


def _not_said(rows: ChildRows, patients: Patients, session: Session) -> Iterator[Finding]:
    n = int(session.value(f"SELECT count(*) FROM {patients.relation}"))
    having = int(session.value(f"SELECT count(DISTINCT {ALIAS}.{UNIT}) FROM {rows.source}"))
    if n > having:
        values: dict[str, Value] = {"count": n - having, "n": n, "table": rows.table.name}
        yield Finding(
            rule=_NOT_SAID,
            severity=Severity.INFORMS,
            table=rows.table.name,
            file=rows.table.file,
            message=Remark(_NOT_SAID, values),
            remedy=Remark(f"{_NOT_SAID}.remedy"),
        )
