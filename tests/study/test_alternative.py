"""Alternatives of a study: what they replace, and where the study file is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from atrisk.errors import Problem, StudyError
from atrisk.study.alternative import with_alternative
from atrisk.study.load import load_study

STUDY = """\
atrisk: 1
study: {id: small, title: Small}
data: {patient: {file: p.csv, key: id}}
cohort:
  - time_zero: op
groups: {by: arm, order: [a, b]}
derive:
  major: {definition: major_hepatectomy, rule: MAYO, label: Major}
outcomes:
  os: {label: Survival, event: death, censor: seen}
surgical_outcomes: [major]
"""


def problems(folder: Path, alternatives: str) -> tuple[Problem, ...]:
    file = folder / "study.yaml"
    file.write_text(STUDY + alternatives, encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        load_study(file)
    return caught.value.problems


def test_keys_replace_those_of_the_same_name_and_leave_the_others() -> None:
    study: dict[str, Any] = {
        "derive": {"x": {"definition": "d", "rule": "A", "label": "X"}, "y": {"sql": "1"}},
        "outcomes": {"os": {"event": "e", "censor": "c", "competing": {"d": "1", "f": "2"}}},
        "groups": {"by": "arm", "order": ["a", "b"]},
        "cohort": [{"time_zero": "op"}],
        "alternatives": {"any": {}},
        "published": [{}],
    }
    changed = with_alternative(
        study,
        {
            "label": "Other",
            "derive": {"x": {"rule": "B"}},
            "outcomes": {"os": {"event": {"first_of": ["e", "f"]}, "competing": {"f": "3"}}},
            "groups": {"by": "sex"},
            "restrict": "age > 40",
            "unknown": "exclude",
        },
    )
    assert changed == {
        "derive": {"x": {"definition": "d", "rule": "B", "label": "X"}, "y": {"sql": "1"}},
        "outcomes": {"os": {"event": {"first_of": ["e", "f"]}, "censor": "c", "competing": {"d": "1", "f": "3"}}},
        "groups": {"by": "sex", "order": ["a", "b"]},
        "cohort": [{"time_zero": "op"}, {"keep": "age > 40", "otherwise": "Other", "unknown": "exclude"}],
    }
    assert study["derive"]["x"]["rule"] == "A"


def test_another_kind_of_derivation_replaces_all_but_the_words() -> None:
    study = {"derive": {"x": {"definition": "d", "rule": "A", "label": "X", "unit": "mm"}}}
    changed = with_alternative(study, {"derive": {"x": {"sql": "size > 3"}}})
    assert changed["derive"]["x"] == {"label": "X", "unit": "mm", "sql": "size > 3"}


def test_an_alternative_is_a_whole_study(tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text(STUDY + "alternatives:\n  seg: {label: By segments, derive: {major: {rule: SEG3}}}\n")
    loaded = load_study(file)
    other = loaded.as_alternative("seg").study
    assert (loaded.study.derive["major"].rule, other.derive["major"].rule) == ("MAYO", "SEG3")  # type: ignore[union-attr]
    assert other.outcomes == loaded.study.outcomes


def test_what_is_wrong_stands_at_its_own_line(tmp_path: Path) -> None:
    first = len(STUDY.splitlines())
    (found,) = problems(
        tmp_path, "alternatives:\n  seg:\n    label: By segments\n    derive:\n      major: {rule: SEG4}\n"
    )
    assert (found.line, found.where) == (first + 5, "alternatives.seg.derive.major.rule")
    assert found.hint.startswith("Did you mean 'SEG3'")
    (found,) = problems(tmp_path, "alternatives:\n  few:\n    label: Few\n    restrict: age >\n")
    assert (found.line, found.where) == (first + 4, "alternatives.few.restrict")


@pytest.mark.parametrize(
    ("alternative", "where", "words"),
    [
        ("{label: X}", "x", "replaces something"),
        ("{label: X, derive: {mayor: {rule: SEG3}}}", "x.derive.mayor", "nothing of this name"),
        ("{label: X, outcomes: {pfs: {censor: seen}}}", "x.outcomes.pfs", "nothing of this name"),
        ("{label: X, derive: {major: {rule: SEG3}}, show: [os, minor]}", "x.show[2]", "neither an outcome"),
        ("{label: X, derive: {major: {rules: SEG3}}}", "x.derive.major.rules", "no key 'rules'"),
        ("{label: X, groups: {reference: b}}", "x.groups.reference", "the same groups"),
        ("{label: X, derive: {major: {rule: SEG3}}, unknown: exclude}", "x.unknown", "belongs to 'restrict:'"),
    ],
)
def test_what_an_alternative_cannot_say(tmp_path: Path, alternative: str, where: str, words: str) -> None:
    (found,) = problems(tmp_path, f"alternatives:\n  x: {alternative}\n")
    assert found.where == f"alternatives.{where}"
    assert words in found.message


@pytest.mark.parametrize(
    "text",
    [
        "3",
        "[a]",
        "{x: }",
        "{x: 4}",
        "{x: {label: X}}",
        "{x: {derive: {major: {rule: SEG3}}}}",
        "{x: {label: X, derive: 3}}",
        "{x: {label: X, derive: {major: SEG3}}}",
        "{x: {label: X, derive: {major: [SEG3]}}}",
        "{x: {label: X, outcomes: {os: {event: {first_of: death}}}}}",
        "{x: {label: X, outcomes: {os: {event: {first_of: [death]}}}}}",
        "{x: {label: X, groups: {by: {sql: 3}}}}",
        "{x: {label: X, cohort: []}}",
        "{x: {label: X, cohort: [3]}}",
        "{x: {label: X, cohort: [{keep: a = }]}}",
        "{x: {label: X, variables: {patient.age: {range: [9]}}}}",
        "{x: {label: X, variables: [patient.age]}}",
        "{x: {label: X, restrict: 3}}",
        "{x: {label: X, restrict: a > 1, unknown: perhaps}}",
        "{x: {label: X, restrict: a > 1, show: os}}",
        "{1x: {label: X, restrict: a > 1}}",
        "{main: {label: X, restrict: a > 1}}",
        "{x: {label: X, data: {patient: {file: other.csv, key: id}}}}",
    ],
)
def test_whatever_stands_there_is_told_with_its_line(tmp_path: Path, text: str) -> None:
    for found in problems(tmp_path, f"alternatives: {text}\n"):
        assert found.line == len(STUDY.splitlines()) + 1
        assert "alternatives" in found.where
