"""Reads a specification file; every error names its line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from atrisk.errors import Problem, SpecError
from atrisk.simulate.spec import Spec, Stated


def read_spec(path: Path) -> tuple[Spec, bytes]:
    """The specification and the bytes of its file.

    Raises SpecError with every problem found: unreadable, not YAML 1.2, unknown or missing keys, wrong values,
    a source that is not listed.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise SpecError([Problem(str(path), None, None, "", "cannot be read", str(error.strerror))]) from error
    except UnicodeDecodeError as error:
        hint = "Save the file as UTF-8."
        raise SpecError([Problem(str(path), None, None, "", "is not UTF-8 text", hint)]) from error
    try:
        tree = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (None, None) if mark is None else (mark.line + 1, mark.column + 1)
        message = f"is not valid YAML: {error.problem}"
        raise SpecError([Problem(str(path), line, column, "", message)]) from error
    except YAMLError as error:
        raise SpecError([Problem(str(path), None, None, "", "is not valid YAML")]) from error
    if not isinstance(tree, dict):
        raise SpecError([Problem(str(path), 1, 1, "", "must be a mapping of keys to values")])
    try:
        spec = Spec.model_validate(_plain(tree))
    except ValidationError as error:
        raise SpecError([_problem(str(path), tree, detail) for detail in error.errors()]) from error
    problems = [
        Problem(str(path), *_place(tree, where), ".".join(map(str, where)), f"source {part.source!r} is not listed", "List it under sources.")
        for where, part in stated_parts(spec)
        if part.source and part.source not in spec.sources
    ]
    if problems:
        raise SpecError(problems)
    return spec, content


def stated_parts(part: Any, where: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Stated]]:
    """Every block of numbers with its path in the specification, in the file's order."""
    found: list[tuple[tuple[str | int, ...], Stated]] = []
    if isinstance(part, Stated):
        found.append((where, part))
    if isinstance(part, tuple):
        for place, item in enumerate(part):
            found += stated_parts(item, (*where, place))
    elif hasattr(type(part), "model_fields"):
        for name in type(part).model_fields:
            found += stated_parts(getattr(part, name), (*where, name))
    return found


def _plain(node: Any) -> Any:
    """The tree as dicts and tuples of plain values."""
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


def _problem(file: str, tree: Any, detail: Any) -> Problem:
    where = tuple(detail["loc"])
    line, column = _place(tree, where)
    message = detail["msg"].removeprefix("Value error, ")
    hint = ""
    if detail["type"] == "extra_forbidden":
        message = "unknown key"
        hint = _nearest(str(where[-1]), where[:-1])
    elif detail["type"] == "missing":
        message = "is missing"
    return Problem(file, line, column, ".".join(map(str, where)), message, hint)


def _place(tree: Any, where: Sequence[str | int]) -> tuple[int | None, int | None]:
    """Line and column of the deepest node on the path that is in the file, both from 1."""
    node, place = tree, (1, 1)
    for step in where:
        try:
            line, column = node.lc.key(step) if isinstance(node, dict) else node.lc.item(step)
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
        if isinstance(step, int):
            continue
        model = model.model_fields[step].annotation
        arguments = getattr(model, "__args__", ())
        model = arguments[0] if arguments else model
    names = list(getattr(model, "model_fields", {}))
    close = difflib.get_close_matches(word, names, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"Allowed here: {', '.join(names)}."
