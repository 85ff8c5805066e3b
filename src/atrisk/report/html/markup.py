"""Markup built from elements: text is escaped unless it is markup already."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Final

NO_ATTRIBUTES: Final[Mapping[str, str]] = {}
_VOID = frozenset({"meta", "br", "col"})


class Markup(str):
    """A string that is markup and is not escaped again."""

    __slots__ = ()


def escaped(text: str) -> Markup:
    """Text made safe for element content and attribute values; control characters that HTML forbids are dropped."""
    if isinstance(text, Markup):
        return text
    allowed = "".join(character for character in text if character in "\t\n" or ord(character) >= 32)
    return Markup(html.escape(allowed, quote=True))


def element(tag: str, attributes: Mapping[str, str] = NO_ATTRIBUTES, *children: str) -> Markup:
    """An element; attributes with an empty value are left out."""
    given = "".join(f' {name}="{escaped(value)}"' for name, value in attributes.items() if value != "")
    if tag in _VOID:
        return Markup(f"<{tag}{given}>")
    return Markup(f"<{tag}{given}>{''.join(escaped(child) for child in children)}</{tag}>")


def joined(parts: list[Markup] | tuple[Markup, ...], between: str = "") -> Markup:
    """Several pieces of markup one after another."""
    return Markup(between.join(parts))
