"""Cells that a spreadsheet would run."""

from __future__ import annotations

_RUNS_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def without_formula(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_RUNS_AS_FORMULA) else text
