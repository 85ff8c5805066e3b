"""Paper, ink and files: sizes in millimetres, colours, and the three formats a figure is written in.

The object-oriented API is used throughout: pyplot keeps global state and takes longer to import. Text in SVG becomes
outlines (``svg.fonttype: path``): a report must look the same on a machine without the font, and inline SVG may load
none; the words of a figure are in its description, its table and its data file. In PDF the text stays text (Type 42),
so that a journal can edit it.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from atrisk.report.figures.fonts import families_for

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Text

MM_PER_INCH = 25.4
POINTS_PER_MM = 72 / MM_PER_INCH
DPI = 300
# Two columns of a journal page; every text is at least 7 pt at this width.
WIDTH_MM = 174.0

LARGE, NORMAL, SMALL = 8.5, 8.0, 7.2

INK = "#1b2733"
SOFT = "#5a6672"
RULE = "#c9d0d6"
FAINT = "#e6eaed"
PAPER = "#ffffff"

# Told apart by readers with any colour vision (after Okabe and Ito, darkened until text in them is legible on white);
# beyond the first six, and on paper without colour, the dashes tell.
COLOURS = ("#0b62a4", "#c14a09", "#00795c", "#8c3b8f", "#8a6a00", "#3d4752")
DASHES: tuple[tuple[float, ...], ...] = ((), (6.0, 1.3), (2.6, 1.0), (8.0, 1.2, 2.0, 1.2), (4.0, 1.0), (10.0, 2.0))


def colour(position: int) -> str:
    """The colour of the group at a position."""
    return COLOURS[position % len(COLOURS)]


def dashes(position: int) -> tuple[float, ...]:
    """The dashes of the group at a position; a second round of colours takes other dashes."""
    return DASHES[(position + position // len(COLOURS)) % len(DASHES)]


def paler(hex_colour: str, share: float) -> str:
    """A colour mixed with white: ``share`` 0 leaves it, 1 gives white."""
    channels = (int(hex_colour[start : start + 2], 16) for start in (1, 3, 5))
    return "#" + "".join(f"{round(channel + (255 - channel) * share):02x}" for channel in channels)


@dataclass(frozen=True, slots=True)
class Ink:
    """A figure in its three formats."""

    svg: bytes
    pdf: bytes
    png: bytes


@contextmanager
def settings(text: str) -> Iterator[None]:
    """Drawing settings for a figure that holds ``text``; nothing outside is changed.

    A dollar sign stays a dollar sign (no formulas in labels), and a character that no installed font holds is drawn as
    a box without a warning on the terminal.
    """
    import matplotlib

    with (
        warnings.catch_warnings(),
        matplotlib.rc_context(
            {
                "font.family": list(families_for(text)),
                "text.parse_math": False,
                "text.color": INK,
                "axes.unicode_minus": True,
                "svg.fonttype": "path",
                "svg.hashsalt": "atrisk",
                "pdf.fonttype": 42,
                "pdf.compression": 6,
                "path.simplify": False,
            }
        ),
    ):
        warnings.filterwarnings("ignore", message=r"Glyph \d+")
        yield


def paper(height_mm: float, width_mm: float = WIDTH_MM) -> Figure:
    """An empty figure of a size in millimetres."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width_mm / MM_PER_INCH, height_mm / MM_PER_INCH), facecolor=PAPER)


def ink(figure: Figure, title: str) -> Ink:
    """The figure as SVG, PDF and PNG, without time stamps: the same figure gives the same bytes."""
    files: dict[str, bytes] = {}
    for kind, metadata in (
        ("svg", {"Date": None, "Title": title, "Creator": "atrisk"}),
        ("pdf", {"CreationDate": None, "Title": title, "Creator": "atrisk"}),
    ):
        stream = io.BytesIO()
        figure.savefig(stream, format=kind, dpi=DPI, metadata=metadata)
        files[kind] = stream.getvalue()
    return Ink(**files, png=_png(figure))


