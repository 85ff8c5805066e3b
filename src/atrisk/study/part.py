"""A part of the study: frozen, and strict about keys it does not know."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _is_name(value: str) -> str:
    if not _NAME.fullmatch(value) or value.startswith("__"):
        raise ValueError("a name starts with a letter and has only letters, digits and underscores")
    return value


Name = Annotated[str, AfterValidator(_is_name)]


class Part(BaseModel):
    """A part of the study: frozen, and strict about keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
