"""Alternatives in further comparisons: the numbers of a study that declares them itself, where they bear on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from atrisk.errors import ReconciliationError
from atrisk.report.sections.whole import document
from atrisk.report.view import View
from atrisk.result.finding import Severity
from atrisk.result.row import MAIN, Row
from atrisk.result.run_result import RunResult
from atrisk.run import alternatives
from tests.run.test_alternatives import STUDY, bare, of, run

COMPARISONS: dict[str, Any] = {
    "sexes": {
        "label": "Women against men",
        "by": "sex",
        "order": ["F", "M"],
        "strata": "arm",
        "outcomes": ["early_death", "os"],
    },
    "cuts": {
        "label": "Major against minor",
        "by": {"sql": "major", "levels": {"false": "Minor", "true": "Major"}},
        "restrict": "id <> 12",
        "outcomes": ["early_death"],
        "baseline": True,
    },
}
ALTERNATIVES: dict[str, Any] = {
    "month": {"label": "Within 30 days", "derive": {"early_death": {"within": "30 days"}}},
    "hemi": {"label": "From hemihepatectomy", "derive": {"major": {"rule": "HEMI"}}},
    "without_6": {"label": "Without number 6", "restrict": "id <> 6", "show": ["os", "early_death"]},
    "women": {"label": "Women", "restrict": "sex = 'F'", "show": ["os"]},
    "moved": {
        "label": "Patient 7 moved",
        "groups": {"by": {"sql": "CASE WHEN id = 7 THEN 'a' ELSE arm END", "levels": {"a": "A", "b": "B"}}},
        "show": ["os", "early_death"],
    },
}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return run(tmp_path_factory.mktemp("all"), comparisons=COMPARISONS, alternatives=ALTERNATIVES)


def touched(result: RunResult, name: str) -> set[tuple[str, str]]:
    return {(row.comparison, row.outcome or row.variable) for row in of(result, name) if row.outcome or row.variable}


def test_an_alternative_bears_on_what_rests_on_it_in_every_comparison(result: RunResult) -> None:
    """Groups of 'cuts' rest on the rule for major resections; moving patients moves both; main groups are main's."""
    assert touched(result, "month") == {(MAIN, "early_death"), ("sexes", "early_death"), ("cuts", "early_death")}
    assert touched(result, "hemi") == {(MAIN, "larger"), (MAIN, "major"), ("cuts", "early_death")}
    every = {(MAIN, "os"), (MAIN, "early_death"), ("sexes", "os"), ("sexes", "early_death"), ("cuts", "early_death")}
    assert touched(result, "without_6") == every
    assert touched(result, "moved") == {(MAIN, "os"), (MAIN, "early_death")}


@pytest.mark.parametrize(
    ("name", "declared"),
    [
        (
            "month",
            {"derive": {**STUDY["derive"], "early_death": {**STUDY["derive"]["early_death"], "within": "30 days"}}},
        ),
        ("hemi", {"derive": {**STUDY["derive"], "major": {**STUDY["derive"]["major"], "rule": "HEMI"}}}),
        ("without_6", {"cohort": [{"time_zero": "op"}, {"keep": "id <> 6", "otherwise": "x"}]}),
    ],
)
def test_its_rows_are_those_of_a_study_that_declares_it(
    result: RunResult, tmp_path: Path, name: str, declared: dict[str, Any]
) -> None:
    wanted = touched(result, name)

    def kept(rows: list[Row]) -> list[str]:
        return sorted(repr(row) for row in bare(rows) if (row.comparison, row.outcome or row.variable) in wanted)

    found = kept(of(result, name))
    assert found
    assert found == kept(list(run(tmp_path, comparisons=COMPARISONS, **declared).rows))


def test_counted_by_hand(result: RunResult) -> None:
    """Major by MAYO: 3, 7, 11; by HEMI 2, 3, 4, 7, 8, 9, 11. Dead within 90 days: 1, 2, 7, 8, 9. Without 12."""
    counts = {
        (name, row.group): (row.numerator, row.denominator)
        for name in (MAIN, "hemi")
        for row in of(result, name)
        if (row.comparison, row.analysis, row.statistic) == ("cuts", "binary", "count")
    }
    assert counts[MAIN, "true"] == (1, 3)
    assert counts[MAIN, "false"] == (4, 8)
    assert counts["hemi", "true"] == (4, 7)
    assert counts["hemi", "false"] == (1, 4)
    populations = {row.population for row in of(result, "without_6") if row.comparison == "cuts"}
    assert populations == {"eligible with (id <> 12) AND (id <> 6)"}


def test_a_comparison_that_an_alternative_empties_is_left_out_and_told(result: RunResult) -> None:
    """Women alone cannot be compared with men; 'cuts' does not show survival."""
    assert {comparison for comparison, _ in touched(result, "women")} == {MAIN}
    (found,) = [each for each in result.findings if each.rule == "comparison-not-in-alternative"]
    assert found.severity is Severity.WARNS
    assert str(found.message) == "Alternative \"Women\": Comparison 'sexes': group 'M' has no patient."


def test_each_comparison_has_its_own_table(result: RunResult) -> None:
    tables = {table.name: table for table in document(View.of(result)).tables() if table.name.endswith("alternatives")}
    assert list(tables) == ["alternatives", "sexes-alternatives", "cuts-alternatives"]
    table = tables["sexes-alternatives"]
    lines = [(row.header, *(cell.text for cell in row.cells[:2])) for row in table.rows]
    assert table.title == "Women against men: every alternative that bears on it"
    assert lines == [
        ("Early death: difference in risk over the strata (Mantel-Haenszel), percentage points",),
        ("As declared (main analysis)", "12", "5"),
        ("Within 30 days", "12", "2"),
        ("Without number 6", "11", "5"),
        ("Survival: hazard ratio",),
        ("As declared (main analysis)", "12", "8"),
        ("Without number 6", "11", "7"),
    ]
    assert all(cell.text for row in table.rows for cell in row.cells)


def test_its_numbers_must_agree_with_its_own_flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A further comparison that forgets under an alternative whom it leaves out."""
    honest = alternatives.not_compared_rows

    def forgetful(frame: Any) -> Any:
        return () if frame.name == "cuts" else honest(frame)

    monkeypatch.setattr(alternatives, "not_compared_rows", forgetful)
    with pytest.raises(ReconciliationError, match="cuts"):
        run(tmp_path, comparisons=COMPARISONS, alternatives={"month": ALTERNATIVES["month"]})


def test_where_values_are_tied_the_table_has_the_probability_of_a_higher_one(tmp_path: Path) -> None:
    """Nine of the twelve have the same value, so that the median of all differences is 0."""
    derive = {**STUDY["derive"], "many": {"sql": "CASE WHEN major THEN 4 ELSE 0 END + 0.5"}}
    declared = {"hemi": ALTERNATIVES["hemi"]}
    found = run(tmp_path, derive=derive, surgical_outcomes=["many"], alternatives=declared)
    tables = {table.name: table for table in document(View.of(found)).tables()}
    lines = [row.header for row in tables["alternatives"].rows]
    assert "Many: probability of a higher value" in lines
    (line,) = [row for row in tables["alternatives"].rows if row.header == "As declared (main analysis)"][:1]
    # Two of six in b have the higher value against one of six in a: (2 x 5 + (2 x 1 + 4 x 5) / 2) / 36 = 0.583.
    assert line.cells[2].text.startswith("0.58")
