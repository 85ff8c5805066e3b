"""What the grammar allows at a place of the study file, read off the model itself."""

from __future__ import annotations

import types
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Tag

from atrisk.study.model import Study
from atrisk.study.part import TAG
from atrisk.study.places import Path

_Types = tuple[Any, ...]


def model_at(location: Path) -> type[BaseModel] | None:
    """The part of the study that ``location`` (a path as pydantic gives it, with tags of alternatives) leads to."""
    return next((found for found in _types_at(location) if _is_model(found)), None)


def keys_at(location: Path) -> tuple[str, ...]:
    """The keys allowed at ``location``; of several alternatives, those of the one meant."""
    model = model_at(location)
    return () if model is None else _keys(model)


def keys_of_alternatives(location: Path) -> tuple[str, ...]:
    """The keys that any of the alternatives at ``location`` knows."""
    return tuple(key for kind in _types_at(location) if _is_model(kind) for key in _keys(kind))


def words_at(location: Path) -> tuple[str, ...]:
    """The words allowed at ``location`` where only certain words are."""
    literals = [kind for kind in _types_at(location) if _origin(kind) is Literal]
    return tuple(str(word) for kind in literals for word in get_args(kind))


def description_of(location: Path) -> str:
    """What the model says about the key that ``location`` ends in."""
    model = model_at(location[:-1])
    for name, field in model.model_fields.items() if model is not None else ():
        if location[-1] == (field.alias or name):
            return field.description or ""
    return ""


def _keys(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _types_at(location: Path) -> _Types:
    found: _Types = (Study,)
    for part in location:
        if isinstance(part, str) and part.startswith(TAG):
            found = tuple(_untagged(kind) for kind in found if _tag(kind) == part)
        else:
            found = tuple(_alternatives(step for kind in found for step in _below(_untagged(kind), part)))
    return tuple(_untagged(kind) for kind in found)


def _below(kind: Any, part: str | int) -> Iterable[Any]:
    """The types of ``part`` in ``kind``: a field of a model, a value of a mapping, an item of a list."""
    if _is_model(kind):
        return [field.annotation for name, field in kind.model_fields.items() if part == (field.alias or name)]
    origin, arguments = _origin(kind), get_args(kind)
    if origin is dict:
        return [arguments[1]]
    if origin is tuple:
        return [arguments[0] if arguments[-1] is Ellipsis or not isinstance(part, int) else arguments[part]]
    return []


def _alternatives(kinds: Iterable[Any]) -> Iterable[Any]:
    for kind in kinds:
        inner = get_args(kind)[0] if _origin(kind) is Annotated and _tag(kind) is None else kind
        if _origin(inner) in (Union, types.UnionType):
            yield from _alternatives(get_args(inner))
        else:
            yield inner


def _tag(kind: Any) -> str | None:
    if _origin(kind) is not Annotated:
        return None
    return next((extra.tag for extra in get_args(kind)[1:] if isinstance(extra, Tag)), None)


def _untagged(kind: Any) -> Any:
    return get_args(kind)[0] if _origin(kind) is Annotated else kind


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _origin(kind: Any) -> Any:
    return get_origin(kind)
