"""WHO grade of a well-differentiated neuroendocrine tumour from Ki-67 and mitoses."""

from __future__ import annotations

from dataclasses import dataclass

from atrisk.derive.code import meant_code
from atrisk.derive.compiled import Breach, Compiled, RowQuestion, one_value
from atrisk.derive.patient_question import patient_question
from atrisk.derive.patients import Patients, Visible
from atrisk.derive.percentage import like_fractions
from atrisk.read.table import ColumnType
from atrisk.result.finding import Severity
from atrisk.result.remark import Remark
from atrisk.study.definition import WhoGrade

LEVELS = ("G1", "G2", "G3")
# What is reported of a poorly differentiated tumour, which has no grade.
CARCINOMA = "NEC"
# The field that says which grades rest on one index alone.
ONE_INDEX = "one_index"


@dataclass(frozen=True, slots=True)
class Index:
    """A proliferation index as SQL text: its value, and its sign where only a limit is known ('<', '<=', '>', '>=')."""

    value: str
    limit: str | None = None


def who_grade(ki67: Index, mitoses: Index | None, *, edition: int, known_decides: bool = False) -> str:
    """Grade G1, G2 or G3; the higher of the two indices decides.

    Definition (WHO 2019 and 2022, well-differentiated tumours): G1 below 3 % Ki-67 and below 2 mitoses per 2 mm²; G2
    3 to 20 % or 2 to 20; G3 above 20 % or above 20. Hence Ki-67 2.9 is G1, 3 and 20 are G2, 20.1 is G3. WHO 2010 wrote
    "2 % or less" and "3 to 20 %": a Ki-67 strictly between 2 and 3 fits neither.
    Source: WHO Classification of Tumours, Digestive System, 5th ed. 2019; Endocrine and Neuroendocrine Tumours, 5th ed.
    2022; 4th ed. 2010.

    Every index, known or not, leaves a lowest and a highest grade possible: a missing one leaves G1 to G3, "<1" leaves
    G1 alone, "<20" leaves G1 to G2. The grade is given where the higher of the two lowest equals the higher of the two
    highest, else it is unknown (NULL). So one mitosis with no Ki-67 is not G1, and a Ki-67 of 25 is G3 whatever the
    mitoses. With ``mitoses`` None, Ki-67 decides alone; with ``known_decides``, whichever index is recorded decides
    where the other is missing, a convention that can only lower the grade. Values below 0, or Ki-67 above 100, count as
    missing.

    Arguments hold SQL text of numbers; the answer is SQL text of a text. Poorly differentiated carcinomas have no
    grade: which patients are graded is for the study's criteria to say.
    """
    ki67 = Index(f"(CASE WHEN {ki67.value} BETWEEN 0 AND 100 THEN {ki67.value} END)", ki67.limit)
    # A missing index leaves every grade possible, or none above G1 where the other one is to decide.
    unless_known = [
        f"(CASE WHEN {_missing(other)} THEN 3 ELSE 1 END)" for other in (mitoses, ki67) if other is not None
    ]
    if mitoses is None or not known_decides:
        unless_known = ["3", "3"]
    first_up_to = 2.0 if edition == 2010 else None
    indices = [_grades(ki67, second_from=3.0, first_up_to=first_up_to, if_missing=unless_known[0])]
    if mitoses is not None:
        indices.append(_grades(mitoses, second_from=2.0, first_up_to=None, if_missing=unless_known[1]))
    low = f"greatest({', '.join(low for low, _ in indices)})"
    high = f"greatest({', '.join(high for _, high in indices)})"
    return f"(CASE WHEN {low} = {high} THEN 'G' || {low} END)"


def graded_on_one_index(grade: str, ki67: Index, mitoses: Index) -> str:
    """SQL text of whether a grade was given with only one of the two indices recorded; ``grade`` is that grade's SQL.

    Such a grade is a lower bound, unless it is G3: the index that is missing could only have raised it.
    """
    recorded = f"(CASE WHEN {ki67.value} BETWEEN 0 AND 100 THEN {ki67.value} END)"
    return f"({grade} IS NOT NULL AND ({_missing(Index(recorded))} OR {_missing(mitoses)}))"


