"""Files of SPSS, Stata and SAS: labels become levels, codes for "not recorded" keep their reasons, dates are dates."""

from __future__ import annotations

import datetime as dt
import math
import sys
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from atrisk.errors import DataError
from atrisk.read.statistics_process import _answer
from atrisk.study.text import Text
from tests.read.small_study import read_study, write_study

FILES = Path(__file__).parent / "statistics"
DATES = [dt.date(2010, 1, 31), None, dt.date(2011, 1, 1), dt.date(2012, 2, 29)]


def data(kind: str) -> str:
    return f"patient: {{file: patient.{kind}, key: id}}"


def files(kind: str) -> dict[str, str | bytes]:
    return {f"patient.{kind}": (FILES / f"patient.{kind}").read_bytes()}


@pytest.mark.parametrize("kind", ["sav", "zsav"])
def test_spss_labels_and_missing_codes_are_taken_over(tmp_path: Path, kind: str) -> None:
    with read_study(write_study(tmp_path, files(kind), data=data(kind))) as read:
        sex = read.reading.loaded.study.variables["patient.sex"]
        assert (str(sex.label), {code: str(label) for code, label in (sex.levels or {}).items()}) == (
            "Sex of the patient", {"1": "Male", "2": "Female"},
        )  # fmt: skip
        assert isinstance(sex.missing, dict)
        assert {code: str(reason) for code, reason in sex.missing.items()} == {"9": "Not asked"}
        assert read.values("sex") == ["1", "2", None, "1"]
        assert read.raw("sex") == ["1", "2", "9", "1"]
        assert read.values("ki67") == [1.5, None, None, 3.25]
        assert read.raw("ki67") == ["1.5", "", "98", "3.25"]
        assert read.values("op_date") == DATES
        assert read.values("name") == ["Müller", None, "Ångström", "Li"]
        assert [finding.column for finding in read.of("partly-labelled")] == ["pain"]
        assert read.values("pain") == [0, 10, 4, 7]
        assert [(f.column, f.value) for f in read.findings if f.severity == "blocks"] == []


def test_stata_letters_are_reasons(tmp_path: Path) -> None:
    with read_study(write_study(tmp_path, files("dta"), data=data("dta"))) as read:
        ki67 = read.reading.loaded.study.variables["patient.ki67"]
        assert isinstance(ki67.missing, dict)
        assert {code: str(reason) for code, reason in ki67.missing.items()} == {".a": "Refused"}
        assert read.values("ki67") == [1.5, None, None, 3.25]
        assert read.raw("ki67") == ["1.5", "", ".a", "3.25"]
        assert read.values("op_date") == DATES
        assert read.values("sex") == ["1", "2", "9", "1"]


def test_sas_transport_files_are_read(tmp_path: Path) -> None:
    with read_study(write_study(tmp_path, files("xpt"), data=data("xpt"))) as read:
        assert read.values("op_date") == DATES
        assert read.values("ki67") == [1.5, None, 98.0, 3.25]
        assert str(read.reading.loaded.study.variables["patient.ki67"].label) == "Ki-67 index"


def test_the_study_has_the_last_word(tmp_path: Path) -> None:
    variables = "patient.sex: {label: Sex, levels: {1: M, 2: F, 9: Other}, missing: []}\npatient.pain: {range: [0, 5]}"
    with read_study(write_study(tmp_path, files("sav"), data=data("sav"), variables=variables)) as read:
        assert read.values("sex") == ["1", "2", "9", "1"]
        assert str(read.reading.loaded.study.variables["patient.sex"].label) == "Sex"
        assert [finding.row for finding in read.of("out-of-range")] == [2, 4]


def test_rows_are_cases_as_the_program_numbers_them(tmp_path: Path) -> None:
    variables = "patient.name: {type: date}"
    with read_study(write_study(tmp_path, files("sav"), data=data("sav"), variables=variables)) as read:
        assert read.places("wrong-type") == [("patient.sav", row, "name") for row in (1, 3, 4)]


def test_sas_data_sets_are_read(tmp_path: Path) -> None:
    """The values as pandas, whose reader is another program's, finds them in the same file; letters are reasons."""
    with read_study(write_study(tmp_path, files("sas7bdat"), data=data("sas7bdat"))) as read:
        variables = read.reading.loaded.study.variables
        assert str(variables["patient.sex"].label) == "Sex of the patient"
        assert variables["patient.sex"].missing == {".n": Text("no reason given")}
        assert read.values("op_date") == DATES
        assert read.values("ki67") == [1.5, None, None, 3.25]
        assert read.raw("ki67") == ["1.5", "", ".r", "3.25"]
        assert read.values("sex") == [1, 2, None, 1]
        assert read.values("name") == ["Müller", None, "Ångström", "Li"]
        assert [(f.column, f.value) for f in read.findings if f.severity == "blocks"] == []
        assert "patient.arm" not in variables
    other = pd.read_sas(tmp_path / "patient.sas7bdat", encoding="utf-8")
    assert [None if pd.isna(day) else day.date() for day in other["op_date"]] == DATES
    assert other["ki67"].tolist() == pytest.approx([1.5, math.nan, math.nan, 3.25], nan_ok=True)
    assert other["name"].fillna("").tolist() == ["Müller", "", "Ångström", "Li"]


