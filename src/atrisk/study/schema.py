"""The JSON Schema of the study file, so that editors complete keys and underline mistakes while it is being written."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from atrisk.study.model import Study
from atrisk.study.quantity import Duration

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of a study file, the same at every call.

    It says which keys and words are allowed where. What it cannot say (that an expression is allowed, that a named
    table exists) is checked when the file is loaded; a file that loads is always valid under it.
    """
    schema = _plain(Study.model_json_schema(by_alias=True, schema_generator=_Generator))
    return {"$schema": DIALECT, "title": "atrisk study file", **schema}


class _Generator(GenerateJsonSchema):
    """Writes a default as the study file would, not as the model holds it."""

    def encode_default(self, dft: Any) -> Any:
        return str(dft) if isinstance(dft, Duration) else super().encode_default(dft)


def _plain(value: Any) -> Any:
    """Without what pydantic adds for programs: titles made from field names, and null where a key is left out."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {
        key: _plain(item)
        for key, item in value.items()
        if not (key == "title" and isinstance(item, str)) and not (key == "default" and item is None)
    }
    choices = kept.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        others = [choice for choice in choices if choice != {"type": "null"}]
        del kept["anyOf"]
        return {**others[0], **kept} if len(others) == 1 else {"anyOf": others, **kept}
    return kept
