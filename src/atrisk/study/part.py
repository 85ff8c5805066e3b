"""A part of the study: frozen, strict about keys it does not know, and exact about where it is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator
from pydantic_core import PydanticCustomError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# Alternatives of a part are told apart by tags, which pydantic puts into the path of an error. No key of a study file
# begins so, and therefore the path the user sees can leave them out.
TAG = "alternative:"


def wrong(message: str, *at: str | int, hint: str = "", at_key: bool = False) -> PydanticCustomError:
    """An error about the part itself, or about what lies ``at`` a path below it, for a validator to raise.

    ``at_key`` says that the key there is wrong and not its value.
    """
    return PydanticCustomError("study", "{message}", {"message": message, "hint": hint, "at": at, "at_key": at_key})


class _Context(dict[str, int | str | float]):
    """What an error says, hashable: Python hashes the alternatives of a union, as of an optional part."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self.items()))


def one_of(which: Callable[[Any], str | None], expected: str, *keys: str) -> Discriminator:
    """Tells the alternatives of a part apart: ``which`` gives the tag without its prefix, None where none is meant.

    ``expected`` is what the user is told then; ``keys`` are those that would have decided.
    """

    def tag(value: Any) -> str | None:
        found = which(value)
        return None if found is None else TAG + found

    return Discriminator(
        tag,
        custom_error_type="alternatives",
        custom_error_message="{message}",
        custom_error_context=_Context(message=expected, keys=",".join(keys)),
    )


def first_key(value: Any, keys: Mapping[str, str]) -> str | None:
    """The tag of the first of ``keys`` (key -> tag) that a mapping has."""
    return next((tag for key, tag in keys.items() if key in value), None) if isinstance(value, dict) else None


def _is_name(value: str) -> str:
    if not _NAME.fullmatch(value) or value.startswith("__"):
        raise wrong("a name starts with a letter and has only letters, digits and underscores")
    return value


Name = Annotated[str, AfterValidator(_is_name)]


class Part(BaseModel):
    """A part of the study: frozen, and strict about keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
