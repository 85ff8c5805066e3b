"""Which columns an expression may name, and what SQL yields each."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from atrisk.study.expression_tree import ExpressionError, Reference

# The table under which derived variables stand in a scope.
DERIVED = ""

_Fold = Callable[[str], str]


class UnknownName(ExpressionError):  # noqa: N818  (the name says it)
    """No column or derived variable has this name."""


class AmbiguousName(ExpressionError):  # noqa: N818
    """Several tables have a column of this name."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """The one column a name stands for; ``table`` is empty for a derived variable."""

    table: str
    column: str
    sql: str

    @property
    def name(self) -> str:
        """``table.column``, or the derived variable's name."""
        return self.column if self.table == DERIVED else f"{self.table}.{self.column}"


@dataclass(frozen=True, slots=True)
class Scope:
    """Visible columns: table (or ``""`` for derived variables) -> column -> SQL text that yields it.

    A derived variable's field stands under ``""`` with its full name, such as ``hepatic_progression.date``.
    """

    columns: Mapping[str, Mapping[str, str]]

    def with_columns(self, table: str, columns: Mapping[str, str]) -> Scope:
        """The same scope with ``columns`` added to (or replaced in) ``table``."""
        return Scope({**self.columns, table: {**self.columns.get(table, {}), **columns}})

    def resolve(self, name: str | Reference) -> Resolved:
        """The one column that ``name`` stands for.

        A bare name must be unique among all tables and derived variables; ``table.column`` and a derived variable's
        ``name.field`` always are. An exact spelling comes first; upper and lower case count as the same only where
        nothing is spelled exactly so. Raises UnknownName (with the nearest name) and AmbiguousName (with the
        candidates).
        """
        for fold in (_same, str.casefold):
            found = self._matches(name, fold)
            if len(found) == 1:
                return found[0]
            if found:
                raise _ambiguous(str(name), found)
        raise self._unknown(name)

    def _matches(self, name: str | Reference, fold: _Fold) -> list[Resolved]:
        spelled = fold(str(name))
        bare_allowed = isinstance(name, str) or name.table is None
        found = []
        for table, columns in self.columns.items():
            for column, sql in columns.items():
                qualified = table != DERIVED and fold(f"{table}.{column}") == spelled
                derived_field = table == DERIVED and fold(column) == spelled
                bare = bare_allowed and fold(column) == spelled
                if qualified or derived_field or bare:
                    found.append(Resolved(table, column, sql))
        return found

    def _unknown(self, name: str | Reference) -> UnknownName:
        spelled = str(name)
        table, _, column = spelled.rpartition(".")
        message = f"no table has a column '{spelled}'"
        near = nearest(spelled, self.names())
        if table in self.columns and table != DERIVED:
            # Of the column alone: with the table before it, every column of that table would look alike.
            near = nearest(column, tuple(self.columns[table]))
            near = near and f"{table}.{near}"
            message = f"table '{table}' has no column '{column}'"
            holders = [other for other, columns in self.columns.items() if column in columns and other != DERIVED]
            if holders:
                return UnknownName(message, f"It is a column of {_listed(holders)}.")
        elif table:
            message = f"there is no table '{table}' with a column '{column}'"
        if near:
            written = _in_expression(self.resolve(near))
            quoted = "" if written.endswith(near) else f" (in an expression: {written})"
            return UnknownName(message, f"Did you mean '{near}'{quoted}?")
        if isinstance(name, Reference) and name.quoted:
            return UnknownName(message, f"A text stands in single quotes: '{spelled}'.")
        return UnknownName(message)

    def names(self) -> tuple[str, ...]:
        """Every name that resolves: bare where unique, ``table.column`` always."""
        counts: dict[str, int] = {}
        for columns in self.columns.values():
            for column in columns:
                counts[column] = counts.get(column, 0) + 1
        bare = [column for column, count in counts.items() if count == 1]
        full = [f"{table}.{column}" for table, columns in self.columns.items() if table for column in columns]
        return (*bare, *full)


def nearest(name: str, names: tuple[str, ...], *, cutoff: float = 0.6) -> str:
    """The valid name most like ``name`` whatever its case, or an empty string where none is near."""
    by_folded = {candidate.casefold(): candidate for candidate in reversed(names)}
    found = difflib.get_close_matches(name.casefold(), list(by_folded), n=1, cutoff=cutoff)
    return by_folded[found[0]] if found else ""


def did_you_mean(name: str, names: tuple[str, ...]) -> str:
    """A question that offers the nearest valid name, or an empty string where none is near."""
    near = nearest(name, names)
    return f"Did you mean '{near}'?" if near else ""


def _in_expression(found: Resolved) -> str:
    """The name as an expression must write it: a column whose name is not a plain word in double quotes."""
    if found.table == DERIVED or found.column.isidentifier():
        return found.name
    return found.name.removesuffix(found.column) + f'"{found.column}"'


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _ambiguous(name: str, found: list[Resolved]) -> AmbiguousName:
    in_tables = [f"'{item.name}'" for item in found if item.table != DERIVED]
    choices = " or ".join(in_tables)
    if len(in_tables) == len(found):
        return AmbiguousName(f"'{name}' could be any of {_listed(in_tables)}", f"Write {choices}.")
    if not in_tables:
        return AmbiguousName(f"'{name}' could be any of several derived variables", "Write it as it is declared.")
    message = f"'{name}' is both a derived variable and the column {_listed(in_tables)}"
    return AmbiguousName(message, f"Write {choices} for the column, or give the derived variable another name.")


def _same(name: str) -> str:
    return name
