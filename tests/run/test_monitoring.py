"""Monitoring: charts against a loop over the operations, units against their distribution, risks by what they solve."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import pytest

from atrisk.errors import StudyError
from atrisk.report.figures.drawing import drawn, figure_data
from atrisk.report.figures.monitoring_figure import chart_figure, funnel_figure
from atrisk.report.sections.whole import document
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import RunResult
from atrisk.run.study import run_study
from tests.cohort.small_study import write_study

HEADER = "id,arm,site,age,sex,op,leak,after"
UNITS = ("north", "south", "east", "west", "centre")


def patients() -> list[dict[str, str]]:
    """Ninety operations, not in the order of the file; from the sixtieth on far more leaks."""
    draw = random.Random(11)  # noqa: S311 - invented patients, not a secret
    found = []
    for number in range(90):
        leak = draw.random() < (0.15 if number < 60 else 0.6)
        found.append(
            {
                "id": f"p{number}",
                "arm": draw.choice("AB"),
                "site": UNITS[number % 5],
                "age": str(draw.randint(40, 80)),
                "sex": draw.choice("FM"),
                "op": f"{2010 + number // 30}-{1 + number % 30 // 3:02d}-{1 + number % 3 * 9:02d}",
                "leak": "" if number == 7 else str(leak).lower(),
                "after": str(draw.random() < 0.5).lower(),
            }
        )
    draw.shuffle(found)
    return found


PATIENTS = patients()


def run(folder: Path, monitoring: dict[str, Any], **parts: Any) -> RunResult:
    lines = [HEADER, *(",".join(patient[name] for name in HEADER.split(",")) for patient in PATIENTS)]
    study = {
        "data": {"patient": {"file": "patient.csv", "key": "id"}},
        "cohort": [{"time_zero": "op"}],
        "groups": {"by": "arm", "order": ["A", "B"]},
        "surgical_outcomes": ["leak", "age"],
        "monitoring": {"outcome": "leak", "order": "op", **monitoring},
        **parts,
    }
    return run_study(write_study(folder, {"patient.csv": "\n".join(lines)}, study), lambda _stage: None)


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """The operations from 2011 on, with the share of those before for their risk."""
    folder = tmp_path_factory.mktemp("later")
    return run(folder, {"units": "site", "learned_before": "2011-01-01", "false_alarms": 0.1})


def rows(result: RunResult, **wanted: object) -> list[Row]:
    return [
        row
        for row in result.rows
        if row.analysis == "monitoring" and all(getattr(row, name) == value for name, value in wanted.items())
    ]


def value(result: RunResult, **wanted: object) -> float:
    (found,) = rows(result, **wanted)
    assert found.value is not None, found
    return found.value


def in_order(*, later: bool) -> list[dict[str, str]]:
    known = [patient for patient in PATIENTS if patient["leak"] and (patient["op"] >= "2011") == later]
    return sorted(known, key=lambda patient: patient["op"])


def test_who_is_watched_and_what_is_expected(later: RunResult) -> None:
    before, watched = in_order(later=False), in_order(later=True)
    risk = sum(patient["leak"] == "true" for patient in before) / len(before)
    assert len(watched) == 60
    assert value(later, statistic="n", level="") == 60
    assert value(later, statistic="n_excluded") == 30
    assert value(later, statistic="n_event", level="") == sum(patient["leak"] == "true" for patient in watched)
    assert value(later, statistic="expected", level="") == pytest.approx(60 * risk, rel=1e-12)


def test_the_chart_is_that_of_a_loop_over_the_operations(later: RunResult) -> None:
    before, watched = in_order(later=False), in_order(later=True)
    p = sum(patient["leak"] == "true" for patient in before) / len(before)
    limit, chart, level, signals = value(later, statistic="cusum_limit"), [], 0.0, []
    for number, patient in enumerate(watched, start=1):
        level = max(0.0, level + (math.log(2) if patient["leak"] == "true" else 0.0) - math.log(1 - p + 2 * p))
        chart.append(level)
        if level >= limit:
            signals.append((number, patient["op"][:4]))
            level = 0.0
    assert signals
    assert value(later, statistic="signals") == len(signals)
    assert [(row.value, row.text_value) for row in rows(later, statistic="signal_at")] == signals
    (cusum,) = [curve for curve in later.curves if curve.kind == "cusum"]
    assert cusum.estimate == pytest.approx(chart, abs=1e-12)
    (vlad,) = [curve for curve in later.curves if curve.kind == "vlad"]
    observed = sum(patient["leak"] == "true" for patient in watched)
    assert vlad.estimate[-1] == pytest.approx(60 * p - observed, abs=1e-10)


def test_a_unit_is_held_to_the_binomial_distribution_of_its_patients(later: RunResult) -> None:
    """Limits of the count r - (F(r) - q) / (F(r) - F(r - 1)), r the smallest with F(r) >= q, over the expected."""
    before, watched = in_order(later=False), in_order(later=True)
    p = sum(patient["leak"] == "true" for patient in before) / len(before)
    for unit in UNITS:
        own = [patient["leak"] == "true" for patient in watched if patient["site"] == unit]
        n = len(own)
        expected = n * p
        assert value(later, statistic="observed_over_expected", level=unit) == pytest.approx(sum(own) / expected)
        cumulated = [sum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(r + 1)) for r in range(n + 1)]
        for level in (0.95, 0.998):
            for name, q in (("chance_low", (1 - level) / 2), ("chance_high", (1 + level) / 2)):
                r = next(r for r in range(n + 1) if cumulated[r] >= q)
                below = cumulated[r - 1] if r else 0.0
                count = max(r - (cumulated[r] - q) / (cumulated[r] - below), 0.0)
                found = value(later, statistic=name, level=unit, conf_level=level)
                assert found == pytest.approx(count / expected, rel=1e-9), (unit, level, name)
    assert len(rows(later, statistic="widened_low")) == 10


def test_risks_solve_the_equations_of_a_logistic_regression(tmp_path: Path) -> None:
    """Learned from those watched, with the unit among what they rest on, every unit expects what it observed."""
    result = run(tmp_path, {"units": "site", "adjust_for": ["sex", "age"]})
    assert value(result, statistic="n", level="") == 89
    assert value(result, statistic="expected", level="") == pytest.approx(value(result, statistic="n_event", level=""))
    assert 0.4 < value(result, statistic="discrimination") < 0.9
    assert all(
        "themselves" in View.of(result).remark(row.convention) for row in rows(result, statistic="expected", level="")
    )
    by_sex = run(tmp_path, {"units": "sex", "adjust_for": ["site"]})
    again = run(tmp_path, {"units": "site", "adjust_for": ["where"]}, derive={"where": {"sql": "site"}})
    assert len(rows(by_sex, statistic="observed_over_expected")) == 2
    for row in rows(again, statistic="observed_over_expected"):
        assert row.value == pytest.approx(1.0, abs=1e-9)


def test_figures_show_numbers_of_operations_and_no_dates(later: RunResult) -> None:
    view = View.of(later)
    charts, funnel = chart_figure(view), funnel_figure(view)
    assert charts is not None
    assert funnel is not None
    header, data = figure_data(charts)
    assert header[0] == "operation"
    assert [row[0] for row in data] == list(range(1, 61))
    assert {row[0] for row in data if row[5]} == {row.value for row in rows(later, statistic="signal_at")}
    assert {point.label for point in funnel.points} == set(UNITS)
    for figure in (charts, funnel):
        assert drawn(figure).svg == drawn(figure).svg
        assert not any("-01-" in str(cell) for row in figure_data(figure)[1] for cell in row)


def test_the_report_has_the_section_with_its_tables(later: RunResult) -> None:
    names = {table.name for table in document(View.of(later)).tables()}
    assert {"monitoring", "monitoring-units"} <= names


@pytest.mark.parametrize(
    ("monitoring", "words"),
    [
        ({"outcome": "age"}, "'age' is not true or false"),
        ({"outcome": "nothing"}, "this study has no outcome 'nothing'"),
        ({"order": "sex"}, "sex"),
        ({"units": "age"}, "'age' is a number"),
        ({"adjust_for": ["site", "site"]}, "stands twice"),
        ({"adjust_for": ["leak"]}, "is what is watched"),
        ({"adjust_for": ["later"]}, "known only after time zero"),
        ({"odds_ratio": 1}, "no change"),
        ({"false_alarms": 1.5}, "false_alarms"),
    ],
)
def test_what_cannot_be_watched_is_refused_with_its_line(
    tmp_path: Path, monitoring: dict[str, Any], words: str
) -> None:
    derive = {"later": {"definition": "mortality", "within": "30 days", "death": "op", "last_contact": "op"}}
    with pytest.raises(StudyError, match=words) as refused:
        run(tmp_path, monitoring, derive=derive)
    assert all(problem.line for problem in refused.value.problems)


def test_without_an_event_to_learn_from_it_says_so(tmp_path: Path) -> None:
    result = run(tmp_path, {"learned_before": "2009-01-01"})
    (found,) = rows(result, statistic="expected")
    assert found.value is None
    assert found.error
    assert chart_figure(View.of(result)) is None
