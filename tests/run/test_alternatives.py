"""Alternatives beside the main analysis: the numbers of a study that declares them itself, and no others moved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from atrisk.errors import BlockedError, ReconciliationError, StudyError
from atrisk.report.sections.whole import document
from atrisk.report.view import View
from atrisk.result.row import MAIN, Row
from atrisk.result.run_result import RunResult
from atrisk.run import alternatives
from atrisk.run.study import run_study
from tests.cohort.small_study import write_study

# Twelve patients, operated on the first of a month; days from the operation are easily counted.
FILES = {
    "p.csv": """
    id,arm,sex,op,death,seen,cut
    1,a,F,2010-01-01,2010-01-21,2010-01-21,wedge
    2,a,F,2010-01-01,2010-03-02,2010-03-02,LH
    3,a,M,2010-01-01,,2012-01-01,RH
    4,a,M,2010-01-01,2011-01-01,2011-01-01,LH
    5,a,M,2010-01-01,,2013-01-01,wedge
    6,a,F,2010-01-01,2012-06-01,2012-06-01,wedge
    7,b,F,2010-01-01,2010-01-31,2010-01-31,RH
    8,b,F,2010-01-01,2010-02-10,2010-02-10,LH
    9,b,M,2010-01-01,2010-02-15,2010-02-15,LH
    10,b,M,2010-01-01,,2014,wedge
    11,b,M,2010-01-01,2013-02-01,2013-02-01,RH
    12,b,F,2010-01-01,,2011-05-01,wedge
    """
}
STUDY: dict[str, Any] = {
    "data": {"patient": {"file": "p.csv", "key": "id"}},
    "variables": {"patient.cut": {"type": "text"}, "patient.seen": {"partial": "earliest"}},
    "cohort": [{"time_zero": "op"}],
    "groups": {"by": "arm", "order": ["a", "b"]},
    "derive": {
        "early_death": {"definition": "mortality", "within": "90 days", "death": "death", "last_contact": "seen"},
        "major": {"definition": "major_hepatectomy", "rule": "MAYO", "resections": "cut"},
        "man": {"sql": "sex = 'M'"},
        "larger": {"sql": "major OR man"},
    },
    "outcomes": {"os": {"label": "Survival", "event": "death", "censor": "seen", "at": ["1 year"]}},
    "surgical_outcomes": ["early_death", "larger"],
    "baseline": {"show": ["major", "sex"]},
}
STEPS = [{"time_zero": "op"}, {"keep": "id <> 6", "otherwise": "Number 6"}]
MOVED = {"sql": "CASE WHEN id = 7 THEN 'a' ELSE arm END", "levels": {"a": "A", "b": "B"}}
ALTERNATIVES: dict[str, Any] = {
    "month": {"label": "Within 30 days", "derive": {"early_death": {"within": "30 days"}}},
    "hemi": {"label": "From hemihepatectomy", "derive": {"major": {"rule": "HEMI"}}},
    "women": {"label": "Women", "restrict": "sex = 'F'", "show": ["os", "early_death"]},
    "late": {
        "label": "Year alone as late as possible",
        "variables": {"patient.seen": {"partial": "latest"}},
        "show": ["os"],
    },
    "young": {
        "label": "Other criteria",
        "cohort": [*STEPS, {"keep": "id <> 12", "otherwise": "Number 12"}],
        "show": ["os"],
    },
    "moved": {"label": "Patient 7 moved", "groups": {"by": MOVED}, "show": ["os"]},
}


def run(folder: Path, **parts: Any) -> RunResult:
    folder.mkdir(exist_ok=True)
    return run_study(write_study(folder, FILES, {**STUDY, **parts}), lambda _stage: None)


@pytest.fixture(scope="module")
def with_all(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return run(tmp_path_factory.mktemp("all"), alternatives=ALTERNATIVES)


def of(result: RunResult, name: str) -> list[Row]:
    return [row for row in result.rows if row.specification == name]


def bare(rows: list[Row]) -> list[Row]:
    """Rows without what tells them apart from those of another study."""
    return [
        replace(row, row_id="", estimate_id="", order=0, specification=MAIN, population="")
        for row in rows
        if row.analysis != "flow"
    ]


def test_the_main_analysis_is_the_same_without_them(with_all: RunResult, tmp_path: Path) -> None:
    alone = run(tmp_path)
    assert tuple(of(with_all, MAIN)) == alone.rows
    assert len(with_all.curves) == len(alone.curves)


@pytest.mark.parametrize(
    ("name", "declared"),
    [
        (
            "month",
            {"derive": {**STUDY["derive"], "early_death": {**STUDY["derive"]["early_death"], "within": "30 days"}}},
        ),
        ("hemi", {"derive": {**STUDY["derive"], "major": {**STUDY["derive"]["major"], "rule": "HEMI"}}}),
        ("women", {"cohort": [{"time_zero": "op"}, {"keep": "sex = 'F'", "otherwise": "x"}]}),
        ("late", {"variables": {**STUDY["variables"], "patient.seen": {"partial": "latest"}}}),
        ("young", {"cohort": [*STEPS, {"keep": "id <> 12", "otherwise": "x"}]}),
        ("moved", {"groups": {**STUDY["groups"], "by": MOVED}}),
    ],
)
def test_an_alternative_has_the_rows_of_a_study_that_declares_it(
    with_all: RunResult, tmp_path: Path, name: str, declared: dict[str, Any]
) -> None:
    """The other study reads, derives and counts everything anew, in another session."""
    found = bare(of(with_all, name))
    things = {row.outcome or row.variable for row in found}
    other = [row for row in bare(list(run(tmp_path, **declared).rows)) if (row.outcome or row.variable) in things]
    kept = other
    if name == "hemi":
        kept = [row for row in other if (row.outcome, row.variable) in (("larger", ""), ("", "major"))]
    assert sorted(map(repr, found)) == sorted(map(repr, kept))


def test_an_alternative_bears_on_what_rests_on_it_alone(with_all: RunResult) -> None:
    touched = {name: {row.outcome or row.variable for row in of(with_all, name)} - {""} for name in ALTERNATIVES}
    assert touched == {
        "month": {"early_death"},
        "hemi": {"larger", "major"},
        "women": {"os", "early_death"},
        "late": {"os"},
        "young": {"os"},
        "moved": {"os"},
    }


def test_numbers_counted_by_hand(with_all: RunResult) -> None:
    """Deaths within 90 days: 1, 2, 7, 8, 9; within 30 days 1 and 7 (day 30). Women: 1, 2, 6, 7, 8, 12."""

    def deaths(name: str) -> tuple[float | None, float | None]:
        row = next(
            row
            for row in of(with_all, name)
            if (row.analysis, row.outcome, row.statistic, row.group) == ("binary", "early_death", "count", "")
        )
        return row.value, row.denominator

    assert (deaths(MAIN), deaths("month"), deaths("women")) == ((5, 12), (2, 12), (4, 6))
    assert {row.population for row in of(with_all, "women")} == {"", "eligible with sex = 'F'"}
    # Number 10 was last seen in 2014, on the first of January or, as late as possible, 364 days later.
    times = {
        name: next(row.value for row in of(with_all, name) if (row.statistic, row.group) == ("person_time", ""))
        for name in (MAIN, "late")
    }
    assert times["late"] - times[MAIN] == 364  # type: ignore[operator]
    flow = {(row.term, row.statistic): row.value for row in of(with_all, "women") if row.analysis == "flow"}
    assert (flow["2", "excluded"], flow["2", "remaining"]) == (6, 6)


def test_the_report_shows_every_alternative_and_the_main_analysis_first(with_all: RunResult) -> None:
    (table,) = [table for table in document(View.of(with_all)).tables() if table.name == "alternatives"]
    lines = [(row.header, *(cell.text for cell in row.cells[:2])) for row in table.rows]
    assert lines == [
        ("Survival: hazard ratio",),
        ("As declared (main analysis)", "12", "8"),
        ("Women", "6", "5"),
        ("Year alone as late as possible", "12", "8"),
        ("Other criteria", "10", "7"),
        ("Patient 7 moved", "12", "8"),
        ("Early death: difference in risk (1 − Kaplan-Meier), percentage points",),
        ("As declared (main analysis)", "12", "5"),
        ("Within 30 days", "12", "2"),
        ("Women", "6", "4"),
        ("Larger: difference in risk, percentage points",),
        ("As declared (main analysis)", "12", "7"),
        ("From hemihepatectomy", "12", "9"),
        ("Major: standardised difference",),
        ("As declared (main analysis)", "12", "3"),
        ("From hemihepatectomy", "12", "7"),
    ]


def test_the_report_says_what_each_alternative_declares(with_all: RunResult) -> None:
    (table,) = [table for table in document(View.of(with_all)).tables() if table.name == "alternatives-declared"]
    declared = {row.header: row.cells[0].text for row in table.rows}
    assert declared["Within 30 days"] == "derive.early_death.within: 30 days"
    assert declared["Women"] == "restrict: sex = 'F'"
    assert declared["Other criteria"].endswith("cohort: keep: id <> 12, otherwise: Number 12")
    assert declared["Year alone as late as possible"] == "variables.patient.seen.partial: latest"
    assert len(declared) == len(ALTERNATIVES)


def test_an_alternative_that_bears_on_nothing_shown_is_refused(tmp_path: Path) -> None:
    derive = {**STUDY["derive"], "unused": {"sql": "sex = 'M'"}}
    with pytest.raises(StudyError) as caught:
        run(tmp_path, derive=derive, alternatives={"idle": {"label": "Idle", "derive": {"unused": {"sql": "TRUE"}}}})
    (problem,) = caught.value.problems
    assert problem.where == "alternatives.idle"


def test_an_alternative_that_empties_a_group_stops_the_run_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(BlockedError) as caught:
        run(tmp_path, alternatives={"few": {"label": "Few", "restrict": "arm = 'a'", "show": ["os"]}})
    assert any(str(found.message).startswith('Alternative "Few": ') for found in caught.value.findings)


def test_the_numbers_of_an_alternative_must_agree_with_its_own_flow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One patient too many in the last step of an alternative's flow, and in nothing of the main analysis."""
    honest = alternatives.flow_rows

    def tampered(*arguments: Any) -> list[Row]:
        rows = list(honest(*arguments))
        last = rows[-1].term
        more = ("entered", "remaining", "patients_entered", "patients_remaining")
        return [replace(row, value=(row.value or 0) + (row.term == last and row.statistic in more)) for row in rows]

    monkeypatch.setattr(alternatives, "flow_rows", tampered)
    with pytest.raises(ReconciliationError):
        run(tmp_path, alternatives={"women": ALTERNATIVES["women"]})
