"""What rests on which derived variable: the part of a study that another declaration of it bears on."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from atrisk.derive.definitions import expression_names, named
from atrisk.study.grouping import Comparison, Groups, SqlGroups
from atrisk.study.model import Index, Keep, Study, TimeZero


def changed_variables(before: Study, after: Study) -> frozenset[str]:
    """The derived variables that two studies declare differently, with all that are computed from them."""
    changed = {name for name, declared in after.derive.items() if declared != before.derive.get(name)}
    growing = True
    while growing:
        more = {name for name, declared in after.derive.items() if rests_on(named(declared), changed)} - changed
        growing = bool(more)
        changed |= more
    return frozenset(changed)


def rests_on(names: Iterable[str], variables: Collection[str]) -> bool:
    """Whether one of the names is that of one of the variables, or of a date that it yields."""
    folded = {variable.casefold() for variable in variables}
    return any(name.casefold() in folded or name.partition(".")[0].casefold() in folded for name in names)


def cohort_rests_on(study: Study, variables: Collection[str]) -> bool:
    """Whether a criterion or time zero is computed from one of the variables."""
    names: list[str] = []
    for step in study.cohort:
        if isinstance(step, Keep):
            names += expression_names(step.keep)
        if isinstance(step, Index | TimeZero):
            names.append(step.time_zero)
    return rests_on(names, variables)


def groups_rest_on(groups: Groups, variables: Collection[str]) -> bool:
    """Whether the groups of a comparison, who is in it or its strata are computed from one of the variables."""
    by, frozen = groups.by, groups.frozen
    names = list(expression_names(by.sql) if isinstance(by, SqlGroups) else (by,))
    if isinstance(groups, Comparison):
        names += expression_names(groups.restrict) if groups.restrict is not None else ()
        names += [groups.strata] if groups.strata is not None else []
    if frozen is not None:
        names += [name for name in (frozen.found, frozen.found_as) if name is not None]
    return rests_on(names, variables)


def outcome_rests_on(study: Study, outcome: str, variables: Collection[str]) -> bool:
    """Whether a time-to-event outcome is computed from one of the variables."""
    return rests_on((name for _, name in study.outcomes[outcome].columns()), variables)
