"""Files of SPSS, Stata and SAS: labels become levels, codes for "not recorded" keep their reasons, dates are dates."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import pytest

from atrisk.errors import DataError
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
