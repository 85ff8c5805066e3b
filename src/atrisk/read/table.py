"""A table that was read: its typed relation, and beside it the raw text of every cell."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from atrisk.read.contents import Contents

ROW = "__row"
LIMIT = "__limit"
PRECISION = "__precision"


class ColumnType(StrEnum):
    """What the values of a column are."""

    TEXT = "text"
    CATEGORY = "category"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the data, as named in the file's header; ``labels`` are its levels: each code with its label."""

    name: str
    type: ColumnType
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the study as the engine holds it.

    ``relation`` and ``raw_relation`` are SQL text, ready to stand after FROM. Both have the same rows and the column
    ``__row``: the line of the file on which the row begins (the header is line 1). In ``relation`` a cell has its type
    and a missing one is NULL; in ``raw_relation`` it is the text as it stands in the file. ``relation`` also holds
    ``<column>__limit`` ('<', '<=', '>', '>=' or NULL, where the value is the bound) for every column declared
    ``censored: true`` and ``<column>__precision`` ('day', 'month' or 'year') for every one declared ``partial:``;
    these companions and ``__row`` are not in ``columns``. ``left_out`` (SQL text, None without ``where``) holds, in
    the column ``key``, the keys of the rows that the table's ``where`` leaves out, ``n_left_out`` of them.
    ``contents`` is the hash of the bytes the table was read from.
    """

    name: str
    file: str
    relation: str
    raw_relation: str
    key: str | None
    parent: str | None
    parent_key: str | None
    one_to_one: bool
    columns: tuple[Column, ...]
    n_rows: int
    contents: Contents
    left_out: str | None = None
    n_left_out: int = 0

    def column(self, name: str) -> Column | None:
        """The column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def identifier(self) -> str | None:
        """The column by which a finding names its row: the key, or the parent's key where there is none."""
        return self.key or self.parent_key

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns in the order of the file."""
        return tuple(column.name for column in self.columns)
