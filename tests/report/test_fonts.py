"""The letters of DejaVu Sans that figures are drawn with are those of the font that ships with matplotlib."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from fontTools.ttLib import TTFont

from atrisk.report.figures import canvas, fonts

WHOLE = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


def test_every_glyph_is_as_it_was() -> None:
    """Outline and width of every character, and the programs that fit them to pixels."""
    with TTFont(fonts.LETTERS_FILE) as letters, TTFont(WHOLE) as whole:
        ours, theirs = letters.getBestCmap(), whole.getBestCmap()
        assert len(ours) > 700
        for code, name in ours.items():
            glyph, original = letters["glyf"][name], whole["glyf"][theirs[code]]
            for ours_of, theirs_of in zip(
                glyph.getCoordinates(letters["glyf"]), original.getCoordinates(whole["glyf"]), strict=True
            ):
                assert list(ours_of) == list(theirs_of), chr(code)
            assert letters["hmtx"][name] == whole["hmtx"][theirs[code]]
        for table in ("fpgm", "prep", "cvt "):
            assert letters.getTableData(table) == whole.getTableData(table)
        assert (letters["name"].getDebugName(6), letters["name"].getDebugName(13)) == (
            "DejaVuSans",
            whole["name"].getDebugName(13),
        )


@pytest.mark.parametrize(
    "text",
    ["Überlebenszeit ≥ 5 years, ±2 %; final office AVAToWa fi ffl", "Ελληνικά, Кириллица й", "e\u0301 −1 → 2 · ∞"],
)
def test_text_is_drawn_to_the_same_pixels(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kerning, ligatures and marks included."""
    pictures = []
    for whole in (False, True):
        with monkeypatch.context() as patch:
            if whole:
                patch.setattr(fonts, "_letters", frozenset)
            with canvas.settings(text):
                assert mpl.rcParams["font.family"] == ["DejaVu Sans" if whole else "DejaVu Sans (letters)"]
                sheet = canvas.Sheet.of(12.0)
                sheet.write(3.0, 6.0, text, size=canvas.LARGE)
                pictures.append(canvas.ink(sheet.figure, "").png)
    assert pictures[0] == pictures[1]
    assert np.frombuffer(pictures[0], dtype=np.uint8).size > 2000


def test_a_character_beyond_the_letters_takes_the_whole_font() -> None:
    assert fonts.families_for("Age (years)\n≥ 65") == ("DejaVu Sans (letters)",)
    assert fonts.families_for("★")[0] == "DejaVu Sans"


def test_the_letters_are_known_to_whom_no_text_was_shown_yet() -> None:
    """A process that draws begins with a trial figure without words."""
    program = "from atrisk.report.figures.drawing import load\nload()"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (ended.stdout, ended.stderr) == ("", "")
