"""Every wrong specification is answered with file, line and what to do; nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from atrisk.errors import Problem, SpecError
from atrisk.simulate.cohort import simulate
from atrisk.simulate.spec_file import read_spec

SPEC = (Path(__file__).parents[2] / "examples" / "netlm" / "spec.yaml").read_text(encoding="utf-8")


def problems_of(content: str | bytes, folder: Path) -> tuple[Problem, ...]:
    path = folder / "spec.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SpecError) as caught:
        simulate(path, folder / "out", lambda _: None)
    assert [found.name for found in folder.iterdir()] == ["spec.yaml"]
    assert all(problem.file == str(path) for problem in caught.value.problems)
    return caught.value.problems


def line_of(text: str, content: str = SPEC) -> int:
    return content[: content.index(text)].count("\n") + 1


# old text, new text, where, part of the message, part of the hint
REPLACED = [
    ("most_tries:", "most_trys:", "most_trys", "unknown key", "'most_tries'"),
    ("  age_years:", "  age_year:", "baseline.age_year", "unknown key", "'age_years'"),
    ("first_two_years: {UP: 4", "first_two_years: {UQ: 4", "hepatic_progression.visits.before_2010.first_two_years.UQ",
     "unknown key", "UP"),
    ("seed: 20240508", "seed: soon", "seed", "integer", ""),
    ("seed: 20240508", "seed: -1", "seed", "greater than or equal to 0", ""),
    ("seed: 20240508", "seed: true", "seed", "integer", ""),
    ("atrisk_simulation: 1", "atrisk_simulation: 2", "atrisk_simulation", "1", ""),
    ("    UP: 32\n", "    UP: 3\n", "patients.eligible.UP", "greater than or equal to 8", ""),
    ("    UP: 32\n", '    UP: "32"\n', "patients.eligible.UP", "integer", ""),
    ("{RH: 0.70", "{RH: 0.60", "surgery.major_codes", "add up to 1", ""),
    ("{RH: 0.70", "{LH: 0.70", "surgery.major_codes.shares.LH", "RH", ""),
    ("{probability: 0.51, basis: published, source: S49}", "{probability: 0.51, basis: published}", "baseline.male",
     "needs its source", ""),
    ("{probability: 0.51, basis: published, source: S49}", "{probability: 0.51, basis: published, source: S48}",
     "baseline.male.source", "not listed", "sources"),
    ("{probability: 0.51, basis: published, source: S49}", "{probability: 0.51}", "baseline.male.basis", "missing", ""),
    ("{probability: 0.51,", "{probability: 51,", "baseline.male.probability", "less than or equal to 1", ""),
    ("{probability: 0.51,", "{probability: .nan,", "baseline.male.probability", "number", ""),
    ("first: 2000-01-01, last: 2020-12-31", "first: 2020-12-31, last: 2000-01-01", "calendar",
     "follow one another", ""),
    ("first: 2000-01-01,", "first: January,", "calendar.window.first", "expected a date", ""),
    ("mean: 58, sd: 12, low: 25, high: 85", "mean: 58, sd: 12, low: 85, high: 25", "baseline.age_years", "low", ""),
    ("jitter: 0.2 ", "jitter: 2 ", "hepatic_progression.visits.jitter", "less than or equal to 0.4", ""),
    ("quantity: lm_size_p,", "quantity: lm_sise_p,", "targets[3].quantity", "lm_size_p", ""),
    ("quantity: lm_size_p,", "quantity: lm_number_p,", "", "more than one target for lm_number_p", ""),
    ("published: 0.002, within_factor: 1.25", "published: 0.002, below: 1", "targets[3]", "below and above stand", ""),
    ("published: 0.002, within_factor: 1.25", "within_factor: 1.25", "targets[3]", "need published", ""),
    ("{quantity: lm_number_difference, below: 0,", "{quantity: lm_number_difference, below: 0, above: 1,", "targets[2]",
     "exactly one", ""),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "where", "message", "hint"), REPLACED)
def test_wrong_word_or_value(old: str, new: str, where: str, message: str, hint: str, tmp_path: Path) -> None:
    """The problem stands on the line that was changed (an error of the whole file on its first line)."""
    assert old in SPEC
    problems = problems_of(SPEC.replace(old, new, 1), tmp_path)
    (problem,) = [problem for problem in problems if problem.where == where]
    assert message in problem.message
    assert hint in problem.hint
    if where in ("", "calendar"):
        assert problem.line is not None
    else:
        assert problem.line == line_of(old.strip(" \n").splitlines()[0])


def test_all_problems_are_reported(tmp_path: Path) -> None:
    content = SPEC.replace("sd: 12,", "sd: 0,").replace("correlation_with_survival:", "correlated:")
    wheres = {problem.where for problem in problems_of(content, tmp_path)}
    assert {
        "baseline.age_years.sd",
        "hepatic_progression.correlated",
        "hepatic_progression.correlation_with_survival",
    } == wheres


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"nowhere\.yaml: cannot be read"):
        read_spec(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"", 1, "empty"),
        (b"- 1\n", 1, "expected keys and values"),
        (b"a: 1\nb: [1\nc: 2\n", 2, "not closed"),
        (b"a: 1\na: 2\n", 2, "stands twice"),
        (b"a: 1\nb: \xe9t\xe9\n", 2, "not in UTF-8"),
        (b"title:\n", 1, "nothing is written"),
        (b"a: &x [*x]\n", 1, "aliases"),
    ],
)
def test_not_a_specification(content: bytes, line: int | None, message: str, tmp_path: Path) -> None:
    (problem, *_) = problems_of(content, tmp_path)
    assert message in problem.message
    assert problem.line == line


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_bytes(b"\xef\xbb\xbf" + SPEC.encode())
    assert read_spec(tmp_path / "spec.yaml").spec == _example()


def test_targets_out_of_reach_name_the_worst(tmp_path: Path) -> None:
    old = "{quantity: ki67_p, above: 0.2,"
    content = SPEC.replace(old, "{quantity: ki67_p, above: 2,").replace("most_tries: 20000", "most_tries: 40")
    content = content.replace("within_factor: 1.25", "within_factor: 1.0e6")
    (problem,) = problems_of(content, tmp_path)
    assert problem.where == "targets[5]"
    assert problem.line == line_of(old)
    assert "none of 40 draws of the baseline block" in problem.message


def test_more_special_patients_than_there_can_be(tmp_path: Path) -> None:
    content = SPEC[: SPEC.index("targets:")] + "targets: []\n"
    content = content.replace("primary_found_later: 4", "primary_found_later: 33")
    (problem,) = problems_of(content, tmp_path)
    assert problem.where == "patients.special.primary_found_later"
    assert problem.line == line_of("primary_found_later: 33", content)
    assert "of the patients drawn can have this" in problem.message


def _example() -> object:
    return read_spec(Path(__file__).parents[2] / "examples" / "netlm" / "spec.yaml").spec


def test_a_study_file_in_place_of_a_specification(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text("# A study\natrisk: 1\nstudy: {id: x, title: X}\n", encoding="utf-8")
    with pytest.raises(SpecError, match="'atrisk run ") as caught:
        read_spec(path)
    assert [problem.line for problem in caught.value.problems] == [2]
