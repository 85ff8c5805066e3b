"""Reported tumour grades by the edition of the WHO classification in force at time zero."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

from collections.abc import Iterator

from atrisk.derive.compiled import Breach
from atrisk.derive.definition.who_grade import CARCINOMA, stated_grade
from atrisk.derive.misfit import MisfitError
from atrisk.derive.patient_question import patient_question
from atrisk.derive.patients import ALIAS, Patients
from atrisk.derive.row_findings import row_findings
from atrisk.read.session import Session, literal
from atrisk.read.table import ColumnType
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.definition import WhoGrade
from atrisk.study.model import Study

_DRIFT = "grade-drift"
_EARLY = Breach(
    rule="grade-before-its-edition",
    message=Remark("grade-before-its-edition"),
    remedy=Remark("grade-before-its-edition.remedy"),
    severity=Severity.INFORMS,
)
# The first full year in which an edition was in force, and its name.
_EDITIONS = ((None, "before 2011"), (2011, "2011 to 2017"), (2018, "2018 to 2019"), (2020, "from 2020"))
_FIRST_G3 = 2017


def grade_drift(study: Study, patients: Patients, session: Session) -> Iterator[Finding]:
    """How often reported grades differ from the recomputed ones, by period; and G3 reported before there was one.

    Source: well-differentiated G3 came with the WHO classification of endocrine organs of 2017 (pancreas) and of the
    digestive system of 2019; a G3 reported before may be a carcinoma. Each differing grade is a finding of its own.
    """
    for name, declared in study.derive.items():
        if not isinstance(declared, WhoGrade) or declared.reported is None or patients.time_zero is None:
            continue
        try:
            reported = patients.resolve("reported", declared.reported, ColumnType.TEXT, ColumnType.CATEGORY)
            grade = patients.resolve("grade", name)
        except MisfitError:
            continue
        zero = patients.time_zero
        stated = stated_grade(reported)
        early = f"{stated} = 'G3' AND year({zero}) < {_FIRST_G3}"
        yield from row_findings(patient_question(reported, early, patients, _EARLY), patients.tables, session)
        period = " ".join(
            f"WHEN year({zero}) >= {year} THEN {literal(words)}"
            for year, words in reversed(_EDITIONS)
            if year is not None
        )
        counted = session.rows(
            f"SELECT CASE {period} ELSE {literal(_EDITIONS[0][1])} END, "
            f"count(*) FILTER (WHERE {grade.sql} <> {stated}), count(*), min({zero}) "
            f"FROM {patients.relation} {ALIAS} WHERE {grade.sql} IS NOT NULL AND {reported.sql} IS NOT NULL "
            f"AND {stated} <> {literal(CARCINOMA)} AND {zero} IS NOT NULL GROUP BY 1 ORDER BY 4"
        )
        if any(differing for _, differing, _, _ in counted):
            parts = tuple(
                Remark("grade-drift.period", {"period": words, "count": int(differing), "of": int(n)})
                for words, differing, n, _ in counted
            )
            table = patients.tables.get(reported.table)
            yield Finding(
                rule=_DRIFT,
                severity=Severity.INFORMS,
                table=reported.table,
                file=table.file if table is not None else "",
                column=reported.column,
                message=Remark(_DRIFT, {"periods": parts}),
                remedy=Remark(f"{_DRIFT}.remedy"),
            )
