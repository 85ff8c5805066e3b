"""A derivation that does not fit the tables is told once, and not again for those that rest on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from atrisk.errors import StudyError
from atrisk.run.study import check_study
from tests.cohort.small_study import write_study

FILES = {
    "p.csv": """
    id,arm,op,cut,back
    1,a,2010-01-01,wedge,
    2,a,2010-01-02,lobe,
    3,b,2010-01-03,RH,
    4,b,2010-01-04,LH,
    """
}
STUDY: dict[str, Any] = {
    "data": {"patient": {"file": "p.csv", "key": "id"}},
    "cohort": [{"time_zero": "op"}],
    "groups": {"by": "arm"},
    "outcomes": {"os": {"label": "Survival", "event": "op", "censor": "op"}},
}


def check(folder: Path, derive: dict[str, Any]) -> tuple[Any, ...]:
    return check_study(write_study(folder, FILES, {**STUDY, "derive": derive}), lambda _stage: None)


def test_what_rests_on_it_is_not_judged_and_everything_else_is(tmp_path: Path) -> None:
    """'back' is empty throughout and counts as a text; 'late' is true or false, whatever came of 'again'."""
    derive = {
        "again": {"sql": "back <= op"},
        "late": {"sql": "op > DATE '2010-01-02'"},
        "both": {"sql": "late AND again"},
        "all": {"sql": "NOT both"},
        "wrong": {"sql": "late > 3.5 + op"},
        "right": {"sql": "CASE WHEN late THEN 1 ELSE 0 END"},
    }
    with pytest.raises(StudyError) as caught:
        check(tmp_path, derive)
    assert [problem.where for problem in caught.value.problems] == ["derive.again.sql", "derive.wrong.sql"]
    message = f"{caught.value.problems[0].message} {caught.value.problems[0].hint}"
    assert "Cannot compare values of type text and type date" in message
    assert "every cell is empty counts as a text until its 'type:' is declared" in message
    assert "VARCHAR" not in message


def test_two_variables_that_rest_on_one_cell_say_it_once(tmp_path: Path) -> None:
    derive = {
        "major": {"definition": "major_hepatectomy", "rule": "MAYO", "resections": "cut"},
        "sparing": {"definition": "parenchyma_sparing", "resections": "cut"},
    }
    found = [finding for finding in check(tmp_path, derive) if finding.rule == "unknown-resection-code"]
    assert [(finding.row, finding.value) for finding in found] == [(3, "lobe")]
