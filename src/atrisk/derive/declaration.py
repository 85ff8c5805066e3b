"""What a study file says about a visible variable: label, unit, levels, bands."""

from __future__ import annotations

from atrisk.derive.patients import Patients, Visible
from atrisk.study.model import Study
from atrisk.study.scope import DERIVED
from atrisk.study.text import Text


def label_of(item: Visible, study: Study) -> Text:
    """The declared label, else the name in readable form: ``lm_size_max`` becomes "Lm size max"."""
    declared = study.derive.get(item.column) if item.table == DERIVED else study.variables.get(item.name)
    if declared is not None and declared.label is not None:
        return declared.label
    words = item.column.replace("_", " ").replace(".", ", ").strip()
    return Text(words[:1].upper() + words[1:])


def unit_of(item: Visible, study: Study) -> str:
    """The declared unit, empty where there is none."""
    declared = study.derive.get(item.column) if item.table == DERIVED else study.variables.get(item.name)
    return (declared.unit or "") if declared is not None else ""


def levels_of(item: Visible, study: Study) -> dict[str, Text]:
    """The levels in order with their labels, where the study file or a definition fixes them; else nothing.

    A definition's own levels, such as G1 to G3, stand for themselves.
    """
    declared = study.derive.get(item.column) if item.table == DERIVED else study.variables.get(item.name)
    if declared is not None and declared.levels:
        return dict(declared.levels)
    return {level: Text(level) for level in item.levels or ()}


def bands_of(item: Visible, study: Study) -> tuple[str, ...] | None:
    """The declared bands of a number; None where there are none."""
    declared = None if item.table == DERIVED else study.variables.get(item.name)
    return declared.bands if declared is not None else None


def bare_names(patients: Patients) -> dict[str, str]:
    """Full name by every name that is unique without its table, beside the full names themselves."""
    count: dict[str, int] = {}
    for item in patients.visible.values():
        count[item.column] = count.get(item.column, 0) + 1
    bare = {item.column: name for name, item in patients.visible.items() if count[item.column] == 1}
    return {**bare, **{name: name for name in patients.visible}}
