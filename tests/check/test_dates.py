"""Dates against the data cut, the calendar, and each other."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atrisk.errors import StudyError
from atrisk.result.finding import Severity
from tests.read.small_study import PATIENT, read_patients, read_study, write_study

THREE = (
    f"{PATIENT}\n"
    "op: {file: op.csv, key: op_id, parent: patient}\n"
    "event: {file: event.csv, key: event_id, parent: op}\n"
    "scan: {file: scan.csv, key: scan_id, parent: patient}"
)
FILES = {
    "patient.csv": "id,arm,birth,death\n1,A,1950-01-01,2012-06-01\n2,B,1960-01-01,\n3,A,1970-01-01,1969-01-01\n",
    "op.csv": "op_id,id,op_date\na,1,2010-01-01\nb,1,2013-01-01\nc,2,2010-01-01\n",
    "event.csv": "event_id,op_id,event_date\nx,a,2010-01-05\ny,a,2009-12-31\nz,c,2010-01-01\n",
    "scan.csv": "scan_id,id,scan_date\ns,1,2014-01-01\n",
}


def order(*lines: str) -> str:
    return "dates_in_order:\n" + "".join(f"  - {line}\n" for line in lines)


def test_dates_after_the_data_cut_block(tmp_path: Path) -> None:
    content = "id,arm,seen\n1,A,2022-06-30\n2,B,2022-07-01\n3,A,\n"
    with read_patients(tmp_path, content, study="data_cut: 2022-06-30") as read:
        (finding,) = read.of("after-data-cut")
        assert (finding.severity, finding.file, finding.row, finding.column) == (
            Severity.BLOCKS,
            "patient.csv",
            3,
            "seen",
        )
        assert (finding.key, finding.value) == ("2", "2022-07-01")
        assert finding.message == "the date is after the data cut, 2022-06-30"


def test_a_partial_date_is_after_the_cut_only_if_all_of_it_is(tmp_path: Path) -> None:
    """2022, completed to 1 December, may still lie before the end of June; July and 2023 may not."""
    content = "id,arm,seen\n1,A,2022\n2,B,2022-06\n3,A,2022-07\n4,A,2023\n"
    declared = "patient.seen: {partial: {day: 28, month: 12}}"
    with read_patients(tmp_path, content, declared, study="data_cut: 2022-06-15") as read:
        assert [f.row for f in read.of("after-data-cut")] == [4, 5]


def test_years_of_another_century_warn(tmp_path: Path) -> None:
    content = "id,arm,birth\n1,A,1899-12-31\n2,B,1900-01-01\n3,A,2101-01-01\n4,A,2100-12-31\n"
    with read_patients(tmp_path, content) as read:
        assert [(f.row, f.severity, f.message) for f in read.of("implausible-year")] == [
            (2, Severity.WARNS, "the year is before 1900"),
            (4, Severity.WARNS, "the year is after 2100"),
        ]


def test_death_before_operation_blocks_and_names_both_rows(tmp_path: Path) -> None:
    """Patient 1 (row 2) died in 2012 and has an operation in 2013 (row 3)."""
    loaded = write_study(tmp_path, FILES, data=THREE, extra=order("op_date <= death"))
    with read_study(loaded) as read:
        (finding,) = read.of("dates-in-order")
        assert (finding.severity, finding.table, finding.file, finding.row) == (Severity.BLOCKS, "op", "op.csv", 3)
        assert finding.message == "op_date (op.csv, row 3) is after death (patient.csv, row 2)"
        assert (finding.key, finding.column) == ("b", "op_date")
        assert finding.value == "op_date 2013-01-01; death 2012-06-01"


def test_patients_without_child_rows_are_compared_too(tmp_path: Path) -> None:
    """Patient 3 (row 4) has no operation and died before birth."""
    loaded = write_study(tmp_path, FILES, data=THREE, extra=order("birth <= op_date <= death"))
    with read_study(loaded) as read:
        assert [f.message for f in read.of("dates-in-order")] == [
            "birth (patient.csv, row 4) is after death (patient.csv, row 4)",
            "op_date (op.csv, row 3) is after death (patient.csv, row 2)",
        ]


def test_grandchildren_are_compared_with_their_own_parents(tmp_path: Path) -> None:
    """Event y (row 3) comes a day before its operation; z on the day of it, which is in order."""
    loaded = write_study(
        tmp_path, FILES, data=THREE, extra=order("birth <= op_date <= event_date", "event_date <= death")
    )
    with read_study(loaded) as read:
        assert [f.message for f in read.of("dates-in-order")] == [
            "op_date (op.csv, row 2) is after event_date (event.csv, row 3)"
        ]


def test_progression_after_death_is_a_date_out_of_order(tmp_path: Path) -> None:
    loaded = write_study(tmp_path, FILES, data=THREE, extra=order("scan_date <= death"))
    with read_study(loaded) as read:
        assert read.places("dates-in-order") == [("scan.csv", 2, "scan_date")]


def test_partial_dates_are_compared_as_far_as_they_go(tmp_path: Path) -> None:
    """In order: 2009 and 2009-03-01 (row 2), a day and its month (row 4); not: row 3 by a day, row 5 by a year."""
    content = "id,arm,a,b\n1,A,2009,2009-03-01\n2,A,2009-04,2009-03-31\n3,A,2009-03-31,2009-03\n4,B,2010,2009-12\n"
    declared = "patient.a: {partial: {day: 28, month: 12}}\npatient.b: {partial: {day: 1, month: 1}}"
    with read_patients(tmp_path, content, declared, extra=order("a <= b")) as read:
        assert [f.row for f in read.of("dates-in-order")] == [3, 5]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("op_date <= deth", "deth"),
        ("op_date <= scan_date", "'op' and 'scan' do not belong to each other"),
        ("op_date <= arm", "'patient.arm' is not a column of dates"),
    ],
)
def test_lines_that_cannot_be_compared_point_at_the_study_file(tmp_path: Path, line: str, message: str) -> None:
    loaded = write_study(tmp_path, FILES, data=THREE, variables="patient.arm: {type: text}", extra=order(line))
    with pytest.raises(StudyError, match=message) as caught, read_study(loaded):
        pass
    assert caught.value.problems[0].line is not None


DAYS = st.none() | st.dates(dt.date(2010, 1, 1), dt.date(2010, 1, 6))


@given(st.lists(st.tuples(DAYS, DAYS, DAYS), min_size=1, max_size=12))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_row_is_reported_exactly_if_its_recorded_dates_are_out_of_order(
    tmp_path: Path, rows: list[tuple[dt.date | None, ...]]
) -> None:
    """Slow oracle: a row is in order if its recorded dates, in the line's order, are sorted."""
    content = "id,arm,a,b,c\n"
    content += "".join(f"{n},A,{','.join('' if d is None else str(d) for d in row)}\n" for n, row in enumerate(rows))
    declared = "\n".join(f"patient.{name}: {{type: date}}" for name in "abc")
    with read_patients(tmp_path, content, declared, extra=order("a <= b <= c")) as read:
        reported = {f.row for f in read.of("dates-in-order")}
    recorded = [[day for day in row if day is not None] for row in rows]
    assert reported == {n + 2 for n, days in enumerate(recorded) if days != sorted(days)}
