"""One person under two keys: the same sex, date of birth and date of operation."""

from __future__ import annotations

from pathlib import Path

from atrisk.result.finding import Severity
from tests.read.small_study import read_patients, read_study, write_study

EXTRA = "cohort: [{index: first op by op_date, time_zero: op_date}]"
DATA = "patient: {file: patient.csv, key: id}\nop: {file: op.csv, key: op, parent: patient}"


def test_at_two_centres_under_two_keys(tmp_path: Path) -> None:
    """5 has another sex than 1, 3 another operation; 4 is 1 with day and month of the birth exchanged."""
    patients = (
        "id,arm,center,sex,birth_date,x\n1,A,MAYO,F,1950-05-03,1\n2,B,WN,F,1950-05-03,2\n3,A,WN,F,1950-05-03,3\n"
        "4,A,WN,F,1950-03-05,4\n5,A,WN,M,1950-05-03,5\n6,A,WN,F,,6\n7,A,WN,F,,7\n"
    )
    ops = "op,id,op_date\n" + "".join(
        f"o{n},{n},{day}\n" for n, day in enumerate(["2010-01-01"] * 2 + ["2010-01-02"] + ["2010-01-01"] * 4, start=1)
    )
    files = {"patient.csv": patients, "op.csv": ops}
    with read_study(write_study(tmp_path, files, data=DATA, extra=EXTRA)) as read:
        found = read.of("perhaps-same-person")
    assert [(f.severity, f.table, f.row, f.key) for f in found] == [
        (Severity.WARNS, "patient", 3, "2"),
        (Severity.WARNS, "patient", 5, "4"),
    ]
    assert found[0].message == "the same sex, date of birth and date of operation as row 2, under another key"


def test_two_operations_of_one_patient_are_no_second_patient(tmp_path: Path) -> None:
    files = {
        "patient.csv": "id,arm,sex,birth_date\n1,A,F,1950-05-03\n",
        "op.csv": "op,id,op_date\na,1,2010-01-01\nb,1,2010-01-01\n",
    }
    with read_study(write_study(tmp_path, files, data=DATA, extra=EXTRA)) as read:
        assert read.of("perhaps-same-person") == []


def test_without_a_column_for_the_sex_the_dates_decide(tmp_path: Path) -> None:
    content = "id,arm,dob,operated\n1,A,1950-05-23,2010-01-01\n2,A,1950-05-23,2010-01-01\n3,A,1950-05-24,2010-01-01\n"
    with read_patients(tmp_path, content, extra="cohort: [{time_zero: operated}]") as read:
        assert [f.row for f in read.of("perhaps-same-person")] == [3]


def test_dates_of_birth_known_to_the_month_are_not_compared(tmp_path: Path) -> None:
    content = "id,arm,dob,operated\n1,A,1950-05,2010-01-01\n2,A,1950-05,2010-01-01\n"
    variables = "patient.dob: {partial: {day: 15, month: 7}}"
    with read_patients(tmp_path, content, variables, extra="cohort: [{time_zero: operated}]") as read:
        assert read.of("perhaps-same-person") == []