def _missing(index: Index) -> str:
    return f"coalesce({index.value}, -1) < 0"


def _grades(index: Index, *, second_from: float, first_up_to: float | None, if_missing: str) -> tuple[str, str]:
    """SQL texts of the lowest and the highest grade (1 to 3) an index leaves possible.

    Grade 2 starts at ``second_from`` and ends at 20; grade 1 ends below ``second_from``, or at ``first_up_to`` where
    the edition left a gap, in which both are possible. ``if_missing`` is the highest grade a missing index leaves.
    """
    value, limit = index.value, index.limit or "NULL"
    missing = _missing(index)
    above, below = f"coalesce({limit} IN ('>', '>='), FALSE)", f"coalesce({limit} IN ('<', '<='), FALSE)"
    # The lowest possible value is 0 for "<x", just above x for ">x", and x itself otherwise.
    low = (
        f"(CASE WHEN {missing} OR {below} THEN 1"
        f" WHEN {value} > 20 OR ({value} = 20 AND {limit} IS NOT DISTINCT FROM '>') THEN 3"
        f" WHEN {value} >= {second_from!r} THEN 2 ELSE 1 END)"
    )
    # The highest is unbounded for ">x", just below x for "<x", and x itself otherwise.
    end_of_first = (
        f"{value} < {second_from!r} OR ({limit} IS NOT DISTINCT FROM '<' AND {value} = {second_from!r})"
        if first_up_to is None
        else f"{value} <= {first_up_to!r}"
    )
    high = (
        f"(CASE WHEN {missing} THEN {if_missing} WHEN {above} THEN 3"
        f" WHEN {end_of_first} THEN 1 WHEN {value} <= 20 THEN 2 ELSE 3 END)"
    )
    return low, high


def stated_grade(reported: Visible) -> str:
    """SQL text of the grade that a column of reported grades states: G1 to G3, or NEC for a carcinoma."""
    return meant_code(f"trim({reported.sql})", reported, (*LEVELS, CARCINOMA))


def named(declared: WhoGrade) -> tuple[str | None, ...]:
    """The names it takes from the patient's row."""
    return declared.ki67, declared.mitoses, declared.reported


def compiled(declared: WhoGrade, patients: Patients) -> Compiled:
    """Grade of these patients; a grade reported otherwise is a finding that warns (NEC is not otherwise than G3)."""
    numbers = (ColumnType.INTEGER, ColumnType.NUMBER)
    ki67 = patients.resolve("ki67", declared.ki67, *numbers)
    mitoses = patients.resolve("mitoses", declared.mitoses, *numbers) if declared.mitoses else None
    sql = who_grade(
        Index(ki67.sql, ki67.limit),
        Index(mitoses.sql, mitoses.limit) if mitoses else None,
        edition=declared.edition,
        known_decides=declared.if_one_missing == "other decides",
    )
    questions: tuple[RowQuestion, ...] = (like_fractions(ki67, patients),)
    if declared.reported is not None:
        reported = patients.resolve("reported", declared.reported, ColumnType.TEXT, ColumnType.CATEGORY)
        breach = Breach(
            rule="grade-discordant",
            message=Remark("grade-discordant", {"edition": declared.edition}),
            remedy=Remark("grade-discordant.remedy"),
            severity=Severity.WARNS,
        )
        stated = stated_grade(reported)
        # A carcinoma (NEC) is not graded, and its proliferation is that of G3.
        same = f"({stated} = {sql} OR ({stated} = '{CARCINOMA}' AND {sql} = 'G3'))"
        questions += (patient_question(reported, f"NOT {same}", patients, breach),)
    if mitoses is None:
        return one_value(sql, ColumnType.CATEGORY, *questions, levels=LEVELS)
    alone = graded_on_one_index(sql, Index(ki67.sql, ki67.limit), Index(mitoses.sql, mitoses.limit))
    return Compiled(
        fields={"": sql, ONE_INDEX: alone},
        types={"": ColumnType.CATEGORY, ONE_INDEX: ColumnType.BOOLEAN},
        levels=LEVELS,
        questions=questions,
    )
