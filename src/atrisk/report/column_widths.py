"""How wide the columns of a printed table are: what stands in each unbroken, the row headings what is left."""

from __future__ import annotations

from atrisk.report.table_model import Cell, Line, Table

# In letters: a cell longer than this is broken over lines; row headings are never narrower.
_LONGEST, _NARROWEST_STUB = 40, 15


def column_widths(table: Table, page: float) -> list[float]:
    """Widths in letters of the row headings and of every column, together at most ``page``.

    A column is as wide as its longest cell and the longest word of its heading; where all do not fit, the columns give
    way alike and the row headings keep their least width.
    """
    columns = [
        max(
            min(max((_longest(row.cells[at]) for row in table.rows if row.cells), default=0), _LONGEST),
            *(len(word) for word in f"{column.heading} {_text(column.under)}".split()),
            3,
        )
        + 2.0
        for at, column in enumerate(table.columns)
    ]
    heading = max([len(row.header) + 3 for row in table.rows] + [len(table.stub)]) + 2.0
    stub = min(max(page - sum(columns), _NARROWEST_STUB), heading)
    if stub + sum(columns) > page:
        columns = [each * (page - stub) / sum(columns) for each in columns]
    return [stub, *columns]


def _longest(cell: Cell) -> int:
    return max((len(_text(line)) for line in cell.lines), default=0)


def _text(line: Line) -> str:
    return "".join(piece.text for piece in line)
