"""Clavien-Dindo grade: the worst complication, or whether one reached a grade."""

from __future__ import annotations

from atrisk.derive import worst_grade
from atrisk.derive.child_rows import searched_sql
from atrisk.derive.compiled import Compiled
from atrisk.derive.complications import complications
from atrisk.derive.patients import Patients
from atrisk.result.remark import Remark
from atrisk.study.definition import ClavienDindo

GRADES = ("I", "II", "IIIa", "IIIb", "IVa", "IVb", "V")
UNKNOWN_GRADE = "unknown-clavien-dindo-grade"
REMEDY = Remark("unknown-clavien-dindo-grade.remedy", {"grades": tuple(GRADES)})


def named(declared: ClavienDindo) -> tuple[str | None, ...]:
    """The names it takes from the patient's row."""
    return (declared.searched,)


def compiled(declared: ClavienDindo, patients: Patients) -> Compiled:
    """The worst grade of these patients, or whether it reached one; a code that is no grade blocks.

    Definition: I deviation without treatment; II drugs, transfusion, parenteral nutrition; IIIa intervention without
    general anaesthesia, IIIb with; IVa failure of one organ, IVb of several; V death. Source: Dindo, Demartines,
    Clavien, Ann Surg 2004;240:205-213. What is unknown follows the rules of ``atrisk.derive.worst_grade``.
    """
    found = complications(declared, patients, grades=GRADES, rule=UNKNOWN_GRADE, remedy=REMEDY)
    searched = searched_sql(declared.searched, patients)
    return worst_grade.compiled(found, GRADES, searched, at_least=declared.at_least)
