"""Groups with few events: what is added beside the usual model, against an enumeration and the penalty written out."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from atrisk.compare.log_rank_family.log_rank import log_rank
from atrisk.result.row import Row
from atrisk.run.study import run_study
from atrisk.study.load import load_study
from atrisk.summary.event_counts import EventCounts
from tests.cohort.small_study import write_study

# Distinct days; nobody of group B dies.
PATIENTS = (
    ("A", 12, 1), ("A", 20, 1), ("A", 33, 1), ("A", 47, 0), ("A", 51, 1), ("A", 64, 0), ("A", 70, 1),
    ("B", 25, 0), ("B", 40, 0), ("B", 66, 0), ("B", 80, 0), ("B", 90, 0),
)  # fmt: skip
ADDED = {"sparse", "permutation_log_rank"}


def run(folder: Path, patients: tuple[tuple[str, int, int], ...], **time: Any) -> tuple[Row, ...]:
    lines = [
        "id,arm,entry,days,dead",
        *(f"p{number},{a},{t // 3},{t},{d}" for number, (a, t, d) in enumerate(patients)),
    ]
    study = {
        "data": {"patient": {"file": "patient.csv", "key": "id"}},
        "variables": {"patient.dead": {"type": "integer"}},
        "groups": {"by": "arm", "order": ["A", "B"], "reference": "A"},
        "outcomes": {
            "os": {
                "label": "Survival",
                "time": {"column": "days", **time},
                "status": {"column": "dead", "event": 1, "censored": 0},
            }
        },
    }
    write_study(folder, {"patient.csv": "\n".join(lines)}, study)
    return run_study(load_study(folder / "study.yaml"), lambda _stage: None).rows


def one(rows: tuple[Row, ...], **wanted: object) -> Row:
    (row,) = [row for row in rows if all(getattr(row, name) == given for name, given in wanted.items())]
    return row


def penalised(beta: float) -> float:
    """Firth's penalised log partial likelihood of one indicator, from the definition: l + log(information) / 2."""
    loglik = information = 0.0
    for group, day, dead in PATIENTS:
        if not dead:
            continue
        weights = [(math.exp(beta) if a == "B" else 1.0, float(a == "B")) for a, t, _ in PATIENTS if t >= day]
        total = sum(w for w, _ in weights)
        mean = sum(w * x for w, x in weights) / total
        loglik += beta * float(group == "B") - math.log(total)
        information += mean * (1 - mean)
    return loglik + 0.5 * math.log(information)


def test_the_penalised_ratio_and_its_limits_are_those_of_the_definition(tmp_path: Path) -> None:
    rows = run(tmp_path, PATIENTS)
    best = minimize_scalar(lambda beta: -penalised(beta), bounds=(-6, 3), method="bounded", options={"xatol": 1e-11})
    ratio = one(rows, analysis="sparse", statistic="hazard_ratio")
    assert math.log(ratio.value or math.nan) == pytest.approx(best.x, abs=1e-6)
    assert not ratio.error
    for limit in ("conf_low", "conf_high"):
        at = math.log(one(rows, analysis="sparse", statistic=limit).value or math.nan)
        assert 2 * (-best.fun - penalised(at)) == pytest.approx(3.841458820694124, rel=1e-6)
    assert one(rows, analysis="cox", statistic="hazard_ratio").value is None


def test_the_permutation_test_counts_every_arrangement(tmp_path: Path) -> None:
    time = np.array([t for _, t, _ in PATIENTS], dtype=float)
    event = np.array([d for _, _, d in PATIENTS])

    def statistic(second: tuple[int, ...]) -> float:
        group = np.zeros(len(PATIENTS), dtype=np.int64)
        group[list(second)] = 1
        return log_rank(EventCounts.of(time, event, group=group)).chi_squared

    observed = statistic((7, 8, 9, 10, 11))
    every = [statistic(chosen) for chosen in itertools.combinations(range(12), 5)]
    share = np.mean([value >= observed * (1 - 1e-9) for value in every])
    row = one(run(tmp_path, PATIENTS), analysis="permutation_log_rank", statistic="p")
    assert row.value == pytest.approx(share, abs=1e-12)
    assert row.convention == "all 792 arrangements of the patients"


def test_the_usual_ratio_warns_and_names_the_groups(tmp_path: Path) -> None:
    rows = run(tmp_path, PATIENTS)
    events = {row.group: row.value for row in rows if row.statistic == "events_per_parameter"}
    assert events == {"A": 5, "B": 0}
    assert "fewer than 10 events" in one(rows, analysis="sparse", statistic="hazard_ratio").note


def test_a_warning_stands_at_the_usual_ratio_where_there_is_one(tmp_path: Path) -> None:
    patients = (*PATIENTS, ("B", 95, 1), ("A", 99, 0))
    row = one(run(tmp_path, patients), analysis="cox", statistic="hazard_ratio")
    assert "fewer than 10 events for a parameter of the model: group A, B" in row.warning


def test_groups_with_enough_events_add_nothing(tmp_path: Path) -> None:
    patients = tuple(("AB"[number % 2], 10 + number, int(number < 20)) for number in range(30))
    assert not ADDED & {row.analysis for row in run(tmp_path, patients)}


def test_one_event_fewer_in_a_group_adds_all(tmp_path: Path) -> None:
    patients = tuple(("AB"[number % 2], 10 + number, int(number < 19)) for number in range(30))
    assert {row.analysis for row in run(tmp_path, patients)} >= ADDED


def test_delayed_entry_has_no_permutation_test_and_says_so(tmp_path: Path) -> None:
    rows = run(tmp_path, PATIENTS, entry="entry")
    assert "late" in one(rows, analysis="permutation_log_rank", statistic="p").error
    assert one(rows, analysis="sparse", statistic="hazard_ratio").value is not None
