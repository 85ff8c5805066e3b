"""Which variables may divide the patients, which outcomes are shown of the parts, and the rows of a whole study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from atrisk.derive.follow_up import FollowUp
from atrisk.derive.variable import Values
from atrisk.errors import Problem, StudyError
from atrisk.result.row import MAIN, Row
from atrisk.run.adjusted.roles import known_afterwards
from atrisk.run.divided.centre import centre_rows
from atrisk.run.divided.division import Division
from atrisk.run.divided.subgroups import subgroup_rows
from atrisk.run.frame import Frame
from atrisk.study.grouping import Groups
from atrisk.study.load import LoadedStudy
from atrisk.study.model import Study
from atrisk.study.places import Path


@dataclass(frozen=True, slots=True)
class _Declared:
    """What a part of the study divides by, with the place of each name, and of which outcomes it shows what."""

    part: str
    by: tuple[tuple[Path, str], ...]
    outcomes: tuple[str, ...]
    comparison: str


def dividing_variables(loaded: LoadedStudy) -> tuple[str, ...]:
    """Every variable that divides the patients, in order.

    Raises StudyError, with the line of each, for the grouping itself, for what is known only after time zero, and for
    outcomes that the comparison does not have.
    """
    study = loaded.study
    problems: list[Problem] = []
    for declared in _declared(study):
        groups, outcomes = _comparison(study, declared.comparison)
        for where, name in declared.by:
            why = _refused(study, name, groups)
            if why:
                problems.append(loaded.problem(where, *why))
        for position, name in enumerate(declared.outcomes):
            if name not in outcomes:
                message = f"'{name}' is no outcome of this comparison"
                where = (declared.part, "outcomes", position)
                problems.append(loaded.problem(where, message, f"It has {', '.join(outcomes)}."))
    if problems:
        raise StudyError(problems)
    return tuple(dict.fromkeys(name for declared in _declared(study) for _where, name in declared.by))


def check_divisions(loaded: LoadedStudy, values: Mapping[str, Values], groupings: Mapping[str, np.ndarray]) -> None:
    """Raise StudyError, with the line, for a number without bands, an outcome without an effect, and a single centre.

    ``groupings``: the group of every patient by comparison, -1 outside.
    """
    study = loaded.study
    problems: list[Problem] = []
    for declared in _declared(study):
        for where, name in declared.by:
            if values[name].kind == "number" and values[name].bands is None:
                hint = "Declare 'bands:' for the column under 'variables:', or derive levels from it."
                problems.append(loaded.problem(where, f"'{name}' is a number, which divides nobody as it is", hint))
        for position, name in enumerate(declared.outcomes):
            if name not in study.outcomes and values[name].kind != "boolean":
                message = f"'{name}' neither takes time nor is it true or false: it has no effect that could be shown"
                problems.append(loaded.problem((declared.part, "outcomes", position), message))
    centre = study.centre
    if centre is not None and not problems:
        inside = groupings[centre.comparison] >= 0
        if sum(1 for _ in Division.of(values[centre.by]).members(inside)) < 2:
            message = "all patients compared come from one centre"
            problems.append(loaded.problem(("centre", "by"), message, "Remove 'centre:'."))
    if problems:
        raise StudyError(problems)


def divided_rows(
    study: Study, frame: Frame, values: Mapping[str, Values], followed: Mapping[str, FollowUp]
) -> Iterator[Row]:
    """The rows of subgroups and centres that are declared for a comparison."""
    subgroups, centre = study.subgroups, study.centre
    if subgroups is not None and subgroups.comparison == frame.name:
        divisions = [Division.of(values[name]) for name in subgroups.by]
        for outcome in _shown(study, frame.name, subgroups.outcomes, values, followed):
            yield from subgroup_rows(frame, divisions, outcome)
    if centre is not None and centre.comparison == frame.name:
        for outcome in _shown(study, frame.name, centre.outcomes, values, followed):
            yield from centre_rows(frame, Division.of(values[centre.by]), outcome)


def _declared(study: Study) -> Iterator[_Declared]:
    subgroups, centre = study.subgroups, study.centre
    if subgroups is not None:
        by = tuple((("subgroups", "by", position), name) for position, name in enumerate(subgroups.by))
        yield _Declared("subgroups", by, subgroups.outcomes, subgroups.comparison)
    if centre is not None:
        yield _Declared("centre", ((("centre", "by"), centre.by),), centre.outcomes, centre.comparison)


def _comparison(study: Study, name: str) -> tuple[Groups, tuple[str, ...]]:
    if name == MAIN:
        return study.groups, (*study.outcomes, *study.surgical_outcomes)
    return study.comparisons[name], study.comparisons[name].outcomes


def _shown(
    study: Study,
    comparison: str,
    declared: tuple[str, ...],
    values: Mapping[str, Values],
    followed: Mapping[str, FollowUp],
) -> Iterator[FollowUp | Values]:
    """The outcomes shown: as declared, else every one of the comparison that takes time or is true or false."""
    for name in declared or _comparison(study, comparison)[1]:
        outcome = followed.get(name) or values[name]
        if isinstance(outcome, FollowUp) or outcome.kind == "boolean":
            yield outcome


def _refused(study: Study, name: str, groups: Groups) -> tuple[str, str] | None:
    """Why a variable cannot divide the patients, and what to do; None where it can."""
    if isinstance(groups.by, str) and name.rpartition(".")[2].casefold() == groups.by.rpartition(".")[2].casefold():
        return f"'{name}' makes the groups that are compared", "Remove it."
    source = known_afterwards(study, name)
    if source is None:
        return None
    through = "" if source == name else f", by way of '{source}'"
    return (
        f"'{name}' is known only after time zero{through}",
        "Patients cannot be divided by what comes later without a bias: use what is known at time zero.",
    )
