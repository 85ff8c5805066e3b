"""Reads a specification file; every error names its line."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from atrisk.errors import Problem, SpecError, StudyError
from atrisk.simulate.spec import Spec
from atrisk.simulate.stated import Stated
from atrisk.study.places import Path as Where
from atrisk.study.places import Places, in_words
from atrisk.study.yaml_document import read_document


@dataclass(frozen=True, slots=True, eq=False)
class SpecFile:
    """A valid specification with what is needed to point into its file."""

    path: Path
    sha256: str
    spec: Spec
    places: Places

    def problem(self, where: Where, message: str, hint: str = "") -> Problem:
        """A problem at a path of the specification, with the line and column of that place."""
        return Problem(str(self.path), *self.places.of(where), in_words(where), message, hint)


def read_spec(path: Path) -> SpecFile:
    """Reads and checks a specification.

    Raises SpecError with every problem found: unreadable, not UTF-8, not YAML 1.2, unknown or missing keys, wrong
    values, a source that is not listed.
    """
    try:
        content = path.read_bytes()
        document = read_document(content, file=str(path))
    except OSError as error:
        reason = error.strerror or "the system gives no reason"
        raise SpecError([Problem(str(path), None, None, "", f"cannot be read: {reason}.")]) from error
    except StudyError as error:
        raise SpecError(error.problems) from error
    places, problems = document.places, list(document.problems)
    if "atrisk" in document.value and "atrisk_simulation" not in document.value:
        message = "this is a study file, not the specification of a simulated cohort."
        problem = Problem(str(path), *places.of(("atrisk",)), "atrisk", message, f"It is run by 'atrisk run {path}'.")
        raise SpecError([problem])
    try:
        spec = Spec.model_validate(_frozen(document.value))
    except ValidationError as error:
        known = {problem.line for problem in problems}
        found = [_validation_problem(path, places, detail) for detail in error.errors()]
        problems += [problem for problem in found if problem.line not in known or problem.message == "is missing."]
        raise SpecError(problems) from error
    file = SpecFile(path, hashlib.sha256(content).hexdigest(), spec, places)
    problems += [
        file.problem((*where, "source"), f"{part.source!r} is not listed.", "List it under sources.")
        for where, part in stated_parts(spec)
        if part.source and part.source not in spec.sources
    ]
    if problems:
        raise SpecError(problems)
    return file


def stated_parts(part: object, where: Where = ()) -> list[tuple[Where, Stated]]:
    """Every block of numbers with its path in the specification, in the order of the model."""
    found: list[tuple[Where, Stated]] = []
    if isinstance(part, Stated):
        found.append((where, part))
    if isinstance(part, tuple):
        for place, item in enumerate(part):
            found += stated_parts(item, (*where, place))
    elif isinstance(part, BaseModel):
        for name in type(part).model_fields:
            found += stated_parts(getattr(part, name), (*where, name))
    return found


def _frozen(node: Any) -> Any:
    """The document with tuples for its lists: the specification does not change."""
    if isinstance(node, dict):
        return {key: _frozen(value) for key, value in node.items()}
    return tuple(_frozen(item) for item in node) if isinstance(node, list) else node


def _validation_problem(path: Path, places: Places, detail: Any) -> Problem:
    where: Where = tuple(step for step in detail["loc"] if step != "[key]")
    message, hint = detail["msg"].removeprefix("Value error, ") + ".", ""
    place = places.of_key(where) if "[key]" in detail["loc"] else places.of(where)
    if detail["type"] == "extra_forbidden":
        message, hint, place = "unknown key.", _nearest(str(where[-1]), where[:-1]), places.of_key(where)
    elif detail["type"] == "missing":
        message = "is missing."
    return Problem(str(path), *place, in_words(where), message, hint)


def _nearest(word: str, where: Where) -> str:
    """A suggestion for a mistyped key, from the keys that the model allows at that place."""
    import difflib

    model: Any = Spec
    for step in where:
        # a number stands for an entry of a list: tuple[Target, ...]
        model = model.model_fields[step].annotation if isinstance(step, str) else model.__args__[0]
    names = list(model.model_fields)
    close = difflib.get_close_matches(word, names, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"Allowed here: {', '.join(names)}."