def _png(figure: Figure) -> bytes:
    """The figure as PNG at ``DPI``, opaque: in a quarter of the time of matplotlib's own writer, and no larger.

    Rows are packed as they are: what drawings consist of is surfaces of one colour, which no filter makes simpler.
    """
    raw = io.BytesIO()
    figure.savefig(raw, format="rgba", dpi=DPI)
    width, height = (int(inches * DPI) for inches in figure.get_size_inches())
    pixels = np.frombuffer(raw.getbuffer(), dtype=np.uint8).reshape(height, width, 4)
    rows = np.zeros((height, 1 + 3 * width), dtype=np.uint8)  # a row begins with the number of its filter: 0, none
    rows[:, 1:] = pixels[:, :, :3].reshape(height, 3 * width)
    packing = zlib.compressobj(1, memLevel=9)
    per_metre = round(DPI / MM_PER_INCH * 1000)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, content)
        for kind, content in (
            (b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)),
            (b"tEXt", b"Software\x00atrisk"),
            (b"pHYs", struct.pack(">2IB", per_metre, per_metre, 1)),
            (b"IDAT", packing.compress(rows.data) + packing.flush()),
            (b"IEND", b""),
        )
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    """A part of a PNG file: its length, kind, content and check sum (ISO/IEC 15948, 5.3)."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def text_width_mm(text: str, size: float, weight: str = "normal") -> float:
    """How wide a text of a size in points will be."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    width, _, _ = text_to_path.get_text_width_height_descent(
        text, FontProperties(size=size, weight=weight), ismath=False
    )
    return float(width) / POINTS_PER_MM


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A figure addressed in millimetres from its top left corner."""

    figure: Figure
    width_mm: float
    height_mm: float

    @classmethod
    def of(cls, height_mm: float, width_mm: float = WIDTH_MM) -> Sheet:
        """An empty sheet."""
        return cls(paper(height_mm, width_mm), width_mm, height_mm)

    def write(
        self,
        x_mm: float,
        y_mm: float,
        words: str,
        *,
        size: float = SMALL,
        ink_colour: str = INK,
        align: str = "left",
        opaque: bool = False,
    ) -> Text:
        """Write words with their vertical middle at ``y_mm`` from the top; ``opaque`` covers what lies beneath."""
        return self.figure.text(
            x_mm / self.width_mm,
            1 - y_mm / self.height_mm,
            words,
            fontsize=size,
            color=ink_colour,
            ha=align,
            va="center_baseline",
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.6} if opaque else None,
        )

    def line(
        self, x: tuple[float, float], y: tuple[float, float], *, ink_colour: str = RULE, width: float = 0.6
    ) -> None:
        """Draw a straight line between two points."""
        from matplotlib.lines import Line2D

        self.figure.add_artist(
            Line2D(
                [each / self.width_mm for each in x],
                [1 - each / self.height_mm for each in y],
                color=ink_colour,
                linewidth=width,
            )
        )


def clean(text: str) -> str:
    """A label as one line without control characters, which fonts draw as boxes."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def shortened(text: str, most: int) -> str:
    """A label cut to ``most`` characters; tables hold the whole."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def wrapped(text: str, size: float, width_mm: float) -> tuple[str, ...]:
    """A text broken into lines no wider than ``width_mm``; a single word that is wider is cut through."""
    lines: list[str] = []
    current = ""
    for token in _tokens(text):
        joined = current + token
        if text_width_mm(joined.strip(), size) <= width_mm or not current.strip():
            current = joined
        else:
            lines.append(current.strip())
            current = token.lstrip()
        while text_width_mm(current.strip(), size) > width_mm and len(current) > 1:
            fits = next(
                n for n in range(len(current) - 1, 0, -1) if text_width_mm(current[:n], size) <= width_mm or n == 1
            )
            lines.append(current[:fits].strip())
            current = current[fits:]
    return (*lines, current.strip()) if current.strip() else tuple(lines)


def _tokens(text: str) -> Iterator[str]:
    """Pieces between which a line may break: words with the space before them, single CJK characters."""
    token = ""
    for character in text:
        wide = "\u2e80" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef"
        if character == " " or wide:
            if token:
                yield token
            token = character
            if wide:
                yield token
                token = ""
        else:
            token += character
    if token:
        yield token
