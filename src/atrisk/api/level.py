"""Codes that stand in a column and in a user's call: 2, 2.0 and "2" are the same."""

from __future__ import annotations

from collections.abc import Sequence

Level = str | int | float | bool
Levels = Level | Sequence[Level]


def level_text(value: object) -> str:
    """A code in words: numbers with up to 15 significant digits, 1 rather than 1.0; truth values as 0 and 1."""
    if isinstance(value, str):
        return value
    return f"{float(value):.15g}"  # type: ignore[arg-type]  # columns hold texts, numbers and truth values only


def as_number(value: Level) -> float | None:
    """The number that a code given in a call stands for, None where it stands for none."""
    try:
        return float(value)
    except ValueError:
        return None


def in_words(levels: Sequence[Level]) -> str:
    """Codes as a list for a message: codes the user declared, never those of the data."""
    return ", ".join(repr(level) for level in levels)
