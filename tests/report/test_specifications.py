"""Every way in which an effect was computed stands in one table and figure; alternatives are adjusted as R does it."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from atrisk.report.figures.specification_figure import specification_figures
from atrisk.report.table_model import Table
from atrisk.report.tables.sensitivity import sensitivity_tables
from atrisk.report.tables.specifications import specification_table
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import RunResult
from atrisk.run.study import run_study
from atrisk.study.load import load_study

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def colon(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """Two arms, adjusted for age in two classes and differentiation; men alone, and other classes of age."""
    folder = tmp_path_factory.mktemp("colon")
    shutil.copy(ROOT / "examples" / "colon" / "data" / "colon.csv", folder / "colon.csv")
    study = {
        "atrisk": 1,
        "study": {"id": "colon", "title": "Colon"},
        "data": {"patient": {"file": "colon.csv", "key": "id", "where": "etype = 2"}},
        "variables": {
            "patient.differ": {"levels": {"1": "Well", "2": "Moderate", "3": "Poor"}},
            "patient.sex": {"levels": {"0": "Female", "1": "Male"}},
        },
        "derive": {"old": {"sql": "age >= 60"}},
        "cohort": [{"keep": "rx <> 'Lev'", "otherwise": "Levamisole alone"}],
        "groups": {"by": "rx", "order": ["Lev+5FU", "Obs"], "pairs": ["Lev+5FU vs Obs"]},
        "outcomes": {
            "os": {"label": "Survival", "time": {"column": "time"}, "status": {"column": "status", "event": 1}}
        },
        "adjustment": {"confounders": ["old", "differ"], "methods": ["regression", "firth"]},
        "centre": {"by": "sex"},
        "alternatives": {
            "men": {"label": "Men alone", "restrict": "sex = 1"},
            "seventy": {"label": "Old from 70", "derive": {"old": {"sql": "age >= 70"}}},
        },
    }
    path = folder / "study.yaml"
    path.write_text(json.dumps(study), encoding="utf-8")
    return run_study(load_study(path), lambda _stage: None)


def test_an_alternative_is_adjusted_as_r_does_it(colon: RunResult) -> None:
    with (ROOT / "tests" / "run" / "r" / "specifications.csv").open(encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))
    assert len(expected) == 9
    for row in expected:
        (found,) = [
            each
            for each in colon.rows
            if (each.specification, each.analysis, each.method, each.adjustment_set, each.statistic)
            == (row["specification"], "regression", "cox", "confounders", row["statistic"])
        ]
        assert found.value == pytest.approx(float(row["value"]), rel=1e-9), row


def test_where_only_a_confounder_differs_the_unadjusted_effect_is_not_shown_again(colon: RunResult) -> None:
    own = {(row.analysis, row.statistic) for row in colon.rows if row.specification == "seventy"}
    assert {analysis for analysis, _ in own} == {"flow", "adjusted", "regression"}
    assert ("regression", "p") not in own
    view = View.of(colon)
    labels = [row.header for table in sensitivity_tables(view) for row in table.rows]
    assert "Men alone" in labels
    assert "Old from 70" not in labels


def table_of(colon: RunResult) -> Table:
    view = View.of(colon)
    table = specification_table(view, view.main, "os")
    assert table is not None
    return table


def test_every_specification_stands_in_the_order_declared(colon: RunResult) -> None:
    assert [row.header for row in table_of(colon).rows] == [
        "Lev+5FU vs Obs",
        "Main analysis",
        "Unadjusted, the adjusted model's patients: Cox model",
        "Adjusted: Cox model",
        "Adjusted: Cox model with Firth's penalty, profile limits",
        "Men alone",
        "The same, adjusted",
        "Old from 70; adjusted",
        "Within centres",
        "Limits by clusters of centres",
        "Without Female",
        "Without Male",
    ]


def test_numbers_are_those_of_their_rows(colon: RunResult) -> None:
    rows: dict[str, Row] = {row.row_id: row for row in colon.rows}
    shown = 0
    for line in table_of(colon).rows[1:]:
        estimate = line.cells[0].lines[0][0]
        limits = [piece for piece in line.cells[1].lines[0] if piece.row_id] if line.cells[1].lines else []
        value = rows[estimate.row_id].value
        assert value is None or estimate.text == f"{value:.2f}"
        for piece, name in zip(limits, ("conf_low", "conf_high"), strict=False):
            row = rows[piece.row_id]
            assert (row.statistic, row.specification) == (name, rows[estimate.row_id].specification)
            assert row.value is not None
            assert piece.text == f"{row.value:.2f}"
            shown += 1
    assert shown == 20


def test_the_figure_marks_the_main_analysis_alone(colon: RunResult) -> None:
    view = View.of(colon)
    (figure,) = specification_figures(view, view.main)
    assert [line.label for line in figure.lines if line.marked] == ["Main analysis"]
    assert [line.label for line in figure.lines] == [row.header for row in table_of(colon).rows]
