"""Values against declared levels and ranges, codes for "not recorded", gaps, and rows entered twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from atrisk.result.finding import Severity
from tests.read.small_study import PATIENT, read_patients, read_study, write_study


def column(cells: list[str]) -> str:
    """Keys 1, 2, ... and one column x; the first cell stands in row 2."""
    return "id,arm,x\n" + "".join(f"{number},A,{cell}\n" for number, cell in enumerate(cells, start=1))


def test_unknown_levels_block(tmp_path: Path) -> None:
    with read_patients(tmp_path, column(["F", "M", "X", "", "f"]), "patient.x: {levels: {F: Female, M: Male}}") as read:
        other, case = read.of("unknown-level")
        assert (other.severity, other.file, other.row, other.column) == (Severity.BLOCKS, "patient.csv", 4, "x")
        assert (other.key, other.value) == ("3", "X")
        assert "F, M" in other.remedy
        assert (case.row, case.value) == (6, "f")
        assert "upper or lower case" in case.remedy


def test_out_of_range_warns_and_the_ends_belong_to_it(tmp_path: Path) -> None:
    declared = "patient.x: {range: [18, 100], unit: years}"
    with read_patients(tmp_path, column(["18", "100", "17.9", "101", ""]), declared) as read:
        assert [(f.row, f.message) for f in read.of("out-of-range")] == [
            (4, "below the declared range of 18 to 100 years"),
            (5, "above the declared range of 18 to 100 years"),
        ]
        assert {f.severity for f in read.of("out-of-range")} == {Severity.WARNS}


@pytest.mark.parametrize(
    ("cells", "rows"),
    [
        (["50", "60", "70", "55", "65", "999"], [7]),
        (["50", "60", "70", "55", "65", "-1"], [7]),
        (["50", "60", "70", "55", "90", "99"], []),
        (["0", "1", "2", "3", "4", "9", "9"], [7, 8]),
        (["0", "1", "2", "3", "4", "8"], []),
        (["-5", "3", "2", "-3", "4", "-1"], []),
        (["0.5", "1.5", "2", "3", "-1"], []),
        (["2010-01-01", "2011-01-01", "2012-01-01", "2013-01-01", "2014-01-01", "1900-01-01"], [7]),
        (["2010-01-01", "2011-01-01", "2012-01-01", "2013-01-01", "2014-01-01", "9999-12-31"], [7]),
        (["1940-01-01", "1950-01-01", "1960-01-01", "1980-01-01", "1990-01-01", "1970-01-01"], []),
        (["A", "B", "A", "B", "A", "9"], []),
    ],
)
def test_codes_far_from_the_others_warn(tmp_path: Path, cells: list[str], rows: list[int]) -> None:
    """By hand: 50 to 70 span 20, and 999 is 929 away, 99 only 9 from 90; -1 is alone below 0; 9 is 5 from 0 to 4."""
    with read_patients(tmp_path, column(cells)) as read:
        assert [f.row for f in read.of("like-a-missing-code")] == rows
        assert {f.severity for f in read.of("like-a-missing-code")} <= {Severity.WARNS}


def test_more_than_a_fifth_missing_is_said_once_a_column(tmp_path: Path) -> None:
    content = "id,arm,x,y\n1,A,,1\n2,A,,\n3,B,5,2\n4,B,6,3\n5,B,7,4\n"
    with read_patients(tmp_path, content) as read:
        assert [(f.column, f.severity, f.message) for f in read.of("often-missing")] == [
            ("x", Severity.INFORMS, "2 of 5 cells (40%) are not recorded")
        ]


def test_dates_of_events_are_empty_where_nothing_happened_and_not_missing(tmp_path: Path) -> None:
    """Four of five are empty everywhere; only the last contact, which everybody has, is said to be missing."""
    dates = "op,died,moved,relapse,end,seen"
    content = f"id,arm,{dates}\n1,A,{','.join(['2020-01-01'] * 6)}\n" + "".join(f"{n},B,,,,,,\n" for n in range(2, 6))
    extra = (
        "cohort: [{time_zero: op}]\n"
        "derive:\n  early: {definition: mortality, within: 90 days, death: end, last_contact: seen}\n"
        "outcomes:\n"
        "  efs: {label: X, event: {first_of: [relapse, patient.died]}, censor: seen, competing: {away: MOVED}}\n"
    )
    with read_patients(tmp_path, content, extra=extra) as read:
        assert [f.column for f in read.of("often-missing")] == ["op", "seen"]


def test_one_cell_is_and_two_are(tmp_path: Path) -> None:
    content = "id,arm,x,y\n1,A,NA,n/a\n2,B,NA,b\n3,B,1,NA\n,,,\n"
    with read_patients(tmp_path, content) as read:
        messages = [f.message for f in read.findings]
    assert "1 row without any value was passed over" in messages
    assert "2 cells are NA, as R writes missing values, and read as not recorded" in messages
    assert "1 cell is NA, as R writes missing values, and read as not recorded" in messages
    assert "1 of 3 cells (33%) is not recorded" in messages
    assert "1 cell holds a word that often means 'not recorded'" in messages


def test_rows_alike_under_different_keys_warn(tmp_path: Path) -> None:
    data = f"{PATIENT}\nscan: {{file: scan.csv, key: scan, parent: patient}}"
    scans = "scan,id,day,kind\ns1,1,2010-01-01,CT\ns2,1,2010-02-01,CT\ns3,2,2010-01-01,CT\ns4,1,2010-01-01,CT\n"
    files = {"patient.csv": "id,arm\n1,A\n2,A\n", "scan.csv": scans}
    with read_study(write_study(tmp_path, files, data=data)) as read:
        (finding,) = read.of("same-row-twice")
        assert (finding.severity, finding.table, finding.row, finding.key) == (Severity.WARNS, "scan", 5, "s4")
        assert finding.message == "the same in everything but the key as row 2"


def test_rows_with_little_in_them_are_alike_by_chance(tmp_path: Path) -> None:
    with read_patients(tmp_path, "id,arm,sex\n1,A,F\n2,A,F\n3,B,M\n") as read:
        assert read.of("same-row-twice") == []
