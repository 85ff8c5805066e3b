"""Sentences with numbers in them: a message in the reader's language whose gaps are filled with pieces of rows."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter

from atrisk.report.table_model import Line, Piece

Filling = Piece | Line | str


def filled(message: str, fillings: Mapping[str, Filling]) -> Line:
    """The message, already in the reader's language, with each ``{name}`` in it replaced by what is given for it.

    A translation may order the gaps as its grammar wants. Raises KeyError for a gap that nothing is given for.
    """
    pieces: list[Piece] = []
    for text, name, _format, _conversion in Formatter().parse(message):
        if text:
            pieces.append(Piece(text))
        if name is None:
            continue
        filling = fillings[name]
        if isinstance(filling, str):
            pieces += [Piece(filling)] if filling else []
        else:
            pieces += [filling] if isinstance(filling, Piece) else list(filling)
    return tuple(pieces)
