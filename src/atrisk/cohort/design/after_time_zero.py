"""Groups and baseline variables that can only be known after time zero: refused, and offered as an exposure instead."""

from __future__ import annotations

from collections.abc import Iterator

from atrisk.derive.definitions import expression_names, named
from atrisk.errors import Problem, StudyError
from atrisk.study.definition import ProgressionFromImaging
from atrisk.study.derivation import FromChildRows
from atrisk.study.grouping import Groups, SqlGroups
from atrisk.study.load import LoadedStudy
from atrisk.study.model import Study
from atrisk.study.places import Path

HINT = (
    "A patient must live to that day to have it (immortal time). Declare its date under 'time_dependent:', where "
    "patients count as exposed from that day on."
)


def refuse_the_future(loaded: LoadedStudy) -> None:
    """Refuse groups and variables of the baseline table that rest on a date after time zero.

    Such are rows of a child table later than a declared time after it (``after:``) and progression seen on scans, also
    by way of other variables. Groups that are ``frozen`` say what is done about what is found out later.
    Raises StudyError, with the line of each.
    """
    study = loaded.study
    problems: list[Problem] = []
    for place, name in _shown(study):
        source = later_date(study, name)
        if source is not None:
            through = "" if source == name else f", by way of '{source}'"
            problems.append(loaded.problem(place, f"'{name}' is known only after time zero{through}", HINT))
    if problems:
        raise StudyError(problems)


def later_date(study: Study, name: str, *, seen: frozenset[str] = frozenset()) -> str | None:
    """The derived variable that is of a day after time zero on which a name rests; None where it rests on none."""
    known = {declared.casefold(): declared for declared in study.derive}
    whole = known.get(name.casefold()) or known.get(name.partition(".")[0].casefold())
    if whole is None or whole in seen:
        return None
    declared = study.derive[whole]
    if isinstance(declared, ProgressionFromImaging) or (isinstance(declared, FromChildRows) and declared.after):
        return whole
    rest = (later_date(study, other, seen=seen | {whole}) for other in named(declared))
    return next((found for found in rest if found is not None), None)


def _shown(study: Study) -> Iterator[tuple[Path, str]]:
    """Place and name of every variable that makes groups or stands in the baseline table."""
    every: list[tuple[Path, Groups]] = [(("groups",), study.groups)]
    every += [(("comparisons", name), comparison) for name, comparison in study.comparisons.items()]
    for place, groups in every:
        if groups.frozen is not None:
            continue
        names = expression_names(groups.by.sql) if isinstance(groups.by, SqlGroups) else (groups.by,)
        yield from (((*place, "by"), name) for name in names)
    if study.baseline is not None:
        yield from ((("baseline", "show", position), name) for position, name in enumerate(study.baseline.show))
