"""Cells that break a rule, and the findings about them."""

# ruff: noqa: S608 (only quoted names, constants and the rules' own conditions are put into SQL)

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from atrisk.read.session import Session, quote
from atrisk.read.table import PRECISION, ROW, Table
from atrisk.result.finding import Finding, Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule's name, how grave its breach is, and what to do about one, if anything."""

    name: str
    severity: Severity
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its row (line in the file), the row's identifier and the text as it stands in the file."""

    row: int
    key: str
    text: str


def identifier_sql(table: Table, alias: str) -> str:
    """SQL text of the row's identifier in the raw relation called ``alias``; NULL where the table has none."""
    return f"{alias}.{quote(table.identifier)}" if table.identifier else "NULL"


def cells_where(session: Session, table: Table, column: str, condition: str) -> list[Cell]:
    """The cells of a column for which a condition holds, in the order of the file.

    ``condition`` is SQL over the typed relation, called ``t``.
    """
    row = quote(ROW)
    # Texts are looked up where there is such a cell: nearly every column has none.
    if not session.rows(f"SELECT 1 FROM {table.relation} t WHERE {condition} LIMIT 1"):
        return []
    found = session.rows(
        f"SELECT t.{row}, {identifier_sql(table, 'r')}, r.{quote(column)} "
        f"FROM {table.relation} t JOIN {table.raw_relation} r USING ({row}) WHERE {condition} ORDER BY t.{row}"
    )
    return [Cell(line, key or "", text or "") for line, key, text in found]


def counts_where(session: Session, table: Table, conditions: Iterable[str]) -> tuple[int, ...]:
    """For each condition (SQL over the typed relation, called ``t``) the number of rows for which it holds."""
    counts = ", ".join(f"count(*) FILTER (WHERE {condition})" for condition in conditions)
    return tuple(session.rows(f"SELECT {counts} FROM {table.relation} t")[0]) if counts else ()


def about_cell(rule: Rule, table: Table, column: str, cell: Cell, message: str) -> Finding:
    """A finding about one cell."""
    return Finding(
        rule=rule.name,
        severity=rule.severity,
        table=table.name,
        file=table.file,
        row=cell.row,
        column=column,
        message=message,
        remedy=rule.remedy,
        key=cell.key,
        value=cell.text,
    )


def about_column(rule: Rule, table: Table, column: str, message: str) -> Finding:
    """A finding about a whole column, or about the table where ``column`` is empty."""
    return Finding(
        rule=rule.name,
        severity=rule.severity,
        table=table.name,
        file=table.file,
        column=column,
        message=message,
        remedy=rule.remedy,
    )


def earliest(column: str, alias: str, *, partial: bool) -> str:
    """SQL for the first day that a date can mean: of a month or a year where only that much was recorded."""
    value = f"{alias}.{quote(column)}"
    if not partial:
        return value
    precision = f"{alias}.{quote(column + PRECISION)}"
    return (
        f"CASE {precision} WHEN 'year' THEN CAST(date_trunc('year', {value}) AS DATE) "
        f"WHEN 'month' THEN CAST(date_trunc('month', {value}) AS DATE) ELSE {value} END"
    )


def latest(column: str, alias: str, *, partial: bool) -> str:
    """SQL for the last day that a date can mean: of a month or a year where only that much was recorded."""
    value = f"{alias}.{quote(column)}"
    if not partial:
        return value
    precision = f"{alias}.{quote(column + PRECISION)}"
    end_of_year = f"CAST(date_trunc('year', {value}) + INTERVAL 1 YEAR - INTERVAL 1 DAY AS DATE)"
    return f"CASE {precision} WHEN 'year' THEN {end_of_year} WHEN 'month' THEN last_day({value}) ELSE {value} END"
