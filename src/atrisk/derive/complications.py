"""The complications of a patient's course: which rows fall into the window, and what to ask of them."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

from dataclasses import dataclass

from atrisk.derive.child_rows import CHILD, ChildRows, child_rows
from atrisk.derive.code import meant_code
from atrisk.derive.compiled import Breach, RowQuestion
from atrisk.derive.patients import ALIAS, UNIT, Patients
from atrisk.read.session import literal, quote
from atrisk.read.table import ColumnType
from atrisk.result.finding import Severity
from atrisk.result.remark import Remark
from atrisk.study.definition import ClavienDindo, ComprehensiveComplicationIndex, IsglsGrade

_TEXTS = (ColumnType.TEXT, ColumnType.CATEGORY)


@dataclass(frozen=True, slots=True, eq=False)
class Complications:
    """Rows of complications; SQL texts of a row's grade and of whether it lies in the window."""

    rows: ChildRows
    grade: str
    inside: str
    questions: tuple[RowQuestion, ...]

    def gather(self, aggregates: str) -> str:
        """One row a patient with these aggregates."""
        return gather(self.rows, aggregates)


def complications(
    declared: ClavienDindo | ComprehensiveComplicationIndex | IsglsGrade,
    patients: Patients,
    *,
    grades: tuple[str, ...],
    rule: str,
    remedy: str,
) -> Complications:
    """The complications a definition grades; ``grades`` are the codes it knows, any other blocks under ``rule``.

    A code stands for its label where the column's levels have one (``meant_code``). With ``of`` only the rows of that
    event count; a row that does not say which event it is may be one.
    """
    patients.zero("definition")
    rows = child_rows("from", declared.from_, patients)
    column = rows.column("grade", declared.grade, *_TEXTS)
    dated = rows.column("date", declared.date, ColumnType.DATE)
    grade = meant_code(f"trim({CHILD}.{quote(column.name)})", column, grades)
    date = f"{CHILD}.{quote(dated.name)}"
    meant = "TRUE"
    if isinstance(declared, IsglsGrade):
        event = rows.column("event", declared.event, *_TEXTS)
        meant = f"({meant_code(f'{CHILD}.{quote(event.name)}', event, (declared.of,))} = {literal(declared.of)})"
    inside = f"({rows.inside(date, declared.within.days)} AND {meant})"
    maybe_inside = f"({inside}) IS NOT FALSE"
    known = ", ".join(literal(name) for name in grades)
    questions = (
        rows.question(
            column,
            f"{maybe_inside} AND {grade} NOT IN ({known})",
            Breach(
                rule=rule,
                message=Remark("unknown-grade"),
                remedy=remedy,
            ),
        ),
        rows.question(
            column,
            f"{maybe_inside} AND {grade} IS NULL",
            Breach(
                rule="complication-without-grade",
                message=Remark("complication-without-grade"),
                remedy=Remark("complication-without-grade.remedy"),
                severity=Severity.WARNS,
            ),
        ),
        rows.question(
            dated,
            f"{meant} IS NOT FALSE AND {date} IS NULL",
            Breach(
                rule="complication-without-date",
                message=Remark("complication-without-date"),
                remedy=Remark("complication-without-date.remedy"),
                severity=Severity.WARNS,
            ),
        ),
        rows.question(
            dated,
            f"{meant} IS NOT FALSE AND {date} < {rows.start}",
            Breach(
                rule="complication-before-operation",
                message=Remark("complication-before-operation"),
                remedy=Remark("complication-before-operation.remedy"),
                severity=Severity.WARNS,
            ),
        ),
    )
    return Complications(rows, grade, inside, questions)


def gather(rows: ChildRows, aggregates: str) -> str:
    """SQL text of one row a patient with aggregates over the child rows."""
    return f"SELECT {ALIAS}.{UNIT} AS {UNIT}, {aggregates} FROM {rows.source} GROUP BY {ALIAS}.{UNIT}"
