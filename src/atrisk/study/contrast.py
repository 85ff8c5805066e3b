"""The words for a contrast, the same in study files, result rows and selectors: "A vs B", or "A / B / C" of all groups.

A code that itself holds " vs " or " / " is put in double quotes, so that no two contrasts have the same words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_JOINT = re.compile(r"(^|\s)(vs|/)(\s|$)")
_QUOTED = r'"(?:[^"]|"")*"'
_PAIR = re.compile(rf"({_QUOTED}|\S|\S.*?\S)\s+vs\s+({_QUOTED}|\S|\S.*\S)")


def contrast(first: str, second: str) -> str:
    """The words for ``first`` compared with ``second``."""
    return f"{_code(first)} vs {_code(second)}"


def all_groups(codes: Sequence[str]) -> str:
    """The words for all groups compared at once."""
    return " / ".join(_code(code) for code in codes)


def could_be_misread(name: str) -> bool:
    """Whether a code or label, standing in a contrast, could be taken for more than one."""
    return _JOINT.search(name) is not None


def parsed(text: str) -> tuple[str, str] | None:
    """The two codes of a contrast's words; None where they are no contrast, or could be more than one."""
    match = _PAIR.fullmatch(text.strip())
    if match is None:
        return None
    sides = match.groups()
    if any(could_be_misread(side) and not re.fullmatch(_QUOTED, side) for side in sides):
        return None
    first, second = (_unquoted(side) for side in sides)
    return first, second


def _code(code: str) -> str:
    if could_be_misread(code) or code.startswith('"'):
        return '"' + code.replace('"', '""') + '"'
    return code


def _unquoted(side: str) -> str:
    return side[1:-1].replace('""', '"') if re.fullmatch(_QUOTED, side) else side
