"""A check goes on, in the rows that nothing blocks, to what rests on the cohort."""

from __future__ import annotations

from pathlib import Path

import pytest

from atrisk.errors import StudyError
from atrisk.run.study import check_study
from tests.cohort.small_study import write_study

PATIENTS = """
    id,arm,op,death,seen
    1,A,2010-01-01,2011-01-01,2011-01-01
    2,A,2010-01-01,,2009-06-01
    3,B,2010-01-01,,2012-01-01
    4,B,2010-13-01,,2012-01-01
    5,B,2010-01-01,,2012-01-01
    6,A,2010-01-01,,2012-01-01
    7,A,,,2012-01-01
"""
COMPLICATIONS = """
    id,grade,on
    3,VI,2010-01-05
    5,II,2009-12-05
    6,II,2010-01-05
"""
STUDY = {
    "data": {"patient": {"file": "p.csv", "key": "id"}, "complication": {"file": "c.csv", "parent": "patient"}},
    "variables": {"patient.op": {"type": "date"}},
    "cohort": [{"time_zero": "op"}],
    "groups": {"by": "arm", "order": ["A", "B"]},
    "derive": {"severe": {"definition": "clavien_dindo", "at_least": "IIIa", "grade": "grade", "date": "on"}},
    "outcomes": {"os": {"label": "Survival", "event": "death", "censor": "seen"}},
    "surgical_outcomes": ["severe"],
}
# Found in the cells; in the definitions; in the follow-up, which is looked at last.
LATER = {
    ("wrong-type", "patient", 5),
    ("unknown-clavien-dindo-grade", "complication", 2),
    ("complication-before-operation", "complication", 3),
    ("time-zero-missing", "patient", 8),
    ("before-time-zero", "patient", 3),
}


def found(folder: Path, patients: str = PATIENTS, complications: str = COMPLICATIONS, study: object = None) -> list:
    loaded = write_study(folder, {"p.csv": patients, "c.csv": complications}, study or STUDY)
    return list(check_study(loaded, lambda _stage: None))


def test_one_check_tells_of_every_stage(tmp_path: Path) -> None:
    findings = found(tmp_path)
    assert {(each.rule, each.table, each.row) for each in findings} >= LATER
    (aside,) = [each for each in findings if each.rule == "rows-set-aside"]
    # The wrong date; then the unknown grade and the missing date. The follow-up comes after them and ends it.
    assert aside.message.startswith("3 rows")
    assert len(findings) == len({(each.rule, each.table, each.row, each.column) for each in findings})
    # Without rows nothing is known of who is absent.
    assert not {each.rule for each in findings} & {"small-group", "group-of-one", "patient-without-rows"}


@pytest.mark.parametrize(
    "line",
    [
        "3,B,2010-01-01,,2012-01-01",  # a key twice
        ",B,2010-01-01,,2012-01-01",  # no key
    ],
)
def test_rows_without_a_key_of_their_own_are_set_aside(tmp_path: Path, line: str) -> None:
    findings = found(tmp_path, patients=f"{PATIENTS.rstrip()}\n{line}\n")
    assert {(each.rule, each.table, each.row) for each in findings} >= LATER - {
        # The complication of a patient who was set aside cannot be looked at.
        ("unknown-clavien-dindo-grade", "complication", 2)
    }


def test_where_a_whole_column_blocks_nothing_rests_on_it(tmp_path: Path) -> None:
    patients = "\n".join(
        line.replace("2010-01-01", "01/02/2010").replace("2010-13-01", "01/02/2010") for line in PATIENTS.splitlines()
    )
    rules = {each.rule for each in found(tmp_path, patients=patients)}
    assert "date-format" in rules
    assert not rules & {"time-zero-missing", "rows-set-aside", "unknown-clavien-dindo-grade"}


def test_what_is_wrong_with_the_study_file_does_not_hide_the_cells(tmp_path: Path) -> None:
    """It is an error of its own once the data are sound."""
    severe = {"definition": "cytoreduction", "basis": "volume", "percent": "arm", "at_least": 70}
    rules = {each.rule for each in found(tmp_path, study={**STUDY, "derive": {"severe": severe}})}
    assert "wrong-type" in rules
    assert not rules & {"rows-set-aside", "time-zero-missing", "before-time-zero"}
    sound = PATIENTS.replace("2010-13-01", "2010-12-01")
    with pytest.raises(StudyError, match="must be a"):
        found(tmp_path, patients=sound, study={**STUDY, "derive": {"severe": severe}})


def test_sound_data_are_looked_at_once(tmp_path: Path) -> None:
    patients = (
        PATIENTS.replace("2010-13-01", "2010-12-01").replace("7,A,,", "7,A,2010-01-01,").replace("2009-06", "2010-06")
    )
    rules = {each.rule for each in found(tmp_path, patients=patients, complications="id,grade,on\n3,II,2010-01-05\n")}
    assert "rows-set-aside" not in rules
