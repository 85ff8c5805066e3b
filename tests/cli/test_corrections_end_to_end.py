"""A declared correction reaches results, run.json and the report as a number, and the check report with its key."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from atrisk.cli.main import exit_code

STUDY = """\
atrisk: 1
study: {id: small, title: Small}
data: {patient: {file: patient.csv, key: id}}
variables: {patient.days: {type: number}}
corrections:
  - {column: patient.days, key: SECRET-3, from: 99x, to: 99, reason: typing error}
  - {column: patient.days, key: SECRET-4, from: "9.8e1", to: 98, reason: typing error}
  - {column: patient.days, key: SECRET-5, from: "-7", to: "", reason: impossible}
groups: {by: arm, order: [A, B]}
outcomes: {os: {label: OS, time: {column: days}, status: {column: status, event: 1}}}
"""
DATA = "id,arm,days,status\n" + "".join(
    f"SECRET-{n},{'AB'[n % 2]},{days},{n % 2}\n"
    for n, days in enumerate(["10", "20", "30", "99x", "9.8e1", "-7", "60", "50"])
)


def test_numbers_go_out_and_keys_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    (tmp_path / "patient.csv").write_text(DATA, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert exit_code(["run", "study.yaml", "--out", "out"]) == 0
    with (tmp_path / "out" / "results.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["analysis"] == "corrections"]
    assert [(row["variable"], row["term"], float(row["value"])) for row in rows] == [
        ("patient.days", "typing error", 2.0),
        ("patient.days", "impossible", 1.0),
    ]
    assert json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))["corrections"] == 3
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Corrections declared in the study file" in report
    assert "typing error" in report
    for file in (tmp_path / "out").rglob("*"):
        assert not file.is_file() or b"SECRET" not in file.read_bytes(), file
    check = (tmp_path / "out-check" / "check.html").read_text(encoding="utf-8")
    assert "SECRET-3" in check
    assert "99x -&gt; 99" in check
