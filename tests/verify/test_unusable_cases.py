"""A case that cannot be asked counts as failed and says why; the others are asked all the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from atrisk.cli.main import exit_code
from atrisk.verify import verify
from tests.verify.made import HINT, case, folder_with

DATA = "time,event,arm\n5,1,a\n7,0,b\n3,1,a\n9,0,b\n"
CURVE = {
    "id": "curve",
    "method": "km.curve",
    "dataset": "some",
    "options": {"time": "time", "event": "event"},
    "expected": {"n_total": 4},
    "tolerance_hint": HINT,
}


def failure(tmp_path: Path, **changes: Any) -> str:
    """What is said of a case of curves with changes, beside a right one that must pass."""
    agreement = verify(folder_with(tmp_path, case(), CURVE | changes, some=DATA))
    right, wrong = agreement.cases
    assert (right.verdict, wrong.verdict, agreement.ok) == ("passed", "failed", False)
    (line,) = [line for line in wrong.lines if line.verdict == "failed"]
    return line.remark


def test_the_case_itself_passes(tmp_path: Path) -> None:
    assert verify(folder_with(tmp_path, CURVE, some=DATA)).ok


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"dataset": "absent"}, "absent.csv: there is no such data set"),
        ({"dataset": 3}, "case 2: 'dataset' must be the name of a file"),
        ({"options": None}, "case 2: 'options' is missing"),
        ({"expected": {}}, "case 2: nothing is expected, and nothing compared"),
        ({"expected": {"curves": [{"row": ["x"], "time": [3]}]}}, "'expected' is not of the form"),
        ({"options": {"time": "time"}}, "case 2: the option 'event' is missing"),
        ({"options": {"time": "time", "event": "event", "hat": 1}}, "km.curve has no option 'hat'"),
        (
            {"options": {"time": "time", "event": "event", "group": 3}},
            "the option 'group' must be the name of a column",
        ),
        ({"options": {"time": ["time"], "event": "event"}}, "the option 'time' must be the name of a column"),
        ({"options": {"time": "times", "event": "event"}}, "no column 'times'"),
        ({"options": {"time": "arm", "event": "event"}}, "a text where a number is needed (missing = empty)"),
        ({"options": {"time": "time", "event": "event", "conf_level": "95"}}, "'conf_level' must be a number"),
        ({"options": {"time": "time", "event": "event", "conf_type": "hat"}}, "'hat' is unknown"),
        ({"method": "cox.fit", "options": {"covariates": [{"name": "arm"}]}}, "'covariates' must be a list of objects"),
        ({"tolerance_hint": {"rtol": -1, "atol": 0}}, "rtol and atol must be finite and not negative"),
        ({"tolerance_hint": {"rtol": "NaN", "atol": 0}}, "rtol and atol must be finite and not negative"),
    ],
)
def test_what_is_wrong_is_said_and_counts_as_a_failure(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    assert told in failure(tmp_path, **changes)


def test_a_method_unheard_of_is_named(tmp_path: Path) -> None:
    agreement = verify(folder_with(tmp_path, CURVE | {"method": "km.hat"}, some=DATA))
    assert (agreement.not_implemented, agreement.ok) == (("km.hat",), False)


@pytest.mark.parametrize("text", ["[{]", "{}", "[" * 100_000, '[{"x": NA}]'])
def test_a_file_that_is_not_json_is_one_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    folder = folder_with(tmp_path, case())
    (folder / "cases" / "torn.json").write_text(text, encoding="utf-8")
    assert exit_code(["verify", str(folder), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["totals"]["passed"], found["totals"]["failed"]) == (1, 1)
    assert "torn.json" in found["statistics"][-1]["remark"]


@pytest.mark.parametrize("token", ["NaN", "null", '"NA"', '"NaN"'])
def test_not_a_number_is_expected_in_any_spelling(tmp_path: Path, token: str) -> None:
    """Nothing is carried on: the survival at 12 of patients followed to 9 is missing."""
    asked = {"id": "late", "method": "km.landmarks", "expected": {"curves": [{"surv": ["TOKEN"]}]}}
    options = {"time": "time", "event": "event", "times": [12], "extend": False}
    folder = folder_with(tmp_path, CURVE | asked | {"options": options}, some=DATA)
    file = folder / "cases" / "some.json"
    file.write_text(file.read_text(encoding="utf-8").replace('"TOKEN"', token), encoding="utf-8")
    assert verify(folder).ok
    file.write_text(file.read_text(encoding="utf-8").replace(f"[{token}]", "[0.5]"), encoding="utf-8")
    assert not verify(folder).ok


@pytest.mark.parametrize("token", ["Infinity", '"Inf"', "-1e999", '"-Inf"'])
def test_an_infinity_is_met_by_none_but_itself(tmp_path: Path, token: str) -> None:
    folder = folder_with(tmp_path, CURVE | {"expected": {"n_total": "TOKEN"}}, some=DATA)
    file = folder / "cases" / "some.json"
    file.write_text(file.read_text(encoding="utf-8").replace('"TOKEN"', token), encoding="utf-8")
    (line,) = verify(folder).lines
    assert (line.verdict, line.got) == ("failed", 4)


def test_a_folder_without_a_case_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["verify", str(folder_with(tmp_path))]) == 4
    assert "hold no case" in capsys.readouterr().err
