"""The Word file: read back with another reader, native tables and styles, the same bytes each time, any text."""

from __future__ import annotations

import io
import zipfile

import docx
import numpy as np
import pytest
from docx.oxml.ns import qn
from docx.table import Table as WordTable
from PIL import Image

from atrisk.report.document import Document, Fact, FigurePlace, Listing, Paragraph, Section
from atrisk.report.table_model import Cell, Column, Piece, Table, heading_row, level_row, line, plain_row
from atrisk.report.word.writer import word


def picture() -> bytes:
    written = io.BytesIO()
    Image.fromarray(np.full((90, 160, 3), 200, dtype=np.uint8)).save(written, "PNG", dpi=(300, 300))
    return written.getvalue()


def table(name: str = "one", header: str = "Age, years") -> Table:
    return Table(
        name=name,
        title="Characteristics",
        stub="Variable",
        columns=(
            Column(heading="All", under=line("n = 4")),
            Column(heading="A", group="Groups"),
            Column(heading="B", group="Groups", align="start"),
        ),
        rows=(
            heading_row("Continuous"),
            plain_row(header, (Cell.of("61"), Cell.of("60"), Cell(((Piece("62"),), (Piece("(50 to 70)"),))))),
            level_row("Women", (Cell.of("1"), Cell.of("0"), Cell.of("<0.001"))),
        ),
        notes=(line("Median (quartiles)."),),
    )


def document(*blocks: object, title: str = "A title", banner: str = "Synthetic") -> Document:
    return Document(
        language="en",
        title=title,
        question="A question?",
        banner=banner,
        facts=(Fact(name="Patients", value="4"),),
        sections=(
            Section(
                identifier="first",
                title="First",
                blocks=tuple(blocks),  # type: ignore[arg-type]
                parts=(Section(identifier="part", title="A part", blocks=(Listing(("one", "two")),)),),
            ),
        ),
        closing="The end.",
    )


def read(content: bytes) -> docx.document.Document:
    return docx.Document(io.BytesIO(content))


def texts(found: WordTable) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in found.rows]


def test_a_table_is_a_native_one_with_every_cell_and_heading() -> None:
    (found,) = read(word(document(table()), {})).tables
    assert texts(found) == [
        ["Variable", "All", "Groups", "Groups"],
        ["Variable", "All", "A", "B"],
        ["", "n = 4", "", ""],
        ["Continuous"] * 4,
        ["Age, years", "61", "60", "62\n(50 to 70)"],
        ["Women", "1", "0", "<0.001"],
    ]
    repeated = [row._tr.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None for row in found.rows]
    assert repeated == [True, True, True, False, False, False]


def test_styles_are_words_own(tmp_path: object) -> None:
    del tmp_path
    file = read(word(document(Paragraph(line("Text with ", Piece("53.2%", "row"))), table()), {}))
    styled = {paragraph.text: paragraph.style.name for paragraph in file.paragraphs if paragraph.style is not None}
    assert styled["First"] == "Heading 1"
    assert styled["A part"] == "Heading 2"
    assert styled["A title"] == "Title"
    assert styled["Table 1. Characteristics"] == "Caption"
    assert styled["Median (quartiles)."] == "Table note"
    assert styled["one"] == "List Bullet"
    assert styled["Text with 53.2%"] == "Normal"
    assert file.sections[0].header.paragraphs[0].text == "Synthetic"


def test_a_figure_is_embedded_with_its_caption_and_words_for_who_cannot_see_it() -> None:
    place = FigurePlace(name="flow", caption="The flow.", description="The same numbers stand in a table.")
    file = read(word(document(place), {"flow": picture()}))
    (shape,) = file.inline_shapes
    assert shape.width.cm == pytest.approx(16, abs=0.01)
    assert shape._inline.docPr.get("descr") == "The flow. The same numbers stand in a table."
    assert [p.text for p in file.paragraphs if p.text.startswith("Figure")] == ["Figure 1. The flow."]


def test_the_same_document_gives_the_same_bytes_whatever_the_clock() -> None:
    first, second = (word(document(table(), Paragraph(line("x"))), {}) for _ in range(2))
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist()[0] == "[Content_Types].xml"
        assert archive.testzip() is None


@pytest.mark.parametrize(
    "text",
    ["<w:p>&amp;", "a\x00b\x0bc", "\ud800", "]]>", "年龄", '"quoted" & <b>', "\uffff", "a\tb"],
)
def test_any_text_of_a_study_file_leaves_a_readable_file(text: str) -> None:
    (found,) = read(word(document(table(header=text), title=text, banner=text), {})).tables
    shown = found.rows[4].cells[0].text
    kept = "".join(letter for letter in text if letter.isprintable() and letter not in "\ud800\uffff")
    assert all(letter in shown for letter in kept)


def test_widths_fill_the_page_and_no_more() -> None:
    wide = Table(
        name="wide",
        title="Wide",
        stub="Variable",
        columns=tuple(Column(heading=f"A long heading {number}") for number in range(12)),
        rows=(plain_row("x", tuple(Cell.of("1,234 (56.7%)") for _ in range(12))),),
    )
    for each in (wide, table()):
        (found,) = read(word(document(each), {})).tables
        total = sum(int(column.get(qn("w:w"))) for column in found._tbl.tblGrid.iterchildren(qn("w:gridCol")))
        assert total <= 9072 + 20


def test_a_table_without_rows_is_written_all_the_same() -> None:
    empty = Table(name="none", title="None", stub="", columns=(Column(heading="A"),), rows=())
    (found,) = read(word(document(empty), {})).tables
    assert texts(found) == [["", "A"]]
