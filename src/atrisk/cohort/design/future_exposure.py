"""Groups that may be defined by what happened after time zero."""

# ruff: noqa: S608 (only quoted names are put into SQL)

from __future__ import annotations

import re
from collections.abc import Iterator

from atrisk.check.events import event_columns
from atrisk.derive.definitions import expression_names
from atrisk.derive.misfit import MisfitError
from atrisk.derive.patients import ALIAS, Patients, Visible
from atrisk.read.session import Session
from atrisk.read.table import ColumnType
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark, Value
from atrisk.study.grouping import Groups, SqlGroups
from atrisk.study.model import Study

_RULE = "exposure-from-the-future"
# Words that columns of anything share.
_COMMON = frozenset({"date", "type", "site", "group", "code", "last", "first", "status", "patient", "time", "number"})


def future_exposure(study: Study, patients: Patients, session: Session) -> Iterator[Finding]:
    """A warning for each date after time zero that seems to say when a patient's group came about.

    A date seems so if its name holds the first word of the name of the column that gives the groups
    (``primary_found_date`` and ``primary_site``; ``date_of_transplant`` and ``transplant``) and no outcome of the study
    is such an event. A patient must live to that date to be in the group, which makes those who die early look like the
    other group (immortal time). Comparisons whose groups are ``frozen`` have answered this.
    """
    if patients.time_zero is None:
        return
    events = event_columns(study, patients.tables)
    for name, groups in (("main", study.groups), *study.comparisons.items()):
        if groups.frozen is not None:
            continue
        for column in _columns(groups, patients):
            for date in patients.visible.values():
                if date.type is not ColumnType.DATE or (date.table, date.column) in events:
                    continue
                if date.sql == patients.time_zero or not set(_words(column.column)[:1]) & set(_words(date.column)):
                    continue
                later = session.value(
                    f"SELECT count(*) FROM {patients.relation} {ALIAS} WHERE {date.sql} > {patients.time_zero}"
                )
                if later and date.table in patients.tables:
                    yield _finding(name, column, date, int(later), patients)


def _columns(groups: Groups, patients: Patients) -> Iterator[Visible]:
    names = expression_names(groups.by.sql) if isinstance(groups.by, SqlGroups) else (groups.by,)
    for name in names:
        try:
            yield patients.resolve("by", name)
        except MisfitError:
            continue


def _words(name: str) -> list[str]:
    return [word for word in re.findall(r"[^\W\d_]{4,}", name.casefold()) if word not in _COMMON]


def _finding(comparison: str, column: Visible, date: Visible, count: int, patients: Patients) -> Finding:
    table = patients.tables[date.table]
    values: dict[str, Value] = {"comparison": comparison, "count": count, "by": column.column, "date": date.column}
    return Finding(
        rule=_RULE,
        severity=Severity.WARNS,
        table=table.name,
        file=table.file,
        column=date.column,
        message=Remark(_RULE, values),
        remedy=Remark(f"{_RULE}.remedy"),
    )
