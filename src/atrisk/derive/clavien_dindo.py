"""Clavien-Dindo grade: the worst complication, or whether one reached a grade."""

from __future__ import annotations

from typing import Literal

from atrisk.read.session import literal

GRADES = ("I", "II", "IIIa", "IIIb", "IVa", "IVb", "V")
LEVELS = ("none", *GRADES)


def rank(grade: str) -> str:
    """SQL text of a grade's place in the order, I = 1 to V = 7; NULL for every other code, III and IV among them."""
    places = " ".join(f"WHEN {literal(name)} THEN {place}" for place, name in enumerate(GRADES, start=1))
    return f"(CASE trim({grade}) {places} END)"


def gathered(grade: str, inside: str) -> str:
    """SQL text of the aggregates over a patient's complications: ``low`` and ``high``, the worst rank possible.

    ``inside`` says whether a complication falls into the window; unknown where its date is. A row that is surely inside
    raises both; one that may be inside raises ``high`` alone. A grade that is not known may be any.
    """
    return (
        f"max(coalesce({rank(grade)}, 1)) FILTER (WHERE {inside}) AS low,"
        f" max(coalesce({rank(grade)}, {len(GRADES)})) FILTER (WHERE ({inside}) IS NOT FALSE) AS high"
    )


def worst(low: str, high: str, searched: str) -> str:
    """The worst grade, "none" where there was no complication.

    Definition: I deviation without treatment; II drugs, transfusion, parenteral nutrition; IIIa intervention without
    general anaesthesia, IIIb with; IVa failure of one organ, IVb of several; V death. Dindo, Demartines, Clavien, Ann
    Surg 2004;240:205-213.

    Given where nothing recorded and nothing unrecorded could change it, else unknown (NULL): where ``searched`` (SQL
    text of a truth value) is not true, what was recorded is only a lower bound, so that only grade V is certain; a
    complication without a date may lie in the window or not; one without a grade may be anything. ``low`` and
    ``high`` are SQL texts of the ranks from ``gathered``.
    """
    low, high = _bounds(low, high, searched)
    names = " ".join(f"WHEN {place} THEN {literal(name)}" for place, name in enumerate(LEVELS))
    return f"(CASE WHEN {low} = {high} THEN (CASE {low} {names} END) END)"


def reached(
    low: str,
    high: str,
    searched: str,
    *,
    at_least: Literal["I", "II", "IIIa", "IIIb", "IVa", "IVb", "V"],
) -> str:
    """Whether the worst grade is ``at_least`` or worse; unknown under the same rules as in ``worst``.

    A recorded grade that suffices makes it true even where complications were not searched for.
    """
    low, high = _bounds(low, high, searched)
    place = LEVELS.index(at_least)
    return f"(CASE WHEN {low} >= {place} THEN TRUE WHEN {high} < {place} THEN FALSE END)"


def _bounds(low: str, high: str, searched: str) -> tuple[str, str]:
    return (
        f"coalesce({low}, 0)",
        f"(CASE WHEN coalesce({searched}, FALSE) THEN coalesce({high}, 0) ELSE {len(GRADES)} END)",
    )
