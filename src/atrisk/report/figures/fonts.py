"""Fonts for a figure's texts: the one that ships with matplotlib, installed ones only where it lacks a character.

Most figures need its letters alone, for which a part of it stands in ``font/``: it looks the same and takes a tenth of
the time to be cut to size for a PDF.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.font_manager import FontEntry

# Ships with matplotlib, so a figure looks the same on every machine unless its text needs more.
ALWAYS = "DejaVu Sans"
# What we call its letters here; in a PDF it has its own name.
_LETTERS = "DejaVu Sans (letters)"
LETTERS_FILE = Path(__file__).with_name("font") / "DejaVuSans.ttf"
# Families known to hold what DejaVu lacks, nearest in style first; one that is not installed is passed over.
_PREFERRED = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Arial Unicode MS",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Symbols 2",
    "Noto Emoji",
    "Segoe UI Symbol",
    "Apple Symbols",
)


def families_for(text: str) -> tuple[str, ...]:
    """Font families that together hold every character of ``text`` as far as installed fonts allow, in order of use."""
    letters = _letters()
    if all(character.isspace() or ord(character) in letters for character in text):
        return (_LETTERS,)
    families = [ALWAYS]
    lacking = {character for character in text if not character.isspace() and ord(character) not in _held(ALWAYS)}
    for family in _PREFERRED:
        if not lacking:
            break
        held = {character for character in lacking if ord(character) in _held(family)}
        if held:
            families.append(family)
            lacking -= held
    return tuple(families)


@cache
def _letters() -> frozenset[int]:
    """The code points of the letters, made known to matplotlib."""
    from matplotlib.font_manager import FontEntry, fontManager, get_font

    file = str(LETTERS_FILE)
    fontManager.ttflist.append(
        FontEntry(
            fname=file, name=_LETTERS, style="normal", variant="normal", weight=400, stretch="normal", size="scalable"
        )
    )
    return frozenset(get_font(file).get_charmap())


@cache
def _held(family: str) -> frozenset[int]:
    """The code points of an installed family; none where it is not installed."""
    from matplotlib.font_manager import get_font

    entry = _entry(family)
    return frozenset(get_font(entry.fname).get_charmap()) if entry is not None else frozenset()


@cache
def _entry(family: str) -> FontEntry | None:
    from matplotlib.font_manager import fontManager

    entries = [entry for entry in fontManager.ttflist if entry.name == family]
    regular = [entry for entry in entries if entry.style == "normal" and entry.weight in (400, "normal", "regular")]
    return next(iter(sorted(regular or entries, key=lambda entry: entry.fname)), None)
