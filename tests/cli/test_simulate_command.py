"""``atrisk simulate`` as a user runs it: the committed tables again, to the byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from atrisk.cli.main import exit_code

NETLM = Path(__file__).parents[2] / "examples" / "netlm"


def test_the_committed_tables_come_out_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["simulate", str(NETLM / "spec.yaml"), "--out", str(tmp_path / "made")]) == 0
    said = capsys.readouterr()
    assert f"Tables: {tmp_path / 'made'}" in said.out
    assert "no real patients" in said.err
    made = {path.name: path.read_bytes() for path in (tmp_path / "made").iterdir()}
    assert made == {path.name: path.read_bytes() for path in (NETLM / "data").iterdir()}


def test_a_hospitals_file_is_never_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "patient.csv").write_text("real", encoding="utf-8")
    assert exit_code(["simulate", str(NETLM / "spec.yaml"), "--out", str(tmp_path)]) == 5
    assert "patient.csv" in capsys.readouterr().err
    assert (tmp_path / "patient.csv").read_text(encoding="utf-8") == "real"
    assert [path.name for path in tmp_path.iterdir()] == ["patient.csv"]


def test_a_specification_that_is_not_there_is_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["simulate", str(tmp_path / "spec.yaml"), "--out", str(tmp_path / "made")]) == 3
    assert "spec.yaml" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()
