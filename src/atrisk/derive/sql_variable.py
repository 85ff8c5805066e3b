"""A derived variable that the study file writes as an expression over the patient's row."""

from __future__ import annotations

from atrisk.derive.attempt import expression_sql, expression_type
from atrisk.derive.compiled import Compiled
from atrisk.derive.patients import ALIAS, Patients
from atrisk.read.session import Session
from atrisk.read.table import ColumnType
from atrisk.study.derivation import SqlVariable


def compile_sql_variable(declared: SqlVariable, patients: Patients, session: Session) -> Compiled:
    """The expression as it stands; with ``levels``, a text or number it yields is one of their codes.

    Raises MisfitError for names that do not resolve and parts that do not go together.
    """
    sql = expression_sql("sql", declared.sql, patients.scope())
    kind = expression_type("sql", sql, f"{patients.relation} {ALIAS}", session)
    if kind is ColumnType.TEXT and declared.levels is not None:
        kind = ColumnType.CATEGORY
    return Compiled(fields={"": sql}, types={"": kind}, guarded=True)
