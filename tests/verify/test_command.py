"""`atrisk verify` on the command line, and the page that it generates."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from atrisk.cli.main import exit_code
from tests.verify.agreeing import REFERENCE
from tests.verify.made import case, folder_with

PAGE = Path(__file__).parents[2] / "docs" / "agreement.md"


def test_agreement_ends_with_0_and_says_how_much(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["verify", str(folder_with(tmp_path, case()))]) == 0
    said = capsys.readouterr().out
    assert "expected_counts" in said
    assert "Cases: 1; 1 passed, 0 failed, 0 not implemented" in said
    assert "numbers: 6, of which 6 agree to 1e-9 (100.00%)" in said


def test_disagreement_ends_with_1_and_names_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = folder_with(tmp_path, case(expected={"uncorrected": {"df": 2}}))
    assert exit_code(["verify", str(folder)]) == 1
    assert "chi: uncorrected.df" in capsys.readouterr().out
    assert exit_code(["verify", str(folder), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["totals"]["failed"] == 1
    assert found["statistics"][0]["got"] == 1


def test_what_is_no_folder_of_cases_ends_with_4(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["verify", str(tmp_path)]) == 4
    assert "no reference cases here" in capsys.readouterr().err


def without_last_digits(page: str) -> str:
    """The page without what may differ in the last digits from machine to machine: agreement to 1e-9."""
    page = re.sub(r"of which .*", "", page)
    page = re.sub(r"\| \d+ \|$", "|", page, flags=re.MULTILINE)
    return re.sub(r"## Within tolerance.*?(?=\n## )", "", page, flags=re.DOTALL)


def test_the_page_of_the_documentation_is_that_of_this_program(capsys: pytest.CaptureFixture[str]) -> None:
    """Make it anew with: atrisk verify tests/reference --markdown > docs/agreement.md"""
    exit_code(["verify", str(REFERENCE), "--markdown"])
    assert without_last_digits(capsys.readouterr().out) == without_last_digits(PAGE.read_text(encoding="utf-8"))
