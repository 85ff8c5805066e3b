"""What to ask of the patients' own rows: those that meet a condition are findings."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

from atrisk.derive.compiled import Breach, RowQuestion
from atrisk.derive.patients import ALIAS, UNIT, Patients, Visible, row_sql
from atrisk.study.scope import DERIVED


def patient_question(column: Visible, condition: str, patients: Patients, breach: Breach) -> RowQuestion:
    """Rows meeting ``condition`` (SQL over the alias ``p``), placed at ``column``; at the patient where it is derived.

    They come in the order of the file.
    """
    table = patients.root if column.table == DERIVED else column.table
    return RowQuestion(
        rule=breach.rule,
        severity=breach.severity,
        table=table,
        column=column.column,
        select=f"SELECT {row_sql(table)}, {patients.key_sql(table)}, CAST({column.sql} AS VARCHAR)"
        f" FROM {patients.relation} {ALIAS} WHERE {condition} ORDER BY {ALIAS}.{UNIT}",
        message=breach.message,
        remedy=breach.remedy,
    )
