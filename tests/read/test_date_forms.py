"""How dates are written: days that do not exist, years of two digits, true dates beside typed ones, and no dates."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.read.small_study import read_patients, read_study, write_study
from tests.read.workbooks import xlsx

DATA = "patient: {file: p.xlsx, key: id}"


def table(cells: list[str]) -> str:
    return "id,arm,x\n" + "".join(f"{number},A,{cell}\n" for number, cell in enumerate(cells, start=1))


def test_a_day_that_does_not_exist_is_called_so_under_a_declared_format(tmp_path: Path) -> None:
    cells = ["28.02.2015", "31.02.2015", "2015-02-03", "05.09.14"]
    with read_patients(tmp_path, table(cells), "patient.x: {format: DD.MM.YYYY}") as read:
        assert read.values("x") == [dt.date(2015, 2, 28), None, None, None]
        remedies = [finding.remedy for finding in read.of("wrong-type")]
        assert remedies[0] == "Read as DD.MM.YYYY, this day does not exist: correct it."
        assert remedies[1] == remedies[2] == "Write it DD.MM.YYYY, as 'format:' says that dates are written."


@pytest.mark.parametrize(
    ("form", "cells"),
    [("YYYY.MM.DD", ["2014.9.5", "2018.10.20"]), ("YYYY年M月D日", ["2014年9月5日", "2018年10月20日"])],
)
def test_dates_with_the_year_first_are_offered_and_read(tmp_path: Path, form: str, cells: list[str]) -> None:
    with read_patients(tmp_path, table(cells)) as read:
        (finding,) = read.of("date-format")
        assert f"'format: {form}'" in finding.remedy
    with read_patients(tmp_path, table([*cells, "2014.13.01"]), f"patient.x: {{format: {form}}}") as read:
        assert read.values("x") == [dt.date(2014, 9, 5), dt.date(2018, 10, 20), None]
    padded = [cells[0].replace("9", "09").replace("5", "05")]
    with read_patients(tmp_path, table(padded), f"patient.x: {{format: {form}}}") as read:
        assert read.values("x") == [dt.date(2014, 9, 5)]


def test_years_of_two_digits_leave_the_century_open(tmp_path: Path) -> None:
    with read_patients(tmp_path, table(["05.09.14", "20.10.18", "14.04.17"])) as read:
        (finding,) = read.of("date-format")
        assert "century" in finding.message
        assert "1914 or of 2014" in finding.remedy


def test_true_dates_beside_typed_ones_ask_for_their_format(tmp_path: Path) -> None:
    """Following the advice reads both, and lists the word."""
    cells = [dt.date(2014, 9, 5), "20.10.2018", "14.04.2017", "alive"]
    files = {"p.xlsx": xlsx({"P": [("id", "arm", "x"), *((n, "A", c) for n, c in enumerate(cells, start=1))]})}
    with read_study(write_study(tmp_path, files, data=DATA)) as read:
        (finding,) = read.of("mixed-column")
        assert "'format: DD.MM.YYYY'" in finding.remedy
    variables = "patient.x: {format: DD.MM.YYYY}"
    with read_study(write_study(tmp_path, files, data=DATA, variables=variables)) as read:
        assert read.values("x") == [dt.date(2014, 9, 5), dt.date(2018, 10, 20), dt.date(2017, 4, 14), None]
        assert [f.value for f in read.of("wrong-type")] == ["alive"]


def test_ages_used_as_dates_are_one_finding(tmp_path: Path) -> None:
    extra = "cohort:\n  - time_zero: x\n"
    with read_patients(tmp_path, table([str(age) for age in range(40, 60)]), extra=extra) as read:
        (finding,) = read.of("flag-for-date")
        assert "its 20 recorded cells are numbers" in finding.message
        assert read.of("wrong-type") == []
    with read_patients(tmp_path, table(["40179", "40180", "2010-01-02"]), extra=extra) as read:
        assert [f.row for f in read.of("wrong-type")] == [2, 3]


def test_cells_that_cannot_be_read_are_recorded(tmp_path: Path) -> None:
    """Six of ten cells have no value: three are empty and one is a declared code, so 4 of 10 are not recorded."""
    cells = ["1", "2", "3", "4", "", "", "", "9", "abc", "3-5"]
    with read_patients(tmp_path, table(cells), "patient.x: {type: integer, missing: [9]}") as read:
        assert [f.row for f in read.of("wrong-type")] == [10, 11]
        (finding,) = read.of("often-missing")
        assert "4 of 10" in finding.message
    with read_patients(tmp_path, table(["1"] * 7 + ["", "abc", "3-5"]), "patient.x: {type: integer}") as read:
        assert read.of("often-missing") == []
