"""Codes: the value of a cell as the text by which a study file names it."""

from __future__ import annotations

from collections.abc import Collection

from atrisk.derive.patients import Visible
from atrisk.read.session import literal
from atrisk.read.table import Column, ColumnType, Table


def code(sql: str, kind: ColumnType) -> str:
    """SQL text of a value's code: 2 is "2" however it is stored, true is "true", a date is YYYY-MM-DD.

    The study file's codes are written so (``atrisk.study.quantity.Code``), hence the two can be compared as texts.
    """
    if kind in (ColumnType.TEXT, ColumnType.CATEGORY):
        return sql
    if kind is ColumnType.BOOLEAN:
        return f"(CASE {sql} WHEN TRUE THEN 'true' WHEN FALSE THEN 'false' END)"
    if kind is ColumnType.NUMBER:
        # 1.0 was typed as 1 by whoever wrote the study file.
        whole = f"{sql} = trunc({sql}) AND abs({sql}) < 1e15"
        return f"(CASE WHEN {whole} THEN CAST(CAST({sql} AS BIGINT) AS VARCHAR) ELSE CAST({sql} AS VARCHAR) END)"
    return f"CAST({sql} AS VARCHAR)"


def meant_code(sql: str, column: Column | Visible, known: Collection[str]) -> str:
    """SQL text of a value's code under a definition that knows the codes ``known``: its own, or else its label.

    Registries keep grades as numbers with labels: 3 is IIIa where the column's levels say ``{3: IIIa}``. A code that
    the definition knows is taken as it stands, whatever its label; one whose label it does not know either stays.
    """
    plain = code(sql, column.type)
    cases = " ".join(
        f"WHEN {literal(written)} THEN {literal(label.strip())}"
        for written, label in column.labels
        if written not in known and label.strip() in known
    )
    return f"(CASE {plain} {cases} ELSE {plain} END)" if cases else plain


def same_key(parent: Table, parent_sql: str, child: Table, child_sql: str) -> str:
    """SQL text of the condition under which a child row belongs to a parent row.

    Keys that a reader typed differently in the two files (1 in one, "1" in the other) are compared as codes.
    """
    kinds = [_kind(parent, parent.key), _kind(child, child.parent_key or parent.key)]
    if kinds[0] is kinds[1]:
        return f"{child_sql} = {parent_sql}"
    return f"{code(child_sql, kinds[1])} = {code(parent_sql, kinds[0])}"


def _kind(table: Table, name: str | None) -> ColumnType:
    column = table.column(name) if name is not None else None
    return ColumnType.TEXT if column is None else column.type
