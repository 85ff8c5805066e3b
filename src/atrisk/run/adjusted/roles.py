"""Which variables may be adjusted for: those known at time zero, never what the treatment itself brings about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from atrisk.derive.definitions import named
from atrisk.derive.variable import Values
from atrisk.errors import Problem, StudyError
from atrisk.result.row import MAIN
from atrisk.study.adjustment import Adjustment
from atrisk.study.definition import (
    ClavienDindo,
    ComprehensiveComplicationIndex,
    IsglsGrade,
    LengthOfStay,
    Mortality,
    ProgressionFromImaging,
    ResidualTumour,
    TextbookOutcome,
)
from atrisk.study.derivation import FromChildRows
from atrisk.study.grouping import Groups
from atrisk.study.load import LoadedStudy
from atrisk.study.model import Comparison, Study
from atrisk.study.places import Path

# What comes of the operation: adjusting for it takes away part of the very effect that is asked for.
_AFTERWARDS = (
    ClavienDindo,
    ComprehensiveComplicationIndex,
    IsglsGrade,
    LengthOfStay,
    Mortality,
    ProgressionFromImaging,
    ResidualTumour,
    TextbookOutcome,
)


def confounders_of(loaded: LoadedStudy) -> tuple[str, ...]:
    """Every confounder that the study declares, in order, and what helps to impute them.

    Raises StudyError, with the line of each, for those that cannot be one: outcomes, the grouping itself, and what is
    known only after time zero, also by way of other variables.
    """
    study = loaded.study
    problems: list[Problem] = []
    names: list[str] = []
    for where, groups, adjustment, outcomes in _declared(study):
        if isinstance(groups, Comparison) and groups.strata is not None and adjustment.by_score:
            problems.append(
                loaded.problem(
                    (*where, "methods"), f"'{adjustment.by_score[0]}' takes no strata",
                    "Declare the stratum as one more confounder, and the comparison without 'strata:'.",
                )
            )  # fmt: skip
        for position, name in enumerate(adjustment.confounders):
            why = _refused(study, name, groups, outcomes)
            if why:
                problems.append(loaded.problem((*where, "confounders", position), *why))
            names.append(name)
        auxiliary = adjustment.imputation.auxiliary if adjustment.imputation is not None else ()
        for position, name in enumerate(auxiliary):
            if name in outcomes or (isinstance(groups.by, str) and _bare(name) == _bare(groups.by)):
                problems.append(
                    loaded.problem(
                        (*where, "missing", "auxiliary", position),
                        f"'{name}' is an outcome of this comparison or makes its groups, which help to impute anyway",
                        "Remove it.",
                    )
                )
        names += auxiliary
        for position, name in enumerate(adjustment.outcomes):
            if name not in outcomes:
                problems.append(
                    loaded.problem(
                        (*where, "outcomes", position), f"'{name}' is no outcome of this comparison",
                        f"It has {', '.join(outcomes)}.",
                    )
                )  # fmt: skip
    if problems:
        raise StudyError(problems)
    return tuple(dict.fromkeys(names))


def refuse_numbers(loaded: LoadedStudy, values: Mapping[str, Values]) -> None:
    """Raise StudyError, with the line of each, for outcomes to be adjusted that are numbers: they have no model."""
    problems = [
        loaded.problem(
            (*where, "outcomes", position),
            f"'{name}' is a number, and no outcome that is a number is adjusted",
            "Adjust outcomes that take time, that are true or false, or that have levels in order.",
        )
        for where, _groups, adjustment, _outcomes in _declared(loaded.study)
        for position, name in enumerate(adjustment.outcomes)
        if name in values and values[name].kind == "number"
    ]
    if problems:
        raise StudyError(problems)


def check_pairs(loaded: LoadedStudy, contrasts: Mapping[str, Sequence[str]]) -> None:
    """Check that every pair of an adjustment is one of its comparison's contrasts.

    ``contrasts``: those of every comparison, by its name. Raises StudyError, with the line of each that is not.
    """
    problems: list[Problem] = []
    for where, _groups, adjustment, _outcomes in _declared(loaded.study):
        known = contrasts[str(where[1]) if len(where) > 1 else MAIN]
        for position, text in enumerate(adjustment.pairs):
            if text not in known:
                problems.append(
                    loaded.problem(
                        (*where, "pairs", position), f"'{text}' is none of the pairs that are compared",
                        f"Compared are {', '.join(known)}.",
                    )
                )  # fmt: skip
    if problems:
        raise StudyError(problems)


def _declared(study: Study) -> Iterator[tuple[Path, Groups, Adjustment, tuple[str, ...]]]:
    if study.adjustment is not None:
        yield ("adjustment",), study.groups, study.adjustment, (*study.outcomes, *study.surgical_outcomes)
    for name, comparison in study.comparisons.items():
        if comparison.adjustment is not None:
            yield ("comparisons", name, "adjustment"), comparison, comparison.adjustment, comparison.outcomes


def _refused(study: Study, name: str, groups: Groups, outcomes: tuple[str, ...]) -> tuple[str, str] | None:
    """Why a variable cannot be adjusted for, and what to do; None where it can."""
    if name in outcomes:
        return f"'{name}' is an outcome of this comparison", "Remove it: an outcome is no confounder of itself."
    if isinstance(groups.by, str) and _bare(name) == _bare(groups.by):
        return f"'{name}' makes the groups that are compared", "Remove it."
    source = known_afterwards(study, name)
    if source is None:
        return None
    through = "" if source == name else f", by way of '{source}'"
    return (
        f"'{name}' is known only after time zero{through}",
        "What treatment brings about is no confounder of it: remove it, or declare it under 'never:'; an exposure that "
        "begins later is declared under 'time_dependent:'.",
    )


def _bare(name: str) -> str:
    return name.rpartition(".")[2].casefold()


def known_afterwards(study: Study, name: str) -> str | None:
    """The derived variable known only after time zero on which a name rests; None where it rests on none."""
    return _afterwards(study, name, set())


def _afterwards(study: Study, name: str, seen: set[str]) -> str | None:
    known = {declared.casefold(): declared for declared in study.derive}
    whole = known.get(name.casefold()) or known.get(name.partition(".")[0].casefold())
    if whole is None or whole in seen:
        return None
    seen.add(whole)
    declared = study.derive[whole]
    later = isinstance(declared, FromChildRows) and (declared.within is not None or declared.after is not None)
    if later or isinstance(declared, _AFTERWARDS):
        return whole
    return next((found for other in named(declared) if (found := _afterwards(study, other, seen))), None)