CATALOGUE = "patient: {file: patient.sas7bdat, catalogue: formats.sas7bcat, key: id}"


def catalogued() -> dict[str, str | bytes]:
    return {**files("sas7bdat"), "formats.sas7bcat": (FILES / "formats.sas7bcat").read_bytes()}


def test_the_labels_of_a_sas_catalogue_are_levels(tmp_path: Path) -> None:
    with read_study(write_study(tmp_path, catalogued(), data=CATALOGUE)) as read:
        variables = read.reading.loaded.study.variables

        def levels(column: str) -> dict[str, str]:
            return {code: str(label) for code, label in (variables[f"patient.{column}"].levels or {}).items()}

        assert levels("sex") == {"1": "Male", "2": "Female"}
        assert levels("arm") == {"A": "Resection", "B": "Ablation"}
        assert [(finding.column, finding.message[:20]) for finding in read.of("partly-labelled")] == [
            ("pain", "2 values have no lab")
        ]
        with_labels = read.reading.tables["patient"].contents
    with read_study(write_study(tmp_path, catalogued(), data=data("sas7bdat"))) as read:
        without = read.reading.tables["patient"].contents
    assert with_labels.sha256 != without.sha256
    assert with_labels.n_bytes == without.n_bytes + len((FILES / "formats.sas7bcat").read_bytes())


def test_labels_of_sas_letters_are_reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    """No program at hand writes such a catalogue, so the answer of the library that reads it is put in its place."""
    import pyreadstat

    labels = {"SEXF": {1.0: "Male", 2.0: "Female", "N": "Not asked"}, "KIF": {"R": "Refused"}}
    about = SimpleNamespace(value_labels=labels)
    monkeypatch.setattr(pyreadstat, "read_sas7bcat", lambda *_given, **_options: ({}, about))
    answer = _answer(str(FILES / "patient.sas7bdat"), ".sas7bdat", None, str(FILES / "formats.sas7bcat"))
    words = {column["name"]: column["words"] for column in answer["columns"]}
    assert words["sex"]["missing"] == {".n": "Not asked"}
    assert words["sex"]["levels"] == {"1": "Male", "2": "Female"}
    # The data set says KIF8.2, with the width that numbers are shown with.
    assert words["ki67"] == {"label": "Ki-67 index", "missing": {".r": "Refused"}}


def test_a_catalogue_that_is_none_or_belongs_to_nothing_is_answered(tmp_path: Path) -> None:
    study = write_study(tmp_path, {**catalogued(), "formats.sas7bcat": b"1,2"}, data=CATALOGUE)
    with pytest.raises(DataError, match=r"formats\.sas7bcat cannot be read: it is damaged, or no"), read_study(study):
        pass
    study = write_study(tmp_path, files("sas7bdat"), data=CATALOGUE.replace("formats.", "format."))
    with pytest.raises(DataError, match=r"data\.patient\.catalogue"), read_study(study):
        pass
    study = write_study(tmp_path, files("sav"), data=CATALOGUE.replace("patient.sas7bdat", "patient.sav"))
    with pytest.raises(DataError, match=r"patient\.sav is not a SAS data set \(\.sas7bdat\)"), read_study(study):
        pass


@pytest.mark.parametrize("kind", ["sav", "zsav", "dta", "xpt", "sas7bdat"])
def test_another_kind_of_file_is_answered(tmp_path: Path, kind: str) -> None:
    study = write_study(tmp_path, {f"patient.{kind}": b"id,arm\n1,A\n"}, data=data(kind))
    with pytest.raises(DataError, match=rf"patient\.{kind} cannot be read: it is damaged"), read_study(study):
        pass


def test_a_reader_that_falls_does_not_take_the_program_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged file can make the reader, written in C, crash; here the process that reads ends without an answer."""
    program = tmp_path / "fallen"
    program.write_text("#!/bin/sh\nkill -SEGV $$\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    study = write_study(tmp_path, files("sav"), data=data("sav"))
    with pytest.raises(DataError, match=r"patient\.sav cannot be read: it is damaged"), read_study(study):
        pass
