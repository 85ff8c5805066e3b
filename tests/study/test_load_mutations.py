"""Whatever is done to a study file, the answer is a study or a StudyError whose problems stand in the file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.errors import Problem, StudyError
from atrisk.study.load import load_study
from atrisk.study.yaml_document import read_document

EXAMPLES = Path(__file__).parents[2] / "examples"
TEXTS = [(EXAMPLES / name / "study.yaml").read_text(encoding="utf-8") for name in ("colon", "netlm")]
VALUES = [read_document(text.encode(), file="study.yaml").value for text in TEXTS]

YAML_SIGNS = [
    "", " ", "\n", "\t", ":", ": ", "-", "- ", "#", "'", '"', "{", "}", "[", "]", "&a ", "*a", "!x ", "|\n", ">", "%",
    "@", "`", "? ", "---\n", "...\n", "<<: ", "[" * 300, "{a: " * 300,
]  # fmt: skip
WORDS = [
    "no", "null", "~", "0", "-1", "1e400", ".nan", "true", "\ufeff", "\u2028", "\x00", "\x85", "名", "keep: ", "sql: ",
    "(", ")", "(" * 60, "read_csv('x')", "--", ";",
]  # fmt: skip
SNIPPETS = st.sampled_from([*YAML_SIGNS, *WORDS])
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["1 year", "UP"])
)
VALUES_ANY = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)


def answered(data: bytes, folder: Path) -> None:
    """Loads or raises StudyError with problems in line order that name the file, and no word of pydantic's."""
    file = folder / "study.yaml"
    file.write_bytes(data)
    problems: tuple[Problem, ...] = ()
    try:
        load_study(file)
    except StudyError as error:
        problems = error.problems
        assert problems
    breaks = re.split(r"\r\n|[\n\r\x85\u2028\u2029]", data.decode("utf-8", "replace"))
    places = [(problem.line or 0, problem.column or 0) for problem in problems]
    assert places == sorted(places)
    assert len({str(problem) for problem in problems}) == len(problems)
    for problem in problems:
        assert problem.file == str(file)
        assert problem.line is None or 1 <= problem.line <= len(breaks)
        assert "Input should" not in problem.message
        assert "alternative:" not in str(problem)
        assert "pydantic" not in str(problem)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_text_cut_and_patched_anywhere_is_answered(tmp_path_factory: Any, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(TEXTS))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        length = data.draw(st.sampled_from([0, 1, 2, 10, 100]))
        text = text[:start] + data.draw(SNIPPETS | st.text(max_size=3)) + text[start + length :]
    answered(text.encode("utf-8", "surrogatepass"), tmp_path_factory.getbasetemp())


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_bytes_changed_anywhere_are_answered(tmp_path_factory: Any, data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(TEXTS)).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    answered(bytes(raw), tmp_path_factory.getbasetemp())


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_value_or_key_replaced_anywhere_is_answered(tmp_path_factory: Any, data: st.DataObject) -> None:
    study = json.loads(json.dumps(data.draw(st.sampled_from(VALUES))))
    for _ in range(data.draw(st.integers(1, 3))):
        _replace_somewhere(study, data)
    answered(json.dumps(study, ensure_ascii=False).encode("utf-8", "surrogatepass"), tmp_path_factory.getbasetemp())


def _replace_somewhere(value: Any, data: st.DataObject) -> None:
    """Go down a random way and there put anything, drop the key, or misspell it."""
    while True:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        if isinstance(value[key], dict | list) and data.draw(st.booleans()):
            value = value[key]
            continue
        what = data.draw(st.sampled_from(["put", "drop", "misspell"]))
        if what == "put":
            value[key] = data.draw(VALUES_ANY)
        elif what == "drop" or not isinstance(value, dict):
            del value[key]
        else:
            value[data.draw(st.sampled_from([key[1:], key + "s", key.upper(), "x"]))] = value.pop(key)
        return
