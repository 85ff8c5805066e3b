"""The cohort: rows become patients, criteria are applied in order, and every number of the flow is counted here."""

# ruff: noqa: S608 (only quoted names are put into SQL)

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from atrisk.cohort.criteria import judge
from atrisk.cohort.index import choose_index, time_zero
from atrisk.cohort.nobody_left import nobody_left
from atrisk.cohort.remaining import Counts, count, remaining_source
from atrisk.cohort.start import start_rows
from atrisk.cohort.words import variable_words
from atrisk.derive.compiled import RowQuestion
from atrisk.derive.derived_variables import derive
from atrisk.derive.misfit import MisfitError
from atrisk.derive.patients import ALIAS, PATIENT, UNIT, Patients, row_sql
from atrisk.derive.row_findings import row_findings
from atrisk.errors import StudyError
from atrisk.read.session import Session
from atrisk.read.table import Table
from atrisk.result.finding import Finding, Severity
from atrisk.result.flow import FlowStep
from atrisk.result.remark import Remark
from atrisk.result.run_result import VariableWords
from atrisk.study.cohort import Index, Keep, TimeZero
from atrisk.study.expression import Expression, ExpressionError
from atrisk.study.load import LoadedStudy
from atrisk.study.scope import DERIVED, Scope
from atrisk.study.text import Text


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Cohort:
    """The patients of a study, one row each in the order of the file, and how they came to be these.

    The relation has ``__patient`` (0 to n - 1), every visible column as ``table.column`` and every derived variable.
    ``words`` are keyed by full name and, where it is unique, by bare name.
    """

    patients: Patients
    flow: tuple[FlowStep, ...]
    n: int
    findings: tuple[Finding, ...]
    words: Mapping[str, VariableWords]

    @property
    def relation(self) -> str:
        """SQL text of the relation, ready to stand after FROM."""
        return self.patients.relation

    @property
    def scope(self) -> Scope:
        """What an expression over the patients may name; its SQL stands over the alias ``p``."""
        return self.patients.scope()


@dataclass(slots=True, eq=False)
class _Building:
    """The cohort on its way: who remains, and what was counted and found so far."""

    patients: Patients
    kept: str
    remaining: Counts
    unit: str
    flow: list[FlowStep]
    findings: list[Finding]


def build_cohort(
    loaded: LoadedStudy, tables: Mapping[str, Table], session: Session, *, relation: str = "cohort"
) -> Cohort:
    """Apply the steps of the study's cohort in order.

    Derived variables are computed once each patient has one row: after the index step, or at once where there is none.
    Every step is counted, in rows of its unit and in patients, from the same relations that later give the analysis, so
    that the flow and the analysis cannot disagree. A patient whose time zero is missing at the end is a finding that
    blocks, and so is a cohort in which nobody is left. The cohort is kept as ``relation``. Raises StudyError, with the
    line, for whatever the study file says that does not fit the tables.
    """
    study = loaded.study
    patients, findings = start_rows(loaded, tables, session)
    kept = session.create("cohort_kept", f"SELECT {UNIT} FROM {patients.relation} ORDER BY {UNIT}")
    building = _Building(
        patients=patients,
        kept=kept,
        remaining=count(patients, kept, session),
        unit=study.index.table if study.index is not None else study.root,
        flow=[],
        findings=list(findings),
    )
    building.flow.append(_start(building, tables[study.root]))
    if study.index is None:
        _set_time_zero(building, loaded)
        _derive(building, loaded, session)
    for position, step in enumerate(study.cohort):
        try:
            if isinstance(step, Keep):
                _keep(building, step, session)
            elif isinstance(step, Index):
                _index(building, step, session)
                _derive(building, loaded, session)
        except MisfitError as misfit:
            place, hint = ("cohort", position, misfit.field), misfit.hint
            if isinstance(step, Keep) and _names_derived_too_early(step, building, loaded):
                hint = "Derived variables are computed after the index step: move this criterion below it."
            raise StudyError([loaded.problem(place, misfit.message, hint)]) from None
    final = _numbered(building, relation, session)
    for temporary in ("cohort_rows", "cohort_patients", "cohort_course", "cohort_kept", "cohort_verdict"):
        session.drop(temporary)
    building.findings += _missing_time_zero(final, session)
    building.findings += nobody_left(building.flow, loaded, tables[building.flow[0].unit].file)
    return Cohort(
        patients=final,
        flow=tuple(building.flow),
        n=building.remaining.rows,
        findings=tuple(building.findings),
        words=variable_words(final, study, session),
    )


def narrowed(cohort: Cohort, step: Keep, loaded: LoadedStudy, session: Session, *, relation: str) -> Cohort:
    """The patients of a finished cohort who meet one more criterion, the last of ``loaded``; its flow gets that step.

    What the cohort's own steps found is not said again. Raises StudyError as ``build_cohort`` does.
    """
    patients = cohort.patients
    kept = session.create("cohort_kept", f"SELECT {UNIT} FROM {patients.relation} ORDER BY {UNIT}")
    building = _Building(
        patients=patients,
        kept=kept,
        remaining=count(patients, kept, session),
        unit=patients.root,
        flow=list(cohort.flow),
        findings=[],
    )
    try:
        _keep(building, step, session)
    except MisfitError as misfit:
        place = ("cohort", len(loaded.study.cohort) - 1, misfit.field)
        raise StudyError([loaded.problem(place, misfit.message, misfit.hint)]) from None
    final = _numbered(building, relation, session, numbered_before=True)
    for temporary in ("cohort_kept", "cohort_verdict"):
        session.drop(temporary)
    return replace(
        cohort,
        patients=final,
        flow=tuple(building.flow),
        n=building.remaining.rows,
        findings=tuple(building.findings),
    )


