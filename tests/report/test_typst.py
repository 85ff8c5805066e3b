"""The PDF: texts are texts whatever they hold, figures and tables are in it, the same bytes each time."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.report.document import Document, FigurePlace
from atrisk.report.table_model import Cell, Column, Table, plain_row
from atrisk.report.typst.source import literal, source
from atrisk.report.typst.writer import FONTS, pdf
from tests.report.test_word import document, table

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="160" height="90"><rect width="160" height="90"/></svg>'


def evaluated(text: str) -> str:
    """What typst itself takes the literal of a text for."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "one.typ"
        file.write_text(f"#metadata({literal(text)}) <it>\n", encoding="utf-8", newline="\n")
        (found,) = json.loads(typst.query(file, "<it>", field="value"))
    return str(found)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=30))
def test_a_literal_is_its_text(text: str) -> None:
    assert evaluated(text) == text


@pytest.mark.parametrize(
    "text",
    ['"', "\\", '\\"#panic()', '#include("/etc/passwd")', "$x$", "]", "*b*", "a\nb", "a b", "\\u{41}", "//", "/*"],
)
def test_nothing_in_a_text_is_run(text: str) -> None:
    assert evaluated(text) == text


def test_control_characters_become_marks() -> None:
    assert evaluated("a\x00b\x1bc") == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"


def hostile(text: str) -> Document:
    place = FigurePlace(name="flow", caption=text, description=text)
    wide = Table(
        name="wide", title=text, stub=text, columns=(Column(heading=text, group=text), Column(heading="B")),
        rows=(plain_row(text, (Cell.of(text), Cell.of(text))),),
    )  # fmt: skip
    return document(place, wide, title=text, banner=text)


@pytest.mark.parametrize("text", ['"; #panic("x")', '#read("/etc/passwd")', "]\n#pagebreak()", "\\", "年龄 50 岁"])
def test_a_document_with_any_text_is_set(text: str) -> None:
    assert pdf(hostile(text), {"flow": SVG}).startswith(b"%PDF-")


def test_the_same_document_gives_the_same_bytes() -> None:
    place = FigurePlace(name="flow", caption="The flow.", description="In words.")
    assert pdf(document(table(), place), {"flow": SVG}) == pdf(document(table(), place), {"flow": SVG})


def test_every_cell_and_note_is_in_the_source() -> None:
    written = source(document(table()), FONTS)
    for text in (
        "Characteristics",
        "n = 4",
        "Age, years",
        "62\\n(50 to 70)",
        "<0.001",
        "Median (quartiles).",
        "Groups",
    ):
        assert f'"{text}"' in written


def test_a_figure_that_is_not_there_is_an_error_and_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(typst.TypstError):
        pdf(document(FigurePlace(name="none", caption="", description="")), {})
    assert list(tmp_path.iterdir()) == []
