"""Makes folders of reference cases for the tests of the harness."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HINT = {"rtol": 1e-9, "atol": 1e-12}


def folder_with(tmp_path: Path, *cases: dict[str, Any], **data: str) -> Path:
    """A folder of cases, and of data sets given as text."""
    (tmp_path / "cases").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "cases" / "some.json").write_text(json.dumps(cases), encoding="utf-8")
    for name, text in data.items():
        (tmp_path / "data" / f"{name}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def case(**changes: Any) -> dict[str, Any]:
    """A right answer by hand: of [[10, 20], [20, 10]], 15 expected in each cell, chi squared is 4 x 5^2 / 15 = 20/3."""
    made = {
        "id": "chi",
        "method": "table.chisq",
        "dataset": None,
        "options": {"table": [[10, 20], [20, 10]]},
        "expected": {"uncorrected": {"stat": 20 / 3, "df": 1}, "expected_counts": [[15, 15], [15, 15]]},
        "tolerance_hint": HINT,
        "r_call": "chisq.test(x, correct = FALSE)",
    }
    return made | changes
