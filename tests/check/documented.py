"""The rules in the users' page."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_ROW = re.compile(r"^\| `(?P<rule>[a-z-]+)` \| (?P<severity>[^|]+) \|", re.MULTILINE)


def documented() -> dict[str, str]:
    """Rule -> what the page says of its severity."""
    page = (ROOT / "docs" / "checking.md").read_text(encoding="utf-8")
    return {match["rule"]: match["severity"] for match in _ROW.finditer(page)}
