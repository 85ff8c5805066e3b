"""Tables must not print identifiers or mixed cells, nor take a yes/no for a number."""

from __future__ import annotations

import pytest

from atrisk.result.finding import Severity
from atrisk.run.study import check_study
from tests.cohort.small_study import write_study

# 30 patients: an id, an arm, an age with words among numbers, a leak written 0/1, and a free text of 30 values.
ROWS = "\n".join(
    f"p{n},{'AB'[n % 2]},{'unknown' if n % 5 == 0 else 40 + n % 7},{n % 2},{n % 3},note {n}" for n in range(30)
)
FILES = {"p.csv": "id,arm,age,leak,visits,note\n" + ROWS}


def rules(folder, **study):
    loaded = write_study(
        folder, FILES, {"data": {"patient": {"file": "p.csv", "key": "id"}}, "groups": {"by": "arm"}, **study}
    )
    return {
        (found.rule, found.column, found.severity)
        for found in check_study(loaded, lambda _stage: None)
        if found.rule in ("identifier-shown", "mixed-column-shown", "many-levels", "zero-or-one")
    }


@pytest.mark.parametrize(
    ("shown", "rule"), [("id", "identifier-shown"), ("age", "mixed-column-shown"), ("note", "many-levels")]
)
def test_what_would_print_raw_cells_blocks(tmp_path, shown, rule):
    assert rules(tmp_path, baseline={"show": [shown]}) == {(rule, shown, Severity.BLOCKS)}


def test_zero_or_one_blocks_as_an_outcome_and_warns_in_the_baseline(tmp_path):
    assert rules(tmp_path, surgical_outcomes=["leak"]) == {("zero-or-one", "leak", Severity.BLOCKS)}
    assert rules(tmp_path, baseline={"show": ["leak"]}) == {("zero-or-one", "leak", Severity.WARNS)}
    assert rules(tmp_path, surgical_outcomes=["visits"]) == set()


def test_what_a_definition_or_a_count_yields_is_a_number(tmp_path):
    """A Charlson index of 0 and 1 is one; an expression that yields 0 and 1 may be a truth value."""
    derive = {
        "charlson": {"definition": "charlson", "conditions": {"diabetes": "ill"}},
        "ill": {"sql": "leak = 1"},
        "flag": {"sql": "CASE WHEN leak = 1 THEN 1 ELSE 0 END"},
    }
    found = rules(tmp_path, surgical_outcomes=["charlson", "flag"], derive=derive)
    assert found == {("zero-or-one", "flag", Severity.BLOCKS)}


@pytest.mark.parametrize("declared", [{"type": "boolean"}, {"type": "integer"}, {"levels": {0: "No", 1: "Yes"}}])
def test_what_is_declared_is_taken_at_its_word(tmp_path, declared):
    assert rules(tmp_path, surgical_outcomes=["leak"], variables={"patient.leak": declared}) == set()


def test_a_declared_type_lists_the_cells_instead(tmp_path):
    loaded = write_study(
        tmp_path,
        FILES,
        {
            "data": {"patient": {"file": "p.csv", "key": "id"}},
            "groups": {"by": "arm"},
            "variables": {"patient.age": {"type": "integer"}},
            "baseline": {"show": ["age"]},
        },
    )
    wrong = [found.row for found in check_study(loaded, lambda _stage: None) if found.rule == "wrong-type"]
    # n = 0, 5, ..., 25 stand on lines n + 2.
    assert wrong == [2, 7, 12, 17, 22, 27]
