"""What the reader of workbooks does not tell of a sheet, looked up in its XML before it is read.

The reader (python-calamine) gives an error such as #N/A as an empty cell, and a formula that was never computed
likewise; and it makes room for every cell between the first and the last, however far apart. All three are found here
in one pass that keeps little in memory.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from zipfile import ZipFile

from atrisk.errors import DataError
from atrisk.read.workbook.package import package, percent_styles, sheet_parts, tags

MOST_CELLS = 30_000_000
_XLSX = re.compile(rb"<(?:\w+:)?(c|v|f|is|row)\b([^>]*)>([^<]*)")
_REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,4})([0-9]{1,9})["']""")
_ROW_NUMBER = re.compile(rb"""\br\s*=\s*["']([0-9]{1,9})["']""")
_ERROR = re.compile(rb"""\bt\s*=\s*["']e["']""")
_TEXT = re.compile(rb"""\bt\s*=\s*["']str["']""")
_HIDDEN = re.compile(rb"""\bhidden\s*=\s*["'](?:1|true)["']""")
_STYLE = re.compile(rb"""\bs\s*=\s*["']([0-9]{1,6})["']""")
_ODS = re.compile(
    rb"<(table:table-row|/table:table-row|table:(?:covered-)?table-cell|table:table|text:p)\b([^>]*)>([^<]*)"
)
_NAME = re.compile(rb'table:name="([^"]*)"')
_REPEATED = re.compile(rb'table:number-(?:rows|columns)-repeated="(\d{1,9})"')
_SPANNED = re.compile(rb'table:number-(rows|columns)-spanned="(\d{1,9})"')

Place = tuple[int, int]


@dataclass(slots=True)
class SheetScan:
    """Rows and columns from 1: cells with an error, formulas never computed, merged cells, and hidden rows.

    ``percent`` has, by column, the rows with a number that is shown as a percentage. ``merged`` holds the first and
    the last cell of each range; None where the scan does not know.
    """

    errors: dict[Place, str] = field(default_factory=dict)
    uncomputed: list[Place] = field(default_factory=list)
    merged: list[tuple[Place, Place]] | None = None
    percent: dict[int, list[int]] = field(default_factory=dict)
    hidden_rows: int = 0
    last_row: int = 0
    last_column: int = 0

    def reach(self, place: Place) -> None:
        """Take note that a cell with something in it lies there."""
        self.last_row, self.last_column = max(self.last_row, place[0]), max(self.last_column, place[1])


def scan_xlsx(content: bytes, *, file: str) -> Mapping[str, SheetScan]:
    """Look through the sheets of an .xlsx workbook; ``file`` is the name shown.

    Raises DataError where the file is damaged or unpacks to too much.
    """
    with package(content, file=file) as opened:
        present, percent = set(opened.namelist()), percent_styles(opened)
        scans = {}
        for sheet, part in sheet_parts(opened).items():
            scans[sheet] = scan = SheetScan()
            if part in present:  # a sheet that is only a chart has none
                _scan_xlsx_sheet(opened, part, scan, percent)
    return scans


def scan_ods(content: bytes, *, file: str) -> Mapping[str, SheetScan]:
    """Look through the sheets of an .ods workbook; ``file`` is the name shown.

    Raises DataError where the file is damaged or unpacks to too much.
    """
    scans: dict[str, SheetScan] = {}
    scan = SheetScan(merged=[])
    row = column = repeated = 0
    in_error = False
    with package(content, file=file) as opened:
        for match in tags(opened, "content.xml", _ODS):
            tag, attributes, text = match.groups()
            count = int(found[1]) if (found := _REPEATED.search(attributes)) else 1
            if tag == b"table:table":
                name = _NAME.search(attributes)
                scan, row, repeated = SheetScan(merged=[]), 0, 0
                scans[html.unescape(name[1].decode("utf-8", "replace")) if name else ""] = scan
            elif tag == b"table:table-row":
                row, column, repeated = row + repeated + 1, 0, count - 1
                scan.hidden_rows += count * (b'table:visibility="' in attributes)
            elif tag == b"text:p" and in_error:
                scan.errors[row, column] = html.unescape(text.decode("utf-8", "replace")).strip()
                in_error = False
            elif tag.endswith(b"table-cell"):
                in_error = b'calcext:value-type="error"' in attributes
                _note_spans(scan, (row, column + 1), attributes)
                column += count
                if b"office:value" in attributes:
                    scan.reach((row + repeated, column))
    return scans


def check_extent(scan: SheetScan, place: str) -> None:
    """Refuse a sheet that spans more than ``MOST_CELLS`` cells, counted from its first row and column."""
    if scan.last_row * scan.last_column > MOST_CELLS:
        raise DataError(
            f"{place} spans {scan.last_row:,} rows and {scan.last_column:,} columns, more than the {MOST_CELLS:,} "
            "cells that are read. Delete what lies far from the table, or save the table as CSV or Parquet."
        )


def _scan_xlsx_sheet(opened: ZipFile, part: str, scan: SheetScan, percent: frozenset[bytes]) -> None:
    row = column = 0
    attributes, formula = b"", False
    for match in tags(opened, part, _XLSX):
        tag, found, text = match.groups()
        if tag == b"row":
            number = _ROW_NUMBER.search(found)
            row, column = int(number[1]) if number else row + 1, 0
            scan.hidden_rows += _HIDDEN.search(found) is not None
        elif tag == b"c":
            if formula and not _TEXT.search(attributes):
                scan.uncomputed.append((row, column))
            reference = _REFERENCE.search(found)
            row, column = (int(reference[2]), _column_number(reference[1])) if reference else (row, column + 1)
            attributes, formula = found, False
        elif tag == b"f":
            formula = True
            scan.reach((row, column))
        else:
            scan.reach((row, column))
            formula = formula and not text
            if tag == b"v" and text and _ERROR.search(attributes):
                scan.errors[row, column] = html.unescape(text.decode("utf-8", "replace")).strip()
            elif tag == b"v" and percent and (style := _STYLE.search(attributes)) and style[1] in percent:
                scan.percent.setdefault(column, []).append(row)
    if formula and not _TEXT.search(attributes):
        scan.uncomputed.append((row, column))


def _note_spans(scan: SheetScan, first: Place, attributes: bytes) -> None:
    spans = {word: int(count) for word, count in _SPANNED.findall(attributes)}
    rows, columns = spans.get(b"rows", 1), spans.get(b"columns", 1)
    if rows > 1 or columns > 1:
        (scan.merged if scan.merged is not None else []).append((first, (first[0] + rows - 1, first[1] + columns - 1)))


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
