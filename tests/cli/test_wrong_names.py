"""Names that lead nowhere: each command says what is there instead, and where the name stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from atrisk.cli.main import exit_code
from tests.read.workbooks import xlsx

STUDY = """\
atrisk: 1
study: {id: names, title: Names}
data:
  patient:
    file: pateints.csv
    key: id
groups: {by: patient.arm}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "patients.csv").write_text("id,arm\n1,A\n2,B\n", encoding="utf-8")
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    (tmp_path / "~$patients.xlsx").write_bytes(b"lock")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (["new", "."], 4, ".: this is a folder. Name the data file in it."),
        (["new", "patient.csv"], 4, "patient.csv: there is no such file. Did you mean 'patients.csv'?"),
        (["new", "~$patients.xlsx", "--out", "x.yaml"], 4, "Name patients.xlsx."),
        (["new", "patients.csv", "--out", "begun.xlsx"], 2, "which ends in .yaml"),
        (["check", "stduy.yaml"], 3, "stduy.yaml: there is no such file. Did you mean 'study.yaml'?"),
        (["check", "nowhere/study.yaml"], 3, "Its folder does not exist either."),
        (["run", "study.yaml"], 4, "study.yaml:5:11: data.patient.file: pateints.csv does not exist."),
        (["run", "study.yaml"], 4, "Its folder has 'patients.csv'. Did you mean that?"),
    ],
)
def test_a_name_that_leads_nowhere_is_answered(
    here: Path, capsys: pytest.CaptureFixture[str], command: list[str], code: int, said: str
) -> None:
    files = {path.name for path in here.iterdir()}
    assert exit_code(command) == code
    assert said in " ".join(capsys.readouterr().err.split())
    assert {path.name for path in here.iterdir()} == files


def test_several_sheets_say_how_to_begin_with_one(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "two.xlsx").write_bytes(xlsx({"My patients": [("id", "arm"), (1, "A")], "Notes": [("x",)]}))
    assert exit_code(["new", "two.xlsx", "--out", "two.yaml"]) == 4
    assert '--sheet "My patients"' in capsys.readouterr().err
    assert exit_code(["new", "two.xlsx", "--out", "two.yaml", "--sheet", "My patients"]) == 0


def test_a_missing_comma_is_thought_of(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = STUDY.replace("id: names, title", "id: names title")
    (here / "study.yaml").write_text(text, encoding="utf-8")
    assert exit_code(["check", "study.yaml"]) == 3
    assert "study.yaml:2:24: " in (said := capsys.readouterr().err)
    assert "A comma is missing before this entry" in said


def test_earlier_results_are_spoken_of_only_where_there_are_any(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "study.yaml").write_text(STUDY.replace("pateints", "patients"), encoding="utf-8")
    (here / "file").write_text("no folder", encoding="utf-8")
    assert exit_code(["check", "study.yaml", "--out", "file/results"]) == 5
    said = capsys.readouterr().err
    assert "cannot write the results" in said
    assert "Earlier results" not in said
