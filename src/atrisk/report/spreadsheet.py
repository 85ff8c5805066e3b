"""Tables and figure data as CSV files that a spreadsheet opens without running anything in them."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Sequence

from atrisk.report.table_model import Table
from atrisk.result.formula import without_formula

# The byte order mark tells Excel that the file is UTF-8; without it "≥" and Chinese labels come out as noise.
_MARK = "\ufeff"
_NUMBER = re.compile(r"[-+]?\d[\d,]*(\.\d+)?%?")


def safe_cell(text: str) -> str:
    """A cell that stays text: what a spreadsheet would run as a formula gets an apostrophe before it.

    A typographic minus before a number alone becomes a hyphen, so that the cell is a number; spaces that do not break
    become plain ones.
    """
    text = text.replace("\N{NO-BREAK SPACE}", " ")
    plain = text.replace("\N{MINUS SIGN}", "-")
    if _NUMBER.fullmatch(plain):
        return plain
    return without_formula(text)


def table_csv(table: Table, note: str) -> bytes:
    """The table as it stands in the report, UTF-8 with a byte order mark; notes below it, ``note`` last.

    Headings that columns share stand before their own, levels are indented by two spaces.
    """
    rows: list[Sequence[str]] = [
        [
            table.stub,
            *(f"{column.group}: {column.heading}" if column.group else column.heading for column in table.columns),
        ]
    ]
    if any(column.under for column in table.columns):
        rows.append(["", *("".join(piece.text for piece in column.under) for column in table.columns)])
    for row in table.rows:
        indent = "  " if row.kind == "level" else ""
        rows.append([f"{indent}{row.header}", *(cell.text for cell in row.cells)])
    rows += [["".join(piece.text for piece in each)] for each in table.notes]
    if note:
        rows.append([note])
    return (_MARK + _written(rows)).encode()


def figure_csv(header: Sequence[str], rows: Iterable[Sequence[object]], note: str) -> bytes:
    """A figure's data in full precision, UTF-8 without a mark (it is read by programs).

    ``note`` is a comment in the first line, after "# ": what reads on from the header need not know of it.
    """
    lines: list[Sequence[str]] = [header, *([_full(value) for value in row] for row in rows)]
    comment = f"# {' '.join(note.split())}\r\n" if note else ""
    return (comment + _written(lines)).encode()


def data_csv(header: Sequence[str], rows: Iterable[Sequence[object]], note: str) -> bytes:
    """Rows in full precision, UTF-8 without a mark; ``note`` in the last line."""
    lines: list[Sequence[str]] = [header]
    lines += [[_full(value) for value in row] for row in rows]
    if note:
        lines.append([f"# {note}"])
    return _written(lines).encode()


def _full(value: object) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    return "" if value is None else str(value)


def _written(rows: Iterable[Sequence[str]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return stream.getvalue()
