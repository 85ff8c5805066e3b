"""Patients who had an operation of the same kind before the one from which they are followed."""

# ruff: noqa: S608 (only quoted names are put into SQL)

from __future__ import annotations

from collections.abc import Iterator

from atrisk.derive.compiled import RowQuestion
from atrisk.derive.patients import ALIAS, Patients, column_sql
from atrisk.derive.row_findings import row_findings
from atrisk.read.session import Session, quote
from atrisk.read.table import ROW
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.model import Study

_RULE = "earlier-than-index"


def earlier_than_index(study: Study, patients: Patients, session: Session) -> Iterator[Finding]:
    """Rows of the index table dated before their patient's index row, where the first eligible row is the index.

    Their patients are followed from a later operation than their first, because the earlier one was not eligible; they
    have lived with the disease for longer than the others (left truncation).
    """
    index = study.index
    if index is None or patients.time_zero is None or index.which != "first":
        return
    table = patients.tables[index.table]
    parent = patients.tables[str(table.parent)] if table.parent is not None else None
    if parent is None or parent.key is None or parent.name not in patients.seen_tables:
        return
    held = f"t.{quote(table.parent_key or parent.key)}"
    key = f"CAST(t.{quote(table.key)} AS VARCHAR)" if table.key else "''"
    date = f"t.{quote(index.by)}"
    question = RowQuestion(
        rule=_RULE,
        severity=Severity.INFORMS,
        table=table.name,
        column=index.by,
        select=f"SELECT t.{ROW}, {key}, CAST({date} AS VARCHAR) "
        f"FROM {table.relation} t JOIN {patients.relation} {ALIAS} ON {held} = {column_sql(parent.name, parent.key)} "
        f"WHERE {date} < {column_sql(table.name, index.by)} ORDER BY 1",
        message=Remark(_RULE),
        remedy=Remark(f"{_RULE}.remedy"),
    )
    yield from row_findings(question, patients.tables, session)
