"""The columns that tables by group share: each group under its label, with its number of patients."""

from __future__ import annotations

from atrisk.report.table_model import Column, line
from atrisk.report.view import View
from atrisk.result.run_result import ComparisonFrame


def group_columns(view: View, frame: ComparisonFrame, *, everyone: bool, with_n: bool = True) -> tuple[Column, ...]:
    """A column for each group in order, after one for all patients if asked for."""
    totals = {"": sum(frame.n.values()), **frame.n}
    codes = (("",) if everyone else ()) + frame.groups
    return tuple(
        Column(
            heading=view.names.group(frame.name, code),
            under=line(f"n = {view.words.count(totals.get(code, 0))}") if with_n else (),
        )
        for code in codes
    )


def group_codes(frame: ComparisonFrame, *, everyone: bool) -> tuple[str, ...]:
    """The groups of those columns; the empty code is everyone."""
    return (("",) if everyone else ()) + frame.groups
