"""Which module computes which declared derivation, and the questions that come with it."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

from collections.abc import Iterator

from atrisk.derive import clavien_dindo, comprehensive_complication_index, progression_from_imaging
from atrisk.derive.age import age
from atrisk.derive.child_rows import CHILD, ChildRows, child_rows, compile_child_rows, searched_sql
from atrisk.derive.code import code
from atrisk.derive.compiled import GATHERED, Breach, Compiled, RowQuestion
from atrisk.derive.length_of_stay import length_of_stay
from atrisk.derive.major_hepatectomy import SEGMENTS, has_unknown_code, major_hepatectomy
from atrisk.derive.misfit import MisfitError
from atrisk.derive.mortality import mortality
from atrisk.derive.patient_question import patient_question
from atrisk.derive.patients import ALIAS, UNIT, Patients
from atrisk.derive.sql_variable import compile_sql_variable
from atrisk.derive.who_grade import LEVELS as WHO_GRADES
from atrisk.derive.who_grade import ONE_INDEX, Index, graded_on_one_index, who_grade
from atrisk.read.session import Session, literal, quote
from atrisk.read.table import Column, ColumnType
from atrisk.result.finding import Finding, Severity
from atrisk.study.derivation import (
    AgeAt,
    ClavienDindo,
    ComprehensiveComplicationIndex,
    Derivation,
    FromChildRows,
    LengthOfStay,
    MajorHepatectomy,
    Mortality,
    ProgressionFromImaging,
    SqlVariable,
    WhoGrade,
)
from atrisk.study.expression import Expression
from atrisk.study.expression_tree import ExpressionError
from atrisk.study.scope import Scope

_NUMBERS = (ColumnType.INTEGER, ColumnType.NUMBER)
_TEXTS = (ColumnType.TEXT, ColumnType.CATEGORY)


def fields_of(declared: Derivation) -> tuple[str, ...]:
    """The fields a derivation yields: "" for the variable itself, else names such as ``date``."""
    match declared:
        case ProgressionFromImaging():
            return progression_from_imaging.FIELDS
        case WhoGrade() if declared.mitoses is not None:
            return ("", ONE_INDEX)
        case _:
            return ("",)


def named(declared: Derivation) -> tuple[str, ...]:
    """The names a derivation may take from the patient's row, where another derived variable might stand.

    Names that are not there are left for ``compiled`` to report.
    """
    names: list[str | None] = []
    match declared:
        case SqlVariable():
            names += _expression_names(declared.sql)
        case FromChildRows():
            names += [*(_expression_names(declared.where) if declared.where else []), declared.searched]
        case WhoGrade():
            names += [declared.ki67, declared.mitoses]
        case MajorHepatectomy():
            names += [declared.resections]
        case ClavienDindo() | ComprehensiveComplicationIndex():
            names += [declared.searched]
        case Mortality():
            names += [declared.death, declared.last_contact]
        case LengthOfStay():
            names += [declared.discharge, declared.death]
        case AgeAt():
            names += [declared.birth]
        case ProgressionFromImaging():
            pass
    return tuple(name for name in names if name is not None)


def _expression_names(text: str) -> list[str]:
    try:
        return [str(name) for name in Expression.parse(text).names]
    except ExpressionError:
        return []


def compiled(declared: Derivation, patients: Patients, session: Session) -> Compiled:
    """The SQL of a declared derivation over ``patients``; raises MisfitError for what does not fit the tables."""
    match declared:
        case SqlVariable():
            return compile_sql_variable(declared, patients, session)
        case FromChildRows():
            return compile_child_rows(declared, patients, session)
        case WhoGrade():
            return _who_grade(declared, patients)
        case MajorHepatectomy():
            return _major_hepatectomy(declared, patients)
        case ClavienDindo():
            return _clavien_dindo(declared, patients)
        case ComprehensiveComplicationIndex():
            return _comprehensive_complication_index(declared, patients)
        case Mortality():
            return _mortality(declared, patients)
        case LengthOfStay():
            return _length_of_stay(declared, patients)
        case AgeAt():
            return _age(declared, patients)
        case ProgressionFromImaging():
            return _progression(declared, patients, session)


def _one(sql: str, kind: ColumnType, *questions: RowQuestion, levels: tuple[str, ...] | None = None) -> Compiled:
    return Compiled(fields={"": sql}, types={"": kind}, levels=levels, questions=questions)


def _age(declared: AgeAt, patients: Patients) -> Compiled:
    birth, zero = patients.resolve("birth", declared.birth, ColumnType.DATE), patients.zero("definition")
    negative = patient_question(
        birth,
        f"{birth.sql} > {zero}",
        patients,
        Breach(
            rule="negative-age",
            message="The date of birth lies after time zero.",
            remedy="Correct one of the two dates.",
        ),
    )
    return _one(age(birth.sql, zero), ColumnType.NUMBER, negative)


def _mortality(declared: Mortality, patients: Patients) -> Compiled:
    death = patients.resolve("death", declared.death, ColumnType.DATE)
    last_contact = patients.resolve("last_contact", declared.last_contact, ColumnType.DATE)
    zero = patients.zero("definition")
    sql = mortality(death.sql, last_contact.sql, time_zero=zero, within_days=declared.within.days)
    return _one(sql, ColumnType.BOOLEAN)


def _length_of_stay(declared: LengthOfStay, patients: Patients) -> Compiled:
    discharge = patients.resolve("discharge", declared.discharge, ColumnType.DATE)
    death = patients.resolve("death", declared.death, ColumnType.DATE).sql if declared.death else None
    zero = patients.zero("definition")
    negative = patient_question(
        discharge,
        f"{discharge.sql} < {zero}",
        patients,
        Breach(
            rule="negative-stay",
            message="The date of discharge lies before time zero.",
            remedy="Correct one of the two dates.",
        ),
    )
    return _one(length_of_stay(discharge.sql, death, time_zero=zero), ColumnType.INTEGER, negative)


def _who_grade(declared: WhoGrade, patients: Patients) -> Compiled:
    ki67 = patients.resolve("ki67", declared.ki67, *_NUMBERS)
    mitoses = patients.resolve("mitoses", declared.mitoses, *_NUMBERS) if declared.mitoses else None
    sql = who_grade(
        Index(ki67.sql, ki67.limit),
        Index(mitoses.sql, mitoses.limit) if mitoses else None,
        edition=declared.edition,
        known_decides=declared.if_one_missing == "other decides",
    )
    if mitoses is None:
        return _one(sql, ColumnType.CATEGORY, levels=WHO_GRADES)
    alone = graded_on_one_index(sql, Index(ki67.sql, ki67.limit), Index(mitoses.sql, mitoses.limit))
    return Compiled(
        fields={"": sql, ONE_INDEX: alone},
        types={"": ColumnType.CATEGORY, ONE_INDEX: ColumnType.BOOLEAN},
        levels=WHO_GRADES,
    )


def _major_hepatectomy(declared: MajorHepatectomy, patients: Patients) -> Compiled:
    resections = patients.resolve("resections", declared.resections, *_TEXTS)
    unknown = patient_question(
        resections,
        has_unknown_code(resections.sql),
        patients,
        Breach(
            rule="unknown-resection-code",
            message="A resection code is not known, so that the extent of the resection is not either.",
            remedy=f"Codes are separated by ';' and are {', '.join(SEGMENTS)}.",
        ),
    )
    return _one(major_hepatectomy(resections.sql, rule=declared.rule), ColumnType.BOOLEAN, unknown)


def _clavien_dindo(declared: ClavienDindo, patients: Patients) -> Compiled:
    rows, grade, inside, questions = _complications(declared, patients)
    searched = searched_sql(declared.searched, patients)
    low, high = f"{GATHERED}.low", f"{GATHERED}.high"
    if declared.at_least is None:
        value, kind = clavien_dindo.worst(low, high, searched), ColumnType.CATEGORY
    else:
        value = clavien_dindo.reached(low, high, searched, at_least=declared.at_least)
        kind = ColumnType.BOOLEAN
    return Compiled(
        fields={"": value},
        types={"": kind},
        gather=_gather(rows, clavien_dindo.gathered(grade, inside)),
        levels=clavien_dindo.LEVELS if declared.at_least is None else None,
        questions=questions,
    )


def _comprehensive_complication_index(declared: ComprehensiveComplicationIndex, patients: Patients) -> Compiled:
    rows, grade, inside, questions = _complications(declared, patients)
    value = comprehensive_complication_index.comprehensive_complication_index(
        f"{GATHERED}.total", f"{GATHERED}.unclear", searched_sql(declared.searched, patients)
    )
    return Compiled(
        fields={"": value},
        types={"": ColumnType.NUMBER},
        gather=_gather(rows, comprehensive_complication_index.gathered(grade, inside)),
        questions=questions,
    )


def _complications(
    declared: ClavienDindo | ComprehensiveComplicationIndex, patients: Patients
) -> tuple[ChildRows, str, str, tuple[RowQuestion, ...]]:
    """The complications, SQL text of a row's grade and of whether it lies in the window, and what to ask of them."""
    patients.zero("definition")
    rows = child_rows("from", declared.from_, patients)
    column = rows.column("grade", declared.grade, *_TEXTS)
    dated = rows.column("date", declared.date, ColumnType.DATE)
    grade, date = f"{CHILD}.{quote(column.name)}", f"{CHILD}.{quote(dated.name)}"
    inside = rows.inside(date, declared.within.days)
    maybe_inside = f"({inside}) IS NOT FALSE"
    questions = (
        rows.question(
            column,
            f"{maybe_inside} AND {grade} IS NOT NULL AND {clavien_dindo.rank(grade)} IS NULL",
            Breach(
                rule="unknown-clavien-dindo-grade",
                message="The grade is none of the Clavien-Dindo grades, so that it has neither rank nor weight.",
                remedy=f"Grades are {', '.join(clavien_dindo.GRADES)}; III and IV need their a or b.",
            ),
        ),
        rows.doubt(
            column,
            f"{maybe_inside} AND {grade} IS NULL",
            Breach(
                rule="complication-without-grade",
                message="A complication has no grade; what depends on it is unknown for this patient.",
                remedy="Enter the grade.",
            ),
        ),
        rows.doubt(
            dated,
            f"{date} IS NULL",
            Breach(
                rule="complication-without-date",
                message="A complication has no date, so that it may lie inside or outside the window.",
                remedy="Enter the date.",
            ),
        ),
    )
    return rows, grade, inside, questions


