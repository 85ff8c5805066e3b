"""Reads a specification file; every error names its line."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from atrisk.errors import Problem, SpecError
from atrisk.simulate.spec import Spec, Stated

Where = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SpecFile:
    """A valid specification with what is needed to point into its file."""

    path: Path
    sha256: str
    spec: Spec
    tree: Any

    def problem(self, where: Where, message: str, hint: str = "") -> Problem:
        """A problem at a path of the specification, with the line and column of that place."""
        return _problem(self.path, self.tree, where, message, hint)


def read_spec(path: Path) -> SpecFile:
    """Reads and checks a specification.

    Raises SpecError with every problem found: unreadable, not UTF-8, not YAML 1.2, unknown or missing keys, wrong
    values, a source that is not listed.
    """
    content = _content(path)
    tree = _tree(path, content)
    try:
        spec = Spec.model_validate(_plain(tree))
    except ValidationError as error:
        raise SpecError([_validation_problem(path, tree, detail) for detail in error.errors()]) from error
    problems = [
        _problem(path, tree, (*where, "source"), f"{part.source!r} is not listed", "List it under sources.")
        for where, part in stated_parts(spec)
        if part.source and part.source not in spec.sources
    ]
    if problems:
        raise SpecError(problems)
    return SpecFile(path, hashlib.sha256(content).hexdigest(), spec, tree)


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


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        content.decode("utf-8-sig")
    except OSError as error:
        reason = error.strerror or "the system gives no reason"
        raise SpecError([Problem(str(path), None, None, "", f"cannot be read: {reason}.")]) from error
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise SpecError([Problem(str(path), line, None, "", "is not UTF-8 text.", "Save it as UTF-8.")]) from error
    return content


def _tree(path: Path, content: bytes) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        tree = YAML(typ="rt").load(content.decode("utf-8-sig"))
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (None, None) if mark is None else (mark.line + 1, mark.column + 1)
        message = f"is not valid YAML: {str(error.problem).splitlines()[0]}."
        raise SpecError([Problem(str(path), line, column, "", message)]) from error
    except (YAMLError, ValueError, RecursionError) as error:  # a ValueError is a date such as 2000-13-01
        raise SpecError([Problem(str(path), None, None, "", "is not valid YAML.")]) from error
    if not isinstance(tree, dict):
        raise SpecError([Problem(str(path), 1, 1, "", "must be a mapping of keys to values.")])
    return tree


def _plain(node: Any) -> Any:
    """The tree as dicts and tuples of plain values, without the places in the file."""
    if isinstance(node, dict):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return tuple(_plain(item) for item in node)
    if isinstance(node, bool):
        return node
    for plain in (int, float, str):
        if isinstance(node, plain):
            return plain(node)
    return node


def _validation_problem(path: Path, tree: Any, detail: Any) -> Problem:
    where: Where = tuple(step for step in detail["loc"] if step != "[key]")
    if detail["type"] == "extra_forbidden":
        return _problem(path, tree, where, "unknown key.", _nearest(str(where[-1]), where[:-1]))
    if detail["type"] == "missing":
        return _problem(path, tree, where, "is missing.")
    return _problem(path, tree, where, detail["msg"].removeprefix("Value error, ") + ".")


def _problem(path: Path, tree: Any, where: Where, message: str, hint: str = "") -> Problem:
    line, column = _place(tree, where)
    return Problem(str(path), line, column, ".".join(map(str, where)), message, hint)


def _place(tree: Any, where: Sequence[str | int]) -> tuple[int, int]:
    """Line and column, from 1, of the deepest node on the path that is in the file."""
    node, place = tree, (1, 1)
    for step in where:
        try:
            marks: Any = node.lc
            line, column = marks.key(step) if isinstance(node, dict) else marks.item(step)
            node = node[step]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
        place = (line + 1, column + 1)
    return place


def _nearest(word: str, where: Sequence[str | int]) -> str:
    """A suggestion for a mistyped key, from the keys that the model allows at that place."""
    import difflib

    model: Any = Spec
    for step in where:
        # a number stands for an entry of a list: tuple[Target, ...]
        model = model.model_fields[step].annotation if isinstance(step, str) else model.__args__[0]
    names = list(model.model_fields)
    close = difflib.get_close_matches(word, names, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"Allowed here: {', '.join(names)}."
