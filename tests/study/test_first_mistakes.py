"""The first mistakes of a new user in YAML: each is answered at its line with the mend that is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from atrisk.errors import StudyError
from atrisk.study.expression import Expression, ExpressionError
from atrisk.study.load import load_study

STUDY = """\
atrisk: 1
study:
  id: first
  title: Leaks
data: {patient: {file: p.csv, key: id}}
groups: {by: approach, order: [open, lap], reference: open}
outcomes:
  os: {label: Survival, time: {column: age}, status: {column: leak, event: 1}, at: [1 year, 3 years]}
"""
IN_QUOTES = "A text with a colon in it stands in quotes."
COMMA_OR_QUOTES = "A comma is missing before this entry, or a text with a colon in it stands without quotes."


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "hint"),
    [
        ("label: Survival", "label: Time: total", 8, 19, COMMA_OR_QUOTES),
        ("title: Leaks", "title: Leaks: a study", 4, 15, IN_QUOTES),
        ("reference: open", "reference:open", 6, 44, "A space follows the colon: reference: open"),
        ("title: Leaks", "title:Leaks", 5, 1, "A space follows the colon."),
        ("title: Leaks", "title：Leaks", 4, 8, "This line has ： where YAML needs :"),
        ("outcomes:", "outcomes：", 7, 9, "This line has ： where YAML needs :"),
        ("atrisk: 1", "atrisk： 1", 1, 7, "This line has ： where YAML needs :"),
        ("by: approach", "by：approach", 6, 10, "This line has ： where YAML needs :"),
        ("Survival,", "Survival，", 8, 29, "This line has ， where YAML needs ,"),
        ("[open, lap]", "[open，lap]", 6, 24, "This line has ， where YAML needs ,"),
        ("1 year, 3", "1 year，3", 8, 85, "This line has ， where YAML needs ,"),
        ("[1 year, 3 years]", "【1 year】", 8, 84, "This line has 【 where YAML needs ["),
        ("by: approach", 'by: "approach”', 6, 14, 'This line has ” where YAML needs "'),
        ("reference: open", "reference: Open", 6, 55, "Did you mean 'open'?"),
        ("title: Leaks", "title: Title of the study, as readers see it", 4, 10, "Write the title of your study."),
    ],
)
def test_the_hint_names_the_right_mend(tmp_path: Path, old: str, new: str, line: int, column: int, hint: str) -> None:
    assert STUDY.count(old) == 1
    (tmp_path / "study.yaml").write_text(STUDY.replace(old, new), encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        load_study(tmp_path / "study.yaml")
    assert (line, column, hint) in [(found.line, found.column, found.hint) for found in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("age => 60", "'=>' is not a sign of SQL", "Write >= instead."),
        ("age =< 60", "'=<' is not a sign of SQL", "Write <= instead."),
        ("operated > 2016-01-01", "2016-01-01 is a subtraction here, not a date", "Write DATE '2016-01-01'."),
    ],
)
def test_an_expression_is_answered_with_what_to_write(text: str, message: str, hint: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        Expression.parse(text)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_what_only_looks_like_a_date_is_read() -> None:
    for text in ("day > DATE '2016-01-01'", "code = '2016-01-01'", "x = 2016-01", "a - 2016-13-01", '"2016-01-01" > 3'):
        Expression.parse(text)


def test_signs_of_a_chinese_text_are_no_mistake(tmp_path: Path) -> None:
    text = STUDY.replace("title: Leaks", "title: 肝转移：手术，“随访”").replace("Survival", "总生存（月）")
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    assert str(load_study(tmp_path / "study.yaml").study.study.title) == "肝转移：手术，“随访”"


def test_another_mistake_beside_a_chinese_text_keeps_its_own_hint(tmp_path: Path) -> None:
    text = STUDY.replace("os: {label: Survival", "os: {labl: 总生存（月）：全部")
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        load_study(tmp_path / "study.yaml")
    assert [found.hint for found in caught.value.problems] == ["Did you mean 'label'?"]


def test_a_column_in_typographic_quotes_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(STUDY.replace("by: approach", "by: ‘approach’"), encoding="utf-8")
    problem = load_study(tmp_path / "study.yaml").problem(("groups", "by"), "p.csv has no column '‘approach’'")
    assert (problem.line, problem.hint) == (6, "This line has ‘ where YAML needs '")


@pytest.mark.parametrize("name", ["p.csv", "P.XLSX", "cohort.parquet"])
def test_a_table_in_place_of_a_study_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(StudyError, match=r"is a table, not a study file. 'atrisk new "):
        load_study(tmp_path / name)


def test_the_specification_of_a_simulation_in_place_of_a_study_file(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text("# A cohort\natrisk_simulation: 1\ntitle: X\n", encoding="utf-8")
    with pytest.raises(StudyError, match="atrisk simulate") as caught:
        load_study(tmp_path / "spec.yaml")
    assert [found.line for found in caught.value.problems] == [2]
