"""Length of stay with death in hospital competing: without censoring every number is a mean or a share, by hand."""

from __future__ import annotations

import statistics
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from atrisk.errors import StudyError
from atrisk.report.sections.whole import document
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import RunResult
from atrisk.run.study import run_study
from tests.cohort.small_study import write_study

# Days to discharge and to death; None: not recorded. Dead on the day of discharge is dead in hospital.
STAYS: dict[str, list[tuple[int | None, int | None]]] = {
    "A": [(3, None), (5, None), (5, 400), (8, None), (12, 12), (20, None), (31, 30), (None, None), (6, None), (9, 11)],
    "B": [(2, None), (4, None), (6, None), (6, None), (7, None), (10, None), (14, None), (18, 17), (95, None)],
}
OPERATION = date(2010, 1, 1)


def day(days: int | None) -> str:
    return "" if days is None else (OPERATION + timedelta(days=days)).isoformat()


def run(folder: Path, **declared: Any) -> RunResult:
    lines = ["id,arm,op,home,death"]
    for arm, stays in STAYS.items():
        lines += [f"{arm}{at},{arm},{day(0)},{day(home)},{day(dead)}" for at, (home, dead) in enumerate(stays)]
    study = {
        "data": {"patient": {"file": "patient.csv", "key": "id"}},
        "cohort": [{"time_zero": "op"}],
        "groups": {"by": "arm", "order": ["A", "B"]},
        "derive": {"stay": {"definition": "length_of_stay", "discharge": "home", "death": "death", **declared}},
        "surgical_outcomes": ["stay"],
    }
    return run_study(write_study(folder, {"patient.csv": "\n".join(lines)}, study), lambda _stage: None)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return run(tmp_path_factory.mktemp("stay"), at=["5 days", "14 days"], up_to="60 days")


def ends(arm: str) -> list[tuple[int, bool]]:
    """Of every patient with a discharge: the day on which the stay ended, and whether by death."""
    known = [(home, dead) for home, dead in STAYS[arm] if home is not None]
    return [(dead, True) if dead is not None and dead <= home else (home, False) for home, dead in known]


def rows(result: RunResult, **wanted: object) -> list[Row]:
    return [
        row
        for row in result.rows
        if row.analysis == "stay" and all(getattr(row, name) == value for name, value in wanted.items())
    ]


def value(result: RunResult, **wanted: object) -> float:
    (found,) = rows(result, **wanted)
    assert found.value is not None, found
    return found.value


@pytest.mark.parametrize("arm", ["A", "B"])
def test_who_is_counted(result: RunResult, arm: str) -> None:
    own = ends(arm)
    died = sum(dead for _, dead in own)
    assert value(result, statistic="n", group=arm) == len(own)
    assert value(result, statistic="n_excluded", group=arm) == len(STAYS[arm]) - len(own)
    assert value(result, statistic="n_event", group=arm) == len(own) - died
    assert value(result, statistic="n_competing", group=arm) == died


@pytest.mark.parametrize("arm", ["A", "B"])
@pytest.mark.parametrize("by", [5, 14])
@pytest.mark.parametrize(("cause", "dead"), [("discharged alive", False), ("died in hospital", True)])
def test_incidences_are_shares_of_all(result: RunResult, arm: str, by: int, cause: str, dead: bool) -> None:
    own = ends(arm)
    share = sum(last <= by and died == dead for last, died in own) / len(own)
    found = value(result, statistic="cumulative_incidence", group=arm, cause=cause, time=by)
    assert found == pytest.approx(share, abs=1e-12)


def test_differences_are_those_of_the_shares(result: RunResult) -> None:
    for by in (5, 14):
        one, other = (
            value(result, statistic="cumulative_incidence", group=arm, cause="discharged alive", time=by)
            for arm in ("A", "B")
        )
        found = value(result, statistic="incidence_difference", contrast="B vs A", time=by)
        assert found == pytest.approx(other - one, abs=1e-12)


@pytest.mark.parametrize("arm", ["A", "B"])
def test_mean_days_of_the_first_sixty_are_the_patients_own(result: RunResult, arm: str) -> None:
    own = ends(arm)
    inside = statistics.fmean(min(last, 60) for last, _ in own)
    home = sum(max(60 - last, 0) for last, dead in own if not dead) / len(own)
    lost = sum(max(60 - last, 0) for last, dead in own if dead) / len(own)
    assert inside + home + lost == pytest.approx(60)
    assert value(result, statistic="restricted_mean", group=arm) == pytest.approx(inside, abs=1e-9)
    for cause, days in (("discharged alive", home), ("died in hospital", lost)):
        assert value(result, statistic="restricted_time_lost", group=arm, cause=cause) == pytest.approx(days, abs=1e-9)


def test_half_of_all_are_discharged_later_than_half_of_the_living(result: RunResult) -> None:
    """Of nine stays in A six end alive, on days 3, 5, 5, 6, 8 and 20 with that of day 9: the fifth of nine is day 8."""
    alive = sorted(last for last, dead in ends("A") if not dead)
    assert alive == [3, 5, 5, 6, 8, 9, 20]
    assert value(result, statistic="median", group="A") == 8
    naive = [row for row in result.rows if (row.analysis, row.statistic, row.group) == ("numeric", "median", "A")]
    assert naive[0].value == 6


def test_grays_test_is_of_discharge(result: RunResult) -> None:
    (found,) = rows(result, statistic="p")
    assert (found.method, found.contrast, found.n, found.n_event) == ("gray", "A / B", 18, 15)


def test_the_report_shows_both_medians(result: RunResult) -> None:
    tables = {table.name: table for table in document(View.of(result)).tables()}
    cells = {row.header: [cell.text for cell in row.cells] for row in tables["stay-stay"].rows}
    assert [text.split(";")[0] for text in cells["Median day, of all: half have been discharged alive"]] == [
        "",
        "8",
        "7",
    ]
    assert cells["Median day of those discharged alive: deaths left out"] == ["6", "6", "6.5"]
    assert cells["Died in hospital"] == ["3", "2", "1"]
    assert "stay-compared-stay" in tables


@pytest.mark.parametrize("declared", [{"at": ["0 days"]}, {"up_to": "0 days"}])
def test_days_must_be_above_0(tmp_path: Path, declared: dict[str, Any]) -> None:
    with pytest.raises(StudyError, match="above 0") as refused:
        run(tmp_path, **declared)
    assert refused.value.problems[0].line
