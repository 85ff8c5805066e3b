"""The patients a study derives from: one relation, and what can be named about each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from atrisk.derive.misfit import MisfitError
from atrisk.read.session import quote
from atrisk.read.table import LIMIT, ROW, ColumnType, Table
from atrisk.study.expression_tree import ExpressionError
from atrisk.study.scope import DERIVED, Scope

# Identifies a row of the cohort before patients are numbered.
UNIT = "__unit"
# Numbers the patients of the finished cohort from 0, in the order of the file.
PATIENT = "__patient"
# The alias under which the relation stands in every query.
ALIAS = "p"


@dataclass(frozen=True, slots=True)
class Visible:
    """A column or derived variable that can be named: ``table.column``, or a derived variable's own name.

    ``sql`` yields it over the alias ``p``; ``limit`` yields its sign where only a limit is known, for columns whose
    values may be limits. ``levels`` are the codes in order where a definition fixes them; ``labels`` are a column's
    declared codes with their labels.
    """

    table: str
    column: str
    sql: str
    type: ColumnType
    limit: str | None = None
    levels: tuple[str, ...] | None = None
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """``table.column``, or the derived variable's name."""
        return self.column if self.table == DERIVED else f"{self.table}.{self.column}"


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """The rows of the index table that belong to one course of treatment.

    ``relation`` has ``__unit``, ``key`` (the row's key) and ``start`` (the date from which its windows count).
    """

    table: str
    relation: str


@dataclass(frozen=True, slots=True, eq=False)
class Patients:
    """One row a patient (before the index step: one row of the index table) and everything visible in it.

    ``relation`` is SQL text for FROM, used under the alias ``p``; it has ``__unit`` and, for every visible table,
    ``<table>.__row``, the line in its file. ``visible`` is keyed by full name. ``time_zero`` is SQL text of a date.
    """

    relation: str
    visible: Mapping[str, Visible]
    tables: Mapping[str, Table]
    seen_tables: tuple[str, ...]
    root: str
    time_zero: str | None = None
    course: Course | None = None

    def scope(self) -> Scope:
        """What an expression may name here."""
        columns: dict[str, dict[str, str]] = {table: {} for table in self.seen_tables}
        columns[DERIVED] = {}
        for item in self.visible.values():
            columns[item.table][item.column] = item.sql
        return Scope(columns)

    def resolve(self, field: str, name: str, *types: ColumnType) -> Visible:
        """The one visible column that ``name`` stands for, of one of ``types`` (any, where none are given).

        Raises MisfitError for a name that is not there or not unique, and for another type.
        """
        try:
            found = self.scope().resolve(name)
        except ExpressionError as error:
            raise MisfitError(field, error.message, error.hint) from None
        item = self.visible[found.name]
        if types and item.type not in types:
            raise MisfitError(field, f"'{name}' is a {item.type} and must be a {' or '.join(types)} here.")
        return item

    def zero(self, field: str) -> str:
        """SQL text of time zero; raises MisfitError where the study sets none."""
        if self.time_zero is None:
            raise MisfitError(field, "needs a time zero.", "Add a step 'time_zero:' or 'index:' under 'cohort:'.")
        return self.time_zero

    def key_sql(self, table: str) -> str:
        """SQL text of the key of a row of a visible table, as text; the empty text where the table has no key."""
        key = self.tables[table].key
        return f"CAST({column_sql(table, key)} AS VARCHAR)" if key else "''"

    def with_visible(self, items: Mapping[str, Visible], relation: str) -> Patients:
        """The same patients with further variables in a new relation."""
        return replace(self, relation=relation, visible={**self.visible, **items})


def column_sql(table: str, column: str, alias: str = ALIAS) -> str:
    """SQL text of a table's column in the relation of patients."""
    return f"{alias}.{quote(f'{table}.{column}')}"


def row_sql(table: str, alias: str = ALIAS) -> str:
    """SQL text of the line in the table's file."""
    return column_sql(table, ROW, alias)


def limit_column(column: str) -> str:
    """The companion of a column whose values may be limits."""
    return f"{column}{LIMIT}"
