"""Cytoreduction: the share of the tumour that was removed."""

from __future__ import annotations

from atrisk.derive.compiled import Breach, Compiled, RowQuestion, one_value
from atrisk.derive.patient_question import patient_question
from atrisk.derive.patients import Patients
from atrisk.derive.percentage import like_fractions
from atrisk.derive.possible_range import PossibleRange, possible_range
from atrisk.read.table import ColumnType
from atrisk.result.remark import Remark
from atrisk.study.definition import Cytoreduction

_NUMBERS = (ColumnType.INTEGER, ColumnType.NUMBER)
_MOST = 1e12


def removed(before: PossibleRange, residual: PossibleRange) -> PossibleRange:
    """The lowest and the highest percentage possible: 100 (before - residual) / before.

    Unknown (NULL) without tumour before the operation, and where more is left than there was: that is a slip, not a
    negative cytoreduction. ``before`` and ``residual`` are in one unit, as volume or as a number of lesions.
    """

    def share(whole: str, left: str) -> str:
        return f"(CASE WHEN {whole} > 0 AND {left} <= {whole} THEN 100.0 * ({whole} - {left}) / {whole} END)"

    return PossibleRange(share(before.low, residual.high), share(before.high, residual.low))


def percentage(removed: PossibleRange) -> str:
    """SQL text of the percentage; unknown (NULL) where a limit such as ">=10" leaves more than one possible."""
    return f"(CASE WHEN {removed.low} = {removed.high} THEN {removed.low} END)"


def reached(removed: PossibleRange, *, at_least: float) -> str:
    """SQL text of whether the percentage is ``at_least``; known where every possible percentage agrees.

    70 and 90 % are the thresholds in use (McEntee et al., Surgery 1990;108:1091-6: 90 %; Maxwell et al., Surgery
    2016;159:320-33: 70 %): keep the number, derive both.
    """
    return f"(CASE WHEN {removed.low} >= {at_least!r} THEN TRUE WHEN {removed.high} < {at_least!r} THEN FALSE END)"


def named(declared: Cytoreduction) -> tuple[str | None, ...]:
    """The names it takes from the patient's row."""
    return declared.percent, declared.before, declared.residual


def compiled(declared: Cytoreduction, patients: Patients) -> Compiled:
    """The percentage of these patients, or whether it reached a threshold; more left than there was blocks."""
    questions: tuple[RowQuestion, ...] = ()
    if declared.before is not None and declared.residual is not None:
        before = patients.resolve("before", declared.before, *_NUMBERS)
        residual = patients.resolve("residual", declared.residual, *_NUMBERS)
        whole, left = (possible_range(item, lowest=0.0, highest=_MOST) for item in (before, residual))
        found = removed(whole, left)
        breach = Breach(
            rule="residual-exceeds-tumour",
            message=Remark("residual-exceeds-tumour"),
            remedy=Remark("residual-exceeds-tumour.remedy"),
        )
        questions = (patient_question(residual, f"{left.low} > {whole.high}", patients, breach),)
    else:
        percent = patients.resolve("percent", str(declared.percent), *_NUMBERS)
        found = possible_range(percent, lowest=0.0, highest=100.0)
        questions = (like_fractions(percent, patients),)
    if declared.at_least is None:
        return one_value(percentage(found), ColumnType.NUMBER, *questions)
    return one_value(reached(found, at_least=declared.at_least), ColumnType.BOOLEAN, *questions)
