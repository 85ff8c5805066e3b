"""Numbers that end in 0 or 5 far more often than measured numbers do."""

# ruff: noqa: S608 (only quoted names are put into SQL)

from __future__ import annotations

import math
from collections.abc import Mapping

from atrisk.check.cells import Rule, about_column
from atrisk.read.session import Session, quote
from atrisk.read.table import ColumnType, Table
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark

_RULE = Rule("digit-preference", Severity.WARNS, Remark("digit-preference.remedy"))
_FEWEST, _DISTINCT = 100, 20
_EXPECTED, _SHARE, _ERRORS = 0.2, 0.4, 6.0


def check_heaping(tables: Mapping[str, Table], session: Session) -> list[Finding]:
    """Columns of whole numbers of which two in five or more end in 0 or 5, where one in five would.

    Looked at are columns with at least a hundred recorded numbers, twenty different ones, of which the middle half
    spans twenty units or more; the excess must be beyond six standard errors of the binomial share.
    """
    findings = []
    for table in tables.values():
        for column in table.columns:
            if column.type is not ColumnType.INTEGER or column.name in (table.key, table.parent_key):
                continue
            name = quote(column.name)
            n, distinct, round_ones, span = session.rows(
                f"SELECT count({name}), count(DISTINCT {name}), count(*) FILTER (WHERE {name} % 5 = 0), "
                f"quantile_cont({name}, 0.75) - quantile_cont({name}, 0.25) FROM {table.relation}"
            )[0]
            if n < _FEWEST or distinct < _DISTINCT or span < 20:
                continue
            share = round_ones / n
            if share >= _SHARE and share - _EXPECTED > _ERRORS * math.sqrt(_EXPECTED * (1 - _EXPECTED) / n):
                message = Remark("digit-preference", {"share": share, "n": int(n)})
                findings.append(about_column(_RULE, table, column.name, message))
    return findings
