"""A plain workbook (.xlsx) of one sheet, with the standard library: header, filter, frozen rows, text that stays text.

Office Open XML (ECMA-376) in its smallest form, cells as inline strings. A library for this was weighed: openpyxl is
5 MB of Python for features that no table here needs, and its files carry the time of writing.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

# What a sheet and a cell can hold.
MOST_ROWS = 1_048_576
_MOST_CHARACTERS = 32_767
# The earliest time a zip archive can state: files of two runs are the same.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

# Styles by number: 0 a number; 1 text, which the quote prefix keeps from becoming a formula when it is edited;
# 2 the header; 3 the notice.
_NUMBER, _TEXT, _HEADER, _NOTICE = 0, 1, 2, 3
_TOP = '<alignment vertical="top"/>'
_WRAPPED = '<alignment vertical="top" wrapText="1"/>'
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="10"/><name val="Arial"/></font>'
    '<font><b/><sz val="10"/><name val="Arial"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/>'
    '</fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/>'
    '<bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" '
    'borderId="0"/></cellStyleXfs><cellXfs count="4">'
    f'<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1">{_TOP}</xf>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1" '
    f'applyAlignment="1">{_WRAPPED}</xf>'
    f'<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1" applyAlignment="1">{_WRAPPED}</xf>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def workbook(title: str, header: Sequence[str], rows: Iterable[Sequence[str | int]], notice: str) -> bytes:
    """The bytes of a workbook whose one sheet has ``notice`` in its first row, ``header`` in the second, then ``rows``.

    Texts stay texts: nothing in them is run as a formula, not even after a cell was edited. Characters that XML cannot
    hold become U+FFFD; a cell ends after 32,767 characters and the sheet after 1,048,576 rows.
    """
    given = list(rows)[: MOST_ROWS - 2]
    last = f"{_column(len(header))}{len(given) + 2}"
    name = re.sub(r"[\\/?*\[\]:]", " ", title)[:31] or "Sheet"
    lines = [_row(1, [notice], _NOTICE), _row(2, header, _HEADER)]
    lines += [_row(number, cells, _TEXT) for number, cells in enumerate(given, start=3)]
    widths = "".join(
        f'<col min="{position}" max="{position}" width="{_width(title, (cells[position - 1] for cells in given))}" '
        'customWidth="1"/>'
        for position, title in enumerate(header, start=1)
    )
    sheet = (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="2" '
        'topLeftCell="A3" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{widths}</cols><sheetData>{''.join(lines)}</sheetData>"
        f'<autoFilter ref="A2:{last}"/></worksheet>'
    )
    book = (
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets><sheet name={quoteattr(_xml(name))} '
        'sheetId="1" r:id="r1"/></sheets><definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="0" '
        f"hidden=\"1\">'{escape(_xml(name)).replace(chr(39), chr(39) * 2)}'!$A$2:${_column(len(header))}"
        f"${len(given) + 2}</definedName></definedNames></workbook>"
    )
    return _zipped(
        {
            "[Content_Types].xml": _content_types(),
            "_rels/.rels": _relations({"r1": ("officeDocument", "xl/workbook.xml")}),
            "xl/workbook.xml": book,
            "xl/_rels/workbook.xml.rels": _relations(
                {"r1": ("worksheet", "worksheets/sheet1.xml"), "r2": ("styles", "styles.xml")}
            ),
            "xl/worksheets/sheet1.xml": sheet,
            "xl/styles.xml": _STYLES,
        }
    )


def _row(number: int, cells: Sequence[str | int], style: int) -> str:
    return (
        f'<row r="{number}">{"".join(_cell(number, place, cell, style) for place, cell in enumerate(cells, 1))}</row>'
    )


def _cell(row: int, place: int, cell: str | int, style: int) -> str:
    if cell == "":
        return ""
    reference = f"{_column(place)}{row}"
    if isinstance(cell, int):
        return f'<c r="{reference}" s="{_NUMBER}"><v>{cell}</v></c>'
    text = escape(_xml(cell[:_MOST_CHARACTERS]))
    return f'<c r="{reference}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _xml(text: str) -> str:
    """Text that XML can hold; ``_x0041_`` would be read as an escape, so its underscore is written as one."""
    return re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", _NOT_XML.sub("\ufffd", text))


def _column(number: int) -> str:
    """The letters of a column counted from 1."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _width(header: str, cells: Iterable[str | int]) -> int:
    """A width in characters that shows most cells, and wraps long ones."""
    return min(max([len(header) + 4, *(len(str(cell)) + 2 for cell in cells)]), 60)


def _content_types() -> str:
    office = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {"xl/workbook.xml": "sheet.main", "xl/worksheets/sheet1.xml": "worksheet", "xl/styles.xml": "styles"}
    overrides = "".join(
        f'<Override PartName="/{part}" ContentType="{office}.{kind}+xml"/>' for part, kind in parts.items()
    )
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


def _relations(targets: dict[str, tuple[str, str]]) -> str:
    lines = "".join(
        f'<Relationship Id="{identifier}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for identifier, (kind, target) in targets.items()
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{lines}</Relationships>'


def _zipped(parts: dict[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content.encode())
    return stream.getvalue()
