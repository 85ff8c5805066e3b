"""Rows that a table's ``where:`` leaves out, said whoever wrote it."""

from __future__ import annotations

from collections.abc import Mapping

from atrisk.check.cells import Rule, about_column
from atrisk.read.table import Table
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark

_RULE = Rule("rows-left-out", Severity.INFORMS, Remark("rows-left-out.remedy"))


def check_left_out(tables: Mapping[str, Table]) -> list[Finding]:
    """How many rows of each table's file its ``where:`` leaves out, where there are any."""
    return [
        about_column(
            _RULE,
            table,
            "",
            Remark("rows-left-out", {"count": table.n_left_out, "n": table.n_rows + table.n_left_out}),
        )
        for table in tables.values()
        if table.n_left_out
    ]