def _names_derived_too_early(step: Keep, building: _Building, loaded: LoadedStudy) -> bool:
    try:
        names = {str(name).partition(".")[0] for name in Expression.parse(step.keep).names}
    except ExpressionError:
        return False
    return any(name in loaded.study.derive and name not in building.patients.visible for name in names)


def _derive(building: _Building, loaded: LoadedStudy, session: Session) -> None:
    building.patients, findings = derive(loaded, building.patients, session)
    building.findings += findings


def _set_time_zero(building: _Building, loaded: LoadedStudy) -> None:
    for position, step in enumerate(loaded.study.cohort):
        if isinstance(step, TimeZero):
            try:
                zero = time_zero(step.time_zero, building.patients)
            except MisfitError as misfit:
                place = ("cohort", position, misfit.field)
                raise StudyError([loaded.problem(place, misfit.message, misfit.hint)]) from None
            building.patients = replace(building.patients, time_zero=zero.sql)


def _start(building: _Building, root: Table) -> FlowStep:
    rows = building.remaining.rows
    return FlowStep(
        number=1,
        kind="start",
        label=Text({"en": "In the data", "zh": "数据中"}),
        unit=building.unit,
        entered=rows,
        excluded=0,
        unknown=0,
        unknown_rule="",
        remaining=rows,
        patients_entered=root.n_rows,
        patients_remaining=building.remaining.patients,
        left_out=root.n_left_out,
        left_out_of=root.n_left_out + root.n_rows,
    )


def _keep(building: _Building, step: Keep, session: Session) -> None:
    before = building.remaining
    judged = judge(step, building.unit, building.patients, building.kept, session)
    building.kept, building.remaining = judged.kept, judged.remaining
    building.findings += judged.findings
    building.flow.append(
        FlowStep(
            number=len(building.flow) + 1,
            kind="keep",
            label=step.otherwise,
            unit=building.unit,
            entered=before.rows,
            excluded=judged.excluded,
            unknown=judged.unknown,
            unknown_rule=step.unknown or "",
            remaining=judged.remaining.rows,
            patients_entered=before.patients,
            patients_remaining=judged.remaining.patients,
        )
    )


def _index(building: _Building, step: Index, session: Session) -> None:
    before = building.remaining
    indexed = choose_index(step, building.patients, building.kept, session)
    which = {"first": "首次", "last": "末次"}[step.which]
    building.flow.append(
        FlowStep(
            number=len(building.flow) + 1,
            kind="index",
            label=Text(
                {
                    "en": f"Not the patient's {step.which} eligible {step.table}",
                    "zh": f"非患者{which}符合条件的记录（{step.table}）",
                }
            ),
            unit=step.table,
            entered=before.rows,
            excluded=before.rows - indexed.remaining.rows,
            unknown=0,
            unknown_rule="",
            remaining=indexed.remaining.rows,
            patients_entered=before.patients,
            patients_remaining=indexed.remaining.patients,
            same_course=indexed.same_course,
        )
    )
    building.patients, building.kept, building.remaining = indexed.patients, indexed.kept, indexed.remaining
    session.drop("cohort_rows")
    building.unit = indexed.patients.root
    building.findings += indexed.findings


def _numbered(building: _Building, relation: str, session: Session, *, numbered_before: bool = False) -> Patients:
    """The remaining patients in the order of the file, numbered from 0, with the rows of their course."""
    patients = building.patients
    columns = f"{ALIAS}.* EXCLUDE ({PATIENT})" if numbered_before else f"{ALIAS}.*"
    numbered = f"(SELECT {UNIT}, row_number() OVER (ORDER BY {UNIT}) - 1 AS {PATIENT} FROM {building.kept})"
    select = f"SELECT k.{PATIENT}, {columns} FROM {remaining_source(patients, numbered)}"
    course = patients.course
    if course is not None:
        # An alternative of the study may derive variables anew from the rows of the course.
        course = replace(course, relation=session.create(f"{relation}_course_kept", f"FROM {course.relation}"))
    return replace(patients, relation=session.create(relation, select), course=course)


def _missing_time_zero(patients: Patients, session: Session) -> Iterator[Finding]:
    if patients.time_zero is None:
        return
    item = next(item for item in patients.visible.values() if item.sql == patients.time_zero)
    table = patients.root if item.table == DERIVED else item.table
    question = RowQuestion(
        rule="time-zero-missing",
        severity=Severity.BLOCKS,
        table=table,
        column=item.column,
        select=f"SELECT {row_sql(table)}, {patients.key_sql(table)}, '' FROM {patients.relation} {ALIAS}"
        f" WHERE {patients.time_zero} IS NULL ORDER BY {ALIAS}.{PATIENT}",
        message=Remark("time-zero-missing"),
        remedy=Remark("time-zero-missing.remedy"),
    )
    yield from row_findings(question, patients.tables, session)
