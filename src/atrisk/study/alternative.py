"""Alternatives of a study: the same question with one decision taken otherwise, for a table of sensitivity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, WithJsonSchema, model_validator

from atrisk.study.expression import SqlText
from atrisk.study.part import Name, Part, wrong
from atrisk.study.places import Path
from atrisk.study.text import ReaderText

# The parts of a study file of which an alternative may replace something, as an entry by name or as a whole.
_BY_NAME = ("variables", "derive", "outcomes")
# A derivation says by one of these what kind it is; an alternative that names one replaces all but the words.
_KINDS = ("definition", "sql", "from")
_WORDS = ("label", "unit", "levels")

Entries = Annotated[dict[str, Any], WithJsonSchema({"type": "object", "minProperties": 1})]
Step = Annotated[dict[str, Any], WithJsonSchema({"type": "object", "minProperties": 1})]


class Alternative(Part):
    """What one alternative analysis declares in place of the main one's; all else stays as declared.

    Under ``variables``, ``derive`` and ``outcomes`` stand keys of entries that the study declares, under ``groups``
    keys of the main grouping: each replaces what the study says under that key. ``cohort`` replaces all steps;
    ``restrict`` is a further criterion after them.
    """

    label: ReaderText = Field(description="What readers see in the table of alternatives.")
    variables: dict[str, Entries] = Field(default_factory=dict, description="Keys of columns, replaced.")
    derive: dict[Name, Entries] = Field(default_factory=dict, description="Keys of derived variables, replaced.")
    outcomes: dict[Name, Entries] = Field(default_factory=dict, description="Keys of outcomes, replaced.")
    groups: Entries = Field(default_factory=dict, description="Keys of the main grouping, replaced.")
    cohort: tuple[Step, ...] | None = Field(None, min_length=1, description="The steps in place of the study's.")
    restrict: SqlText | None = Field(None, description="Only these patients: a further criterion (SQL expression).")
    unknown: Literal["include", "exclude"] | None = Field(
        None, description="What happens to patients for whom 'restrict' is unknown; without it they stop the run."
    )
    show: tuple[str, ...] = Field(
        (), description="The outcomes and variables of the baseline table computed; without it, all it bears on."
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.variables or self.derive or self.outcomes or self.groups or self.cohort or self.restrict):
            raise wrong("an alternative replaces something of the study", hint="Say what, such as 'derive:'.")
        if self.unknown is not None and self.restrict is None:
            raise wrong("belongs to 'restrict:'", "unknown", at_key=True)
        return self


def with_alternative(study: Mapping[str, Any], alternative: Mapping[str, Any]) -> dict[str, Any]:
    """The study file's content with an alternative's keys in place of its own; both as plain values."""
    changed = {key: value for key, value in study.items() if key not in ("alternatives", "published")}
    for part in _BY_NAME:
        entries = dict(changed.get(part) or {})
        for name, keys in (alternative.get(part) or {}).items():
            entries[name] = _entry(part, entries.get(name), keys)
        if entries:
            changed[part] = entries
    if "groups" in alternative:
        changed["groups"] = _merged(changed.get("groups") or {}, alternative["groups"])
    if "cohort" in alternative:
        changed["cohort"] = list(alternative["cohort"])
    if "restrict" in alternative:
        step = {"keep": alternative["restrict"], "otherwise": alternative.get("label")}
        step |= {"unknown": alternative["unknown"]} if "unknown" in alternative else {}
        changed["cohort"] = [*(changed.get("cohort") or []), step]
    return changed


def _entry(part: str, declared: Any, keys: Mapping[str, Any]) -> dict[str, Any]:
    if part == "derive" and isinstance(declared, dict) and any(kind in keys for kind in _KINDS):
        return {**{key: value for key, value in declared.items() if key in _WORDS}, **keys}
    return _merged(declared if isinstance(declared, dict) else {}, keys)


def _merged(declared: Mapping[str, Any], keys: Mapping[str, Any]) -> dict[str, Any]:
    """Keys within keys are replaced one by one, so that one of several stands for itself; lists as a whole."""
    merged = dict(declared)
    for key, value in keys.items():
        below = merged.get(key)
        merged[key] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def place_in_alternative(name: str, alternative: Alternative, steps: int, where: Path) -> Path:
    """Where in the study file that stands which lies at ``where`` in a study with this alternative.

    ``steps`` is the number of steps of its cohort. What the alternative leaves as it is stands at its own place.
    """
    within: Path = ("alternatives", name)
    if alternative.restrict is not None and where[:2] == ("cohort", steps - 1):
        return (*within, "restrict")
    part = where[0] if where else ""
    given = getattr(alternative, str(part), None) if part in (*_BY_NAME, "groups", "cohort") else None
    if not given or (part in _BY_NAME and (len(where) < 2 or where[1] not in given)):
        return where
    if part == "groups" and len(where) > 1 and where[1] not in given:
        return where
    return (*within, *where)
