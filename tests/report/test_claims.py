"""No text of the report says that groups are alike but the sentences of a kept, pre-specified margin."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import atrisk
from atrisk.report.claims import GUARDED
from atrisk.result.remark_templates import TEMPLATES

SOURCE = Path(atrisk.__file__).parent
# Where a margin's sentence is made, and the words are allowed.
CLAIMS = SOURCE / "report" / "claims.py"
# Messages in which a guarded word claims nothing: each is looked at by a person before it is added here.
HARMLESS = {
    "A p value above 0.05 does not show that groups fare alike. Read how far apart the limits say they may be.",
}


def messages(path: Path) -> list[str]:
    """Every literal text handed to ``say`` or ``say_count`` in a module."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ("say", "say_count"):
                found += [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    return found


def test_no_message_of_the_report_claims_likeness() -> None:
    every = [(path, text) for path in sorted((SOURCE / "report").rglob("*.py")) for text in messages(path)]
    assert len(every) > 200
    claiming = [text for path, text in every if path != CLAIMS and GUARDED["en"].search(text)]
    assert set(claiming) <= HARMLESS


def test_no_remark_of_a_run_claims_likeness() -> None:
    for code, template in TEMPLATES.items():
        for text in template if isinstance(template, tuple) else (template,):
            assert not GUARDED["en"].search(text), code


def test_the_claims_themselves_are_the_two_of_a_kept_margin() -> None:
    claiming = [text for text in messages(CLAIMS) if GUARDED["en"].search(text)]
    assert len(claiming) == 2
    assert all("which was declared before the outcomes were read" in text for text in claiming)


@pytest.mark.parametrize(
    ("language", "text", "claims"),
    [
        ("en", "Survival was comparable between the groups", True),
        ("en", "There was no significant difference", True),
        ("en", "There was no difference in survival", True),
        ("en", "Rates were similarly distributed", True),
        ("en", "no difference was shown; the data are compatible with", False),
        ("zh", "两组总生存相当", True),
        ("zh", "两组无显著差异", True),
        ("zh", "未显示差异;数据与以下风险比相容", False),
    ],
)
def test_what_the_guard_catches(language: str, text: str, claims: bool) -> None:
    assert bool(GUARDED[language].search(text)) is claims
