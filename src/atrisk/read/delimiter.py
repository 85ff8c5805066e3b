"""Which character separates the cells of a text file."""

from __future__ import annotations

import csv
import io

CANDIDATES = (",", ";", "\t", "|")
_DELIMITERS = (",", ";", "\t", "|")
_RECORDS = 200
_CHARACTERS = 400_000


def sniff(text: str) -> str:
    """The delimiter of a delimited text: of those that divide its header, the one that divides most rows alike.

    Delimiters within quotes do not count. The first 200 records are looked at. A text that none of them divides has
    one column, and the comma is returned; so it is where two are equally good, in the order of ``CANDIDATES``.
    """
    best, best_score = ",", (0.0, 1)
    for delimiter in CANDIDATES:
        widths = _widths(text, delimiter)
        if not widths or widths[0] < 2:
            continue
        score = (sum(width == widths[0] for width in widths) / len(widths), widths[0])
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _widths(text: str, delimiter: str) -> list[int]:
    """Cells a record, the header's first; 0 where a record's quotes are broken under this delimiter."""
    head = text[:_CHARACTERS]
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter, strict=True)
    widths: list[int] = []
    while len(widths) < _RECORDS:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error:
            widths.append(0)
            continue
        if cells:
            widths.append(len(cells))
    if len(head) < len(text) and len(widths) > 1:
        widths.pop()
    return widths
