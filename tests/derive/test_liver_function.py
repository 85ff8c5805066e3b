"""ALBI and MELD, by hand from their formulas; units and bounds."""

from __future__ import annotations

import pytest

from atrisk.derive.definition.albi import albi_grade, albi_score
from atrisk.derive.definition.meld import meld, meld_3
from tests.derive.evaluated import evaluated


def test_albi_score_by_hand():
    """17.1 umol/L and 40 g/L: 0.66 log10(17.1) - 3.4 = 0.66 x 1.2329961 - 3.4 = -2.5862226."""
    rows = [(17.1, 40.0), (None, 40.0), (17.1, None)]
    found = evaluated(albi_score("b", "a"), {"b": "DOUBLE", "a": "DOUBLE"}, rows)
    assert found[0] == pytest.approx(-2.5862226, abs=1e-7)
    assert found[1:] == [None, None]


@pytest.mark.parametrize(("score", "grade"), [(-2.61, "1"), (-2.60, "1"), (-2.59, "2"), (-1.39, "2"), (-1.38, "3")])
def test_albi_grade_at_its_edges(score, grade):
    assert evaluated(albi_grade("s"), {"s": "DOUBLE"}, [(score,)]) == [grade]


MELD_COLUMNS = {"b": "DOUBLE", "c": "DOUBLE", "i": "DOUBLE", "d": "BOOLEAN"}


@pytest.mark.parametrize(
    ("bilirubin", "creatinine", "inr", "dialysis", "score"),
    [
        (1.0, 1.0, 1.0, False, 6),  # 6.43
        (0.3, 0.5, 0.8, False, 6),  # each counts as 1
        # 9.57 ln 2 + 3.78 ln 3 + 11.2 ln 1.5 + 6.43 = 6.6334 + 4.1528 + 4.5412 + 6.43 = 21.757
        (3.0, 2.0, 1.5, False, 22),
        # creatinine counts as 4: 9.57 ln 4 + 4.1528 + 4.5412 + 6.43 = 13.2668 + 15.1240 = 28.391
        (3.0, 9.0, 1.5, False, 28),
        (3.0, 2.0, 1.5, True, 28),
        (3.0, None, 1.5, True, 28),  # on dialysis the measurement is not needed
        (40.0, 4.0, 8.0, False, 40),
        (None, 2.0, 1.5, False, None),
        (3.0, None, 1.5, False, None),
        (3.0, 2.0, None, False, None),
        (3.0, 2.0, 1.5, None, None),
    ],
)
def test_meld_by_hand(bilirubin, creatinine, inr, dialysis, score):
    assert evaluated(meld("b", "c", "i", "d"), MELD_COLUMNS, [(bilirubin, creatinine, inr, dialysis)]) == [score]


def test_meld_without_a_column_of_dialysis():
    assert evaluated(meld("b", "c", "i", None), MELD_COLUMNS, [(3.0, 2.0, 1.5, None)]) == [22]


@pytest.mark.parametrize(
    ("row", "score"),
    [
        # Man, all at the bounds: 6.
        ((1.0, 1.0, 1.0, 137.0, 3.5, False, False), 6),
        # Woman, all at the bounds: 1.33 + 6 = 7.33.
        ((1.0, 1.0, 1.0, 140.0, 4.2, True, False), 7),
        # Bilirubin 3, creatinine 2, INR 1.5, sodium 130, albumin 2.5, woman:
        # 1.33 + 5.0097 + 5.74 - 1.8457 + 3.6857 + 7.7217 + 1.85 - 1.2685 + 6 = 28.2229
        ((3.0, 2.0, 1.5, 130.0, 2.5, True, False), 28),
        # Creatinine counts as 3 above 3 and on dialysis, for a man:
        # 5.0097 + 5.74 - 1.8457 + 3.6857 + 11.14 x 1.0986 + 1.85 - 1.83 x 1.0986 + 6 = 30.668
        ((3.0, 5.0, 1.5, 130.0, 2.5, False, False), 31),
        ((3.0, 2.0, 1.5, 130.0, 2.5, False, True), 31),
        # Sodium counts as 125 and albumin as 1.5 below, for a man with creatinine 1:
        # 5.0097 + 9.84 - 0.24 x 12 x 1.0986 + 3.6857 + 3.7 + 6 = 25.071
        ((3.0, 1.0, 1.5, 110.0, 1.0, False, False), 25),
        ((3.0, 2.0, 1.5, None, 2.5, True, False), None),
        ((3.0, 2.0, 1.5, 130.0, None, True, False), None),
        ((3.0, 2.0, 1.5, 130.0, 2.5, None, False), None),
    ],
)
def test_meld_3_by_hand(row, score):
    columns = {
        "b": "DOUBLE",
        "c": "DOUBLE",
        "i": "DOUBLE",
        "n": "DOUBLE",
        "a": "DOUBLE",
        "f": "BOOLEAN",
        "d": "BOOLEAN",
    }
    assert evaluated(meld_3("b", "c", "i", "n", "a", "f", "d"), columns, [row]) == [score]
