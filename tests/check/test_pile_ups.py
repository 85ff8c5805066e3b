"""Numbers that end in 0 or 5, dates on one day of the month or on the first twelve, impossible ages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from atrisk.result.finding import Severity
from tests.read.small_study import read_patients

FIRST = dt.date(2010, 1, 1)


def column(cells: Iterable[object], name: str = "x") -> str:
    return f"id,arm,{name}\n" + "".join(f"{number},A,{cell}\n" for number, cell in enumerate(cells, start=1))


def days(count: int) -> list[dt.date]:
    """Every eleventh day from 2010 on: each day of the month comes as often as in the calendar."""
    return [FIRST + dt.timedelta(days=11 * n) for n in range(count)]


def test_two_in_five_that_end_in_0_or_5(tmp_path: Path) -> None:
    """Of 200 consecutive numbers 40 do; with a hundred rounded to tens 120 do."""
    numbers = list(range(100, 300))
    rounded = [n if position % 2 else n // 10 * 10 for position, n in enumerate(numbers)]
    with read_patients(tmp_path, column(numbers)) as read:
        assert read.of("digit-preference") == []
    with read_patients(tmp_path, column(rounded)) as read:
        (found,) = read.of("digit-preference")
    assert (found.severity, found.row, found.column) == (Severity.WARNS, None, "x")
    assert found.message == "60% of 200 numbers end in 0 or 5, where 20% would"


def test_months_entered_as_their_first_day(tmp_path: Path) -> None:
    """Every fourth of 400 dates is put on the first: 25 % and more; day 1 would have 3 %."""
    piled = [day.replace(day=1) if n % 4 == 0 else day for n, day in enumerate(days(400))]
    with read_patients(tmp_path, column(days(400))) as read:
        assert read.of("dates-on-one-day") == read.of("days-up-to-twelve") == []
    with read_patients(tmp_path, column(piled)) as read:
        (found,) = read.of("dates-on-one-day")
        assert read.of("days-up-to-twelve") == []
    first = sum(day.day == 1 for day in piled)
    assert found.message == f"{first / 400:.0%} of the dates are on day 1 of the month, where 3% would be"
    assert found.severity is Severity.INFORMS


def test_day_and_month_exchanged(tmp_path: Path) -> None:
    """Dates of which only those that make a date with day and month exchanged came through."""
    through = [dt.date(day.year, day.day, day.month) if day.day <= 12 else "" for day in days(600)]
    with read_patients(tmp_path, column(through)) as read:
        (found,) = read.of("days-up-to-twelve")
    assert found.severity is Severity.WARNS
    assert found.message == "100% of the dates are on days 1 to 12 of the month, where 39% would be"


def test_ages_nobody_reaches_and_years_of_two_digits(tmp_path: Path) -> None:
    content = (
        "id,arm,birth_date,birth_year,operated\n1,A,1850-06-01,1950,2010-01-01\n2,A,1900-01-01,50,2010-01-01\n"
        "3,A,1899-12-31,1960,2010-01-01\n4,A,,,2010-01-01\n"
    )
    with read_patients(tmp_path, content, extra="cohort: [{time_zero: operated}]") as read:
        assert [(f.row, f.column, f.severity) for f in read.of("implausible-age")] == [
            (2, "birth_date", Severity.WARNS),
            (4, "birth_date", Severity.WARNS),
        ]
        assert [(f.row, f.value) for f in read.of("implausible-birth-year")] == [(3, "50")]
