"""docs/study_file.md: every example in it loads, and it leaves out no key, word or function."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from atrisk.study.definition import DEFINITIONS
from atrisk.study.load import load_study
from atrisk.study.published import SELECTORS
from atrisk.study.refusal import FUNCTIONS
from atrisk.study.schema import json_schema
from atrisk.study.yaml_document import read_document

PAGE = (Path(__file__).parents[2] / "docs" / "study_file.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)
SMALLEST = read_document(EXAMPLES[0].encode(), file="docs").value
TABLES = {
    "patient": {"file": "patient.csv", "key": "patient_id"},
    "operation": {"file": "operation.csv", "key": "op_id", "parent": "patient"},
    "complication": {"file": "complication.csv", "parent": "operation"},
    "imaging": {"file": "imaging.csv", "parent": "patient"},
}


@pytest.mark.parametrize("text", EXAMPLES, ids=[text.split("\n")[0] for text in EXAMPLES])
def test_every_example_loads(tmp_path: Path, text: str) -> None:
    """A part of a study is put into the smallest one in place of what that says."""
    study = {**SMALLEST, **read_document(text.encode(), file="docs").value}
    if study["data"] == SMALLEST["data"] and text != EXAMPLES[0]:
        study["data"] = TABLES
    file = tmp_path / "study.yaml"
    file.write_text(json.dumps(study), encoding="utf-8")
    load_study(file)


def test_the_smallest_study_loads_as_written(tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text(EXAMPLES[0], encoding="utf-8")
    assert load_study(file).study.groups.reference == "control"


def _keys(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for value in schema.values():
            yield from _keys(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _keys(value)


def _words(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from (str(word) for word in schema.get("enum", []) if word not in ("\t", "|"))
        for value in schema.values():
            yield from _words(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _words(value)


def test_every_key_is_explained() -> None:
    code = " ".join(re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.S)))
    named = set(re.findall(r"\w+", code))
    assert {key for key in _keys(json_schema()) if key not in named} == set()


def test_every_word_that_can_be_chosen_is_there() -> None:
    grades = {"II", "IIIa", "IIIb", "IVa", "IVb"}  # "I to V"
    missing = {word for word in _words(json_schema()) if word not in PAGE}
    assert missing <= grades


def test_every_function_definition_and_selector_is_there() -> None:
    assert [name for name in (*FUNCTIONS, *DEFINITIONS, *SELECTORS) if f"`{name}`" not in PAGE and name != "CAST"] == []
