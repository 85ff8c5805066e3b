"""Every way a command can end: its exit code, its words, and never a traceback or a patient's value."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click
import pytest

from atrisk import errors
from atrisk.cli import commands
from atrisk.cli.main import exit_code
from atrisk.errors import AtriskError, DataError, EstimationError, OutputError, Problem, StudyError

NEVER_SHOWN = "Patient-4711"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def ending(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> int:
    """The exit code when loading the study raises ``error``."""

    def stop(_study_file: Path) -> None:
        raise error

    monkeypatch.setattr(commands, "_load", stop)
    return exit_code(["check", "study.yaml"])


@pytest.mark.parametrize(
    "error, code",
    [
        (StudyError([Problem("study.yaml", 3, 5, "outcomes.os", "unknown key 'sensor'", "Did you mean 'censor'?")]), 3),
        (DataError("patients.csv is empty"), 4),
        (OutputError("out/x: is a file"), 5),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (MemoryError(), 70),
        (ValueError(NEVER_SHOWN), 70),
        (EstimationError(NEVER_SHOWN), 70),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_error_has_its_code_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int
) -> None:
    assert ending(monkeypatch, error) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    assert NEVER_SHOWN not in said.err
    if isinstance(error, AtriskError) and code != 70:
        assert str(error) in said.err


def test_a_problem_in_the_study_file_is_shown_with_line_and_hint(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    problem = Problem("study.yaml", 3, 5, "outcomes.os", "unknown key 'sensor'.", "Did you mean 'censor'?")
    ending(monkeypatch, StudyError([problem]))
    assert "study.yaml:3:5: outcomes.os: unknown key 'sensor'. Did you mean 'censor'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["rum"], "No such command 'rum'"),
        (["run"], "Missing argument 'STUDY.yaml'"),
        (["run", "a.yaml", "--outt", "x"], "--outt"),
        (["simulate", "spec.yaml"], "Missing option '--out'"),
    ],
)
def test_a_wrong_command_line_is_2(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(arguments) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["--version"], ["run", "--help"], ["schema", "-h"]])
def test_help_and_version_are_0(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(arguments) == 0
    assert capsys.readouterr().err == ""


def test_help_documents_every_exit_code_that_an_error_has(capsys: pytest.CaptureFixture[str]) -> None:
    exit_code(["--help"])
    documented = {int(number) for number in re.findall(r"^ +(\d+) ", capsys.readouterr().out, flags=re.MULTILINE)}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, AtriskError)]
    assert {kind.exit_code for kind in kinds} | {0, 2, 130} == documented


def test_the_readme_documents_the_same_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    table = dict(re.findall(r"^\| (\d+) \| (.+) \|$", readme, flags=re.MULTILINE))
    exit_code(["--help"])
    assert table == dict(re.findall(r"^ +(\d+) +(.+)$", capsys.readouterr().out, flags=re.MULTILINE))


def test_a_failure_report_holds_places_in_the_program_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def inner(name: str) -> None:
        try:
            raise KeyError(name)
        except KeyError as error:
            raise RuntimeError(f"no patient {name}") from error

    def stop(_study_file: Path) -> None:
        inner(NEVER_SHOWN)

    monkeypatch.setattr(commands, "_load", stop)
    assert exit_code(["run", f"{NEVER_SHOWN}.yaml"]) == 70
    report = (tmp_path / "atrisk-failure.txt").read_text(encoding="utf-8")
    assert NEVER_SHOWN not in report
    assert "builtins.RuntimeError" in report
    assert "builtins.KeyError" in report
    assert re.search(r"atrisk/cli/commands\.py:\d+ in run$", report, flags=re.MULTILINE)
    assert str(Path.home()) not in report
    assert str(Path(__file__).parents[2]) not in report
    assert str(tmp_path / "atrisk-failure.txt") in capsys.readouterr().err


def test_a_second_failure_does_not_overwrite_the_first_report(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "atrisk-failure.txt").write_text("mine", encoding="utf-8")
    ending(monkeypatch, ValueError())
    assert (tmp_path / "atrisk-failure.txt").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "atrisk-failure-2.txt").exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a folder this user cannot write to")
def test_a_failure_in_a_folder_that_cannot_be_written_is_reported_in_the_temporary_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tmp_path.chmod(0o500)
    ending(monkeypatch, ValueError())
    tmp_path.chmod(0o700)
    assert "atrisk-failure" in capsys.readouterr().err
