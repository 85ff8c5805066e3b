"""Rows that a definition or criterion cannot use, turned into findings."""

# ruff: noqa: S608 (only checked SQL is wrapped)

from __future__ import annotations

from collections.abc import Iterator, Mapping

from atrisk.derive.compiled import RowQuestion
from atrisk.read.session import Session
from atrisk.read.table import Table
from atrisk.result.finding import Finding
from atrisk.result.finding_limit import MOST_ROWS
from atrisk.result.remark import Remark


def row_findings(question: RowQuestion, tables: Mapping[str, Table], session: Session) -> Iterator[Finding]:
    """A finding for every row that answers the question, in the file's order; beyond ``MOST_ROWS``, their number."""
    file = tables[question.table].file
    rows = session.rows(f"{question.select} LIMIT {MOST_ROWS + 1}")
    for line, key, value in rows[:MOST_ROWS]:
        yield Finding(
            rule=question.rule,
            severity=question.severity,
            table=question.table,
            file=file,
            row=None if line is None else int(line),
            column=question.column,
            message=question.message,
            remedy=question.remedy,
            key="" if key is None else str(key),
            value="" if value is None else str(value),
        )
    if len(rows) > MOST_ROWS:
        total = session.value(f"SELECT count(*) FROM ({question.select})")
        yield Finding(
            rule=question.rule,
            severity=question.severity,
            table=question.table,
            file=file,
            column=question.column,
            message=Remark("first-listed", {"message": question.message, "total": int(total), "listed": MOST_ROWS}),
            remedy=question.remedy,
        )
