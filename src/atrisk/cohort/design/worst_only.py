"""An index of all complications where only the worst of each patient seems to have been recorded."""

# ruff: noqa: S608 (only quoted names are put into SQL)

from __future__ import annotations

from collections.abc import Iterator

from atrisk.derive.child_rows import child_rows
from atrisk.derive.misfit import MisfitError
from atrisk.derive.patients import ALIAS, UNIT, Patients
from atrisk.read.session import Session
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.definition import ComprehensiveComplicationIndex
from atrisk.study.model import Study

_RULE = "worst-complication-only"
_FEWEST = 10


def worst_complication_only(study: Study, patients: Patients, session: Session) -> Iterator[Finding]:
    """A warning where at least ten patients have a complication and none has two.

    The Comprehensive Complication Index sums all complications of a patient; of the worst alone it is too low.
    """
    for declared in study.derive.values():
        if not isinstance(declared, ComprehensiveComplicationIndex):
            continue
        try:
            rows = child_rows("from", declared.from_, patients)
        except MisfitError:
            continue
        having, most = session.rows(
            f"SELECT count(*), max(n) FROM (SELECT count(*) AS n FROM {rows.source} GROUP BY {ALIAS}.{UNIT})"
        )[0]
        if having >= _FEWEST and most == 1:
            yield Finding(
                rule=_RULE,
                severity=Severity.WARNS,
                table=rows.table.name,
                file=rows.table.file,
                message=Remark(_RULE, {"count": int(having)}),
                remedy=Remark(f"{_RULE}.remedy"),
            )
        return