def _gather(rows: ChildRows, aggregates: str) -> str:
    return f"SELECT {ALIAS}.{UNIT} AS {UNIT}, {aggregates} FROM {rows.source} GROUP BY {ALIAS}.{UNIT}"


def _progression(declared: ProgressionFromImaging, patients: Patients, session: Session) -> Compiled:
    everything = Scope({name: {c.name: c.name for c in table.columns} for name, table in patients.tables.items()})
    try:
        found = everything.resolve(declared.of)
    except ExpressionError as error:
        raise MisfitError("of", error.message, error.hint) from None
    rows = child_rows("of", found.table, patients)
    status = rows.column("of", found.name)
    dated = rows.column("date", declared.date, ColumnType.DATE)
    date, seen = f"{CHILD}.{quote(dated.name)}", code(f"{CHILD}.{quote(status.name)}", status.type)
    positive = f"({seen} IN ({', '.join(literal(text) for text in declared.positive)}))"
    gathered = progression_from_imaging.gathered(date, positive, time_zero=patients.zero("definition"))
    undated = rows.doubt(
        dated,
        f"{date} IS NULL",
        Breach(
            rule="scan-without-date",
            message="A scan has no date and is left out.",
            remedy="Enter the date.",
        ),
    )
    unread = rows.doubt(
        status,
        f"{seen} IS NULL",
        Breach(
            rule="scan-without-status",
            message="A scan has no status and is left out.",
            remedy="Enter what the scan showed.",
        ),
    )
    first = f'{GATHERED}."date"'
    return Compiled(
        fields={
            "date": first,
            "last_negative": progression_from_imaging.last_negative(f"{GATHERED}.negatives", first),
            "last_scan": f"{GATHERED}.last_scan",
        },
        types=dict.fromkeys(progression_from_imaging.FIELDS, ColumnType.DATE),
        gather=_gather(rows, gathered),
        questions=(undated, unread),
        findings=tuple(_never_positive(rows, status, positive, session)),
    )


def _never_positive(rows: ChildRows, status: Column, positive: str, session: Session) -> Iterator[Finding]:
    """A warning where no scan of any patient is positive: a misspelt code would otherwise look like perfect results."""
    if not session.value(f"SELECT coalesce(bool_or({positive}), FALSE) FROM {rows.source}"):
        yield Finding(
            rule="never-positive",
            severity=Severity.WARNS,
            table=rows.table.name,
            file=rows.table.file,
            column=status.name,
            message="No scan has one of the codes under 'positive:', so that nobody ever progresses.",
            remedy="Compare the codes under 'positive:' with those in the file.",
        )
