"""Age, mortality and length of stay, by hand."""

from __future__ import annotations

import datetime as dt

import pytest

from atrisk.derive.definition.age import age
from atrisk.derive.definition.length_of_stay import length_of_stay
from atrisk.derive.definition.mortality import mortality
from tests.derive.evaluated import evaluated

ZERO = dt.date(2010, 3, 1)


def days(n):
    return None if n is None else ZERO + dt.timedelta(days=n)


def test_age_is_whole_days_over_365_25():
    """1950-03-01 to 2010-03-01 are 60 years with 15 leap days (1952, ..., 2008): 60 x 365 + 15 = 21915 days = 60.0."""
    rows = [(dt.date(1950, 3, 1), ZERO), (None, ZERO), (dt.date(1950, 3, 2), ZERO)]
    assert evaluated(age("b", "z"), {"b": "DATE", "z": "DATE"}, rows) == pytest.approx([60.0, None, 21914 / 365.25])


@pytest.mark.parametrize(
    ("death", "contact", "dead"),
    [
        (0, None, True),  # on the day of the operation
        (90, None, True),
        (91, None, False),
        (400, 380, False),
        (None, 90, False),
        (None, 89, None),  # alive, but not seen to the end of the window
        (None, None, None),
        (-1, 10, None),  # the check of the order of dates reports it
        (30, 400, True),
    ],
)
def test_mortality_within_90_days(death, contact, dead):
    sql = mortality("d", "c", time_zero="z", within_days=90.0)
    columns = {"d": "DATE", "c": "DATE", "z": "DATE"}
    assert evaluated(sql, columns, [(days(death), days(contact), ZERO)]) == [dead]


@pytest.mark.parametrize(
    ("discharge", "death", "stay"),
    [(7, None, 7), (0, None, 0), (7, 8, 7), (7, 7, None), (7, 3, None), (None, 3, None), (None, None, None)],
)
def test_length_of_stay(discharge, death, stay):
    sql = length_of_stay("o", "d", time_zero="z")
    assert evaluated(sql, {"o": "DATE", "d": "DATE", "z": "DATE"}, [(days(discharge), days(death), ZERO)]) == [stay]


def test_length_of_stay_without_a_date_of_death():
    sql = length_of_stay("o", None, time_zero="z")
    assert evaluated(sql, {"o": "DATE", "z": "DATE"}, [(days(7), ZERO)]) == [7]
