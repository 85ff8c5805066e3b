"""Effects in subgroups and by centres: against R, by hand, who is in which, and what is refused."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from atrisk.errors import ReconciliationError, StudyError
from atrisk.report.sections.divided import centres_section, subgroups_section
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import RunResult
from atrisk.run import study as run_module
from atrisk.run.study import run_study
from atrisk.study.load import load_study
from tests.cohort.small_study import write_study

HERE = Path(__file__).parent
COLON = HERE.parents[1] / "examples" / "colon" / "data" / "colon.csv"
FIVE = "CASE WHEN extent = 3 AND sex = 1 THEN 6 ELSE extent END"


@pytest.fixture(scope="module")
def colon(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """The colon trial by sex, differentiation (not recorded of 23) and bands of age, and five invented centres."""
    folder = tmp_path_factory.mktemp("colon")
    shutil.copy(COLON, folder / "colon.csv")
    study = {
        "atrisk": 1,
        "study": {"id": "colon", "title": "Colon"},
        "data": {"patient": {"file": "colon.csv", "key": "id", "where": "etype = 2"}},
        "variables": {
            "patient.sex": {"levels": {"0": "Female", "1": "Male"}},
            "patient.differ": {"levels": {"1": "Well", "2": "Moderate", "3": "Poor"}},
            "patient.obstruct": {"type": "boolean"},
            "patient.age": {"bands": ["<60", "60-69", ">=70"]},
        },
        "derive": {"five": {"sql": FIVE, "levels": {str(code): f"Centre {code}" for code in (1, 2, 3, 4, 6)}}},
        "groups": {
            "by": "rx",
            "order": ["Obs", "Lev", "Lev+5FU"],
            "pairs": ["Lev vs Obs", "Lev+5FU vs Obs", "Lev+5FU vs Lev"],
        },
        "outcomes": {
            "os": {"label": "Survival", "time": {"column": "time"}, "status": {"column": "status", "event": 1}}
        },
        "surgical_outcomes": ["obstruct"],
        "subgroups": {"by": ["sex", "differ", "age"]},
        "centre": {"by": "five"},
    }
    path = folder / "study.yaml"
    path.write_text(json.dumps(study), encoding="utf-8")
    return run_study(load_study(path), lambda _stage: None)


def rows(result: RunResult, **wanted: object) -> list[Row]:
    return [row for row in result.rows if all(getattr(row, name) == value for name, value in wanted.items())]


def test_ratios_limits_and_interactions_are_rs(colon: RunResult) -> None:
    with (HERE / "r" / "subgroups.csv").open(encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))
    assert len(expected) == 8 * 9 + 6 + 7 * 9
    for row in expected:
        key = {name: row[name] for name in expected[0] if name != "value"}
        (found,) = rows(colon, **key)
        # A likelihood ratio near nothing is a small difference of two large numbers, here and in R.
        near = 1e-9 if row["statistic"] != "interaction_p" else 1e-8
        assert found.value == pytest.approx(float(row["value"]), rel=near), row


def test_risk_differences_are_those_of_the_counts(colon: RunResult) -> None:
    """Of 166 men on observation 30 had an obstruction, of 177 on levamisole 33 (counted in the file)."""
    with COLON.open(encoding="utf-8", newline="") as file:
        patients = [row for row in csv.DictReader(file) if row["etype"] == "2" and row["sex"] == "1"]
    share = {}
    for arm in ("Obs", "Lev"):
        own = [row["obstruct"] == "1" for row in patients if row["rx"] == arm]
        share[arm] = sum(own) / len(own)
    (found,) = rows(
        colon, analysis="subgroup", outcome="obstruct", subgroup="sex = 1", contrast="Lev vs Obs",
        statistic="risk_difference",
    )  # fmt: skip
    assert found.value == pytest.approx(share["Lev"] - share["Obs"], abs=1e-12)


def test_who_is_in_no_subgroup_is_counted(colon: RunResult) -> None:
    """Of the three arms 7, 10 and 6 patients have no differentiation recorded (counted in the file)."""
    for group, count in (("Obs", 7), ("Lev", 10), ("Lev+5FU", 6), ("", 23)):
        (row,) = rows(
            colon, analysis="subgroup", outcome="os", variable="differ", subgroup="", group=group,
            statistic="n_excluded",
        )  # fmt: skip
        assert row.value == count


def test_the_report_says_how_many_subgroups_and_that_limits_know_nothing_of_it(colon: RunResult) -> None:
    section = subgroups_section(View.of(colon))
    assert section is not None
    words = "".join(piece.text for block in section.blocks for piece in getattr(block, "content", ()))
    # Two sexes, three grades, three bands; three contrasts and two outcomes of each.
    assert "8 subgroups by Sex; Differ; Age were declared" in words
    assert "not adjusted for their number (48 estimates)" in words


def small(folder: Path, **parts: Any) -> RunResult:
    """Twelve patients of two arms at two centres; all of arm B at centre y but one."""
    lines = ["id,arm,site,size,leak,days,dead,margin"]
    for number in range(12):
        site = "x" if number < 5 else "y" if number < 11 else ""
        arm = "B" if number % 2 and number != 3 and number != 1 else "A"
        lines.append(
            f"{number},{arm},{site},{number},{'true' if number % 3 else 'false'},{10 + number},{number % 2},R0"
        )
    study: Mapping[str, Any] = {
        "data": {"patient": {"file": "patient.csv", "key": "id"}},
        "groups": {"by": "arm", "order": ["A", "B"]},
        "outcomes": {"os": {"label": "Survival", "time": {"column": "days"}, "status": {"column": "dead", "event": 1}}},
        "surgical_outcomes": ["leak"],
        **parts,
    }
    return run_study(write_study(folder, {"patient.csv": "\n".join(lines)}, study), lambda _stage: None)


def test_a_subgroup_in_which_a_group_has_nobody_has_no_ratio(tmp_path: Path) -> None:
    result = small(tmp_path, subgroups={"by": ["site"]})
    for outcome, statistic in (("os", "hazard_ratio"), ("leak", "risk_difference")):
        (row,) = rows(result, analysis="subgroup", outcome=outcome, subgroup="site = x", statistic=statistic)
        assert row.value is None
        assert row.error == "one of the two groups has nobody here"


def test_two_centres_give_no_limits_by_clusters(tmp_path: Path) -> None:
    result = small(tmp_path, centre={"by": "site", "outcomes": ["os"]})
    (row,) = rows(result, analysis="centre", method="cox, centres as clusters", statistic="hazard_ratio")
    assert row.value is None
    assert row.error.startswith("2 centres are too few")
    (without,) = rows(result, analysis="centre", subgroup="site <> x", statistic="n", group="")
    (left,) = rows(result, analysis="centre", subgroup="site <> x", statistic="n_excluded", group="")
    assert (without.value, left.value) == (6, 5)
    section = centres_section(View.of(result))
    assert section is not None
    assert section.parts


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"subgroups": {"by": ["size"]}}, "'size' is a number, which divides nobody as it is"),
        ({"subgroups": {"by": ["arm"]}}, "'arm' makes the groups that are compared"),
        ({"subgroups": {"by": ["site", "site"]}}, "'site' stands twice here"),
        ({"subgroups": {"by": ["site"], "outcomes": ["pfs"]}}, "this study has no outcome 'pfs'"),
        ({"subgroups": {"by": ["site"], "comparison": "other"}}, "this study has no comparison 'other'"),
        ({"centre": {"by": "dead_", "outcomes": ["os"]}}, "dead_"),
        ({"centre": {"by": "one"}, "derive": {"one": {"sql": "'z'"}}}, "all patients compared come from one centre"),
        (
            {"subgroups": {"by": ["left"]}, "derive": {"left": {"definition": "residual_tumour", "margin": "margin"}}},
            "'left' is known only after time zero",
        ),
    ],
)
def test_what_cannot_divide_is_refused_with_its_line(tmp_path: Path, parts: dict[str, Any], words: str) -> None:
    with pytest.raises(StudyError) as raised:
        small(tmp_path, **parts)
    assert words in str(raised.value)
    assert re.search(r"study\.yaml:\d+:\d+: (subgroups|centre)", str(raised.value))


@pytest.mark.parametrize("analysis", ["subgroup", "centre"])
def test_one_false_number_of_patients_fails_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, analysis: str
) -> None:
    kept: list[tuple[Any, ...]] = []
    real = run_module.reconcile
    monkeypatch.setattr(run_module, "reconcile", lambda *given: kept.append(given))
    small(tmp_path, subgroups={"by": ["site"]}, centre={"by": "site"})
    n, frames, everything, curves = kept[0]
    real(n, frames, everything, curves)
    tried = 0
    for at, row in enumerate(everything):
        if row.analysis != analysis:
            continue
        fields = [name for name in ("n", "n_event") if getattr(row, name) is not None]
        for name in (*fields, *(["value"] if row.statistic in ("n", "n_event", "n_excluded") else [])):
            false = replace(row, **{name: getattr(row, name) + 1})
            with pytest.raises(ReconciliationError, match="disagree"):
                real(n, frames, [*everything[:at], false, *everything[at + 1 :]], curves)
            tried += 1
    assert tried > 30
