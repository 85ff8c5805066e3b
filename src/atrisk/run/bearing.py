"""What an alternative bears on: the variables it changes, and what of every comparison rests on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from atrisk.derive.dependence import changed_variables, cohort_rests_on, groups_rest_on, outcome_rests_on, rests_on
from atrisk.result.row import MAIN
from atrisk.study.grouping import Comparison, Groups
from atrisk.study.model import Keep, Study


@dataclass(frozen=True, slots=True)
class Touched:
    """What is computed anew in one comparison, and whether its groups are made anew before.

    ``adjusted``: the outcomes adjusted by regression anew, among them those of which only a confounder differs.
    """

    groups: bool
    outcomes: tuple[str, ...]
    baseline: tuple[str, ...]
    adjusted: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every outcome and variable computed."""
        return (*self.outcomes, *self.baseline, *self.adjusted)


@dataclass(frozen=True, slots=True, eq=False)
class Bearing:
    """What an alternative bears on: variables derived anew, whether tables and cohort are made anew, and comparisons.

    ``further`` is a criterion after those of the study, which then need not be applied again. ``comparisons`` holds
    those of which anything is computed anew, the main one first.
    """

    variables: frozenset[str]
    tables: bool
    cohort: bool
    further: Keep | None
    comparisons: Mapping[str, Touched]


def bearing(base: Study, other: Study, show: Collection[str]) -> Bearing:
    """What differs between the study and what the alternative makes of it, and all that rests on it.

    ``show``, unless empty, names the outcomes and variables computed: in the main comparison whether or not they rest
    on what differs, in a further one only those that do.
    """
    variables = changed_variables(base, other)
    tables = other.variables != base.variables
    last = other.cohort[-1] if other.cohort[:-1] == base.cohort else None
    further = last if isinstance(last, Keep) else None
    cohort = tables or (other.cohort != base.cohort and further is None) or cohort_rests_on(base, variables)
    patients = cohort or further is not None
    comparisons = {}
    for name, groups, outcomes, baseline in _comparisons(base, other):
        anew = patients or groups_rest_on(groups, variables) or (name == MAIN and groups != base.groups)
        touched = frozenset(outcome for outcome in outcomes if anew or _rests(base, other, outcome, variables))
        variables_touched = frozenset(each for each in baseline if rests_on((each,), variables))
        if show:
            # What is asked for by name is computed; in a further comparison, where it can have moved at all.
            wanted = frozenset(show) if name == MAIN or anew else frozenset(show) & (touched | variables_touched)
            found = Touched(anew, _among(outcomes, wanted), _among(baseline, wanted - frozenset(outcomes)))
        else:
            # A whole baseline table for every alternative that moves patients would drown the rest.
            shown = frozenset[str]() if anew else variables_touched - touched
            found = Touched(anew, _among(outcomes, touched), _among(baseline, shown))
        found = replace(found, adjusted=_adjusted(other, name, outcomes, found.outcomes, variables, show))
        if found.names:
            comparisons[name] = found
    return Bearing(variables, tables, cohort, further, comparisons)


def _adjusted(
    study: Study,
    comparison: str,
    outcomes: tuple[str, ...],
    computed: tuple[str, ...],
    variables: Collection[str],
    show: Collection[str],
) -> tuple[str, ...]:
    """The adjusted outcomes that are computed anyway, and all of them where a confounder differs."""
    adjustment = study.adjustment if comparison == MAIN else study.comparisons[comparison].adjustment
    if adjustment is None or "regression" not in adjustment.methods:
        return ()
    differs = rests_on(adjustment.confounders, variables)
    wanted = frozenset(outcomes if differs else computed) & frozenset(show or outcomes)
    return _among(adjustment.outcomes or outcomes, wanted)


def _among(names: tuple[str, ...], wanted: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name in wanted)


def _comparisons(base: Study, other: Study) -> list[tuple[str, Groups, tuple[str, ...], tuple[str, ...]]]:
    """Every comparison with its groups, its outcomes and the variables of its baseline table."""
    baseline = base.baseline.show if base.baseline is not None else ()
    found: list[tuple[str, Groups, tuple[str, ...], tuple[str, ...]]] = []
    found.append((MAIN, other.groups, (*other.outcomes, *other.surgical_outcomes), baseline))
    comparison: Comparison
    for name, comparison in other.comparisons.items():
        found.append((name, comparison, comparison.outcomes, baseline if comparison.baseline else ()))
    return found


def _rests(base: Study, other: Study, outcome: str, variables: Collection[str]) -> bool:
    if outcome in other.outcomes:
        return other.outcomes[outcome] != base.outcomes[outcome] or outcome_rests_on(other, outcome, variables)
    return rests_on((outcome,), variables)
