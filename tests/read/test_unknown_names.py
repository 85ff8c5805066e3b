"""Names of columns that do not exist: all of them at once, each with its place and the nearest name."""

from __future__ import annotations

from pathlib import Path

import pytest

from atrisk.errors import StudyError
from atrisk.study.load import load_study
from tests.read.small_study import read_study

TABLE = """\
id,age,Sex,approach,operated,leak,died,last_seen
1,61,F,open,2015-02-03,false,2017-06-11,2017-06-11
2,55,M,lap,2015-03-12,false,,2021-01-20
"""
STUDY = """\
atrisk: 1
study: {id: first, title: Laparoscopic against open resection}
data: {patient: {file: p.csv, key: id}}
cohort:
  - {keep: Sex = M AND agee > 18, otherwise: Not a man}
  - {time_zero: oprated}
groups: {by: aproach, order: [open, lap]}
outcomes:
  os: {label: Overall survival, event: {first_of: [dide, leek_date]}, censor: last_sen, competing: {x: diedd}}
  dfs: {label: Freedom, time: {column: tyme}, status: {column: stadus, event: 1}}
derive:
  grade: {definition: who_grade}
  sexes: {sql: "LOWER(Sexx) IN ('m', F)"}
surgical_outcomes: [leek, grde]
baseline: {show: [age, sex, patient.foo, patient.aeg]}
dates_in_order: [operated <= dyed]
comparisons:
  again:
    label: Again
    by: {sql: "agee >= 60", levels: {true: Old, false: Young}}
    strata: Sx
    restrict: leek
    outcomes: [os, lek]
"""
EXPECTED = [
    (5, 12, "cohort[1].keep", "'M'", "If it is a text, write it in single quotes: 'M'."),
    (5, 12, "cohort[1].keep", "'agee'", "Did you mean 'age'?"),
    (6, 17, "cohort[2].time_zero", "'oprated'", "Did you mean 'operated'?"),
    (7, 14, "groups.by", "'aproach'", "Did you mean 'approach'?"),
    (9, 52, "outcomes.os.event.first_of[1]", "'dide'", "Did you mean 'died'?"),
    (9, 58, "outcomes.os.event.first_of[2]", "'leek_date'", ""),
    (9, 79, "outcomes.os.censor", "'last_sen'", "Did you mean 'last_seen'?"),
    (9, 104, "outcomes.os.competing.x", "'diedd'", "Did you mean 'died'?"),
    (10, 40, "outcomes.dfs.time.column", "'tyme'", ""),
    (10, 64, "outcomes.dfs.status.column", "'stadus'", ""),
    (12, 3, "derive.grade.ki67", "'ki67'", "Say which column it is: 'ki67: ...'."),
    (12, 3, "derive.grade.mitoses", "'mitoses_2mm2'", "Say which column it is: 'mitoses: ...'."),
    (13, 16, "derive.sexes.sql", "'Sexx'", "Did you mean 'Sex'?"),
    (13, 16, "derive.sexes.sql", "'F'", "If it is a text, write it in single quotes: 'F'."),
    (14, 21, "surgical_outcomes[1]", "'leek'", "Did you mean 'leak'?"),
    (14, 27, "surgical_outcomes[2]", "'grde'", "Did you mean 'grade'?"),
    (15, 29, "baseline.show[3]", "'foo'", ""),
    (15, 42, "baseline.show[4]", "'aeg'", "Did you mean 'patient.age'?"),
    (16, 18, "dates_in_order[1]", "'dyed'", "Did you mean 'died'?"),
    (20, 15, "comparisons.again.by.sql", "'agee'", "Did you mean 'age'?"),
    (21, 13, "comparisons.again.strata", "'Sx'", "Did you mean 'Sex'?"),
    (22, 15, "comparisons.again.restrict", "'leek'", "Did you mean 'leak'?"),
    (23, 20, "comparisons.again.outcomes[2]", "'lek'", "Did you mean 'leak'?"),
]


def test_all_unknown_names_come_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(TABLE, encoding="utf-8")
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    with pytest.raises(StudyError) as caught, read_study(load_study(tmp_path / "study.yaml")):
        pass
    found = caught.value.problems
    assert [(problem.line, problem.column, problem.where) for problem in found] == [place[:3] for place in EXPECTED]
    for problem, (_line, _column, where, name, hint) in zip(found, EXPECTED, strict=True):
        assert name in problem.message
        assert problem.hint.startswith(hint), where
        assert "p.csv" in problem.message or "table 'patient'" in problem.message
        assert problem.hint or not hint


def test_an_outcome_among_columns_is_told_so_and_a_bare_name_is_completed(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(TABLE, encoding="utf-8")
    text = "atrisk: 1\nstudy: {id: x, title: X}\ndata: {patient: {file: p.csv, key: id}}\ngroups: {by: approach}\n"
    text += "outcomes: {os: {label: X, time: {column: age}, status: {column: leak, event: 1}}}\n"
    text += "surgical_outcomes: [os]\nvariables: {Sex: {label: Sex}}\n"
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as caught, read_study(load_study(tmp_path / "study.yaml")):
        pass
    assert [(problem.line, problem.hint) for problem in caught.value.problems] == [
        (6, "It stands under 'outcomes:' and is shown anyway: remove it here."),
        (7, "Did you mean 'patient.Sex'?"),
    ]


def test_a_where_knows_only_the_columns_of_its_own_table(tmp_path: Path) -> None:
    files = {"p.csv": TABLE, "scan.csv": "scan,id,day,kind\n1,1,2016-01-01,CT\n"}
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    text = "atrisk: 1\nstudy: {id: x, title: X}\ndata:\n  patient: {file: p.csv, key: id}\n"
    text += "  scan: {file: scan.csv, parent: patient, where: kind = CT AND age > 3}\ngroups: {by: approach}\n"
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as caught, read_study(load_study(tmp_path / "study.yaml")):
        pass
    assert [(problem.line, problem.message.rstrip(".")) for problem in caught.value.problems] == [
        (5, "scan.csv has no column 'CT'"),
        (5, "scan.csv has no column 'age'"),
    ]


def test_a_text_in_double_quotes_is_told_to_stand_in_single_ones(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(TABLE, encoding="utf-8")
    text = "atrisk: 1\nstudy: {id: x, title: X}\ndata: {patient: {file: p.csv, key: id}}\n"
    text += "cohort: [{keep: 'Sex = \"M\"', otherwise: Not a man}]\ngroups: {by: approach}\n"
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    with (
        pytest.raises(StudyError, match="write it in single quotes: 'M'"),
        read_study(load_study(tmp_path / "study.yaml")),
    ):
        pass
