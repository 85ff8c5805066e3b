"""Textbook outcome, death in hospital, ISGLS grades and the Charlson index, by hand and by listing what is possible."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest

from atrisk.derive import worst_grade
from atrisk.derive.definition.charlson import WEIGHTS, charlson
from atrisk.derive.definition.isgls_grade import GRADES
from atrisk.derive.definition.mortality import in_hospital_mortality
from atrisk.derive.definition.progression_from_imaging import midpoint
from atrisk.derive.definition.textbook_outcome import textbook_outcome
from tests.derive.evaluated import evaluated

TRUTHS = (True, False, None)


@pytest.mark.parametrize("with_r0", [True, False])
def test_textbook_outcome_is_what_every_completion_agrees_on(with_r0):
    """Each unknown is replaced by both answers; the outcome is known where all replacements give the same."""
    cells = list(itertools.product(TRUTHS, repeat=3 if with_r0 else 2))
    columns = dict.fromkeys("xyz"[: len(cells[0])], "BOOLEAN")
    found = evaluated(textbook_outcome(["x", "y"], "z" if with_r0 else None), columns, cells)
    for row, answer in zip(cells, found, strict=True):
        completed = itertools.product(*[(cell,) if cell is not None else (True, False) for cell in row])
        possible = {not full[0] and not full[1] and (full[2] if with_r0 else True) for full in completed}
        assert answer == (possible.pop() if len(possible) == 1 else None), row


ZERO = dt.date(2010, 3, 1)


def day(n):
    return None if n is None else ZERO + dt.timedelta(days=n)


@pytest.mark.parametrize(
    ("death", "discharge", "dead"),
    [(5, 10, True), (10, 10, True), (11, 10, False), (None, 10, False), (5, None, None), (None, None, None),
     (0, 0, True), (-1, 10, None), (None, -1, None)],
)  # fmt: skip
def test_death_in_hospital(death, discharge, dead):
    sql = in_hospital_mortality("d", "o", time_zero="z")
    columns = {"d": "DATE", "o": "DATE", "z": "DATE"}
    assert evaluated(sql, columns, [(day(death), day(discharge), ZERO)]) == [dead]


@pytest.mark.parametrize(
    ("before", "first", "middle"),
    [(100, 200, 150), (100, 201, 150), (None, 91, 45), (100, 101, 100), (100, None, None)],
)
def test_midpoint_of_the_interval_between_scans(before, first, middle):
    columns = {"n": "DATE", "f": "DATE", "z": "DATE"}
    assert evaluated(midpoint("n", "f", time_zero="z"), columns, [(day(before), day(first), ZERO)]) == [day(middle)]


def isgls(events, searched, at_least=None):
    rows = [(1, grade, inside) for grade, inside in events] or [(1, None, False)]
    truth = {True: "TRUE", False: "FALSE"}[searched]
    low_high = worst_grade.gathered("grade", "inside", GRADES)
    value = (
        worst_grade.worst("g.low", "g.high", truth, GRADES)
        if at_least is None
        else worst_grade.reached("g.low", "g.high", truth, GRADES, at_least=at_least)
    )
    sql = f"(SELECT {value} FROM (SELECT {low_high} FROM given WHERE place >= 0) g)"  # noqa: S608
    return evaluated(sql, {"who": "INTEGER", "grade": "VARCHAR", "inside": "BOOLEAN"}, rows)[0]


def test_isgls_grades():
    assert isgls([], True) == "none"
    assert isgls([], False) is None
    assert isgls([("A", True), ("B", True)], True) == "B"
    assert isgls([("A", True)], False) is None  # a worse one may have gone unseen
    assert isgls([("C", True)], False) == "C"
    assert isgls([("B", None)], True) is None  # undated
    assert isgls([("B", True)], False, at_least="B") is True
    assert isgls([("A", True)], True, at_least="B") is False
    assert isgls([(None, True)], True, at_least="B") is None


def charlson_of(age=None, **recorded):
    columns = dict.fromkeys(recorded, "BOOLEAN") | ({"age": "DOUBLE"} if age != () else {})
    row = (*recorded.values(), None if age == () else age)
    sql = charlson({name: name for name in recorded}, "age" if age is not None else None)
    return evaluated(sql, columns, [row[: len(columns)]])[0]


def test_charlson_weights_of_each_condition():
    """Weights as published: 1 for ten conditions, 2 for four, 3 for severe liver disease, 6 for two."""
    assert sorted(WEIGHTS.values()) == [1] * 10 + [2] * 4 + [3] + [6] * 2
    for name, weight in WEIGHTS.items():
        assert charlson_of(**{name: True}) == weight
        assert charlson_of(**{name: False}) == 0
        assert charlson_of(**{name: None}) is None


def test_charlson_counts_the_severe_form_alone():
    assert charlson_of(diabetes=True, diabetes_with_organ_damage=True) == 2
    assert charlson_of(diabetes=None, diabetes_with_organ_damage=True) == 2
    assert charlson_of(diabetes=True, diabetes_with_organ_damage=None) is None
    assert charlson_of(mild_liver_disease=True, severe_liver_disease=False, dementia=True) == 2
    assert charlson_of(other_cancer=True, other_metastatic_cancer=True) == 6


@pytest.mark.parametrize(("age", "points"), [(49.9, 0), (50.0, 1), (69.9, 2), (79.9, 3), (80.0, 4), (99.0, 4)])
def test_charlson_points_of_age(age, points):
    assert charlson_of(age=age, dementia=False) == points
