"""A table of the report as a native Word table: three rules, a heading that repeats on every page, merged headings.

The table is written as WordprocessingML (ECMA-376, 17.4) in one go: cell by cell, python-docx takes a hundred times as
long.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any
from xml.sax.saxutils import escape

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from atrisk.report.column_widths import column_widths
from atrisk.report.table_model import Column, Line, Table, TableRow
from atrisk.report.word.text import plain

# Widths in twentieths of a point (a centimetre is 567), sizes of type in half points.
_PAGE, _PER_LETTER = 9072, 6.0
_MANY_COLUMNS = 7
_TYPE, _SMALL_TYPE = 17, 14
_THIN, _THICK = 4, 8
_INDENT = 170


def table_element(table: Table, style: str) -> Any:
    """The table, without its title and notes; ``style`` is the identifier of its paragraphs' style in the file."""
    size = _SMALL_TYPE if len(table.columns) >= _MANY_COLUMNS else _TYPE
    letter = size * _PER_LETTER
    widths = [round(width * letter) for width in column_widths(table, _PAGE / letter)]
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    properties = (
        f'<w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/><w:tblLayout w:type="fixed"/>'
        '<w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr>'
    )
    cells = _Cells(size, widths, style)
    rows = [*cells.heading(table), *(cells.row(row, table.columns) for row in table.rows)]
    rows[-1] = rows[-1].replace("<w:bottom/>", _edge("bottom", _THICK))
    body = "".join(rows).replace("<w:bottom/>", "")
    return parse_xml(f"<w:tbl {nsdecls('w')}>{properties}<w:tblGrid>{grid}</w:tblGrid>{body}</w:tbl>")


def _text(line: Line) -> str:
    return "".join(piece.text for piece in line)


def _edge(side: str, eighths: int) -> str:
    return f'<w:{side} w:val="single" w:sz="{eighths}" w:space="0" w:color="000000"/>'


class _Cells:
    """Writes rows of cells in one size of type."""

    __slots__ = ("_size", "_style", "_widths")

    def __init__(self, size: int, widths: Sequence[int], style: str) -> None:
        self._size = size
        self._style = style
        self._widths = widths

    def heading(self, table: Table) -> Iterator[str]:
        """One or two rows of headings, and one of what stands under them."""
        columns = table.columns
        grouped = any(column.group for column in columns)
        under = any(column.under for column in columns)
        if grouped:
            yield self._groups(table)
        thin = _edge("bottom", _THIN) if not under else ""
        top = "" if grouped else _edge("top", _THICK)
        first = self._cell(
            "" if grouped else table.stub, 0, bold=True, edges=top + thin, merge="continue" if grouped else ""
        )
        rest = [
            self._cell(
                "" if grouped and not column.group else column.heading,
                at,
                centred=column.align != "start",
                bold=True,
                edges=top + thin,
                merge="continue" if grouped and not column.group else "",
            )
            for at, column in enumerate(columns, start=1)
        ]
        yield self._repeated(first + "".join(rest))
        if under:
            cells = [self._cell("", 0, edges=_edge("bottom", _THIN))]
            cells += [
                self._cell(_text(column.under), at, centred=column.align != "start", edges=_edge("bottom", _THIN))
                for at, column in enumerate(columns, start=1)
            ]
            yield self._repeated("".join(cells))

    def _groups(self, table: Table) -> str:
        cells = [self._cell(table.stub, 0, bold=True, edges=_edge("top", _THICK), merge="restart")]
        at = 1
        for group, members in groupby(table.columns, key=lambda column: column.group):
            own = list(members)
            if group:
                edges = _edge("top", _THICK) + _edge("bottom", _THIN)
                cells.append(self._cell(group, at, span=len(own), centred=True, bold=True, edges=edges))
            else:
                cells += [
                    self._cell(
                        column.heading, place, centred=column.align != "start", bold=True,
                        edges=_edge("top", _THICK), merge="restart",
                    )
                    for place, column in enumerate(own, start=at)
                ]  # fmt: skip
            at += len(own)
        return self._repeated("".join(cells))

    @staticmethod
    def _repeated(cells: str) -> str:
        return f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{cells}</w:tr>"

    def row(self, row: TableRow, columns: Sequence[Column]) -> str:
        """A row of the body; a heading without cells goes across."""
        if not row.cells:
            cells = self._cell(row.header, 0, span=len(columns) + 1, bold=True)
        else:
            cells = self._cell(row.header, 0, bold=row.kind == "heading", indent=row.kind == "level")
            cells += "".join(
                self._cell(
                    "\n".join(_text(line) for line in cell.lines),
                    at,
                    centred=column.align != "start",
                    bold=cell.tone == "strong",
                )
                for at, (cell, column) in enumerate(zip(row.cells, columns, strict=True), start=1)
            )
        return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr>"

    def _cell(
        self,
        text: str,
        at: int,
        *,
        span: int = 1,
        centred: bool = False,
        bold: bool = False,
        indent: bool = False,
        edges: str = "",
        merge: str = "",
    ) -> str:
        width = sum(self._widths[at : at + span])
        properties = f'<w:tcW w:w="{width}" w:type="dxa"/>'
        properties += f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
        properties += f'<w:vMerge w:val="{merge}"/>' if merge else ""
        # The place of the rule below the table's last row, which is filled in or taken out once all rows are there.
        below = "" if "w:bottom" in edges else "<w:bottom/>"
        properties += f"<w:tcBorders>{edges}{below}</w:tcBorders>"
        look = f'<w:pStyle w:val="{self._style}"/>'
        look += f'<w:ind w:left="{_INDENT}"/>' if indent else ""
        look += '<w:jc w:val="center"/>' if centred else ""
        run = f'<w:rPr>{"<w:b/>" if bold else ""}<w:sz w:val="{self._size}"/><w:szCs w:val="{self._size}"/></w:rPr>'
        lines = [f'<w:t xml:space="preserve">{escape(plain(line))}</w:t>' for line in text.split("\n")]
        content = f"<w:r>{run}{'<w:br/>'.join(lines)}</w:r>" if text else ""
        return f"<w:tc><w:tcPr>{properties}</w:tcPr><w:p><w:pPr>{look}</w:pPr>{content}</w:p></w:tc>"
