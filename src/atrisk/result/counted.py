"""Numbers with their noun: one row is, two rows are."""

from __future__ import annotations


def counted(n: int, one: str, many: str) -> str:
    """``n`` and the words that go with it, such as ``1 row is`` and ``3 rows are``."""
    return f"{n} {one if n == 1 else many}"
