"""REDCap exports: instruments become tables, choices become levels, checkboxes become truth values with labels."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from atrisk.errors import DataError
from tests.read.small_study import read_study, write_study

DICTIONARY = """\
"Variable / Field Name","Form Name","Section Header","Field Type","Field Label",\
"Choices, Calculations, OR Slider Labels","Field Note","Text Validation Type OR Show Slider Number",\
"Text Validation Min","Text Validation Max",Identifier?,"Branching Logic (Show field only if...)"
record_id,baseline,,text,Record,,,,,,,
surname,baseline,,text,Surname,,,,,,y,
arm,baseline,,radio,"<b>Arm</b>","A, Surgery | B, None, or later",,,,,,
symptom,baseline,,checkbox,Symptoms,"1, Flush | -9, Not asked",,,,,,
age,baseline,,text,Age,,,integer,18,99,,
op_date,baseline,,text,Operation,,,date_dmy,,,,[arm] = 'A'
alive,baseline,,yesno,Alive,,,,,,,
grade,complication,,dropdown,Clavien-Dindo,"1, I | 2, II | 3, III",,,,,,
cd_date,complication,,text,Date,,,date_ymd,,,,
"""
EXPORT = """\
record_id,redcap_repeat_instrument,redcap_repeat_instance,surname,arm,symptom___1,symptom____9,age,op_date,alive,\
baseline_complete,grade,cd_date,complication_complete
1,,,Li,A,1,0,60,2010-01-31,1,2,,,
1,complication,1,,,,,,,,,2,2010-02-01,2
1,complication,2,,,,,,,,,4,2010-02-05,2
2,,,Müller,B,0,0,-99,,0,2,,,
"""
DATA = """\
patient: {redcap: export.csv, dictionary: dictionary.csv, key: record_id, missing: {-99: Unknown}}
complication: {redcap: export.csv, dictionary: dictionary.csv, instrument: complication, parent: patient}"""
FILES: dict[str, str | bytes] = {"export.csv": EXPORT, "dictionary.csv": DICTIONARY}


def test_a_repeating_instrument_is_a_table_of_its_own(tmp_path: Path) -> None:
    with read_study(write_study(tmp_path, FILES, data=DATA)) as read:
        assert read.table("patient").names == (
            "record_id", "surname", "arm", "symptom___1", "symptom____9", "age", "op_date", "alive",
            "baseline_complete",
        )  # fmt: skip
        assert read.table("complication").names == (
            "record_id", "redcap_repeat_instance", "grade", "cd_date", "complication_complete",
        )  # fmt: skip
        assert read.values("record_id") == ["1", "2"]
        assert read.values("record_id", "complication") == ["1", "1"]
        assert read.values("cd_date", "complication") == [dt.date(2010, 2, 1), dt.date(2010, 2, 5)]
        assert read.places("unknown-level") == [("export.csv", 4, "grade")]
        assert [finding.value for finding in read.of("unknown-level")] == ["4"]


def test_the_dictionary_says_what_columns_are(tmp_path: Path) -> None:
    with read_study(write_study(tmp_path, FILES, data=DATA)) as read:
        variables = read.reading.loaded.study.variables
        arm = variables["patient.arm"]
        assert str(arm.label) == "Arm"
        assert {code: str(label) for code, label in (arm.levels or {}).items()} == {
            "A": "Surgery", "B": "None, or later",
        }  # fmt: skip
        assert str(variables["patient.symptom___1"].label) == "Symptoms: Flush"
        assert str(variables["patient.symptom____9"].label) == "Symptoms: Not asked"
        assert read.values("symptom___1") == [True, False]
        assert read.values("alive") == [True, False]
        assert variables["patient.age"].range == (18.0, 99.0)
        assert read.values("age") == [60, None]
        assert read.values("op_date") == [dt.date(2010, 1, 31), None]
        assert [finding.file for finding in read.of("branching-logic")] == ["dictionary.csv"] * 2
        assert [finding.message for finding in read.of("missing-reasons")] == ["not recorded: 1 Unknown"]


def test_an_identifier_stands_in_no_finding(tmp_path: Path) -> None:
    files = {**FILES, "export.csv": EXPORT.replace("Müller", "#REF!")}
    with read_study(write_study(tmp_path, files, data=DATA)) as read:
        assert read.reading.loaded.study.variables["patient.surname"].identifier
        assert [(f.column, f.key, f.value) for f in read.of("spreadsheet-error")] == [("surname", "2", "")]


@pytest.mark.parametrize(
    ("files", "data", "words"),
    [
        ({}, DATA.replace("instrument: complication", "instrument: complications"), "Did you mean 'complication'?"),
        ({"dictionary.csv": "a,b\n1,2\n"}, DATA, "is no data dictionary of REDCap"),
        ({"export.csv": "Record,Arm\n1,Surgery\n"}, DATA, "raw data"),
        ({"export.csv": "record_id,arm,age\n1,A,50\n"}, DATA, "has no rows of a repeating instrument"),
    ],
)
def test_what_does_not_fit_is_answered(tmp_path: Path, files: dict[str, str], data: str, words: str) -> None:
    with pytest.raises(DataError) as caught, read_study(write_study(tmp_path, {**FILES, **files}, data=data)):
        pass
    assert words in str(caught.value)
