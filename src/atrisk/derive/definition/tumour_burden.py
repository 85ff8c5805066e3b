"""Tumour burden of the liver in bands."""

from __future__ import annotations

from atrisk.derive.compiled import Compiled, one_value
from atrisk.derive.patients import Patients
from atrisk.derive.percentage import like_fractions
from atrisk.derive.possible_range import PossibleRange, possible_range
from atrisk.read.table import ColumnType
from atrisk.study.definition import TumourBurden

LEVELS = ("<10", "10-25", "25-50", ">50")


def tumour_burden(percent: PossibleRange) -> str:
    """The band of the share of the liver that is tumour: below 10 %, from 10, from 25 to 50, above 50 %.

    25 belongs to the third band and 50 too. Known where every possible share lies in one band ("<10" does, ">=10" does
    not). SQL texts in, SQL text of one of ``LEVELS`` out.
    """
    low, high = _place(percent.low), _place(percent.high)
    names = " ".join(f"WHEN {place} THEN '{name}'" for place, name in enumerate(LEVELS))
    return f"(CASE WHEN {low} = {high} THEN (CASE {low} {names} END) END)"


def named(declared: TumourBurden) -> tuple[str | None, ...]:
    """The names it takes from the patient's row."""
    return (declared.percent,)


def compiled(declared: TumourBurden, patients: Patients) -> Compiled:
    """The band of these patients."""
    percent = patients.resolve("percent", declared.percent, ColumnType.INTEGER, ColumnType.NUMBER)
    sql = tumour_burden(possible_range(percent, lowest=0.0, highest=100.0))
    return one_value(sql, ColumnType.CATEGORY, like_fractions(percent, patients), levels=LEVELS)


def _place(share: str) -> str:
    return (
        f"(CASE WHEN {share} < 10 THEN 0 WHEN {share} < 25 THEN 1 WHEN {share} <= 50 THEN 2"
        f" WHEN {share} <= 100 THEN 3 END)"
    )
