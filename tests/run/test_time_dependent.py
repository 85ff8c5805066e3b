"""Exposures that begin during follow-up: who counts where by hand, and what is refused for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atrisk.errors import StudyError
from atrisk.result.row import Row
from atrisk.run.study import run_study
from atrisk.study.load import load_study
from tests.cohort.small_study import write_study

# id, arm, day of the later operation, last day, died.
PATIENTS = (
    ("a", "A", 40, 100, True),
    ("b", "A", None, 50, True),
    ("c", "A", 60, 60, True),
    ("d", "B", None, 120, False),
    ("e", "B", 0, 90, True),
    ("f", "B", 80, 110, False),
    ("g", "B", None, 70, True),
    ("h", "A", 130, 120, False),
)


def day(number: int) -> str:
    return str(np.datetime64("2010-01-01") + number)


def files() -> dict[str, str]:
    lines = ["id,arm,start,again,last,death"]
    for name, arm, again, last, died in PATIENTS:
        cells = [name, arm, day(0), "" if again is None else day(again), day(last), day(last) if died else ""]
        lines.append(",".join(cells))
    operations = [
        "id,op_date",
        *(f"{name},{day(again)}" for name, _arm, again, *_rest in PATIENTS if again is not None),
    ]
    return {"patient.csv": "\n".join(lines), "operation.csv": "\n".join(operations)}


def study(**parts: Any) -> dict[str, Any]:
    return {
        "data": {
            "patient": {"file": "patient.csv", "key": "id"},
            "operation": {"file": "operation.csv", "parent": "patient"},
        },
        "cohort": [{"time_zero": "start"}],
        "derive": {
            "later": {
                "from": "operation", "take": "first", "of": "op_date", "date": "op_date", "after": "30 days",
            },
            "had_later": {"sql": "later IS NOT NULL"},
        },
        "groups": {"by": "arm", "order": ["A", "B"], "reference": "A"},
        "outcomes": {
            "os": {"label": "Survival", "event": "death", "censor": "last", "at": ["75 days"], "time_unit": "days"}
        },
        "time_dependent": {
            "again": {"label": "Again", "outcome": "os", "date": "again", "landmarks": ["60 days"]}
        },
        **parts,
    }  # fmt: skip


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    folder = tmp_path_factory.mktemp("later")
    write_study(folder, files(), study())
    return list(run_study(load_study(folder / "study.yaml"), lambda _stage: None).rows)


def value(rows: list[Row], **wanted: object) -> float:
    (row,) = [row for row in rows if all(getattr(row, name) == given for name, given in wanted.items())]
    assert row.value is not None, row.error
    return row.value


def test_who_is_exposed_when(rows: list[Row]) -> None:
    of = {row.level: row.value for row in rows if (row.analysis, row.statistic) == ("time_dependent", "count")}
    assert of == {"always": 1, "changed": 2, "too late": 2, "never": 3}
    events = {row.level: row.value for row in rows if (row.analysis, row.statistic) == ("time_dependent", "n_event")}
    # On day 60 patient c dies on the very day of the exposure: not exposed.
    assert events == {"unexposed": 3, "exposed": 2}
    time = {row.level: row.value for row in rows if (row.analysis, row.statistic) == ("time_dependent", "person_time")}
    assert time == {"unexposed": 40 + 50 + 60 + 120 + 80 + 70 + 120, "exposed": 60 + 90 + 30}


def test_curves_of_the_changing_risk_sets(rows: list[Row]) -> None:
    # Unexposed at risk: b dies of b c d f g h (a has changed), c of c d f g h, g of d f g h; nobody exposed dies by 75.
    survival = {"analysis": "time_dependent", "statistic": "survival", "time": 75.0}
    assert value(rows, level="unexposed", **survival) == pytest.approx(5 / 6 * 4 / 5 * 3 / 4)
    assert value(rows, level="exposed", **survival) == 1.0


def test_mantel_byar_by_hand(rows: list[Row]) -> None:
    # Exposed and all at risk at each death: b 2 of 8, c 2 of 7, g 2 of 6, e 3 of 5 (a, e, f), a 2 of 4.
    share = np.array([2 / 8, 2 / 7, 2 / 6, 3 / 5, 2 / 4])
    chi_squared = (2 - share.sum()) ** 2 / (share * (1 - share)).sum()
    found = value(rows, analysis="time_dependent", statistic="chi_squared", method="mantel-byar")
    assert found == pytest.approx(chi_squared, rel=1e-12)


def test_the_landmark_keeps_those_followed_beyond_it(rows: list[Row]) -> None:
    at = {"analysis": "landmark", "time_start": 60.0}
    assert value(rows, statistic="n", level="exposed", **at) == 2
    assert value(rows, statistic="n", level="unexposed", **at) == 4
    assert value(rows, statistic="n_event", level="exposed", **at) == 2
    assert value(rows, statistic="n_event", level="unexposed", **at) == 1
    assert value(rows, statistic="n_event_before", **at) == 2
    assert value(rows, statistic="n_exposed_later", **at) == 1


def checked(folder: Path, **parts: Any) -> None:
    write_study(folder, files(), study(**parts))
    run_study(load_study(folder / "study.yaml"), lambda _stage: None)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"groups": {"by": "had_later"}}, "groups.by: 'had_later' is known only after time zero, by way of 'later'"),
        ({"baseline": {"show": ["had_later"]}}, "baseline.show[1]: 'had_later' is known only after"),
        ({"time_dependent": {"x": {"label": "X", "outcome": "dfs", "date": "again"}}}, "no outcome 'dfs'"),
        ({"time_dependent": {"x": {"label": "X", "outcome": "os", "date": "agian"}}}, "agian"),
        ({"time_dependent": {"x": {"label": "X", "outcome": "os", "date": "arm"}}}, "arm"),
    ],
)
def test_what_cannot_be_is_told_with_its_line(tmp_path: Path, parts: dict[str, Any], words: str) -> None:
    with pytest.raises(StudyError) as told:
        checked(tmp_path, **parts)
    assert words in str(told.value)


def test_the_refusal_says_where_to_declare_it(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="Declare its date under 'time_dependent:'"):
        checked(tmp_path, groups={"by": "had_later"})


def test_a_ratio_of_few_exposed_events_says_so(rows: list[Row]) -> None:
    ratios = [row for row in rows if row.statistic == "hazard_ratio" and row.analysis in ("time_dependent", "landmark")]
    assert len(ratios) == 3
    assert all(
        "fewer than 10 events for a parameter of the model: group exposed, unexposed" in row.warning for row in ratios
    )
