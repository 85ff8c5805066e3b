"""A table before it has a format: what stands in which cell, and which result row each number comes from.

HTML and CSV are written from it, and so can be Word and typst: no markup lives here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text. A number says the result row it shows and which field of it (``value``, ``numerator``, ...).

    ``strong``: a heading that runs into its paragraph.
    """

    text: str
    row_id: str = ""
    field: str = "value"
    strong: bool = False


# A line is what stands beside each other, a cell is lines above each other.
Line = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """The content of one place in a table; its tone says whether it steps back or stands out."""

    lines: tuple[Line, ...] = ()
    tone: Literal["", "muted", "strong"] = ""

    @classmethod
    def of(cls, *pieces: Piece | str) -> Cell:
        """A cell of one line; bare strings are plain text."""
        return cls((line(*pieces),))

    @property
    def text(self) -> str:
        """The cell in words; lines are joined by a semicolon."""
        return "; ".join("".join(piece.text for piece in each) for each in self.lines)


EMPTY = Cell()


def line(*pieces: Piece | str) -> Line:
    """A line of pieces; bare strings are plain text."""
    return tuple(Piece(piece) if isinstance(piece, str) else piece for piece in pieces if piece != "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its heading, a second line under it (such as ``n = 32``) and the heading it shares with neighbours."""

    heading: str
    under: Line = ()
    group: str = ""
    align: Literal["start", "end", "center"] = "center"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """A row; its first cell is its header. ``heading`` opens a block, ``level`` belongs to the heading above it."""

    header: str
    cells: tuple[Cell, ...] = ()
    kind: Literal["plain", "heading", "level"] = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with a name (its file), a title, what the row headers are, columns, rows and notes below."""

    name: str
    title: str
    stub: str
    columns: tuple[Column, ...]
    rows: tuple[TableRow, ...]
    notes: tuple[Line, ...] = ()

    def __post_init__(self) -> None:
        for row in self.rows:
            if row.cells and len(row.cells) != len(self.columns):
                raise ValueError(
                    f"table {self.name}: a row of {len(row.cells)} cells under {len(self.columns)} columns"
                )


def heading_row(header: str, cells: Sequence[Cell] = ()) -> TableRow:
    """A row that opens a block."""
    return TableRow(header=header, cells=tuple(cells), kind="heading")


def level_row(header: str, cells: Sequence[Cell]) -> TableRow:
    """A row that belongs to the heading above it."""
    return TableRow(header=header, cells=tuple(cells), kind="level")


def plain_row(header: str, cells: Sequence[Cell]) -> TableRow:
    """A row that stands alone."""
    return TableRow(header=header, cells=tuple(cells))


def without_empty_columns(table: Table) -> Table:
    """The table without columns in which no row has anything, such as adjusted p values after a single test."""
    kept = [
        position
        for position in range(len(table.columns))
        if any(row.cells and row.cells[position].lines for row in table.rows)
    ]
    if len(kept) == len(table.columns):
        return table
    rows = tuple(
        replace(row, cells=tuple(row.cells[position] for position in kept)) if row.cells else row for row in table.rows
    )
    return replace(table, columns=tuple(table.columns[position] for position in kept), rows=rows)
