"""Texts that a reader sees: one string, or one string per language."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, RootModel, WithJsonSchema

from atrisk.study.part import wrong

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class Text(RootModel[str | dict[str, str]]):
    """A text for readers, either one string for every language or a mapping from language code to string."""

    model_config = ConfigDict(frozen=True)

    def in_language(self, language: str) -> str:
        """The text in ``language``; where that is missing, English, then whichever was written first."""
        if isinstance(self.root, str):
            return self.root
        for code in (language, language.split("-")[0], "en"):
            if code in self.root:
                return self.root[code]
        return next(iter(self.root.values()))

    def __str__(self) -> str:
        return self.in_language("en")


def _checked(value: Any) -> Any:
    if isinstance(value, Text):
        return value
    if isinstance(value, bool) or value is None:
        raise wrong("expected a text, or one text per language such as {en: ..., zh: ...}")
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, dict):
        if not value:
            raise wrong("a text needs at least one language, such as {en: ...}")
        for code in value:
            if not isinstance(code, str) or not _LANGUAGE.fullmatch(code):
                raise wrong(f"'{code}' is not a language code such as en or zh", str(code), at_key=True)
            if not isinstance(value[code], str):
                raise wrong("expected a text", code, hint="A number or true/false as a text stands in quotes.")
    elif not isinstance(value, str):
        raise wrong("expected a text, or one text per language such as {en: ..., zh: ...}")
    return value


ReaderText = Annotated[
    Text,
    BeforeValidator(_checked),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": ["string", "number"]},
                {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1},
            ]
        }
    ),
]
