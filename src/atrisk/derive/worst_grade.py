"""The worst of a patient's graded complications, or whether one reached a grade, where some of it is unknown."""

from __future__ import annotations

from atrisk.derive.compiled import GATHERED, Compiled
from atrisk.derive.complications import Complications
from atrisk.read.session import literal
from atrisk.read.table import ColumnType

NONE = "none"


def rank(grade: str, grades: tuple[str, ...]) -> str:
    """SQL text of a grade's place in the order, from 1; NULL for a code that is none of them."""
    places = " ".join(f"WHEN {literal(name)} THEN {place}" for place, name in enumerate(grades, start=1))
    return f"(CASE trim({grade}) {places} END)"


def gathered(grade: str, inside: str, grades: tuple[str, ...]) -> str:
    """SQL text of the aggregates over a patient's complications: ``low`` and ``high``, the worst rank possible.

    ``inside`` says whether a complication counts; unknown where its date is. A row that surely counts raises both; one
    that may count raises ``high`` alone. A grade that is not known may be any.
    """
    return (
        f"max(coalesce({rank(grade, grades)}, 1)) FILTER (WHERE {inside}) AS low,"
        f" max(coalesce({rank(grade, grades)}, {len(grades)})) FILTER (WHERE ({inside}) IS NOT FALSE) AS high"
    )


def worst(low: str, high: str, searched: str, grades: tuple[str, ...]) -> str:
    """SQL text of the worst grade, "none" where there was no complication.

    Given where nothing recorded and nothing unrecorded could change it, else unknown (NULL): where ``searched`` (SQL
    text of a truth value) is not true, what was recorded is only a lower bound, so that only the last grade is certain;
    a complication without a date may lie in the window or not; one without a grade may be anything. ``low`` and
    ``high`` are SQL texts of the ranks from ``gathered``.
    """
    low, high = _bounds(low, high, searched, grades)
    names = " ".join(f"WHEN {place} THEN {literal(name)}" for place, name in enumerate((NONE, *grades)))
    return f"(CASE WHEN {low} = {high} THEN (CASE {low} {names} END) END)"


def reached(low: str, high: str, searched: str, grades: tuple[str, ...], *, at_least: str) -> str:
    """SQL text of whether the worst grade is ``at_least`` or worse; unknown under the same rules as in ``worst``.

    A recorded grade that suffices makes it true even where complications were not searched for.
    """
    low, high = _bounds(low, high, searched, grades)
    place = grades.index(at_least) + 1
    return f"(CASE WHEN {low} >= {place} THEN TRUE WHEN {high} < {place} THEN FALSE END)"


def compiled(found: Complications, grades: tuple[str, ...], searched: str, *, at_least: str | None) -> Compiled:
    """The worst grade of the complications ``found``, or whether it is ``at_least``; ``searched`` as in ``worst``."""
    low, high = f"{GATHERED}.low", f"{GATHERED}.high"
    if at_least is None:
        value, kind = worst(low, high, searched, grades), ColumnType.CATEGORY
    else:
        value, kind = reached(low, high, searched, grades, at_least=at_least), ColumnType.BOOLEAN
    return Compiled(
        fields={"": value},
        types={"": kind},
        gather=found.gather(gathered(found.grade, found.inside, grades)),
        levels=(NONE, *grades) if at_least is None else None,
        questions=found.questions,
    )


def _bounds(low: str, high: str, searched: str, grades: tuple[str, ...]) -> tuple[str, str]:
    return (
        f"coalesce({low}, 0)",
        f"(CASE WHEN coalesce({searched}, FALSE) THEN coalesce({high}, 0) ELSE {len(grades)} END)",
    )
