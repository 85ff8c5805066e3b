"""The index row: from many rows a patient to one, and the course of treatment that begins with it."""

# ruff: noqa: S608 (only quoted names are put into SQL)

from __future__ import annotations

from dataclasses import dataclass, replace

from atrisk.cohort.remaining import Counts, count, remaining_source
from atrisk.derive.compiled import RowQuestion
from atrisk.derive.patients import ALIAS, UNIT, Course, Patients, Visible, row_sql
from atrisk.derive.row_findings import row_findings
from atrisk.read.session import Session, quote
from atrisk.read.table import ROW, ColumnType
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.cohort import Index


@dataclass(frozen=True, slots=True, eq=False)
class Indexed:
    """The patients, one row each, and what the step did; ``same_course`` as in the flow."""

    patients: Patients
    kept: str
    remaining: Counts
    same_course: int | None
    findings: tuple[Finding, ...]


def choose_index(step: Index, patients: Patients, kept: str, session: Session) -> Indexed:
    """Of the rows in ``kept``, the first (or last) of each patient by date.

    Rows of one date go by their order in the file: the first of them for ``first``, the last for ``last``. A row
    without a date is a finding that blocks: nobody can say whether it comes first.

    With ``one_course_within``, the course of a patient is the index row and every row of the same table dated from
    the index date to so many days after it, whether or not it met the criteria: a second stage after the study's
    window and a re-operation without resection are part of what began with the index operation. Child rows of the
    whole course count as the index row's. Without it the course is the index row alone. Raises MisfitError for names
    that do not fit.
    """
    by = patients.resolve("index", f"{step.table}.{step.by}", ColumnType.DATE)
    zero = time_zero(step.time_zero, patients)
    undated = tuple(row_findings(_undated(step, by, patients, kept), patients.tables, session))
    # The rows that remain get the name of those that remained before, which are still to be counted.
    eligible = session.create("cohort_eligible", f"SELECT {UNIT} FROM {kept}")
    way = "ASC" if step.which == "first" else "DESC"
    unit_row, patient_row = row_sql(step.table), row_sql(patients.root)
    chosen = session.create(
        "cohort_kept",
        f"SELECT {UNIT} FROM (SELECT {ALIAS}.{UNIT} AS {UNIT}, row_number() OVER (PARTITION BY {patient_row}"
        f" ORDER BY {by.sql} {way} NULLS LAST, {unit_row} {way}) AS place FROM {remaining_source(patients, kept)})"
        f" WHERE place = 1 ORDER BY {UNIT}",
    )
    relation = session.create("cohort_patients", f"SELECT {ALIAS}.* FROM {remaining_source(patients, chosen)}")
    course = _course(step, by, zero, patients, relation, session)
    found = replace(patients, relation=relation, time_zero=zero.sql, course=course)
    same_course = None
    if step.one_course_within is not None and course is not None:
        same_course = _later_stages(patients, eligible, chosen, course, session)
    session.drop("cohort_eligible")
    return Indexed(
        patients=found,
        kept=chosen,
        remaining=count(found, chosen, session),
        same_course=same_course,
        findings=undated,
    )


def _later_stages(patients: Patients, eligible: str, chosen: str, course: Course, session: Session) -> int:
    """How many of the rows that met the criteria are not the index row and yet belong to its course."""
    key = patients.tables[course.table].key
    return int(
        session.value(
            f"SELECT count(*) FROM {remaining_source(patients, eligible)} WHERE {ALIAS}.{UNIT} NOT IN"
            f" (SELECT {UNIT} FROM {chosen}) AND {ALIAS}.{quote(f'{course.table}.{key}')} IN"
            f" (SELECT key FROM {course.relation})"
        )
    )


def time_zero(name: str, patients: Patients) -> Visible:
    """The column of dates from which follow-up counts; raises MisfitError for a name that is none."""
    return patients.resolve("time_zero", name, ColumnType.DATE)


def _undated(step: Index, by: Visible, patients: Patients, kept: str) -> RowQuestion:
    return RowQuestion(
        rule="index-date-missing",
        severity=Severity.BLOCKS,
        table=step.table,
        column=by.column,
        select=f"SELECT {row_sql(step.table)}, {patients.key_sql(step.table)}, ''"
        f" FROM {remaining_source(patients, kept)} WHERE {by.sql} IS NULL ORDER BY {ALIAS}.{UNIT}",
        message=Remark(f"index-date-missing.{step.which}"),
        remedy=Remark("index-date-missing.remedy"),
    )


def _course(
    step: Index, by: Visible, zero: Visible, patients: Patients, indexed: str, session: Session
) -> Course | None:
    """The rows of the course; None where the table has no key, so that no child row can hang on it."""
    key = patients.tables[step.table].key
    if key is None:
        return None
    patient = quote(f"{patients.root}.{ROW}")
    date = quote(by.name)
    # Windows count from each operation's own date where time zero is a column of its table.
    start = quote(zero.name) if zero.table == step.table else date
    within = "FALSE"
    if step.one_course_within is not None:
        within = f"date_diff('day', i.{date}, r.{date}) BETWEEN 0 AND {step.one_course_within.days!r}"
    select = (
        f"SELECT i.{UNIT} AS {UNIT}, r.{quote(f'{step.table}.{key}')} AS key, r.{start} AS start"
        f" FROM {indexed} i JOIN {patients.relation} r ON r.{patient} = i.{patient}"
        f" WHERE r.{UNIT} = i.{UNIT} OR {within} ORDER BY i.{UNIT}, r.{UNIT}"
    )
    return Course(table=step.table, relation=session.create("cohort_course", select))
