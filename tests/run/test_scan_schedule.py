"""Intervals between scans by group and era, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from atrisk.result.row import Row
from atrisk.run.study import run_study
from atrisk.study.load import load_study
from tests.cohort.small_study import write_study

# id: arm, first day, scans counted from it. Gaps in the first two years: 100 x 5, 90, 110, 250; later: 200 and 900.
PATIENTS = {
    "a": ("A", "2009-03-01", (10, 110, 210)),
    "b": ("A", "2010-03-01", (10, 100, 350)),
    "c": ("A", "2010-04-01", (10,)),
    "d": ("B", "2009-05-01", (0, 100, 200, 300, 410)),
    "e": ("B", "2010-05-01", (800, 1000, 1900)),
}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    folder = tmp_path_factory.mktemp("scans")
    patients, scans = ["id,arm,start,contact"], ["id,scan_date,status"]
    for name, (arm, start, days) in PATIENTS.items():
        patients.append(f"{name},{arm},{start},2020-01-01")
        scans += [f"{name},{np.datetime64(start) + day},stable" for day in days]
    study = {
        "data": {
            "patient": {"file": "patient.csv", "key": "id"},
            "imaging": {"file": "imaging.csv", "parent": "patient"},
        },
        "cohort": [{"time_zero": "start"}],
        "derive": {
            "seen": {"definition": "progression_from_imaging", "of": "imaging.status"},
            "era": {"definition": "era", "starts": [2009, 2010], "until": 2010},
        },
        "groups": {"by": "arm", "order": ["A", "B"], "reference": "A"},
        "outcomes": {"seen_on_scan": {"label": "Seen", "event": "seen.date", "censor": "contact"}},
    }
    write_study(folder, {"patient.csv": "\n".join(patients), "imaging.csv": "\n".join(scans)}, study)
    found = run_study(load_study(folder / "study.yaml"), lambda _stage: None).rows
    return [row for row in found if row.analysis == "scan_schedule"]


def values(rows: list[Row], **place: str) -> dict[str, float | None]:
    place = {"group": "", "subgroup": "", "level": "", **place}
    return {
        row.statistic: row.value for row in rows if all(getattr(row, name) == given for name, given in place.items())
    }


def test_the_usual_interval_is_that_of_the_period(rows: list[Row]) -> None:
    usual = {row.time_start: row.value for row in rows if row.statistic == "usual_interval"}
    assert usual == {0.0: 100.0, 731.0: 550.0, 1826.0: None}


def test_a_group_s_interval_is_the_median_of_its_patients(rows: list[Row]) -> None:
    a, b = values(rows, group="A"), values(rows, group="B")
    # a: 100; b: (90 + 250) / 2 = 170; d: 100; e: (200 + 900) / 2 = 550.
    assert (a["n"], a["missing"], a["median"]) == (2, 1, 135)
    assert (b["n"], b["missing"], b["median"]) == (2, 0, 325)
    assert values(rows)["median"] == 135
    # Longer than twice 100 days is the gap of 250; twice 550 is longer than 900.
    assert (a["count"], a["proportion"], b["count"]) == (1, 0.5, 0)


def test_the_eras_are_all_patients(rows: list[Row]) -> None:
    early, late = values(rows, subgroup="era", level="2009"), values(rows, subgroup="era", level="2010")
    assert (early["n"], early["missing"], early["median"], early["count"]) == (2, 0, 100, 0)
    assert (late["n"], late["missing"], late["median"], late["count"]) == (2, 1, 360, 1)
