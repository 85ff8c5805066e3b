"""How often groups were scanned, and gaps in which a progression can have been missed."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from atrisk.cohort.grouping import Grouping
from atrisk.derive.child_rows import CHILD, ChildRows, child_rows
from atrisk.derive.compiled import RowQuestion
from atrisk.derive.misfit import MisfitError
from atrisk.derive.patients import ALIAS, PATIENT, UNIT, Patients
from atrisk.derive.row_findings import row_findings
from atrisk.read.session import Session, quote
from atrisk.read.table import ROW, ColumnType
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.definition import ProgressionFromImaging
from atrisk.study.expression_tree import ExpressionError
from atrisk.study.model import Study
from atrisk.study.scope import Scope

_GAP, _SCHEDULE = "scan-gap", "scan-schedule"
# A gap of three usual intervals: two scans that did not take place.
_INTERVALS = 3.0
_PERIODS = "CASE WHEN since < 731 THEN 0 WHEN since < 1826 THEN 1 ELSE 2 END"


def scan_schedule(study: Study, patients: Patients, main: Grouping, session: Session) -> Iterator[Finding]:
    """Gaps between a patient's scans of three usual intervals or more, and the usual interval of each group.

    The usual interval is the median between two scans of all patients, taken apart for the first two years from time
    zero, up to the fifth year, and later. A group's interval is the median of its patients' median intervals. Unequal
    schedules shift the medians of progression that is dated by scans.
    """
    for declared in study.derive.values():
        if isinstance(declared, ProgressionFromImaging) and patients.time_zero is not None:
            try:
                rows, column = _scans(declared, patients)
            except (MisfitError, ExpressionError):
                continue
            date = f"{CHILD}.{quote(column)}"
            key = f"CAST({CHILD}.{quote(rows.table.key)} AS VARCHAR)" if rows.table.key else "''"
            after = f"{date} >= {patients.time_zero}"
            gaps = session.create(
                "__scan_gaps",
                f"SELECT *, {_PERIODS} AS period FROM (SELECT {ALIAS}.{PATIENT} AS patient, {CHILD}.{ROW} AS line, "
                f"{key} AS key, date_diff('day', lag({date}) OVER scans, {date}) AS gap, "
                f"date_diff('day', {patients.time_zero}, lag({date}) OVER scans) AS since FROM {rows.source} "
                f"WHERE {after} WINDOW scans AS (PARTITION BY {ALIAS}.{UNIT} ORDER BY {date}, {CHILD}.{ROW})) "
                f"WHERE gap > 0",
            )
            yield from row_findings(_question(rows, column, gaps), patients.tables, session)
            yield from _schedules(rows, column, gaps, main, session)
            session.drop("__scan_gaps")
            return


def _scans(declared: ProgressionFromImaging, patients: Patients) -> tuple[ChildRows, str]:
    everything = Scope({name: {c.name: c.name for c in table.columns} for name, table in patients.tables.items()})
    rows = child_rows("of", everything.resolve(declared.of).table, patients)
    return rows, rows.column("date", declared.date, ColumnType.DATE).name


def _question(rows: ChildRows, column: str, gaps: str) -> RowQuestion:
    return RowQuestion(
        rule=_GAP,
        severity=Severity.INFORMS,
        table=rows.table.name,
        column=column,
        select=f"SELECT line, key, gap || ' days' FROM {gaps} JOIN (SELECT period, median(gap) AS usual FROM {gaps} "
        f"GROUP BY 1) USING (period) WHERE gap >= {_INTERVALS!r} * usual ORDER BY 1",
        message=Remark(_GAP),
        remedy=Remark(f"{_GAP}.remedy"),
    )


def _schedules(rows: ChildRows, column: str, gaps: str, main: Grouping, session: Session) -> Iterator[Finding]:
    arrays = session.arrays(f"SELECT patient, median(gap) AS usual FROM {gaps} GROUP BY 1 ORDER BY 1")
    group = main.index[arrays["patient"].astype(np.int64)]
    parts = tuple(
        Remark(
            "scan-schedule.group", {"group": main.labels[code], "days": float(np.median(arrays["usual"][group == g]))}
        )
        for g, code in enumerate(main.codes)
        if (group == g).any()
    )
    if parts:
        yield Finding(
            rule=_SCHEDULE,
            severity=Severity.INFORMS,
            table=rows.table.name,
            file=rows.table.file,
            column=column,
            message=Remark(_SCHEDULE, {"groups": parts}),
            remedy=Remark(f"{_SCHEDULE}.remedy"),
        )
