"""Time from diagnosis of patients observed from their operation on: entry everywhere, against R."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atrisk.report.figures.step_figure import numbers_under
from atrisk.report.sections.whole import document
from atrisk.report.view import View
from atrisk.result.run_result import RunResult
from atrisk.run.study import run_study
from tests.cohort.small_study import write_study

HERE = Path(__file__).parent / "r"
R = json.loads((HERE / "delayed_entry.json").read_text(encoding="utf-8"))
YEAR = 365.25
OUTCOME = {"label": "Survival", "event": "death", "censor": "seen", "at": ["2 years", "5 years"]}
STUDY: dict[str, Any] = {
    "data": {"patient": {"file": "p.csv", "key": "id"}},
    "cohort": [{"time_zero": "op"}],
    "groups": {"by": "arm", "order": ["a", "b"]},
    "outcomes": {"os": {**OUTCOME, "from": "dx"}, "late": OUTCOME},
    "comparisons": {
        "by_sex": {"label": "Within sex", "by": "arm", "order": ["a", "b"], "strata": "sex", "outcomes": ["os"]}
    },
}


def run(folder: Path, **parts: Any) -> RunResult:
    files = {"p.csv": (HERE / "delayed_entry.csv").read_text(encoding="utf-8")}
    return run_study(write_study(folder, files, {**STUDY, **parts}), lambda _stage: None)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return run(tmp_path_factory.mktemp("entry"))


def value(result: RunResult, statistic: str, **named: Any) -> float:
    wanted = {"comparison": "main", "outcome": "os", "statistic": statistic, "stratum": "", **named}
    (row,) = [row for row in result.rows if all(getattr(row, name) == given for name, given in wanted.items())]
    assert row.value is not None
    return row.value


@pytest.mark.parametrize("group", ["a", "b"])
def test_survival_and_numbers_at_risk(result: RunResult, group: str) -> None:
    for position, years in enumerate((2, 5)):
        at = {"analysis": "survival", "group": group, "time": years * YEAR}
        names = {"survival": "survival", "conf_low": "low", "conf_high": "high", "std_error": "std_error"}
        for statistic, name in {**names, "n_at_risk": "at_risk"}.items():
            assert value(result, statistic, **at) == pytest.approx(R[group][name][position], rel=1e-9), statistic


def test_hazard_ratio_and_tests(result: RunResult) -> None:
    cox = {"analysis": "cox", "contrast": "b vs a"}
    found = [value(result, name, **cox) for name in ("hazard_ratio", "conf_low", "conf_high")]
    assert found == pytest.approx(R["ratio"], rel=1e-9)
    assert value(result, "p", **cox) == pytest.approx(R["wald_p"][0], rel=1e-9)
    assert value(result, "chi_squared", analysis="log_rank") == pytest.approx(R["score"][0], rel=1e-9)
    assert value(result, "proportional_hazards_p", analysis="cox") == pytest.approx(R["zph_p"][0], rel=1e-9)
    interaction = value(result, "interaction_p", comparison="by_sex")
    assert interaction == pytest.approx(R["interaction_p"][0], rel=1e-9)


def test_time_under_observation_and_who_entered_late(result: RunResult) -> None:
    """Patient 1 was operated on the day of diagnosis; the other 79 entered later."""
    everyone = {"analysis": "follow_up", "group": "", "cause": ""}
    assert value(result, "person_time", **everyone) == pytest.approx(R["person_days"][0], rel=1e-12)
    assert value(result, "n_entered_late", **everyone) == 79


def test_the_figure_counts_only_those_under_observation(result: RunResult) -> None:
    """Counted anew from the file: entered before the tick, and not gone before it."""
    rows = [line.split(",") for line in (HERE / "delayed_entry.csv").read_text().splitlines()[1:]]
    days = np.array([[np.datetime64(row[i]).astype(int) for i in (3, 4, 6)] for row in rows])
    entry, stop = days[:, 1] - days[:, 0], (days[:, 2] - days[:, 0]).astype(float)
    stop[stop == entry] += 0.5
    ticks = np.array([0.5, 1, 2, 4, 6]) * YEAR
    for group in ("a", "b"):
        inside = np.array([row[1] == group for row in rows])
        (curve,) = [
            c for c in result.curves if (c.comparison, c.outcome, c.group, c.kind) == ("main", "os", group, "survival")
        ]
        counted = [int((inside & (entry < tick) & (stop >= tick)).sum()) for tick in ticks]
        assert list(numbers_under(curve, ticks)[0]) == counted


def test_counting_from_the_operation_needs_no_entry(result: RunResult) -> None:
    assert not [row for row in result.rows if row.outcome == "late" and "entered" in row.statistic]


def test_an_index_row_later_than_time_zero_is_the_day_of_entry(result: RunResult, tmp_path: Path) -> None:
    """Time zero at diagnosis, patients chosen by their operation: the same numbers without a word about entry."""
    files = {"p.csv": (HERE / "delayed_entry.csv").read_text(encoding="utf-8")}
    rows = [line.split(",") for line in files["p.csv"].splitlines()[1:]]
    files["o.csv"] = "\n".join(["key,id,day", *(f"{row[0]},{row[0]},{row[4]}" for row in rows)])
    data = {**STUDY["data"], "operation": {"file": "o.csv", "key": "key", "parent": "patient"}}
    cohort = [{"index": "first operation by day", "time_zero": "dx"}]
    study = {**STUDY, "data": data, "cohort": cohort, "outcomes": {"os": OUTCOME}, "comparisons": {}}
    other = run_study(write_study(tmp_path, files, study), lambda _stage: None)
    for name, at in (("hazard_ratio", {"analysis": "cox"}), ("chi_squared", {"analysis": "log_rank"})):
        assert value(other, name, **at) == value(result, name, **at)


def test_the_report_says_so(result: RunResult) -> None:
    tables = {table.name: table for table in document(View.of(result)).tables()}
    headers = [row.header for row in tables["follow-up-os"].rows]
    assert "Entered after the origin of time" in headers
    assert [column.heading for column in tables["landmarks-os"].columns][-1] == "Not yet entered"
    assert [column.heading for column in tables["landmarks-late"].columns][-1] == "Censored before"
    (defined,) = [row for row in tables["definitions"].rows if "delayed entry" in row.cells[0].text]
    assert "from dx to death; at risk from op on" in defined.cells[0].text
