"""A study with its partial dates at their extremes, beside the study as declared."""

from __future__ import annotations

from pathlib import Path

from atrisk.run.study import run_study
from atrisk.study.load import load_study

STUDY = """\
atrisk: 1
study: {id: small, title: Small, data_cut: 2012-12-31}
data: {patient: {file: p.csv, key: id}}
variables: {patient.died: {partial: {day: 15, month: 7}}}
cohort: [{time_zero: op}]
groups: {by: arm, order: [A, B]}
outcomes: {os: {label: OS, event: died, censor: seen}}
alternatives:
  early: {label: Deaths as early as possible, variables: {patient.died: {partial: earliest}}}
  late: {label: Deaths as late as possible, variables: {patient.died: {partial: latest}}}
"""
DATA = """\
id,arm,op,died,seen
1,A,2012-01-01,2012,2012-03-01
2,A,2012-01-01,2012-02-10,2012-02-01
3,B,2012-01-01,2012-05,2012-05-20
4,B,2012-01-01,,2012-06-01
"""


def test_person_time_by_hand(tmp_path: Path) -> None:
    """Days from 2012-01-01, a leap year, to the end of follow-up of patients 1 and 2, and of 3 and 4.

    Declared: 15 July is day 196; 10 February day 40; 15 May lies before the last contact on the 20th and becomes the
    21st, day 141; 1 June day 152. Earliest: 1 January becomes 2 March, day 61; 1 May becomes the 21st, day 141. Latest:
    31 December, day 365, which is the data cut; 31 May, day 151.
    """
    (tmp_path / "p.csv").write_text(DATA, encoding="utf-8")
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    result = run_study(load_study(tmp_path / "study.yaml"), lambda _: None)
    found = {
        (row.specification, row.group): row.value
        for row in result.rows
        if (row.analysis, row.statistic, row.outcome) == ("follow_up", "person_time", "os")
    }
    assert {key: value for key, value in found.items() if key[1]} == {
        ("main", "A"): 196 + 40, ("main", "B"): 141 + 152,
        ("early", "A"): 61 + 40, ("early", "B"): 141 + 152,
        ("late", "A"): 365 + 40, ("late", "B"): 151 + 152,
    }  # fmt: skip
