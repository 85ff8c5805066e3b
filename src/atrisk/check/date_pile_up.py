"""Dates that pile up on a day of the month: entered as months, or with day and month exchanged."""

# ruff: noqa: S608 (only quoted names are put into SQL)

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from atrisk.check.cells import Rule, about_column
from atrisk.check.dates import is_partial
from atrisk.read.session import Session, quote
from atrisk.read.table import PRECISION, ColumnType, Table
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.model import Study

_MONTHLY = Rule("dates-on-one-day", Severity.INFORMS, Remark("dates-on-one-day.remedy"))
_SWAPPED = Rule("days-up-to-twelve", Severity.WARNS, Remark("days-up-to-twelve.remedy"))
_FEWEST, _ERRORS = 100, 6.0
# Of 365.25 days, twelve a month are such that day and month can be exchanged, and each day of the month comes twelve
# times.
_UP_TO_TWELVE, _ONE_DAY = 144 / 365.25, 12 / 365.25
_SHARE_UP_TO_TWELVE, _SHARE_ONE_DAY = 0.55, 0.1


def check_date_pile_up(tables: Mapping[str, Table], study: Study, session: Session) -> list[Finding]:
    """Columns of at least a hundred whole dates that fall on too few days of the month.

    More than a tenth on one day of the month, where a thirtieth would: dates known to the month were entered as its
    first or middle day, and time to an event is tied. More than 55 % on days up to the twelfth, where 39 % would: day
    and month were read in the wrong order, and only those that make a date came through. Both must be beyond six
    standard errors of the binomial share.
    """
    return [
        finding
        for table in tables.values()
        for column in table.columns
        if column.type is ColumnType.DATE
        for finding in _in_column(table, column.name, is_partial(study, table, column.name), session)
    ]


def _in_column(table: Table, column: str, partial: bool, session: Session) -> Iterator[Finding]:
    name = quote(column)
    whole = f"{name} IS NOT NULL" + (f" AND {quote(column + PRECISION)} = 'day'" if partial else "")
    days: dict[int, int] = dict(
        session.rows(f"SELECT day({name}), count(*) FROM {table.relation} WHERE {whole} GROUP BY 1 ORDER BY 1")
    )
    n = sum(days.values())
    if n < _FEWEST:
        return
    commonest = max(days, key=lambda day: days[day])
    share = days[commonest] / n
    if share > _SHARE_ONE_DAY and _beyond(share, _ONE_DAY, n):
        yield about_column(_MONTHLY, table, column, Remark("dates-on-one-day", {"day": commonest, "share": share}))
    first = sum(count for day, count in days.items() if day <= 12) / n
    # A pile on one of these days is the other finding.
    without = (first * n - (days[commonest] if commonest <= 12 else 0)) / max(n - days[commonest], 1)
    if min(first, without) > _SHARE_UP_TO_TWELVE and _beyond(first, _UP_TO_TWELVE, n):
        yield about_column(_SWAPPED, table, column, Remark("days-up-to-twelve", {"share": first}))


def _beyond(share: float, expected: float, n: int) -> bool:
    return share - expected > _ERRORS * math.sqrt(expected * (1 - expected) / n)
