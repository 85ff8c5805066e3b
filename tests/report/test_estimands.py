"""What each analysis estimates: events between as the study file treats them, adjusted models with what they are."""

from __future__ import annotations

from typing import Any

import pytest

from atrisk.report.table_model import TableRow
from atrisk.report.tables.estimands import estimands_table
from atrisk.report.view import View
from atrisk.result.run_result import RunResult
from atrisk.run.study import run_study
from tests.cohort.small_study import write_study


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """Forty patients; progression, death, transplant and second operation treated in every way there is."""
    lines = ["id,arm,sex,start,progression,death,transplant,contact"]
    for number in range(40):
        dates = [
            f"2011-{1 + number % 12:02d}-03" if number % 3 == 0 else "",
            f"2012-{1 + number % 12:02d}-04" if number % 4 < 2 else "",
            f"2011-{1 + number % 11:02d}-20" if number % 7 == 0 else "",
        ]
        lines.append(
            ",".join([f"p{number}", "AB"[number % 2], "FM"[number // 2 % 2], "2010-05-01", *dates, "2013-01-01"])
        )
    of: dict[str, Any] = {"censor": "contact"}
    study = {
        "data": {"patient": {"file": "patient.csv", "key": "id"}},
        "cohort": [{"time_zero": "start"}],
        "groups": {"by": "arm", "order": ["A", "B"], "pairs": ["B vs A"]},
        "outcomes": {
            "os": {
                "label": "Survival", "event": "death", "intercurrent": {"A second operation": "ignored"}, **of,
            },
            "pfs": {"label": "Free of growth", "event": {"first_of": ["progression", "death"]}, **of},
            "growth": {
                "label": "Growth", "event": "progression", "competing": {"dead": "death"},
                "censored_by": ["transplant"], "at": ["12 months"], **of,
            },
        },
        "adjustment": {"confounders": ["sex"], "outcomes": ["os"]},
        "alternatives": {
            "censored": {"label": "Censored", "outcomes": {"pfs": {"censored_by": ["transplant"]}}},
            "a_year": {"label": "A year", "outcomes": {"pfs": {"until": "1 year"}}},
        },
    }  # fmt: skip
    loaded = write_study(tmp_path_factory.mktemp("small"), {"patient.csv": "\n".join(lines)}, study)
    return run_study(loaded, lambda _stage: None)


def lines_of(result: RunResult) -> dict[str, TableRow]:
    table = estimands_table(View.of(result))
    assert table is not None
    return {row.header: row for row in table.rows}


def test_every_event_between_stands_with_what_is_done_about_it(result: RunResult) -> None:
    between = {header: row.cells[1].text for header, row in lines_of(result).items() if row.cells}
    assert between == {
        "Survival": "A second operation: ignored",
        "Survival, adjusted": "A second operation: ignored",
        "Free of growth": "first of progression, death: composite",
        "Free of growth, alternative: Censored": (
            "first of progression, death: composite; transplant: hypothetical (censored)"
        ),
        "Growth": "transplant: hypothetical (censored); Dead: while free of it",
    }


def test_an_adjusted_model_says_for_what_and_that_it_is_conditional(result: RunResult) -> None:
    row = lines_of(result)["Survival, adjusted"]
    assert row.cells[0].text == "all eligible, every confounder recorded"
    assert row.cells[2].text == "Hazard ratio"
    assert row.cells[3].text == "Sex (conditional on the confounders)"
    said = {(row.adjustment_set, row.estimand) for row in result.rows if row.analysis == "regression" and row.of}
    assert said >= {("confounders", "conditional"), ("none, same patients", "unadjusted")}


def test_every_comparison_names_its_contrasts(result: RunResult) -> None:
    assert next(iter(lines_of(result))) == "Groups of the study (B vs A)"
