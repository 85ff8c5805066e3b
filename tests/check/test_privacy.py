"""What goes to the terminal holds no patient's value and no identifier, whatever is wrong with the data."""

from __future__ import annotations

from pathlib import Path

import pytest

from atrisk.errors import AtriskError
from tests.check.documented import documented
from tests.read.small_study import read_study, write_study

# Every secret is a text that cannot stand in a message by accident.
PATIENTS = """\
id,arm,birth,death,ki67,age,sex,when,stage,note,code
PSEUDO-AA,A,1871-03-17,2011-03-19,<7.77,31.41,F,17/03/2011,31.4,NA,5
PSEUDO-BB,B,1951-03-18,2031-03-18,8.88%,271.8,Zwitter,18/03/2011,27.1,N/A,6
PSEUDO-AA,B,1951-03-18,1931-03-18,3.33-5.55,-31.41,f,19/03/2011,2.71,NULL,7
,A,1951-02-31,,abcxyz,314.1,M,20/03/2011,secretstage,.,999
PSEUDO-CC,A,1951-03-18
PSEUDO-DD,A,1951-03-18,2011-03-19,9.99,31.41,F,21/03/2011,3.14,deepsecret,8
PSEUDO-EE,A,1951-03-18,2011-03-19,9.99,31.41,F,21/03/2011,3.14,deepsecret,8
PSEUDO-FF,B,1951-03-18,2011-03-19,9.99,31.41,M,21/03/2011,3.14,nu\x00l,9,OVERLONG
PSEUDO-GG,B,1951-03-18,2011-03-19,9.99,"unclosed,M,21/03/2011,3.14,x,9
"""
OPERATIONS = (
    "op_id,id,op_date\nOPSEUDO-1,PSEUDO-AA,2021-05-23\nOPSEUDO-2,NOBODY-X,1999-99-99\nOPSEUDO-1,PSEUDO-DD,2010-05-23\n"
    "OPSEUDO-3,PSEUDO-DD,2010-05-24\n"
)
DATA = "patient: {file: patient.csv, key: id}\nop: {file: op.csv, key: op_id, parent: patient, one_to_one: true}"
VARIABLES = """\
patient.ki67: {type: number}
patient.age: {range: [18, 100]}
patient.sex: {levels: {F: Female, M: Male}}
patient.stage: {type: number}
patient.birth: {type: date}
patient.when: {type: date}
op.op_date: {type: date}"""
EXTRA = "dates_in_order:\n  - birth <= op_date <= death"
SECRETS = [
    *(
        "PSEUDO",
        "NOBODY",
        "1871",
        "2031",
        "1931",
        "1951-0",
        "7.77",
        "8.88",
        "3.33",
        "abcxyz",
        "31.41",
        "271.8",
        "314.1",
    ),
    *("Zwitter", "17/03", "2021-05", "1999-99", "secret", "OVERLONG", "unclosed", "2.71", "2010-05", "2011"),
]


RULES = (
    "ragged-row nul-character broken-quotes wrong-type date-format na-is-missing duplicate-key missing-key orphan-row "
    "one-to-one unknown-level out-of-range after-data-cut dates-in-order implausible-year same-row-twice "
    "like-a-missing-word like-a-missing-code often-missing"
)


def test_findings_show_values_only_where_the_check_report_looks(tmp_path: Path) -> None:
    loaded = write_study(
        tmp_path,
        {"patient.csv": PATIENTS, "op.csv": OPERATIONS},
        data=DATA,
        variables=VARIABLES,
        extra=EXTRA,
        study="data_cut: 2022-06-30",
    )
    with read_study(loaded) as read:
        rules = {finding.rule for finding in read.findings}
        shown = [f"{f.message} {f.remedy} {f.place} {f.rule} {f.table}" for f in read.findings]
    assert rules >= set(RULES.split())
    said = documented()
    assert [f.rule for f in read.findings if f.severity.value not in said[f.rule]] == []
    assert [text for text in shown if any(secret in text for secret in SECRETS)] == []
    assert any("PSEUDO" in f.key for f in read.findings)
    assert any("Zwitter" in f.value for f in read.findings)


@pytest.mark.parametrize(
    "content",
    [
        "PSEUDO-AA,31.41,31.41\nPSEUDO-BB,271.8,17/03/2011\n",
        "PSEUDO-AA,Zwitter\nPSEUDO-BB,Zwitter\n",
        b"id,arm\nPSEUDO-\x81\x20\xff,A\n",
        '"PSEUDO-AA,A\n',
    ],
)
def test_errors_about_files_show_no_values(tmp_path: Path, content: str | bytes) -> None:
    loaded = write_study(tmp_path, {"patient.csv": content})
    with pytest.raises(AtriskError) as caught, read_study(loaded):
        pass
    assert not any(secret in str(caught.value) for secret in SECRETS)


def test_a_failing_expression_shows_no_value(tmp_path: Path) -> None:
    data = 'patient: {file: patient.csv, key: id, where: "note > 5"}'
    loaded = write_study(tmp_path, {"patient.csv": "id,arm,note\n1,A,deepsecret\n"}, data=data)
    with pytest.raises(AtriskError) as caught, read_study(loaded):
        pass
    assert "deepsecret" not in str(caught.value)
