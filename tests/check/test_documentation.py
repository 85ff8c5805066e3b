"""Every rule that a table can break is in the users' page, and no other."""

from __future__ import annotations

import re

from tests.check.documented import ROOT, documented

_RULE = re.compile(
    r"(?:Rule\(|rule=|column_finding\(|_informs\(|block\()\s*\"(?P<rule>[a-z]+(?:-[a-z]+)+|encoding|delimiter)\""
)


def test_the_page_lists_exactly_the_rules_there_are() -> None:
    modules = [path for room in ("read", "check") for path in (ROOT / "src" / "atrisk" / room).rglob("*.py")]
    source = "".join(path.read_text(encoding="utf-8") for path in modules)
    assert {match["rule"] for match in _RULE.finditer(source)} == set(documented())
