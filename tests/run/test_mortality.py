"""Death by a day in the rows of a run: by hand, with those followed for less."""

from __future__ import annotations

from typing import Any

import pytest

from atrisk.report.sections.whole import document
from atrisk.report.view import View
from atrisk.result.run_result import RunResult
from atrisk.run.study import run_study
from tests.cohort.small_study import write_study

# Arm a: death on day 10, lost on day 5, lost on day 20 and seven alive. Arm b: death on day 90 itself, one with no date
# of last contact, four alive, one dead on day 91.
ROWS = [
    ("a", "2010-01-11", "2010-01-11", "2010-01-20"),
    ("a", "", "2010-01-06", "2010-01-05"),
    ("a", "", "2010-01-21", ""),
    *[("a", "", "2012-01-01", "2010-01-09")] * 7,
    ("b", "2010-04-01", "2010-04-01", "2010-02-01"),
    ("b", "", "", "2010-01-09"),
    *[("b", "", "2012-01-01", "2010-01-09")] * 4,
    ("b", "2010-04-02", "2010-04-02", "2010-04-02"),
]
STUDY: dict[str, Any] = {
    "data": {"patient": {"file": "p.csv", "key": "id"}},
    "cohort": [{"time_zero": "op"}],
    "groups": {"by": "arm", "order": ["a", "b"]},
    "derive": {
        "dead_90": {"definition": "mortality", "within": "90 days", "death": "death", "last_contact": "seen"},
        "dead_in": {"definition": "mortality", "in_hospital": True, "death": "death", "discharge": "home"},
    },
    "surgical_outcomes": ["dead_90", "dead_in"],
}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    lines = [f"{i},{arm},2010-01-01,{death},{seen},{home}" for i, (arm, death, seen, home) in enumerate(ROWS, 1)]
    files = {"p.csv": "\n".join(["id,arm,op,death,seen,home", *lines])}
    return run_study(write_study(tmp_path_factory.mktemp("dead"), files, STUDY), lambda _stage: None)


def row(result: RunResult, outcome: str, statistic: str, group: str = "", **named: Any) -> Any:
    wanted = {"analysis": "mortality", "outcome": outcome, "statistic": statistic, "group": group, **named}
    (found,) = [row for row in result.rows if all(getattr(row, name) == value for name, value in wanted.items())]
    return found


def test_the_kaplan_meier_risk_counts_each_for_as_long_as_followed(result: RunResult) -> None:
    """a: lost on day 5 of 10, then one of the remaining nine dies: 1/9. b: no date counts as day 0, then 1 of 6."""
    assert row(result, "dead_90", "risk", "a").value == pytest.approx(1 / 9)
    assert row(result, "dead_90", "risk", "b").value == pytest.approx(1 / 6)
    # All 17: day 0 leaves 16, day 5 leaves 15, a death, day 20 leaves 13, and one of these dies on day 90.
    assert row(result, "dead_90", "risk").value == pytest.approx(1 - (14 / 15) * (12 / 13))
    difference = row(result, "dead_90", "risk_difference", contrast="b vs a")
    assert difference.value == pytest.approx(1 / 6 - 1 / 9)
    assert (difference.n, difference.n_event) == (17, 2)


def test_bounds_take_all_who_were_followed_for_less_as_alive_or_dead(result: RunResult) -> None:
    for group, low, high, n in (("a", 1, 3, 10), ("b", 1, 2, 7), ("", 2, 5, 17)):
        lowest, highest = row(result, "dead_90", "lowest", group), row(result, "dead_90", "highest", group)
        assert (lowest.numerator, lowest.denominator, lowest.value) == (low, n, low / n)
        assert (highest.numerator, highest.denominator, highest.value) == (high, n, high / n)
        assert row(result, "dead_90", "short_follow_up", group).value == high - low


def test_deaths_in_hospital_have_bounds_alone(result: RunResult) -> None:
    """In a one death before discharge, one stay without a discharge; in b the one who died on the day of discharge."""
    assert (row(result, "dead_in", "lowest", "a").numerator, row(result, "dead_in", "highest", "a").numerator) == (1, 2)
    assert (row(result, "dead_in", "lowest", "b").numerator, row(result, "dead_in", "highest", "b").numerator) == (1, 1)
    assert not [found for found in result.rows if (found.outcome, found.statistic) == ("dead_in", "risk")]


def test_the_report_shows_risk_bounds_and_differences(result: RunResult) -> None:
    (table,) = [table for table in document(View.of(result)).tables() if table.name == "mortality"]
    cells = {found.header: [cell.text for cell in found.cells] for found in table.rows[:5]}
    assert cells["Of all operated, worst: unknown taken as dead"] == ["5/17 (29.4%)", "3/10 (30.0%)", "2/7 (28.6%)"]
    assert cells["Unknown (followed for less)"] == ["3", "2", "1"]
    (difference,) = [found for found in table.rows if found.header == "Difference, points: b vs a"]
    assert [cell.text[:3] for cell in difference.cells] == ["", "", "5.6"]
    assert [text.split(";")[0] for text in cells["1 − Kaplan-Meier (95% CI)"]] == ["13.8%", "11.1%", "16.7%"]
