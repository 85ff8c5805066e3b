"""A thousand findings of one kind are listed, and the others counted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from atrisk.result.finding import Finding, Severity
from atrisk.result.finding_limit import MOST_ROWS, limited
from atrisk.run.study import check_study
from tests.cohort.small_study import write_study

ONE = Finding(rule="out-of-range", severity=Severity.WARNS, table="p", file="p.csv", column="age", message="Old.")


def rows(count: int, of: Finding = ONE) -> list[Finding]:
    return [replace(of, row=number, key=f"K{number}", value="999") for number in range(2, count + 2)]


def test_as_many_as_are_listed_stay_as_they_are() -> None:
    findings = (*rows(MOST_ROWS), ONE, *rows(MOST_ROWS, replace(ONE, column="weight")))
    assert limited(findings) == findings


def test_more_are_counted_after_the_last_one_listed() -> None:
    others = rows(3, replace(ONE, rule="like-a-missing-code"))
    found = limited((*others, *rows(MOST_ROWS + 17), ONE))
    assert found[: 3 + MOST_ROWS] == (*others, *rows(MOST_ROWS))
    told, last = found[3 + MOST_ROWS :]
    assert last == ONE
    assert (told.row, told.key, told.value, told.column, told.severity) == (None, "", "", "age", Severity.WARNS)
    assert told.message == "This is so in 1017 rows in all; the first 1000 are listed."
    assert limited(found) == found


def test_a_check_lists_a_thousand_cells(tmp_path: Path) -> None:
    """Every age out of range, and every cell of another column no number."""
    lines = "".join(f"{number},{'ab'[number % 2]},500,2010-01-01,x{number % 7}\n" for number in range(1500))
    study = {
        "data": {"patient": {"file": "p.csv", "key": "id"}},
        "variables": {"patient.age": {"type": "number", "range": [0, 110]}, "patient.bmi": {"type": "number"}},
        "cohort": [{"time_zero": "op"}],
        "groups": {"by": "arm", "order": ["a", "b"]},
        "outcomes": {"os": {"label": "Survival", "event": "op", "censor": "op"}},
    }
    findings = check_study(write_study(tmp_path, {"p.csv": f"id,arm,age,op,bmi\n{lines}"}, study), lambda _stage: None)
    for rule in ("out-of-range", "wrong-type"):
        found = [finding for finding in findings if finding.rule == rule]
        assert len(found) == MOST_ROWS + 1
        assert "1500 rows in all" in str(found[-1].message)
