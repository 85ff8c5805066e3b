"""What is found without a word in the study file: dates after death or far ahead, negative ages, codes alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from atrisk.check.values import is_age_or_duration
from atrisk.result.finding import Severity
from tests.check.test_dates import order
from tests.read.small_study import PATIENT, read_patients, read_study, write_study

DATES = "id,arm,geburtsdatum,op,died,seen,entry_date\n"


def test_dates_after_death_and_before_birth_warn_with_both_columns(tmp_path: Path) -> None:
    """Row 3: operated a day after death. Row 4: seen after death, and operated before birth. Row 5 is in order."""
    content = DATES + (
        "1,A,1950-01-01,2010-01-01,2011-01-01,2011-01-01,2020-01-01\n"
        "2,B,1950-01-01,2010-01-02,2010-01-01,,2020-01-01\n"
        "3,A,2010-01-02,2010-01-01,2011-01-01,2011-01-02,2020-01-01\n"
        "4,B,,2010-01-01,,2030-01-01,\n"
    )
    with read_patients(tmp_path, content) as read:
        assert [(f.row, f.severity, f.message) for f in read.of("after-death")] == [
            (3, Severity.WARNS, "op (patient.csv, row 3) is after died (patient.csv, row 3)"),
            (4, Severity.WARNS, "seen (patient.csv, row 4) is after died (patient.csv, row 4)"),
        ]
        assert [(f.row, f.message) for f in read.of("before-birth")] == [
            (4, "geburtsdatum (patient.csv, row 4) is after op (patient.csv, row 4)")
        ]
        assert read.of("after-death")[0].value == "op 2010-01-02; died 2010-01-01"


def test_rows_of_other_tables_are_held_against_their_own_patient(tmp_path: Path) -> None:
    files = {
        "patient.csv": "id,arm,end\n1,A,2010-01-01\n2,B,2012-01-01\n",
        "s.csv": "s,id,day\na,1,2011-01-01\nb,2,2011-01-01\n",
    }
    data = f"{PATIENT}\nscan: {{file: s.csv, key: s, parent: patient}}"
    death = "{definition: mortality, within: 9 days, death: end, last_contact: end}"
    extra = f"cohort: [{{time_zero: end}}]\nderive: {{early: {death}}}"
    with read_study(write_study(tmp_path, files, data=data, extra=extra)) as read:
        assert [(f.file, f.row, f.message) for f in read.of("after-death")] == [
            ("s.csv", 2, "day (s.csv, row 2) is after end (patient.csv, row 2)")
        ]


def test_dates_in_order_on_a_line_are_not_told_twice(tmp_path: Path) -> None:
    content = "id,arm,birth,op,died\n1,A,2011-01-01,2010-01-02,2010-01-01\n"
    with read_patients(tmp_path, content, extra=order("birth <= op <= died")) as read:
        assert read.of("after-death") == read.of("before-birth") == []
        assert len(read.of("dates-in-order")) == 2


def test_partial_dates_are_after_a_death_only_if_all_of_them_is(tmp_path: Path) -> None:
    content = "id,arm,scan,death_date\n1,A,2010,2010-03-01\n2,B,2011,2010-03-01\n3,B,2010-04,2010-03-01\n"
    with read_patients(tmp_path, content, "patient.scan: {partial: {day: 28, month: 12}}") as read:
        assert [f.row for f in read.of("after-death")] == [3, 4]


def many(last: str, n: int = 25) -> str:
    rows = "".join(f"{number},A,20{10 + number % 10}-06-01\n" for number in range(n))
    return f"id,arm,seen\n{rows}x,B,{last}\n"


@pytest.mark.parametrize(
    ("content", "cut", "rows"),
    [
        (many("2029-06-01"), "", [27]),  # the others end on 2019-06-01
        (many("2021-06-01"), "", []),  # two years after: the gap of 731 days is not exceeded
        (many("2021-06-02"), "", [27]),
        (many("2029-06-01", 18), "", []),  # nineteen dates in all
        (many("2029-06-01"), "data_cut: 2030-01-01", []),
        (many("9999-12-31"), "", []),  # a code and an implausible year, told as such
    ],
)
def test_a_date_far_after_the_others_warns_where_there_is_no_data_cut(
    tmp_path: Path, content: str, cut: str, rows: list[int]
) -> None:
    with read_patients(tmp_path, content, study=cut) as read:
        assert [f.row for f in read.of("far-after-the-others")] == rows
        assert {f.severity for f in read.of("far-after-the-others")} <= {Severity.WARNS}


def test_ages_and_durations_below_zero_warn(tmp_path: Path) -> None:
    content = "id,arm,age,op_time,base_excess,x,y,time\n1,A,-3,-1,-4,-2,-2,-9\n2,B,50,100,2,5,3,4\n"
    variables = "patient.x: {label: Length of stay}\npatient.y: {unit: days, range: [-9, 9]}"
    extra = "outcomes: {os: {label: X, time: {column: time}, status: {column: arm, event: A, censored: B}}}"
    with read_patients(tmp_path, content, variables, extra=extra) as read:
        assert read.places("negative-age-or-duration") == [
            ("patient.csv", 2, "age"),
            ("patient.csv", 2, "op_time"),
            ("patient.csv", 2, "x"),
        ]


def test_words_of_age_and_time() -> None:
    for words in ("age", "Alter bei OP", "年龄", "days_to_death", "Liegedauer", "住院天数"):
        assert is_age_or_duration(words), words
    for words in ("stage", "dosage", "base_excess", "lactate", "timer", "percentage"):
        assert not is_age_or_duration(words), words


def test_codes_alike_warn_at_the_rarer_spelling_without_showing_it(tmp_path: Path) -> None:
    """m (row 5), a full-width Ｆ (row 6) and two blanks (row 9); blanks around a cell never count."""
    cells = ["M", "M", "F", "m", "Ｆ", "F", "open left", "open  left", " open left ", "M", "open left", "F"]
    content = "id,arm,sex\n" + "".join(f"{n},A,{cell}\n" for n, cell in enumerate(cells))
    with read_patients(tmp_path, content) as read:
        found = read.of("codes-alike")
        assert [(f.row, f.severity, f.value) for f in found] == [
            (5, Severity.WARNS, "m"),
            (6, Severity.WARNS, "Ｆ"),
            (9, Severity.WARNS, "open  left"),
        ]
        assert len({f.message for f in found}) == 1
    # Declared with its own words a code is meant; declared as itself it may be a typo that somebody copied.
    levels = "{M: M, F: F, m: mother, Ｆ: Ｆ, open left: o, 'open  left': p}"
    with read_patients(tmp_path, content, f"patient.sex: {{levels: {levels}}}") as read:
        assert [(f.row, f.value) for f in read.of("codes-alike")] == [(6, "Ｆ")]
