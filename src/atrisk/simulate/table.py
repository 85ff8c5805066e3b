"""A table as it will be written: text in every cell, an empty cell where nothing was recorded."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Sequence
from dataclasses import dataclass

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A named table of text."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def column(self, name: str) -> list[str]:
        """The cells of one column."""
        place = self.columns.index(name)
        return [row[place] for row in self.rows]

    def text(self) -> str:
        """The table as CSV: a header line, commas, line feeds."""
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(self.rows)
        return buffer.getvalue()


def written_table(name: str, columns: Sequence[str], records: Sequence[dict[str, str]]) -> Table:
    """The table of the given records, each of which has exactly the given columns."""
    order = tuple(columns)
    rows: list[Row] = []
    for record in records:
        if tuple(record) != order:
            raise ValueError(f"a row of {name} does not have the table's columns in their order")
        rows.append(tuple(record.values()))
    return Table(name, order, tuple(rows))


def iso(day: int) -> str:
    """The ISO date of a proleptic day number."""
    return datetime.date.fromordinal(int(day)).isoformat()


def truth(value: object) -> str:
    """A boolean as it is written."""
    return "true" if value else "false"
