"""How often groups were scanned, and gaps in which a progression can have been missed."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
from atrisk.summary.read_only import make_arrays_read_only

_GAP, _SCHEDULE = "scan-gap", "scan-schedule"
# A gap of three usual intervals: two scans that did not take place.
_INTERVALS = 3.0
_PERIODS = "CASE WHEN since < 731 THEN 0 WHEN since < 1826 THEN 1 ELSE 2 END"


@dataclass(frozen=True, slots=True, eq=False)
class ScanGaps:
    """The days between every two scans of a patient that follow each other from time zero on; arrays (m,), read-only.

    ``name`` is the derivation that reads the scans; ``patient`` is the number of the patient, ``period`` is 0 for gaps
    that begin in the first two years from time zero, 1 up to the fifth year, 2 later.
    """

    name: str
    patient: NDArray[np.int64]
    gap: NDArray[np.float64]
    period: NDArray[np.int64]

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def scan_gaps(study: Study, patients: Patients, session: Session) -> ScanGaps | None:
    """The gaps between scans, None for a study that has no progression seen on them."""
    found = _declared(study, patients)
    if found is None:
        return None
    name, rows, column = found
    gaps = _create(rows, column, patients, session)
    arrays = session.arrays(f"SELECT patient, gap, period FROM {gaps} ORDER BY patient, since, line")
    session.drop("__scan_gaps")
    return ScanGaps(
        name=name,
        patient=arrays["patient"].astype(np.int64),
        gap=arrays["gap"].astype(np.float64),
        period=arrays["period"].astype(np.int64),
    )


def scan_schedule(study: Study, patients: Patients, main: Grouping, session: Session) -> Iterator[Finding]:
    """Gaps between a patient's scans of three usual intervals or more, and the usual interval of each group.

    The usual interval is the median between two scans of all patients, taken apart for the first two years from time
    zero, up to the fifth year, and later. A group's interval is the median of its patients' median intervals. Unequal
    schedules shift the medians of progression that is dated by scans.
    """
    found = _declared(study, patients)
    if found is None:
        return
    _name, rows, column = found
    gaps = _create(rows, column, patients, session)
    yield from row_findings(_question(rows, column, gaps), patients.tables, session)
    yield from _schedules(rows, column, gaps, main, session)
    session.drop("__scan_gaps")


def _declared(study: Study, patients: Patients) -> tuple[str, ChildRows, str] | None:
    """The first progression that is seen on scans: its name, the scans and the column of their dates."""
    for name, declared in study.derive.items():
        if isinstance(declared, ProgressionFromImaging) and patients.time_zero is not None:
            try:
                return name, *_scans(declared, patients)
            except (MisfitError, ExpressionError):
                continue
    return None


def _create(rows: ChildRows, column: str, patients: Patients, session: Session) -> str:
    """A relation of the gaps: patient, place of the later scan, days, days from time zero to the earlier one."""
    date = f"{CHILD}.{quote(column)}"
    key = f"CAST({CHILD}.{quote(rows.table.key)} AS VARCHAR)" if rows.table.key else "''"
    after = f"{date} >= {patients.time_zero}"
    return session.create(
        "__scan_gaps",
        f"SELECT *, {_PERIODS} AS period FROM (SELECT {ALIAS}.{PATIENT} AS patient, {CHILD}.{ROW} AS line, "
        f"{key} AS key, date_diff('day', lag({date}) OVER scans, {date}) AS gap, "
        f"date_diff('day', {patients.time_zero}, lag({date}) OVER scans) AS since FROM {rows.source} "
        f"WHERE {after} WINDOW scans AS (PARTITION BY {ALIAS}.{UNIT} ORDER BY {date}, {CHILD}.{ROW})) "
        f"WHERE gap > 0",
    )


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
