"""``atrisk new``: a study file that loads once it has a title, from any readable data file, over nobody's file."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from atrisk.cli.main import exit_code
from atrisk.study.load import load_study
from atrisk.study.model import TITLE_TO_WRITE

TABLE = """\
pid,arm,age,sex,op_date,death_date,last_contact,note
P1,A,61,F,2015-02-03,2017-06-11,2017-06-11,fine
P2,B,55,M,2015-03-12,,2021-01-20,
P3,A,70,M,2015-05-30,,2019-09-02,fine
P4,B,48,F,2016-01-18,,2020-11-05,odd
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "patients.csv").write_text(TABLE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def with_title(file: Path) -> Path:
    """The study file, after the edit that every starter file asks for."""
    text = file.read_text(encoding="utf-8")
    assert text.count(TITLE_TO_WRITE) == 1
    file.write_text(text.replace(TITLE_TO_WRITE, "My own title"), encoding="utf-8")
    return file


def test_the_title_must_be_written(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["new", "data/patients.csv"]) == 0
    line = (here / "study.yaml").read_text(encoding="utf-8").partition(TITLE_TO_WRITE)[0].count("\n") + 1
    for command in ("check", "run"):
        assert exit_code([command, "study.yaml"]) == 3
        assert f"study.yaml:{line}:10: study.title: the title is still" in capsys.readouterr().err
    assert not (here / "out").exists()


def test_the_starter_loads_and_its_guesses_fit_the_columns(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["new", "data/patients.csv"]) == 0
    assert "study.yaml" in capsys.readouterr().out
    study = load_study(with_title(here / "study.yaml")).study
    assert (study.data["patient"].file, study.data["patient"].key) == ("data/patients.csv", "pid")
    assert study.time_zero == "patient.op_date"
    assert study.groups.by == "patient.arm"
    levels = study.variables["patient.arm"].levels
    assert levels is not None
    assert list(levels) == ["A", "B"]


def test_the_starter_can_be_checked_and_run_at_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["new", "data/patients.csv", "--out", "mine.yaml"]) == 0
    with_title(here / "mine.yaml")
    assert exit_code(["check", "mine.yaml"]) == 0, capsys.readouterr()
    assert exit_code(["run", "mine.yaml"]) == 0, capsys.readouterr()
    assert (here / "out" / "patients" / "report.html").exists()


def test_a_parquet_file_does_as_well(here: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("COPY (FROM read_csv('data/patients.csv')) TO 'patients.parquet' (FORMAT parquet)")
    assert exit_code(["new", "patients.parquet"]) == 0
    study = load_study(with_title(here / "study.yaml")).study
    assert (study.data["patient"].file, study.data["patient"].key) == ("patients.parquet", "pid")


def test_nothing_is_overwritten(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "study.yaml").write_text("mine", encoding="utf-8")
    assert exit_code(["new", "data/patients.csv"]) == 2
    assert "is not overwritten" in capsys.readouterr().err
    assert (here / "study.yaml").read_text(encoding="utf-8") == "mine"


def test_the_study_file_must_lie_above_its_data(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "elsewhere").mkdir()
    assert exit_code(["new", "data/patients.csv", "--out", "elsewhere/study.yaml"]) == 2
    assert "does not lie below" in capsys.readouterr().err


def test_data_elsewhere_get_their_study_file_beside_them(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "empty").mkdir()
    monkeypatch.chdir(here / "empty")
    assert exit_code(["new", "../data/patients.csv"]) == 0
    assert load_study(with_title(here / "data" / "study.yaml")).study.data["patient"].file == "patients.csv"


@pytest.mark.parametrize("name, content", [("missing.csv", None), ("empty.csv", ""), ("book.csv", "PK\x03\x04")])
def test_a_data_file_that_cannot_be_used_is_4(
    here: Path, capsys: pytest.CaptureFixture[str], name: str, content: str | None
) -> None:
    if content is not None:
        (here / name).write_text(content, encoding="utf-8")
    assert exit_code(["new", name]) == 4
    assert name in capsys.readouterr().err
    assert not (here / "study.yaml").exists()
