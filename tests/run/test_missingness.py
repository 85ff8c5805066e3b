"""What is missing in an adjusted comparison, against a slow count of the file."""

from __future__ import annotations

import random
import statistics
from collections import Counter
from pathlib import Path

import pytest

from atrisk.report.figures.missing_figure import missing_data, missing_figure
from atrisk.report.tables.missingness import incomplete_table, missing_table
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import RunResult
from atrisk.run.study import run_study
from tests.cohort.small_study import write_study

ARMS = ("A", "B")
NAMES = ("age", "marker", "leak")

Patients = list[dict[str, str]]


def patients() -> Patients:
    draw = random.Random(11)  # noqa: S311 - invented patients, not a secret
    return [
        {
            "id": f"p{number}",
            "arm": draw.choice(ARMS),
            "age": str(draw.randint(40, 80)) if draw.random() > 0.2 else "",
            "marker": draw.choice(["low", "mid", "high", ""]),
            "leak": draw.choice(["true", "false", "false", ""]),
        }
        for number in range(90)
    ]


def ran(folder: Path, rows: Patients) -> RunResult:
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    study = {
        "data": {"patient": {"file": "patient.csv", "key": "id"}},
        "groups": {"by": "arm", "order": list(ARMS)},
        "variables": {
            "patient.leak": {"type": "boolean", "label": "Leak"},
            "patient.age": {"label": "Age"},
            "patient.marker": {"levels": {"low": "Low", "mid": "Mid", "high": "High"}},
        },
        "surgical_outcomes": ["leak"],
        "adjustment": {"confounders": ["age", "marker"]},
    }
    return run_study(write_study(folder, {"patient.csv": "\n".join(lines)}, study), lambda _stage: None)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return ran(tmp_path_factory.mktemp("missing"), patients())


def rows(result: RunResult, **wanted: object) -> list[Row]:
    about = [row for row in result.rows if row.analysis == "missingness"]
    return [row for row in about if all(getattr(row, name) == value for name, value in wanted.items())]


def test_what_is_missing_is_counted_by_group(result: RunResult) -> None:
    for name in NAMES:
        for arm in ("", *ARMS):
            expected = sum(not each[name] and arm in ("", each["arm"]) for each in patients())
            found = [row for row in rows(result, statistic="missing", group=arm) if name in (row.variable, row.outcome)]
            assert [row.value for row in found] == [expected]


def test_patterns_are_those_of_the_file_the_commonest_first(result: RunResult) -> None:
    for arm in ("", *ARMS):
        expected = Counter(
            "; ".join(name for name in NAMES if not each[name]) for each in patients() if arm in ("", each["arm"])
        )
        found = {row.text_value: row.value for row in rows(result, statistic="count", group=arm)}
        assert {name: n for name, n in found.items() if n} == dict(expected)
    everyone = [row.value or 0 for row in rows(result, statistic="count", group="")]
    assert everyone == sorted(everyone, reverse=True)


def test_patients_with_and_without_missing_values_are_set_side_by_side(result: RunResult) -> None:
    whole = [each for each in patients() if all(each[name] for name in NAMES)]
    lacking = [each for each in patients() if not all(each[name] for name in NAMES)]
    ages = {"complete": [float(each["age"]) for each in whole]}
    ages["incomplete"] = [float(each["age"]) for each in lacking if each["age"]]
    for term, values in ages.items():
        (mean,) = rows(result, variable="age", statistic="mean", term=term)
        assert (mean.value, mean.n) == (pytest.approx(statistics.fmean(values), rel=1e-12), len(values))
    spread = ((statistics.variance(ages["complete"]) + statistics.variance(ages["incomplete"])) / 2) ** 0.5
    (smd,) = rows(result, variable="age", statistic="smd")
    expected = (statistics.fmean(ages["incomplete"]) - statistics.fmean(ages["complete"])) / spread
    assert smd.value == pytest.approx(expected, rel=1e-12)
    with_leak = [each["leak"] == "true" for each in lacking if each["leak"]]
    (share,) = rows(result, outcome="leak", statistic="proportion", term="incomplete")
    assert (share.numerator, share.denominator) == (sum(with_leak), len(with_leak))
    assert len(rows(result, variable="marker", statistic="proportion", term="complete")) == 3


def test_the_figure_and_tables_show_the_rows(result: RunResult) -> None:
    view = View.of(result)
    figure = missing_figure(view, view.main)
    assert figure is not None
    header, drawn = missing_data(figure)
    assert header == ("Age", "Marker", "Leak", "n", "A", "B", "row_id")
    by_id = {row.row_id: row for row in result.rows}
    for *lacks, n, a, b, row_id in drawn:
        row = by_id[str(row_id)]
        assert (row.value, n) == (n, int(str(a)) + int(str(b)))
        named = row.text_value.split("; ") if row.text_value else []
        assert [bool(each) for each in lacks] == [name in named for name in NAMES]
    assert missing_table(view, view.main) is not None
    assert incomplete_table(view, view.main) is not None


def test_where_nothing_is_missing_nothing_is_compared(tmp_path: Path) -> None:
    filled = [
        {**each, "age": each["age"] or "50", "marker": each["marker"] or "low", "leak": each["leak"] or "false"}
        for each in patients()
    ]
    found = ran(tmp_path, filled)
    assert {row.statistic for row in rows(found)} == {"n", "missing"}
    view = View.of(found)
    assert missing_table(view, view.main) is None
    assert missing_figure(view, view.main) is None
