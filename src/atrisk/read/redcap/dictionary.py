"""A REDCap data dictionary: what each field of a project is."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from atrisk.errors import DataError
from atrisk.study.table import Variable

# Headers of the dictionary that REDCap's page writes and of the one its programming interface gives, without signs.
_HEADERS = {
    "variablefieldname": "name",
    "fieldname": "name",
    "formname": "form",
    "fieldtype": "type",
    "fieldlabel": "label",
    "choicescalculationsorsliderlabels": "choices",
    "selectchoicesorcalculations": "choices",
    "textvalidationtypeorshowslidernumber": "validation",
    "textvalidationmin": "low",
    "textvalidationmax": "high",
    "identifier": "identifier",
    "branchinglogicshowfieldonlyif": "branching",
    "branchinglogic": "branching",
}
_NEEDED = ("name", "form", "type", "choices")
_ONE_OF = ("radio", "dropdown")
_TAG = re.compile(r"<[^<>]{0,200}>")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a project; ``choices`` are codes with labels, in order."""

    name: str
    form: str
    type: str
    label: str
    choices: Mapping[str, str]
    validation: str
    low: str
    high: str
    identifier: bool
    branching: bool

    def columns(self) -> dict[str, Variable]:
        """The columns that the field has in an export, and what each is; one a choice for a field of checkboxes."""
        if self.type == "descriptive":
            return {}
        if self.type == "checkbox":
            return {
                checkbox_column(self.name, code): _variable(
                    {"label": f"{self._shown()}: {label or code}", "type": "boolean", "identifier": self.identifier}
                )
                for code, label in self.choices.items()
            }
        return {self.name: _variable(self._words())}

    def _shown(self) -> str:
        return self.label or self.name

    def _words(self) -> dict[str, Any]:
        words: dict[str, Any] = {"label": self._shown(), "identifier": self.identifier}
        if self.type in _ONE_OF and self.choices:
            words["levels"] = {code: label or code for code, label in self.choices.items()}
        elif self.type in ("yesno", "truefalse"):
            words["type"] = "boolean"
        elif self.type == "slider" or self.validation == "integer":
            words["type"] = "integer"
        elif self.type == "calc" or self.validation.startswith("number"):
            words["type"] = "number"
        elif self.validation.startswith("date"):
            words["type"] = "date"
        elif self.type in ("text", "notes"):
            words["type"] = "text"
        if words.get("type") in ("integer", "number"):
            low, high = _number(self.low), _number(self.high)
            if low is not None and high is not None and low <= high:
                words["range"] = (low, high)
        return words


def checkbox_column(field: str, code: str) -> str:
    """The column of one choice of a field of checkboxes: a minus in the code is written as an underscore."""
    return f"{field}___{code.lower().replace('-', '_')}"


def fields(columns: Sequence[str], rows: Sequence[Sequence[str | None]], *, file: str) -> tuple[Field, ...]:
    """The fields that a dictionary lists; ``rows`` are the cells of ``columns``, ``file`` the name shown.

    Raises DataError where the file is no data dictionary.
    """
    places = {word: place for place, column in enumerate(columns) if (word := _HEADERS.get(_plain(column)))}
    absent = [word for word in _NEEDED if word not in places]
    if absent:
        raise DataError(
            f"{file} is no data dictionary of REDCap: it needs the columns 'Variable / Field Name', 'Form Name', "
            "'Field Type' and 'Choices, Calculations, OR Slider Labels'. Download it under 'Data Dictionary'."
        )
    found = []
    for row in rows:
        cells = {word: (row[place] or "").strip() for word, place in places.items()}
        if cells["name"]:
            found.append(_field(cells))
    return tuple(found)


def _field(cells: Mapping[str, str]) -> Field:
    kind = cells["type"].lower()
    return Field(
        name=cells["name"].lower(),
        form=cells["form"].lower(),
        type=kind,
        label=_without_markup(cells.get("label", "")),
        choices=_choices(cells["choices"]) if kind in (*_ONE_OF, "checkbox") else {},
        validation=cells.get("validation", "").lower(),
        low=cells.get("low", ""),
        high=cells.get("high", ""),
        identifier=cells.get("identifier", "").lower() in ("y", "yes", "1"),
        branching=bool(cells.get("branching", "")),
    )


def _choices(text: str) -> dict[str, str]:
    """Choices as REDCap writes them: ``1, Male | 2, Female``."""
    pairs = (choice.partition(",") for choice in text.split("|"))
    return {code.strip(): _without_markup(label) for code, _, label in pairs if code.strip()}


def _variable(words: dict[str, Any]) -> Variable:
    if not words["identifier"]:
        del words["identifier"]
    try:
        return Variable.model_validate(words)
    except ValueError:  # a label or code that no study file could hold
        return Variable()


def _without_markup(text: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", text)).split())


def _plain(header: str) -> str:
    return re.sub(r"[^a-z]", "", header.lower())


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None
