"""Which columns hold nothing but recorded values, so that their cells need no look one by one.

Nearly every column of a clean table does. One scan finds them; trimming and comparing each cell with every code costs
many times as much, and a copy of what comes out would take the memory of the file again.
"""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

from atrisk.read import cell
from atrisk.read.declared import Declared
from atrisk.read.session import Session, quote
from atrisk.read.source import Source


def codes(declared: Declared, column: str) -> tuple[str, ...]:
    """The texts that are no values of a column: its codes for "not recorded" and the errors of spreadsheets."""
    return (*cell.missing_codes(declared.variable(column)), *cell.SPREADSHEET_ERRORS)


def recorded_columns(source: Source, declared: Declared, session: Session) -> frozenset[str]:
    """Columns of text of which no cell has blanks around it, is empty, or is one of its ``codes``.

    Of these all but those in which a value begins with ``#``, as the errors of spreadsheets do.
    """
    texts = [column for column in source.columns if column not in source.native]
    if not texts:
        return frozenset()
    found = ", ".join(f"coalesce(bool_or({_other(column, declared)}), FALSE)" for column in texts)
    row = session.rows(f"SELECT {found} FROM {source.relation}")[0]
    return frozenset(column for column, other in zip(texts, row, strict=True) if not other)


def _other(column: str, declared: Declared) -> str:
    """Whether a cell may be no value; the engine takes long to prepare for a list of all errors in each column."""
    name = quote(column)
    missing = cell.missing_codes(declared.variable(column))
    coded = [cell.is_code(name, missing, numeric=column not in declared.keys)] if missing else []
    return " OR ".join((cell.is_untidy(name), f"starts_with({name}, '#')", *coded))
