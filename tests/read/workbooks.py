"""Workbooks of each kind, written by the test itself."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
import xlwt
from openpyxl.utils.datetime import CALENDAR_MAC_1904

Rows = Sequence[Sequence[Any]]


def xlsx(sheets: Mapping[str, Rows], *, merged: str = "", since_1904: bool = False, formats: Any = ()) -> bytes:
    """An .xlsx workbook; ``formats`` are pairs of a cell and a number format, ``merged`` a range of the first sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    if since_1904:
        book.epoch = CALENDAR_MAC_1904
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        for cells in sheet.iter_rows():
            for cell in cells:
                if isinstance(cell.value, str) and cell.value.startswith("#"):
                    cell.data_type = "e"
    first = book.worksheets[0]
    for cell, form in formats:
        first[cell].number_format = form
    if merged:
        first.merge_cells(merged)
    out = io.BytesIO()
    book.save(out)
    book.close()
    return out.getvalue()


def xls(rows: Rows) -> bytes:
    """A workbook of the old kind with one sheet, ``Patients``."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Patients")
    dates = xlwt.easyxf(num_format_str="DD.MM.YYYY")
    for row, cells in enumerate(rows):
        for column, value in enumerate(cells):
            sheet.write(row, column, value, *([dates] if isinstance(value, dt.date) else []))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def ods(cells: str, *, name: str = "Patients") -> bytes:
    """An .ods workbook with one sheet, whose rows are the XML ``cells``."""
    office = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="{office}:office:1.0" '
        f'xmlns:table="{office}:table:1.0" xmlns:text="{office}:text:1.0" '
        'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">'
        f'<office:body><office:spreadsheet><table:table table:name="{escape(name)}">{cells}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("content.xml", content)
        package.writestr("META-INF/manifest.xml", _MANIFEST)
    return out.getvalue()


_MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
    'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="/" '
    'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
)


def ods_row(*values: str, attributes: str = "") -> str:
    """A row of an .ods sheet: numbers and dates by their form, errors by their #, everything else as text."""
    return f"<table:table-row{attributes}>{''.join(_ods_cell(value) for value in values)}</table:table-row>"


def _ods_cell(value: str) -> str:
    shown = f"<text:p>{escape(value)}</text:p>"
    if value.startswith("#"):
        kind = 'office:value-type="string" office:string-value="" calcext:value-type="error"'
    elif len(value) == 10 and value[4] == "-":
        kind = f'office:value-type="date" office:date-value="{value}"'
    elif value.replace(".", "", 1).isdigit():
        kind = f'office:value-type="float" office:value="{value}"'
    elif not value:
        return "<table:table-cell/>"
    else:
        kind = 'office:value-type="string"'
    return f"<table:table-cell {kind}>{shown}</table:table-cell>"
