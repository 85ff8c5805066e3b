"""Remarks: English as they stand, the same thing said in another language, and nothing that cannot be said."""

from __future__ import annotations

import ast
import pickle
from pathlib import Path
from string import Formatter

import pytest

import atrisk
from atrisk.result.remark import Remark, both, has_code, said
from atrisk.result.remark_templates import TEMPLATES
from atrisk.study.text import Text


class Shouting:
    """A language in which every template is shouted, without its values."""

    code = "zh"

    def say(self, message: str) -> str:
        return "".join(
            before.upper() + (f"{{{name}{':' + form if form else ''}}}" if name else "")
            for before, name, form, _ in Formatter().parse(message)
        )

    def say_count(self, one: str, many: str, count: int) -> str:
        return self.say(many)


def test_a_remark_is_its_english_words_and_keeps_its_code_and_values() -> None:
    remark = Remark("recorded-as-limit", {"count": 3})
    assert remark == "3 recorded only as a limit"
    assert (remark.code, dict(remark.values)) == ("recorded-as-limit", {"count": 3})
    assert has_code(remark, "recorded-as-limit")
    assert not has_code("3 recorded only as a limit", "recorded-as-limit")
    copy = pickle.loads(pickle.dumps(remark))  # noqa: S301 - our own bytes
    assert (copy, copy.code, dict(copy.values)) == (remark, remark.code, dict(remark.values))


def test_values_in_several_languages_and_remarks_within_remarks_are_said_in_the_readers() -> None:
    stratum = Text({"en": "Unknown", "zh": "不明"})
    group = Remark("quoted", {"label": Text({"en": "With", "zh": "同期"})})
    groups = Remark("either", {"first": group, "second": group})
    remark = Remark("stratum-left-out", {"stratum": stratum, "count": 1, "groups": groups})
    assert remark == 'Unknown (1 patient): nobody in "With" or "With"'
    assert said(remark, Shouting()) == '不明 (1 PATIENTS): NOBODY IN "同期" OR "同期"'
    assert said(Remark("list", {"parts": (group, "x")}), Shouting()) == '"同期", x'


def test_a_text_that_is_no_remark_is_said_as_its_message() -> None:
    assert said("no events", Shouting()) == "NO EVENTS"
    assert both("", "") == ""
    assert both("why", "") == "why"
    assert said(both("why", Remark("no-events")), Shouting()) == "why; NO EVENTS"


def test_what_has_no_template_or_lacks_a_value_cannot_be_made() -> None:
    with pytest.raises(KeyError):
        Remark("no-such-remark")
    with pytest.raises(KeyError):
        Remark("stratum-left-out", {"count": 1})


def test_every_template_is_used_and_one_and_several_name_the_same_values() -> None:
    """Codes stand as literals where remarks are made, or are put together from a rule's name there."""
    source = Path(atrisk.__file__).parent
    literals: set[str] = set()
    for file in source.rglob("*.py"):
        if not file.name.endswith("_templates.py"):
            tree = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            literals |= {node.value for node in tree if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    ends = {literal for literal in literals if literal.startswith((".", "-"))}
    for code, template in TEMPLATES.items():
        made_of_parts = any(code.endswith(end) and code.removesuffix(end) in literals for end in ends)
        numbered = code in ("index-date-missing.first", "index-date-missing.last")
        assert code in literals or made_of_parts or numbered, code
        if isinstance(template, tuple):
            one, many = ({name for _, name, _, _ in Formatter().parse(each) if name} for each in template)
            assert one == many, code
