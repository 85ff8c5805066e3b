"""Codes and gaps that depend on the centre: columns that centres may have filled in by rules of their own."""

# ruff: noqa: S608 (only quoted names are put into SQL)

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from atrisk.check.cells import Rule, about_column
from atrisk.check.date_order import ancestors
from atrisk.check.roles import centre_column
from atrisk.read.session import Session, quote
from atrisk.read.table import Column, ColumnType, Table
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.model import Study

_CODES = Rule("coded-by-centre", Severity.INFORMS, Remark("coded-by-centre.remedy"))
_GAPS = Rule("missing-by-centre", Severity.INFORMS, Remark("missing-by-centre.remedy"))
_FEWEST, _MOST_CENTRES, _MOST_LEVELS = 20, 50, 12
_STRENGTH, _P, _DIFFERENCE = 0.3, 1e-6, 0.3


def check_centre_coding(tables: Mapping[str, Table], study: Study, session: Session) -> list[Finding]:
    """Categories whose levels, and columns whose gaps, differ between centres far more than patients do.

    A column of the patients whose name says so holds the centres; those with at least twenty rows are compared.
    Levels: Cramer's V, root of chi-squared / (n (min(centres, levels) - 1)), is 0.3 or more with p below one in a
    million (Pearson's chi-squared). Gaps: the shares of recorded cells differ by 30 percentage points or more, with the
    same p. Centres may differ in their patients; what these say is where to ask.
    """
    root = tables[study.root]
    centre = centre_column(root)
    if centre is None or root.key is None:
        return []
    findings: list[Finding] = []
    for table in tables.values():
        line = ancestors(table, tables)
        if line[-1].name != root.name:
            continue
        source = f"{table.relation} t"
        below = "t"
        for depth, parent in enumerate(line[1:]):
            child, alias = line[depth], f"u{depth}"
            on = f"{alias}.{quote(str(parent.key))} = {below}.{quote(str(child.parent_key))}"
            source, below = f"{source} JOIN {parent.relation} {alias} ON {on}", alias
        for column in table.columns:
            if column.name in (table.key, table.parent_key) or (table is root and column.name == centre):
                continue
            findings += _in_column(table, column, source, f"{below}.{quote(centre)}", session)
    return findings


def _in_column(table: Table, column: Column, source: str, centre: str, session: Session) -> Iterator[Finding]:
    name = f"t.{quote(column.name)}"
    missing = session.rows(
        f"SELECT CAST({centre} AS VARCHAR) AS centre, count(*), count({name}) FROM {source} "
        f"WHERE {centre} IS NOT NULL GROUP BY 1 HAVING count(*) >= {_FEWEST} ORDER BY 1"
    )
    if not 2 <= len(missing) <= _MOST_CENTRES:
        return
    recorded = np.array([[count, total - count] for _, total, count in missing], dtype=np.float64)
    shares = recorded[:, 0] / recorded.sum(axis=1)
    if shares.max() - shares.min() >= _DIFFERENCE and _p(recorded)[1] < _P:
        values = {"least": float(1 - shares.max()), "most": float(1 - shares.min())}
        yield about_column(_GAPS, table, column.name, Remark("missing-by-centre", values))
    if column.type not in (ColumnType.CATEGORY, ColumnType.BOOLEAN):
        return
    counted = session.rows(
        f"SELECT CAST({centre} AS VARCHAR), CAST({name} AS VARCHAR), count(*) FROM {source} "
        f"WHERE {centre} IS NOT NULL AND {name} IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2"
    )
    centres = [each for each, _, count in missing if count >= _FEWEST]
    levels = list(dict.fromkeys(level for each, level, _ in counted if each in centres))
    if len(centres) < 2 or not 2 <= len(levels) <= _MOST_LEVELS:
        return
    table_of = _table(counted, centres, sorted(levels))
    strength, p = _p(table_of)
    if strength >= _STRENGTH and p < _P:
        yield about_column(_CODES, table, column.name, Remark("coded-by-centre", {"strength": strength}))


def _table(counted: Sequence[tuple[str, str, int]], rows: list[str], columns: list[str]) -> NDArray[np.float64]:
    counts = np.zeros((len(rows), len(columns)))
    for row, column, count in counted:
        if row in rows:
            counts[rows.index(row), columns.index(column)] = count
    return counts


def _p(counts: NDArray[np.float64]) -> tuple[float, float]:
    """Cramer's V and the p value of Pearson's chi-squared of a table without its empty columns."""
    counts = counts[:, counts.sum(axis=0) > 0]
    n, smaller = counts.sum(), min(counts.shape) - 1
    if smaller < 1:
        return 0.0, 1.0
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / n
    chi_squared = float(((counts - expected) ** 2 / expected).sum())
    df = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    return math.sqrt(chi_squared / (n * smaller)), float(chdtrc(df, chi_squared))
