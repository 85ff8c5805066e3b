"""Two study files with one id: the second does not replace the results of the first without a word."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest

from atrisk.cli.main import exit_code
from tests.cli.test_new_command import TABLE, with_title


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "patients.csv").write_text(TABLE, encoding="utf-8")
    for name in ("first.yaml", "second.yaml"):
        assert exit_code(["new", "patients.csv", "--out", name]) == 0
        with_title(tmp_path / name)
    return tmp_path


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def manifest(here: Path) -> dict[str, str]:
    content: dict[str, str] = json.loads((here / "out" / "patients" / "manifest.json").read_text("utf-8"))
    return content


def test_a_run_of_another_study_file_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["run", "first.yaml"]) == 0
    assert manifest(here)["study_file"] == "first.yaml"
    before = hashes(here / "out")
    capsys.readouterr()
    assert exit_code(["run", "second.yaml"]) == 5
    said = capsys.readouterr().err
    assert "holds the results of another study file, first.yaml" in said
    assert "--out" in said
    assert "'id:'" in said
    assert hashes(here / "out") == before
    assert exit_code(["run", "second.yaml", "--out", "out/mine"]) == 0
    assert {name: digest for name, digest in hashes(here / "out").items() if name in before} == before


def test_the_same_study_file_edited_replaces_its_results(here: Path) -> None:
    assert exit_code(["run", "first.yaml"]) == 0
    text = (here / "first.yaml").read_text(encoding="utf-8")
    (here / "first.yaml").write_text(text.replace("My own title", "A better title"), encoding="utf-8")
    assert exit_code(["run", "first.yaml"]) == 0
    assert "A better title" in (here / "out" / "patients" / "report.html").read_text(encoding="utf-8")


def test_a_check_of_another_study_file_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["check", "first.yaml"]) == 0
    capsys.readouterr()
    assert exit_code(["check", "second.yaml"]) == 5
    assert "first.yaml" in capsys.readouterr().err
    assert exit_code(["run", "second.yaml"]) == 5, "its check report would replace that of the first"
    assert not (here / "out" / "patients").exists()
    assert exit_code(["check", "first.yaml"]) == 0


@pytest.fixture
def hospitals(here: Path) -> Path:
    """One study file with its table in two folders, run from the folder above."""
    for name in ("north", "south"):
        (here / name).mkdir()
        shutil.copy(here / "first.yaml", here / name / "study.yaml")
        shutil.copy(here / "patients.csv", here / name)
    return here


def test_a_study_file_of_the_same_name_in_another_folder_is_refused(
    hospitals: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(["run", "north/study.yaml"]) == 0
    before = hashes(hospitals / "out")
    capsys.readouterr()
    assert exit_code(["run", "south/study.yaml"]) == 5
    said = capsys.readouterr().err
    assert "a study file study.yaml in another folder" in said
    assert "north" not in said.replace(str(hospitals), "")
    assert hashes(hospitals / "out") == before
    assert exit_code(["check", "south/study.yaml"]) == 5
    assert exit_code(["run", "north/study.yaml"]) == 0


@pytest.mark.parametrize("start", ["north", "south", "."])
def test_the_same_study_is_known_from_wherever_it_is_called(
    hospitals: Path, monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    assert exit_code(["run", "north/study.yaml"]) == 0
    monkeypatch.chdir(hospitals / start)
    up = "" if start == "." else "../"
    assert exit_code(["run", f"{up}./south/../north/study.yaml", "--out", f"{up}out/patients"]) == 0


def test_a_project_moved_as_a_whole_keeps_its_results(hospitals: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no word of where it lies is written: the manifest is the same in every place."""
    assert exit_code(["run", "north/study.yaml"]) == 0
    before = manifest(hospitals)
    moved = hospitals.with_name("moved to another machine")
    monkeypatch.chdir(hospitals.parent)
    hospitals.rename(moved)
    monkeypatch.chdir(moved)
    assert exit_code(["run", "north/study.yaml"]) == 0
    assert manifest(moved) == before
    assert re.fullmatch("[0-9a-f]{8}", before["study_place"])


def test_results_from_before_places_were_written_are_replaced(hospitals: Path) -> None:
    assert exit_code(["run", "north/study.yaml"]) == 0
    path = hospitals / "out" / "patients" / "manifest.json"
    content = json.loads(path.read_text("utf-8"))
    del content["study_place"]
    path.write_text(json.dumps(content), encoding="utf-8")
    shutil.rmtree(hospitals / "out" / "patients-check", ignore_errors=True)
    assert exit_code(["run", "south/study.yaml"]) == 0
