"""Patients last seen alive long before the data cut, by group."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from atrisk.check.events import censoring_of, death_columns
from atrisk.check.life_span import date_columns, deaths_among
from atrisk.cohort.grouping import Grouping
from atrisk.derive.compiled import Breach
from atrisk.derive.patient_question import patient_question
from atrisk.derive.patients import ALIAS, PATIENT, Patients, Visible
from atrisk.derive.row_findings import row_findings
from atrisk.read.session import Session, literal
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.model import Study

_RULE = "lost-to-follow-up"
_MONTHS = 24
_LOST = Breach(rule=_RULE, message=Remark(_RULE), remedy=Remark(f"{_RULE}.remedy"), severity=Severity.INFORMS)


def lost_to_follow_up(study: Study, patients: Patients, main: Grouping, session: Session) -> Iterator[Finding]:
    """Patients not known to have died whose last contact is more than 24 months before the data cut.

    The death and the last contact are those of an outcome, or of ``mortality``, that ends with a death. Each patient is
    a finding, and the numbers by group one more. Without ``data_cut:`` nothing can be said.
    """
    cut = study.study.data_cut
    if cut is None:
        return
    dates = [date for table in patients.tables.values() for date in date_columns(study, table)]
    names = {(date.table.name, date.column) for date in deaths_among(dates, study, patients.tables)}
    names |= death_columns(study, patients.tables)
    deaths = [item for item in patients.visible.values() if (item.table, item.column) in names]
    alive = censoring_of(names, study, patients.tables)
    seen = [item for item in patients.visible.values() if (item.table, item.column) in alive]
    if not deaths or not seen:
        return
    # Of several dates of last contact the latest counts: a telephone call after the last visit.
    last = f"greatest({', '.join(item.sql for item in seen)})"
    living = " AND ".join(f"{item.sql} IS NULL" for item in deaths)
    lost = f"({living} AND {last} < {literal(cut)} - INTERVAL {_MONTHS} MONTH)"
    yield from row_findings(patient_question(seen[0], lost, patients, _LOST), patients.tables, session)
    yield from _by_group(patients, main, seen[0], living, lost, session)


def _by_group(
    patients: Patients, main: Grouping, seen: Visible, living: str, lost: str, session: Session
) -> Iterator[Finding]:
    arrays = session.arrays(
        f"SELECT CAST({living} AS DOUBLE) AS living, CAST(coalesce({lost}, FALSE) AS DOUBLE) AS lost "
        f"FROM {patients.relation} {ALIAS} ORDER BY {ALIAS}.{PATIENT}"
    )
    if not np.any(arrays["lost"] == 1):
        return
    parts = tuple(
        Remark(
            "lost-to-follow-up.group",
            {
                "group": main.labels[code],
                "count": int(((main.index == position) & (arrays["lost"] == 1)).sum()),
                "of": int(((main.index == position) & (arrays["living"] == 1)).sum()),
            },
        )
        for position, code in enumerate(main.codes)
    )
    table = patients.tables[seen.table]
    yield Finding(
        rule=_RULE,
        severity=Severity.INFORMS,
        table=table.name,
        file=table.file,
        column=seen.column,
        message=Remark("lost-to-follow-up.groups", {"groups": parts}),
        remedy=Remark("lost-to-follow-up.groups.remedy"),
    )
