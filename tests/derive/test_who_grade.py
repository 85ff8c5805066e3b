"""WHO grade against its published edges, and against listing every value a limit leaves possible."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.derive.definition.who_grade import Index, graded_on_one_index, who_grade
from tests.derive.evaluated import evaluated

COLUMNS = {"ki67": "DOUBLE", "ki67_limit": "VARCHAR", "mitoses": "DOUBLE", "mitoses_limit": "VARCHAR"}
BOTH = Index("ki67", "ki67_limit"), Index("mitoses", "mitoses_limit")


def grades(rows, *, edition=2022, alone=False):
    return evaluated(who_grade(BOTH[0], None if alone else BOTH[1], edition=edition), COLUMNS, rows)


@pytest.mark.parametrize(
    ("ki67", "grade"),
    [(0, "G1"), (2.9, "G1"), (3, "G2"), (20, "G2"), (20.1, "G3"), (100, "G3"), (None, None), (-1, None), (100.5, None)],
)
@pytest.mark.parametrize("edition", [2019, 2022])
def test_edges_of_ki67_alone(ki67, grade, edition):
    assert grades([(ki67, None, None, None)], edition=edition, alone=True) == [grade]


@pytest.mark.parametrize(("mitoses", "grade"), [(0, "G1"), (1, "G1"), (1.9, "G1"), (2, "G2"), (20, "G2"), (21, "G3")])
def test_edges_of_mitoses_beside_a_low_ki67(mitoses, grade):
    assert grades([(1.0, None, mitoses, None)]) == [grade]


def test_the_higher_index_decides():
    rows = [(1, None, 5, None), (10, None, 0, None), (25, None, 1, None), (1, None, 30, None), (25, None, 30, None)]
    assert grades(rows) == ["G2", "G2", "G3", "G3", "G3"]


def test_one_index_missing_is_unknown_unless_the_other_is_the_highest():
    rows = [(None, None, 1, None), (1, None, None, None), (10, None, None, None), (25, None, None, None)]
    rows += [(None, None, 21, None), (None, None, None, None)]
    assert grades(rows) == [None, None, None, "G3", "G3", None]


def test_where_declared_the_recorded_index_decides_alone():
    rows = [(None, None, 1, None), (1, None, None, None), (10, None, None, None), (25, None, None, None)]
    rows += [(None, None, 21, None), (None, None, None, None), (1, None, 5, None), (2, ">", None, None)]
    # Both recorded: the higher still decides. Neither: unknown. ">2" % alone leaves every grade possible.
    sql = who_grade(*BOTH, edition=2022, known_decides=True)
    assert evaluated(sql, COLUMNS, rows) == ["G1", "G1", "G2", "G3", "G3", None, "G2", None]


def test_grades_from_one_index_alone_are_told():
    """One of the two recorded and a grade given; not where both are, nor where neither or no grade is."""
    rows = [
        (1, None, 1, None), (1, None, None, None), (None, None, 3, None), (None, None, None, None),
        (25, None, None, None), (100.5, None, 1, None), (-1, None, 1, None), (1, "<", None, None),
    ]  # fmt: skip
    grade = who_grade(*BOTH, edition=2022, known_decides=True)
    found = evaluated(graded_on_one_index(grade, *BOTH), COLUMNS, rows)
    assert found == [False, True, True, False, True, True, True, True]
    strict = who_grade(*BOTH, edition=2022)
    assert evaluated(graded_on_one_index(strict, *BOTH), COLUMNS, rows[:5]) == [False, False, False, False, True]


def test_limits():
    rows = [(1, "<", 1, None), (3, "<", 1, None), (20, ">", 1, None), (20, ">=", 1, None), (3, "<=", 1, None)]
    rows += [(20, "<", 1, None), (20, "<", 5, None), (1, ">", 1, None), (1, "<", 2, "<"), (1, "<", 2, "<=")]
    # "<3" is below 3; ">=20" may be 20 or more; "<20" is G1 or G2, which 5 mitoses make G2.
    assert grades(rows) == ["G1", "G1", "G3", None, None, None, "G2", None, "G1", None]


def test_2010_leaves_ki67_between_2_and_3_undefined():
    rows = [(2, None, 1, None), (2.5, None, 1, None), (2.5, None, 5, None), (3, None, 1, None), (3, "<", 1, None)]
    assert grades(rows, edition=2010) == ["G1", None, "G2", "G2", None]


GRID = [x / 4 for x in range(121)]


def grades_of_index(value, limit, cut):
    """Every grade that some value on a fine grid, compatible with the limit, would have."""
    if value is None:
        return {1, 2, 3}
    possible = {
        None: [value],
        "<": [x for x in GRID if x < value],
        "<=": [x for x in GRID if x <= value],
        ">": [x for x in GRID if x > value] + [99.0],
        ">=": [x for x in GRID if x >= value] + [99.0],
    }[limit]
    return {1 if x < cut else 2 if x <= 20 else 3 for x in possible}


numbers = st.none() | st.sampled_from([x for x in GRID if x >= 0.25])
limits = st.sampled_from([None, "<", "<=", ">", ">="])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(numbers, limits, numbers, limits), min_size=1, max_size=30))
def test_against_listing_every_possible_value(rows):
    expected = []
    for ki67, ki67_limit, mitoses, mitoses_limit in rows:
        first, second = grades_of_index(ki67, ki67_limit, 3), grades_of_index(mitoses, mitoses_limit, 2)
        possible = {max(a, b) for a in first for b in second}
        expected.append(f"G{possible.pop()}" if len(possible) == 1 else None)
    assert grades(rows) == expected
