"""A document of the report's model as a Word file."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from atrisk.report.document import Block, Document, FigurePlace, Listing, Paragraph, Section
from atrisk.report.language import Language
from atrisk.report.table_model import Line, Piece, Table
from atrisk.report.word.package import settled
from atrisk.report.word.table import table_element
from atrisk.report.word.text import plain

# What word processors of both kinds have: they put their own in place of one that is missing.
_FONT, _EAST_ASIAN = "Times New Roman", "SimSun"
_WIDTH = Cm(16.0)
_DEEPEST_HEADING = 4
# A file says when it was made; ours is made of the run, whose day stands elsewhere.
_NO_DAY = dt.datetime(1980, 1, 1)  # noqa: DTZ001 - written without a zone


def word(document: Document, pictures: Mapping[str, bytes]) -> bytes:
    """The document as the bytes of a ``.docx``; ``pictures`` holds the PNG of every figure named in it.

    The same document gives the same bytes. Characters that no Word file can hold are replaced.
    """
    return _Writer(pictures, Language.of(document.language), docx.Document()).whole(document)


@dataclass(slots=True)
class _Writer:
    """Numbers tables and figures in the order in which they are met."""

    pictures: Mapping[str, bytes]
    language: Language
    file: Any
    n_tables: int = 0
    n_figures: int = 0

    def whole(self, document: Document) -> bytes:
        self._styles()
        properties = self.file.core_properties
        properties.title, properties.author, properties.comments = plain(document.title)[:255], "", ""
        properties.created = properties.modified = _NO_DAY
        page = self.file.sections[0]
        page.page_width, page.page_height = Cm(21.0), Cm(29.7)
        page.left_margin = page.right_margin = Cm(2.5)
        page.top_margin = page.bottom_margin = Cm(2.5)
        if document.banner:
            self._paragraph_of(document.banner, "Banner")
            page.header.paragraphs[0].text = plain(document.banner)
            page.header.paragraphs[0].style = self.file.styles["Banner"]
        self.file.add_heading(plain(document.title), level=0)
        if document.question:
            self._paragraph_of(document.question, "Subtitle")
        for fact in document.facts:
            self._paragraph_of(f"{fact.name}: {fact.value}", "Normal")
        for section in document.sections:
            self._section(section, 1)
        self._paragraph_of(document.closing, "Table note")
        written = io.BytesIO()
        self.file.save(written)
        return settled(written.getvalue())

    def _styles(self) -> None:
        styles = self.file.styles
        for name in ("Normal", "Title", "Subtitle", "Heading 1", "Heading 2", "Heading 3", "Heading 4", "Caption"):
            style = styles[name]
            style.font.name = _FONT
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            fonts.set(qn("w:eastAsia"), _EAST_ASIAN)
            for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
                fonts.attrib.pop(qn(f"w:{theme}"), None)
            style.font.color.rgb = RGBColor(0, 0, 0)
        styles["Normal"].font.size = Pt(11)
        styles["Caption"].font.size = Pt(10)
        styles["Caption"].font.bold = False
        styles["Title"].font.size = Pt(18)
        for name, size in (("Table text", 8.5), ("Table note", 8.0), ("Banner", 9.0)):
            style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
            style.base_style = styles["Normal"]
            style.font.size = Pt(size)
            style.paragraph_format.space_before = Pt(0)
            style.paragraph_format.space_after = Pt(0 if name == "Table text" else 3)
        styles["Banner"].font.bold = True
        styles["Banner"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER

    def _section(self, section: Section, level: int) -> None:
        self.file.add_heading(plain(section.title), level=min(level, _DEEPEST_HEADING))
        for block in section.blocks:
            self._block(block)
        for part in section.parts:
            self._section(part, level + 1)

    def _block(self, block: Block) -> None:
        match block:
            case Table():
                self._table(block)
            case FigurePlace():
                self._figure(block)
            case Listing():
                for item in block.items:
                    self._paragraph_of(item, "List Bullet")
            case Paragraph():
                self._line(block.content, "Normal")

    def _table(self, table: Table) -> None:
        self.n_tables += 1
        number = self.language.say("Table {number}.").format(number=self.n_tables)
        self._caption(number, table.title, keep=True)
        # Before the properties of the page, which end a Word file's body.
        body, style = self.file.element.body, self.file.styles["Table text"].style_id
        body.insert(len(body) - 1, table_element(table, style))
        for note in table.notes or ((Piece(""),),):
            self._line(note, "Table note")
        self.file.add_paragraph()

    def _figure(self, place: FigurePlace) -> None:
        self.n_figures += 1
        number = self.language.say("Figure {number}.").format(number=self.n_figures)
        holder = self.file.add_paragraph()
        holder.paragraph_format.keep_with_next = True
        shape = holder.add_run().add_picture(io.BytesIO(self.pictures[place.name]), width=_WIDTH)
        # What a screen reader says in place of the picture.
        shape._inline.docPr.set("descr", plain(f"{place.caption} {place.description}"))
        self._caption(number, place.caption, keep=False)

    def _caption(self, number: str, text: str, *, keep: bool) -> None:
        paragraph = self.file.add_paragraph(style="Caption")
        paragraph.paragraph_format.keep_with_next = keep
        paragraph.add_run(plain(number)).bold = True
        paragraph.add_run(plain(f" {text}"))

    def _line(self, content: Line, style: str) -> None:
        self._paragraph_of("".join(piece.text for piece in content), style)

    def _paragraph_of(self, text: str, style: str) -> None:
        self.file.add_paragraph(plain(text), style=style)
