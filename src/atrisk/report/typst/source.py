"""A document of the report's model as typst source in which every text is a string literal, so that none is run.

Source: the typst reference, "Strings" and "Table". In code mode nothing but a string's own escapes has a meaning.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from atrisk.report.column_widths import column_widths
from atrisk.report.document import Block, Document, FigurePlace, Listing, Paragraph, Section
from atrisk.report.language import Language
from atrisk.report.table_model import Cell, Column, Line, Table, TableRow

# From so many columns on the type of a table is smaller.
_MANY_COLUMNS = 7
_TYPE, _SMALL_TYPE = "8pt", "6.6pt"
# How many letters of each size go across the page.
_LETTERS, _SMALL_LETTERS = 112, 136
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": " ", "\t": "\\t"}

_PAGE = """\
#set page(paper: "a4", margin: 2.3cm, numbering: "1")
#set par(justify: false, leading: 0.62em)
#set heading(numbering: none)
#show heading.where(level: 1): set text(size: 15pt)
#show heading.where(level: 2): set text(size: 12.5pt)
#show heading.where(level: 3): set text(size: 11pt)
#show figure.where(kind: table): set figure.caption(position: top)
#show figure.where(kind: table): set block(breakable: true)
#show figure.caption: set align(left)
#show figure.caption: set text(size: 9.5pt)
#set table(stroke: none, inset: (x: 3pt, y: 2.2pt))
"""


def literal(text: str) -> str:
    """The text as a typst string literal; control characters become replacement marks."""
    return '"' + "".join(_letter(letter) for letter in text) + '"'


def _letter(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    return letter if letter.isprintable() or letter == "\N{NO-BREAK SPACE}" else "\N{REPLACEMENT CHARACTER}"


def source(document: Document, fonts: tuple[str, ...]) -> str:
    """The whole document; figures are read as ``NAME.svg`` beside it. ``fonts`` are tried in order."""
    return "\n".join(_Source(Language.of(document.language)).whole(document, fonts)) + "\n"


class _Source:
    """Writes parts of the document."""

    __slots__ = ("_language",)

    def __init__(self, language: Language) -> None:
        self._language = language

    def whole(self, document: Document, fonts: tuple[str, ...]) -> Iterator[str]:
        families = ", ".join(literal(font) for font in fonts)
        # No date: when a run was made stands in its timings alone, and two runs give the same bytes.
        yield f"#set document(title: {literal(document.title)}, date: none)"
        yield f"#set text(font: ({families},), size: 10pt, lang: {literal(document.language)})"
        yield _PAGE
        if document.banner:
            yield f'#set page(header: align(center, text(size: 8pt, weight: "bold", {literal(document.banner)})))'
        yield f'#block(below: 1em, text(size: 19pt, weight: "bold", {literal(document.title)}))'
        if document.question:
            yield f'#block(below: 1em, text(size: 11pt, style: "italic", {literal(document.question)}))'
        for fact in document.facts:
            yield f"#par[#strong({literal(fact.name)}): #{literal(fact.value)}]"
        for section in document.sections:
            yield from self._section(section, 1)
        yield f"#block(above: 2em, text(size: 8pt, {literal(document.closing)}))"

    def _section(self, section: Section, level: int) -> Iterator[str]:
        yield f"#heading(level: {level}, {literal(section.title)})"
        for block in section.blocks:
            yield from self._block(block)
        for part in section.parts:
            yield from self._section(part, level + 1)

    def _block(self, block: Block) -> Iterator[str]:
        match block:
            case Table():
                yield from self._table(block)
            case FigurePlace():
                yield (
                    f"#figure(image({literal(f'{block.name}.svg')}, width: 100%, alt: {literal(block.description)}), "
                    f"supplement: {self._supplement('Figure {number}.')}, caption: {literal(block.caption)})"
                )
            case Listing():
                items = ", ".join(literal(item) for item in block.items)
                yield f"#list({items})"
            case Paragraph():
                yield f"#par({literal(_text(block.content))})"

    def _supplement(self, message: str) -> str:
        """The word before a number, as in "Table 1."."""
        return literal(self._language.say(message).partition("{")[0].strip())

    def _table(self, table: Table) -> Iterator[str]:
        columns = table.columns
        size = _SMALL_TYPE if len(columns) >= _MANY_COLUMNS else _TYPE
        alignment = ", ".join(["left", *("left" if column.align == "start" else "center" for column in columns)])
        page = _SMALL_LETTERS if len(columns) >= _MANY_COLUMNS else _LETTERS
        shares = column_widths(table, page)
        # A table that needs less than the page is not drawn out to its width.
        widths = ", ".join(f"{100 * share / page:.2f}%" for share in shares)
        yield (
            f"#figure(kind: table, supplement: {self._supplement('Table {number}.')}, "
            f"caption: {literal(table.title)}, text(size: {size}, table("
        )
        yield f"columns: ({widths}), align: ({alignment},),"
        yield "table.hline(stroke: 0.9pt),"
        yield f"table.header({', '.join(self._heading(table))}, table.hline(stroke: 0.5pt)),"
        for row in table.rows:
            yield ", ".join(self._row(row, columns)) + ","
        yield "table.hline(stroke: 0.9pt))))"
        for note in table.notes:
            yield f"#block(above: 0.4em, below: 0.4em, text(size: 7.5pt, {literal(_text(note))}))"

    def _heading(self, table: Table) -> Iterator[str]:
        columns = table.columns
        if any(column.group for column in columns):
            yield f"table.cell(rowspan: 2, strong({literal(table.stub)}))"
            for group, members in groupby(columns, key=lambda column: column.group):
                own = list(members)
                if group:
                    yield f"table.cell(colspan: {len(own)}, align: center, strong({literal(group)}))"
                else:
                    yield from (f"table.cell(rowspan: 2, strong({literal(column.heading)}))" for column in own)
            yield from (f"strong({literal(column.heading)})" for column in columns if column.group)
        else:
            yield f"strong({literal(table.stub)})"
            yield from (f"strong({literal(column.heading)})" for column in columns)
        if any(column.under for column in columns):
            yield '""'
            yield from (literal(_text(column.under)) for column in columns)

    @staticmethod
    def _row(row: TableRow, columns: tuple[Column, ...]) -> Iterator[str]:
        if not row.cells:
            yield f"table.cell(colspan: {len(columns) + 1}, strong({literal(row.header)}))"
            return
        header = literal(row.header)
        if row.kind == "heading":
            header = f"strong({header})"
        elif row.kind == "level":
            header = f"pad(left: 6pt, {header})"
        yield header
        yield from (_cell(cell) for cell in row.cells)


def _cell(cell: Cell) -> str:
    text = literal("\n".join(_text(each) for each in cell.lines))
    return f"strong({text})" if cell.tone == "strong" else text


def _text(content: Line) -> str:
    return "".join(piece.text for piece in content)
