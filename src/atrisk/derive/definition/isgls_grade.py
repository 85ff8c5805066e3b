"""Worst ISGLS grade of one kind of complication of liver surgery: bile leak, liver failure, haemorrhage."""

from __future__ import annotations

from atrisk.derive import worst_grade
from atrisk.derive.child_rows import searched_sql
from atrisk.derive.compiled import Compiled
from atrisk.derive.complications import complications
from atrisk.derive.patients import Patients
from atrisk.result.remark import Remark
from atrisk.study.definition import IsglsGrade

GRADES = ("A", "B", "C")


def named(declared: IsglsGrade) -> tuple[str | None, ...]:
    """The names it takes from the patient's row."""
    return (declared.searched,)


def compiled(declared: IsglsGrade, patients: Patients) -> Compiled:
    """The worst grade of these patients, or whether it reached one, of the complications called ``of``.

    Definition: A no change of management; B a deviation from the regular course without relaparotomy (bile leak, and a
    leak of grade A that lasts over a week) or without invasive treatment (liver failure); C relaparotomy, or invasive
    treatment. Grades are taken as recorded: they follow from treatment, which no table of laboratory values holds, and
    cannot be had from Clavien-Dindo grades. Sources: Koch et al., Surgery 2011;149:680-8 (bile leak); Rahbari et al.,
    Surgery 2011;149:713-24 (liver failure).

    What is unknown follows the rules of ``atrisk.derive.worst_grade``; a code that is no grade blocks.
    """
    found = complications(
        declared,
        patients,
        grades=GRADES,
        rule="unknown-isgls-grade",
        remedy=Remark("unknown-isgls-grade.remedy", {"grades": tuple(GRADES)}),
    )
    searched = searched_sql(declared.searched, patients)
    return worst_grade.compiled(found, GRADES, searched, at_least=declared.at_least)
