"""Clavien-Dindo grades and the Comprehensive Complication Index: published values, and listing what is possible."""

# ruff: noqa: S608 (the SQL is the code under test)

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.derive import worst_grade
from atrisk.derive.definition import comprehensive_complication_index as cci
from atrisk.derive.definition.clavien_dindo import GRADES
from tests.derive.evaluated import evaluated

LEVELS = (worst_grade.NONE, *GRADES)
COLUMNS = {"who": "INTEGER", "grade": "VARCHAR", "inside": "BOOLEAN"}


def aggregated(sql_of, aggregates, events, searched):
    """The value for one patient with the events (grade, inside), as the definitions compute it."""
    rows = [(1, grade, inside) for grade, inside in events]
    inner = f"(SELECT {aggregates} FROM given WHERE place >= 0)"
    truth = {True: "TRUE", False: "FALSE", None: "CAST(NULL AS BOOLEAN)"}[searched]
    sql = f"(SELECT {sql_of(truth)} FROM {inner} g)"
    return evaluated(sql, COLUMNS, rows or [(1, None, False)])[0]


def worst(events, searched=True):
    return aggregated(
        lambda s: worst_grade.worst("g.low", "g.high", s, GRADES),
        worst_grade.gathered("grade", "inside", GRADES),
        events,
        searched,
    )


def reached(events, at_least, searched=True):
    return aggregated(
        lambda s: worst_grade.reached("g.low", "g.high", s, GRADES, at_least=at_least),
        worst_grade.gathered("grade", "inside", GRADES),
        events,
        searched,
    )


def index(events, searched=True):
    return aggregated(
        lambda s: cci.comprehensive_complication_index("g.total", "g.unclear", s),
        cci.gathered("grade", "inside"),
        events,
        searched,
    )


@pytest.mark.parametrize(
    ("grades", "published"),
    [
        (["I"], 8.7),
        (["II"], 20.9),
        (["IIIa"], 26.2),
        (["IIIb"], 33.7),
        (["IVa"], 42.4),
        (["IVb"], 46.2),
        (["I", "II"], 22.6),
        (["I", "I", "I"], 15.0),
        (["I", "IIIa", "IIIb"], 43.6),
        (["V"], 100.0),
        (["I", "V"], 100.0),
        ([], 0.0),
        (["IVb"] * 5, 100.0),
    ],
)
def test_index_against_published_values(grades, published):
    assert round(index([(grade, True) for grade in grades]), 1) == published


def test_index_is_exact():
    """I with IIIa and IIIb: sqrt(300 + 2750 + 4550) / 2 = sqrt(7600) / 2."""
    assert index([("I", True), ("IIIa", True), ("IIIb", True)]) == pytest.approx(math.sqrt(7600) / 2, abs=1e-12)


@pytest.mark.parametrize("grade", ["III", "IV", "iiia", "VI", "", None])
def test_an_unknown_grade_has_neither_weight_nor_rank(grade):
    assert index([(grade, True), ("I", True)]) is None
    assert worst([(grade, True), ("I", True)]) is None
    assert reached([(grade, True)], "IIIa") is None
    # What another event settles is settled, and what lies outside the window does not matter.
    assert reached([(grade, True), ("IIIb", True)], "IIIa") is True
    assert index([(grade, False), ("II", True)]) == pytest.approx(math.sqrt(1750) / 2)
    assert worst([(grade, True), ("V", True)]) == "V"


def test_not_searched_is_not_none():
    for searched in (False, None):
        assert worst([], searched) is None
        assert reached([], "IIIa", searched) is None
        assert index([], searched) is None
        # What was recorded is a lower bound.
        assert worst([("II", True)], searched) is None
        assert reached([("II", True)], "IIIa", searched) is None
        assert reached([("IVa", True)], "IIIa", searched) is True
        assert index([("V", True)], searched) == 100
    assert worst([]) == "none"
    assert reached([], "IIIa") is False


def test_an_event_without_a_date_may_be_inside_or_outside():
    assert worst([("I", None)]) is None
    assert worst([("I", None), ("II", True)]) == "II"
    assert reached([("IIIa", None)], "IIIa") is None
    assert reached([("II", None)], "IIIa") is False
    assert index([("I", None)]) is None


events = st.lists(st.tuples(st.sampled_from([*GRADES, None, "III"]), st.sampled_from([True, False, None])), max_size=4)


@settings(max_examples=80, deadline=None)
@given(events, st.booleans())
def test_against_listing_everything_possible(events, searched):
    """An unknown grade may be any, an undated event inside or out, and without a search any grade was missed."""
    choices = []
    for grade, inside in events:
        grades = [grade] if grade in GRADES else list(GRADES)
        choices.append(
            [LEVELS.index(g) if i else 0 for g in grades for i in ([inside] if inside is not None else [True, False])]
        )
    if not searched:
        choices.append(list(range(len(LEVELS))))
    possible = {max(chosen, default=0) for chosen in itertools.product(*choices)}
    assert worst(events, searched) == (LEVELS[min(possible)] if len(possible) == 1 else None)
    severe = {place >= LEVELS.index("IIIa") for place in possible}
    assert reached(events, "IIIa", searched) == (severe.pop() if len(severe) == 1 else None)
