"""Full-width and typographic signs where YAML needs plain ones: what a Chinese keyboard or a word processor writes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from atrisk.errors import Problem

_PLAIN = {
    "：": ":", "，": ",", "、": ",", "【": "[", "】": "]", "［": "[", "］": "]", "｛": "{", "｝": "}", "＃": "#",
    "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "＂": '"', "＇": "'", "－": "-", "\u3000": "a space",
}  # fmt: skip
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'|(?:^|\s)#.*")
# A key whose colon is full-width: YAML goes on to the next line before it gives up.
_KEY = re.compile(r"\s*(?:- +)?[A-Za-z_][\w.]*：")
_LINES_BACK = 3


def told(problem: Problem, lines: Sequence[str], *, unreadable: bool = False) -> Problem:
    """The problem, with the sign to replace as its hint where one on its line can be the cause.

    It can where the message has no better hint, or names the sign itself. ``unreadable``: the file is no YAML there,
    so that the sign may also be the colon of a key on one of the lines before.
    """
    if problem.line is None or not 0 < problem.line <= len(lines):
        return problem
    sign = _first(lines[problem.line - 1])
    if sign is None and unreadable:
        before = lines[max(problem.line - 1 - _LINES_BACK, 0) : problem.line - 1]
        at = next((number for number, line in enumerate(reversed(before), 1) if _KEY.match(line)), None)
        if at is not None:
            line = problem.line - at
            return _with_hint(replace(problem, line=line, column=lines[line - 1].index("：") + 1), "：")
    named = sign is not None and (sign in problem.message or sign in problem.where)
    if sign is None or not (unreadable or named or not problem.hint):
        return problem
    return _with_hint(problem, sign)


def _first(line: str) -> str | None:
    bare = _QUOTED.sub("", line)
    return next((character for character in bare if character in _PLAIN), None)


def _with_hint(problem: Problem, sign: str) -> Problem:
    shown = "a full-width space" if sign == "\u3000" else sign
    message = problem.message if problem.message.endswith(".") else f"{problem.message}."
    return replace(problem, message=message, hint=f"This line has {shown} where YAML needs {_PLAIN[sign]}")
