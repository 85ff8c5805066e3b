"""Percentages that may be fractions: 0.95 for 95 %."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

from atrisk.derive.compiled import RowQuestion
from atrisk.derive.patients import ALIAS, Patients, Visible
from atrisk.result.finding import Severity
from atrisk.result.remark import Remark
from atrisk.study.scope import DERIVED

_FEWEST = 10


def like_fractions(item: Visible, patients: Patients) -> RowQuestion:
    """Whether all recorded percentages, ten or more, are 1 or less and some are fractions: one finding that warns.

    No single value is out of place then, so that no rule about values speaks; yet 0.95 is below every threshold.
    """
    value = item.sql
    counted = f"count({value}) >= {_FEWEST} AND max({value}) <= 1 AND bool_or({value} > 0 AND {value} < 1)"
    return RowQuestion(
        rule="like-a-fraction",
        severity=Severity.WARNS,
        table=patients.root if item.table == DERIVED else item.table,
        column=item.column,
        select=f"SELECT NULL, '', '' FROM {patients.relation} {ALIAS} HAVING {counted}",
        message=Remark("like-a-fraction"),
        remedy=Remark("like-a-fraction.remedy"),
    )
