"""Two study files with one id: the second does not replace the results of the first without a word."""

from __future__ import annotations

import hashlib
import json
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


def test_a_run_of_another_study_file_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["run", "first.yaml"]) == 0
    assert json.loads((here / "out" / "patients" / "manifest.json").read_text("utf-8"))["study_file"] == "first.yaml"
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
