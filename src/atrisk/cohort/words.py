"""How readers see the variables of a cohort."""

# ruff: noqa: S608 (only quoted names are put into SQL)

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from atrisk.derive.declaration import bare_names, label_of, levels_of, unit_of
from atrisk.derive.patients import ALIAS, Patients, Visible
from atrisk.derive.variable import found_levels, kind_of
from atrisk.read.session import Session
from atrisk.result.run_result import VariableWords
from atrisk.study.model import Study
from atrisk.study.text import Text

# A text with more values than this tells patients apart rather than grouping them: its values are not levels.
MOST_LEVELS = 50


def variable_words(patients: Patients, study: Study, session: Session) -> Mapping[str, VariableWords]:
    """Words of every visible variable, under its full name and, where it is unique, its bare name.

    Levels are those declared, else those a definition fixes, else those found among the patients, in order. A
    variable with more than ``MOST_LEVELS`` undeclared values has none, and neither have true/false variables: they
    are yes and no.
    """
    counted = _counts(patients, study, session)
    words: dict[str, VariableWords] = {}
    by_full_name: dict[str, list[str]] = {}
    for name, full in bare_names(patients).items():
        by_full_name.setdefault(full, []).append(name)
    for full, names in by_full_name.items():
        item = patients.visible[full]
        kind = kind_of(item, study)
        levels = levels_of(item, study)
        if not levels and 0 < counted.get(full, 0) <= MOST_LEVELS:
            levels = {code: Text(code) for code in found_levels(item, patients, session)}
        for name in names:
            words[name] = VariableWords(
                name=name,
                label=label_of(item, study),
                kind=kind,
                unit=unit_of(item, study),
                levels=MappingProxyType(levels),
            )
    return MappingProxyType(words)


def _counts(patients: Patients, study: Study, session: Session) -> dict[str, int]:
    """The number of different values of each variable whose levels must be found."""
    items = [item for item in patients.visible.values() if _levels_unknown(item, study)]
    if not items:
        return {}
    counts = ", ".join(f"count(DISTINCT {item.sql})" for item in items)
    found = session.rows(f"SELECT {counts} FROM {patients.relation} {ALIAS}")[0]
    return {item.name: int(count) for item, count in zip(items, found, strict=True)}


def _levels_unknown(item: Visible, study: Study) -> bool:
    return kind_of(item, study) == "category" and not levels_of(item, study)
