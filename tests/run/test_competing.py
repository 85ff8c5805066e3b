"""Competing events in a study: Gray's test, subdistribution ratios, and the bias of ignoring the other events."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from atrisk.result.row import Row
from atrisk.result.run_result import RunResult
from atrisk.run.study import run_study
from atrisk.study.load import load_study
from tests.cohort.small_study import write_study


def patients(*, competing: bool) -> str:
    """Ninety patients of three arms with distinct times; every third has the event, every fifth dies instead."""
    draw = random.Random(3)  # noqa: S311 - invented patients, not a secret
    days = draw.sample(range(30, 2000), 90)
    lines = ["id,arm,site,start,days,status"]
    for number, day in enumerate(days):
        status = 1 if number % 3 == 0 else 2 if competing and number % 5 == 1 else 0
        lines.append(f"p{number},{'ABC'[number % 7 % 3]},{number % 2},{day // 3},{day},{status}")
    return "\n".join(lines)


def run(folder: Path, *, competing: bool = True, time: dict[str, Any] | None = None, **parts: Any) -> RunResult:
    study = {
        "data": {"patient": {"file": "patient.csv", "key": "id"}},
        "groups": {"by": "arm", "order": ["A", "B", "C"], "reference": "A", "pairs": ["B vs A", "C vs B"]},
        "outcomes": {
            "growth": {
                "label": "Growth",
                "time": {"column": "days", **(time or {})},
                "status": {"column": "status", "event": 1, "censored": 0, "competing": {"death": 2}},
                "at": ["400 days", "1000 days"],
            }
        },
        **parts,
    }
    write_study(folder, {"patient.csv": patients(competing=competing)}, study)
    return run_study(load_study(folder / "study.yaml"), lambda _stage: None)


def value(rows: list[Row], **wanted: object) -> float:
    (row,) = [row for row in rows if all(getattr(row, name) == given for name, given in wanted.items())]
    assert row.value is not None, row.error
    return row.value


def test_without_a_competing_event_all_methods_say_what_the_usual_ones_say(tmp_path: Path) -> None:
    """Gray's test is then the log-rank test, the subdistribution the hazard, and nothing is ignored."""
    rows = [row for row in run(tmp_path, competing=False).rows if row.comparison == "main"]
    for contrast in ("A / B / C", "B vs A", "C vs B"):
        gray = value(rows, analysis="gray", statistic="p", contrast=contrast)
        # Gray's covariance adds up estimated influences and the log-rank test's is hypergeometric; scores agree.
        assert gray == pytest.approx(value(rows, analysis="log_rank", statistic="p", contrast=contrast), rel=0.05)
    for contrast in ("B vs A", "C vs B"):
        ratio = value(rows, analysis="fine_gray", statistic="subdistribution_hazard_ratio", contrast=contrast)
        assert ratio == pytest.approx(
            value(rows, analysis="cox", statistic="hazard_ratio", contrast=contrast), rel=1e-9
        )
    excess = [row.value for row in rows if row.statistic == "naive_excess"]
    assert len(excess) == 6
    assert excess == pytest.approx([0.0] * 6, abs=1e-12)


def test_ignoring_the_competing_event_is_product_of_the_events_alone_and_never_lower(tmp_path: Path) -> None:
    rows = [row for row in run(tmp_path).rows if row.comparison == "main"]
    times = [line.split(",") for line in patients(competing=True).splitlines()[1:]]
    for group in "ABC":
        mine = sorted((int(cells[4]), int(cells[5])) for cells in times if cells[1] == group)
        for landmark in (400.0, 1000.0):
            free, at_risk = 1.0, len(mine)
            for day, status in mine:
                if day <= landmark and status == 1:
                    free *= 1 - 1 / at_risk
                at_risk -= 1
            at = {"group": group, "time": landmark}
            assert value(rows, statistic="naive_incidence", **at) == pytest.approx(1 - free, abs=1e-12)
            right = value(rows, statistic="cumulative_incidence", cause="event", **at)
            excess = value(rows, statistic="naive_excess", **at)
            assert excess == pytest.approx(1 - free - right, abs=1e-12)
            assert excess >= 0


def test_pairs_are_adjusted_together_and_the_test_of_all_groups_is_not(tmp_path: Path) -> None:
    tests = [row for row in run(tmp_path).rows if (row.analysis, row.statistic) == ("gray", "p")]
    by_contrast = {row.contrast: row for row in tests}
    assert by_contrast["A / B / C"].p_adjusted is None
    small, large = sorted((by_contrast[name] for name in ("B vs A", "C vs B")), key=lambda row: row.value or 0.0)
    assert small.p_adjusted == pytest.approx(min(1.0, 2 * (small.value or 0.0)))
    assert large.p_adjusted == pytest.approx(max(large.value or 0.0, small.p_adjusted or 0.0))


def test_what_delayed_entry_and_strata_rule_out_is_said(tmp_path: Path) -> None:
    late = run(tmp_path, time={"entry": "start"}).rows
    errors = {row.error for row in late if row.analysis in ("gray", "fine_gray") and row.value is None}
    assert errors == {"not defined where patients come under observation late"}
    stratified = run(
        tmp_path,
        comparisons={
            "within": {
                "label": "By site",
                "by": "arm",
                "order": ["A", "B", "C"],
                "strata": "site",
                "outcomes": ["growth"],
            }
        },
    ).rows
    of_all = [row for row in stratified if row.comparison == "within" and not row.stratum]
    ratios = [row for row in of_all if row.statistic == "subdistribution_hazard_ratio"]
    assert ratios
    assert all("within the strata" in row.error for row in ratios)
    within = [row for row in stratified if row.statistic == "subdistribution_hazard_ratio" and row.stratum]
    assert within
    assert all(row.value is not None for row in within)
