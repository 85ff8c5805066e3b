"""A table as HTML: caption, grouped headings with scopes, row headers, notes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from atrisk.report.html.markup import Markup, element, escaped, joined
from atrisk.report.table_model import Cell, Column, Line, Table, TableRow

# From so many columns on a table is set smaller and, on paper, across the page.
_MANY_COLUMNS = 6
# A table of up to so many lines is printed on one page.
_LINES_ON_A_PAGE = 18


def table_html(table: Table, number: str) -> Markup:
    """The table in a frame of its own that scrolls sideways where it is wider than the screen."""
    identifier = f"table-{table.name}".replace(".", "-")
    caption = element(
        "caption", {"id": f"{identifier}-title"}, element("span", {}, element("b", {}, number), " ", table.title)
    )
    wide = " wide" if len(table.columns) >= _MANY_COLUMNS else ""
    body = joined(
        [element("tbody", {}, joined([_row(row, table.columns) for row in block])) for block in _blocks(table)]
    )
    alone = " rows" if all(row.kind == "plain" for row in table.rows) else ""
    grid = element("table", {"class": f"data{wide}{alone}", "id": identifier}, caption, _head(table), body)
    frame = element(
        "div",
        {"class": "scroll", "tabindex": "0", "role": "region", "aria-labelledby": f"{identifier}-title"},
        grid,
    )
    notes = joined([element("p", {}, line_html(note)) for note in table.notes])
    whole = " whole" if sum(_lines(row) for row in table.rows) <= _LINES_ON_A_PAGE else ""
    return element("div", {"class": f"table{whole}"}, frame, element("div", {"class": "notes"}, notes) if notes else "")


def _lines(row: TableRow) -> int:
    return max((len(cell.lines) for cell in row.cells), default=1) or 1


def _blocks(table: Table) -> list[list[TableRow]]:
    """Rows that paper should not part: a row with the levels below it; where all rows are plain, all of them."""
    if all(row.kind == "plain" for row in table.rows):
        return [list(table.rows)]
    blocks: list[list[TableRow]] = []
    for row in table.rows:
        if row.kind != "level" or not blocks:
            blocks.append([])
        blocks[-1].append(row)
    return blocks


def _head(table: Table) -> Markup:
    columns = table.columns
    if not any(column.group for column in columns):
        return element("thead", {}, element("tr", {}, _corner(table, 1), *(_heading(column) for column in columns)))
    over: list[Markup] = []
    under: list[Markup] = []
    for group, members in groupby(columns, key=lambda column: column.group):
        own = list(members)
        if not group:
            over += [_heading(column, rows=2) for column in own]
            continue
        over.append(element("th", {"scope": "colgroup", "colspan": str(len(own)), "class": "over"}, group))
        under += [_heading(column) for column in own]
    return element("thead", {}, element("tr", {}, _corner(table, 2), *over), element("tr", {}, *under))


def _corner(table: Table, rows: int) -> Markup:
    span = {"rowspan": str(rows)} if rows > 1 else {}
    if not table.stub:
        return element("td", {"class": "corner", **span})
    return element("th", {"scope": "col", "class": "corner", **span}, table.stub)


def _heading(column: Column, rows: int = 1) -> Markup:
    attributes = {"scope": "col", "class": "start" if column.align == "start" else ""}
    if rows > 1:
        attributes["rowspan"] = str(rows)
    under = element("span", {"class": "under"}, line_html(column.under)) if column.under else ""
    return element("th", attributes, column.heading, under)


def _row(row: TableRow, columns: Sequence[Column]) -> Markup:
    if not row.cells:
        heading = element("th", {"scope": "rowgroup", "colspan": str(len(columns) + 1)}, row.header)
        return element("tr", {"class": "heading"}, heading)
    return element(
        "tr",
        {"class": row.kind if row.kind != "plain" else ""},
        element("th", {"scope": "row"}, row.header),
        *(_cell(cell, column) for cell, column in zip(row.cells, columns, strict=True)),
    )


def _cell(cell: Cell, column: Column) -> Markup:
    lines = [line_html(each) for each in cell.lines]
    first = lines[0] if lines else Markup("")
    rest = [element("span", {"class": "below"}, each) for each in lines[1:]]
    classes = [cell.tone, "start" if column.align == "start" else ""]
    return element("td", {"class": " ".join(name for name in classes if name)}, first, *rest)


def line_html(line: Line) -> Markup:
    """Pieces of text; each number carries the identifier of its result row."""
    parts: list[Markup] = []
    for piece in line:
        if not piece.row_id:
            parts.append(element("b", {}, piece.text) if piece.strong else escaped(piece.text))
            continue
        attributes = {"data-row": piece.row_id, "data-field": piece.field if piece.field != "value" else ""}
        parts.append(element("span", attributes, piece.text))
    return joined(parts)
