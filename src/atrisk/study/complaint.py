"""What the model found wrong with a study, in the words of its author."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from atrisk.study.grammar import description_of, keys_at, keys_of_alternatives, words_at
from atrisk.study.part import TAG
from atrisk.study.places import Path
from atrisk.study.scope import did_you_mean, nearest


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing wrong: where (and whether at the key or its value), what, and what to do."""

    path: Path
    message: str
    hint: str = ""
    at_key: bool = False


# pydantic's kinds of error that say no more than which type was expected.
_EXPECTED = {
    "string_type": ("expected a text", "A number or true/false as a text stands in quotes."),
    "bool_type": ("expected true or false", ""),
    "bool_parsing": ("expected true or false", ""),
    "int_type": ("expected a whole number", ""),
    "int_parsing": ("expected a whole number", ""),
    "int_from_float": ("expected a whole number", ""),
    "int_parsing_size": ("expected a smaller number", ""),
    "float_type": ("expected a number", ""),
    "float_parsing": ("expected a number", ""),
    "finite_number": ("expected a number that is not infinite", ""),
    "dict_type": ("expected entries, each a name, a colon and a value", ""),
    "tuple_type": ("expected a list, such as [a, b]", ""),
}


def complaints(errors: Sequence[Mapping[str, Any]]) -> list[Complaint]:
    """Each of pydantic's errors in words.

    A missing key is left out where its misspelling is named anyway, and so is a list that is too short only because
    its entries are wrong, each of which is named.
    """
    unknown = {
        (_path(error["loc"][:-1]), near)
        for error in errors
        if error["type"] == "extra_forbidden"
        and (near := nearest(str(error["loc"][-1]), keys_at(tuple(error["loc"][:-1]))))
    }
    found = []
    for error in errors:
        location = tuple(error["loc"])
        if error["type"] == "missing" and (_path(location[:-1]), location[-1]) in unknown:
            continue
        if error["type"] == "too_short" and any(
            tuple(e["loc"])[: len(location)] == location for e in errors if e is not error
        ):
            continue
        found.append(_in_words(error, location))
    return found


def _path(location: Path) -> Path:
    """The path as the study file has it: without the tags of alternatives."""
    return tuple(part for part in location if part != "[key]" and not str(part).startswith(TAG))


def _in_words(error: Mapping[str, Any], location: Path) -> Complaint:
    kind, path = error["type"], _path(location)
    is_key = location[-1:] == ("[key]",)
    context = error.get("ctx") or {}
    if kind == "study":
        return Complaint((*path, *context["at"]), context["message"], context["hint"], context["at_key"] or is_key)
    if kind == "alternatives":
        return _no_alternative(location, error["input"], context)
    if kind == "extra_forbidden":
        return _unknown_key(location)
    if kind == "missing":
        return _missing(location)
    if kind == "literal_error":
        return _not_a_word(location, error["input"])
    if kind in _EXPECTED:
        return Complaint(path, *_EXPECTED[kind], at_key=is_key)
    if kind in ("model_type", "model_attributes_type"):
        return Complaint(path, "expected entries, each a key, a colon and a value", _valid_keys(keys_at(location)))
    return Complaint(path, _other(kind, context, error))


def _other(kind: str, context: Mapping[str, Any], error: Mapping[str, Any]) -> str:
    limits = {
        "greater_than": ("gt", "greater than"),
        "greater_than_equal": ("ge", "of at least"),
        "less_than": ("lt", "less than"),
        "less_than_equal": ("le", "of at most"),
    }
    if kind in limits:
        name, words = limits[kind]
        return f"expected a number {words} {context[name]}"
    if kind == "too_short":
        return f"expected at least {_things(context['min_length'])}"
    if kind == "too_long":
        return f"expected {_things(context['max_length'])}, not {context['actual_length']}"
    if kind == "string_pattern_mismatch":
        return "expected letters, digits, - and _ only, with a letter or digit first"
    return str(error["msg"]).removeprefix("Value error, ")


def _things(count: int) -> str:
    return "one entry" if count == 1 else f"{count} entries"


def _unknown_key(location: Path) -> Complaint:
    keys = keys_at(location[:-1])
    hint = did_you_mean(str(location[-1]), keys) or _valid_keys(keys)
    return Complaint(_path(location), f"there is no key '{location[-1]}' here", hint, at_key=True)


def _valid_keys(keys: tuple[str, ...]) -> str:
    return f"Valid here: {', '.join(keys)}." if keys else ""


def _missing(location: Path) -> Complaint:
    if location == ("atrisk",):
        return Complaint((), "the file does not say in which format it is written", "Write 'atrisk: 1' at its top.")
    if isinstance(location[-1], int):
        return Complaint(_path(location[:-1]), "too few entries in this list")
    description = description_of(location)
    return Complaint(_path(location[:-1]), f"'{location[-1]}:' is missing here", description, at_key=True)


def _not_a_word(location: Path, given: Any) -> Complaint:
    words = words_at(location)
    hint = did_you_mean(given, words) if isinstance(given, str) else ""
    expected = ", ".join("a tab" if word == "\t" else word for word in words)
    return Complaint(_path(location), f"expected one of: {expected}", hint)


def _no_alternative(location: Path, given: Any, context: Mapping[str, Any]) -> Complaint:
    """None of a part's alternatives is meant: say so, at the key that comes nearest to deciding it."""
    path = _path(location)
    if not isinstance(given, dict):
        return Complaint(path, context["message"])
    if "definition" in given and "definition" in context["keys"].split(","):
        from atrisk.study.definition import DEFINITIONS

        names = tuple(DEFINITIONS)
        hint = did_you_mean(str(given["definition"]), names) or f"There are {', '.join(names)}."
        return Complaint((*path, "definition"), "there is no such definition", hint)
    unknown = [key for key in given if key not in keys_of_alternatives(location)]
    for key in unknown:
        hint = did_you_mean(key, tuple(context["keys"].split(",")))
        if hint:
            return Complaint((*path, key), context["message"], hint, at_key=True)
    return Complaint(path, context["message"])
