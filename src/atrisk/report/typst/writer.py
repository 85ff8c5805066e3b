"""A document as a PDF: its source and figures in a folder of their own, compiled there and nowhere else."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import typst

from atrisk.report.document import Document
from atrisk.report.typst.source import source

# The first is part of typst; the others are taken where they are installed, for letters it does not have.
FONTS = ("Libertinus Serif", "Noto Serif CJK SC", "Noto Sans CJK SC", "Source Han Serif SC", "SimSun", "Songti SC")

# Where the letters of East Asia begin (CJK radicals); those before are in typst's own fonts.
_BEYOND_OWN_FONT = 0x2E80


def pdf(document: Document, figures: Mapping[str, bytes]) -> bytes:
    """The document as the bytes of a PDF; ``figures`` holds the SVG of every figure named in it.

    The same document gives the same bytes on one machine. The compiler sees one folder, made for this and removed
    again; it loads no package and asks no network.
    """
    with tempfile.TemporaryDirectory(prefix="atrisk-") as folder:
        place = Path(folder)
        for name, svg in figures.items():
            (place / f"{name}.svg").write_bytes(svg)
        text = source(document, FONTS)
        (place / "document.typ").write_text(text, encoding="utf-8", newline="\n")
        # Looking through the system's fonts takes longer than the rest, and most documents need none of them.
        own = all(ord(letter) < _BEYOND_OWN_FONT for letter in text)
        written = typst.compile(place / "document.typ", root=place, format="pdf", ignore_system_fonts=own)
    if not isinstance(written, bytes):
        raise TypeError("a document has one PDF")
    return written
