"""The schema for editors: what loads is valid under it, and the mistakes an editor can show are not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.study.model import Study
from atrisk.study.schema import json_schema
from atrisk.study.yaml_document import read_document

EXAMPLES = Path(__file__).parents[2] / "examples"
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "object": (dict,), "array": (list,), "boolean": (bool,), "integer": (int,),
    "number": (int, float),
}  # fmt: skip
KNOWN = {
    "$schema", "$defs", "$ref", "title", "description", "default", "examples", "format", "type", "const", "enum",
    "anyOf", "oneOf", "properties", "required", "additionalProperties", "propertyNames", "minProperties", "items",
    "prefixItems", "minItems", "maxItems", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
}  # fmt: skip
SCHEMA = json_schema()


def faults(value: Any, schema: dict[str, Any], where: str = "") -> Iterator[str]:
    """A plain reading of the JSON Schema keywords the schema uses (the specification's, sections 10 and 11)."""
    assert set(schema) <= KNOWN, set(schema) - KNOWN
    if "$ref" in schema:
        yield from faults(value, SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")], where)
    if "type" in schema and not _has_type(value, schema["type"]):
        yield f"{where}: not {schema['type']}"
        return
    if "const" in schema and value != schema["const"]:
        yield f"{where}: not {schema['const']}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: not one of {schema['enum']}"
    for word, fits in (("anyOf", lambda n: n >= 1), ("oneOf", lambda n: n == 1)):
        if word in schema and not fits(sum(not list(faults(value, option, where)) for option in schema[word])):
            yield f"{where}: {word}"
    yield from _of_kind(value, schema, where)


def _has_type(value: Any, wanted: str | list[str]) -> bool:
    names = [wanted] if isinstance(wanted, str) else wanted
    return any(isinstance(value, TYPES[n]) and not (isinstance(value, bool) and n != "boolean") for n in names)


def _of_kind(value: Any, schema: dict[str, Any], where: str) -> Iterator[str]:
    if isinstance(value, dict):
        yield from _object_faults(value, schema, where)
    if isinstance(value, list):
        for number, item in enumerate(value):
            options = schema.get("prefixItems", [])
            yield from faults(item, options[number] if number < len(options) else schema.get("items", {}), f"{where}[]")
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            yield f"{where}: length"
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{where}: pattern"
    if isinstance(value, int | float) and (
        value < schema.get("minimum", value)
        or value > schema.get("maximum", value)
        or value <= schema.get("exclusiveMinimum", value - 1)
        or value >= schema.get("exclusiveMaximum", value + 1)
    ):
        yield f"{where}: out of bounds"


def _object_faults(value: dict[str, Any], schema: dict[str, Any], where: str) -> Iterator[str]:
    yield from (f"{where}: no {key}" for key in schema.get("required", []) if key not in value)
    if len(value) < schema.get("minProperties", 0):
        yield f"{where}: too few"
    for key, item in value.items():
        yield from faults(key, schema.get("propertyNames", {}), f"{where}.{key}")
        others = schema.get("additionalProperties", {})
        if key in schema.get("properties", {}):
            yield from faults(item, schema["properties"][key], f"{where}.{key}")
        elif others is False:
            yield f"{where}: unknown {key}"
        elif others is not True:
            yield from faults(item, others, f"{where}.{key}")


def example(name: str) -> dict[str, Any]:
    return read_document((EXAMPLES / name / "study.yaml").read_bytes(), file=name).value


@pytest.mark.parametrize("name", ["colon", "netlm", "pbc"])
def test_the_examples_are_valid(name: str) -> None:
    assert list(faults(example(name), SCHEMA)) == []


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (("studdy",), {}, ": unknown studdy"),
        (("atrisk",), 2, ".atrisk: not 1"),
        (("groups", "multiplicity"), "hom", ".groups.multiplicity: not one of"),
        (("groups", "pairs"), ["SI against UP"], ".groups.pairs[]: pattern"),
        (("groups", "refrence"), "UP", ".groups: unknown refrence"),
        (("outcomes", "os", "at"), ["1 yer"], ".outcomes.os: oneOf"),
        (("baseline", "p_values"), "perhaps", ".baseline.p_values: not boolean"),
        (("variables", "patient.sex", "range"), [1], ".variables.patient.sex.range: length"),
        (("published", 0, "row"), {"outcom": "os"}, ".published[].row.outcom: not one of"),
        (("settings",), {"conf_level": 95}, ".settings.conf_level: out of bounds"),
        (("data",), {}, ".data: too few"),
    ],
)
def test_what_an_editor_can_see_is_not_valid(path: tuple[Any, ...], value: object, fault: str) -> None:
    study = json.loads(json.dumps(example("netlm")))
    place = study
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    found = list(faults(study, SCHEMA))
    assert len(found) == 1
    assert found[0].startswith(fault)


def test_it_is_the_same_at_every_call_and_plain_json() -> None:
    assert json.dumps(json_schema()) == json.dumps(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["$defs"]["ClavienDindo"]["properties"]["within"]["default"] == "90 days"
    assert '"null"' not in json.dumps(SCHEMA)


def test_every_key_of_the_model_is_offered() -> None:
    assert set(SCHEMA["properties"]) == set(Study.model_fields)
    assert "from" in SCHEMA["$defs"]["FromChildRows"]["properties"]


@settings(max_examples=100, deadline=None)
@given(codes=st.lists(st.booleans() | st.integers() | st.text(max_size=5), min_size=1, max_size=4))
def test_whatever_the_model_takes_for_a_code_the_schema_does(codes: list[Any]) -> None:
    study = example("colon")
    study["variables"]["patient.age"]["missing"] = codes
    Study.model_validate(study)
    assert list(faults(study, SCHEMA)) == []
