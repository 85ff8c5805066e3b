"""An eligibility criterion in three-valued logic: who stays, who leaves, and of whom it is not known."""

# ruff: noqa: S608 (only quoted names and checked expressions are put into SQL)

from __future__ import annotations

from dataclasses import dataclass

from atrisk.cohort.remaining import Counts, count, remaining_source
from atrisk.derive.attempt import attempt, expression_sql, expression_type
from atrisk.derive.compiled import RowQuestion
from atrisk.derive.misfit import MisfitError
from atrisk.derive.patients import ALIAS, UNIT, Patients, Visible, row_sql
from atrisk.derive.row_findings import row_findings
from atrisk.read.session import Session
from atrisk.read.table import ColumnType
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.cohort import Keep
from atrisk.study.expression import Expression
from atrisk.study.scope import DERIVED

VERDICT = "cohort_verdict"


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What a criterion did: rows that failed it, rows it could not judge, and what remained."""

    excluded: int
    unknown: int
    remaining: Counts
    kept: str
    findings: tuple[Finding, ...]


def judge(step: Keep, unit: str, patients: Patients, kept: str, session: Session) -> Judged:
    """Judge the rows in ``kept`` (a relation of ``__unit``) by a criterion.

    True stays, false leaves. Unknown (NULL) stays or leaves as ``step.unknown`` says; where it says nothing, every
    such row is a finding that blocks, and the row is counted as staying so that the flow still adds up. A row for
    which the expression fails is a finding that blocks likewise. Raises MisfitError where the expression does not fit
    the tables or is neither true nor false.
    """
    sql = expression_sql("keep", step.keep, patients.scope())
    source = f"{patients.relation} {ALIAS}"
    kind = expression_type("keep", sql, source, session)
    if kind is not ColumnType.BOOLEAN:
        raise MisfitError(
            "keep",
            f"a criterion is true or false for a row; this one yields a {kind}.",
            f'Compare it with something, such as "{step.keep} = 1".',
        )
    verdict = session.create(
        VERDICT,
        f"SELECT {ALIAS}.{UNIT} AS {UNIT}, {attempt(sql)} AS tried FROM {remaining_source(patients, kept)}",
    )
    failed, unknown, excluded = session.rows(
        "SELECT count(*) FILTER (WHERE tried IS NULL),"
        " count(*) FILTER (WHERE tried IS NOT NULL AND tried.answer IS NULL),"
        f" count(*) FILTER (WHERE NOT tried.answer) FROM {verdict}"
    )[0]
    stays = "tried.answer" if step.unknown == "exclude" else "tried.answer IS NOT FALSE"
    remaining = session.create("cohort_kept", f"SELECT {UNIT} FROM {verdict} WHERE {stays} ORDER BY {UNIT}")
    asked = []
    if failed:
        asked.append(("criterion-fails", "v.tried IS NULL"))
    if unknown and step.unknown is None:
        asked.append(("unknown-criterion", "v.tried IS NOT NULL AND v.tried.answer IS NULL"))
    findings = [
        found
        for rule, condition in asked
        for found in row_findings(
            _question(rule, condition, step, unit=unit, patients=patients, verdict=verdict), patients.tables, session
        )
    ]
    return Judged(
        excluded=int(excluded),
        unknown=int(unknown) + int(failed),
        remaining=count(patients, remaining, session),
        kept=remaining,
        findings=tuple(findings),
    )


def _named(step: Keep, patients: Patients) -> tuple[Visible, ...]:
    scope = patients.scope()
    return tuple(patients.visible[scope.resolve(name).name] for name in Expression.parse(step.keep).names)


def _place(step: Keep, unit: str, patients: Patients) -> str:
    """The table whose file is to be mended: the only one the criterion names, else that of the rows judged."""
    tables = {item.table for item in _named(step, patients)}
    only = next(iter(tables)) if len(tables) == 1 else DERIVED
    return unit if only == DERIVED else only


def _question(rule: str, condition: str, step: Keep, *, unit: str, patients: Patients, verdict: str) -> RowQuestion:
    """Rows whose verdict, called ``v``, meets a condition, as findings that block."""
    table = _place(step, unit, patients)
    return RowQuestion(
        rule=rule,
        severity=Severity.BLOCKS,
        table=table,
        column=_columns(step, patients),
        select=f"SELECT {row_sql(table)}, {patients.key_sql(table)}, '' FROM {patients.relation} {ALIAS}"
        f" JOIN {verdict} v ON v.{UNIT} = {ALIAS}.{UNIT} WHERE {condition} ORDER BY {ALIAS}.{UNIT}",
        message=Remark(rule, {"reason": step.otherwise}),
        remedy=Remark(f"{rule}.remedy"),
    )


def _columns(step: Keep, patients: Patients) -> str:
    return ", ".join(dict.fromkeys(item.column for item in _named(step, patients)))
