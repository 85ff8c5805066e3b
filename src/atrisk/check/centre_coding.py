"""Codes and gaps that depend on the centre: columns that centres may have filled in by rules of their own."""

# ruff: noqa: S608 (only quoted names are put into SQL)

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
# The engine counts at most 64 columns in one pass.
_AT_ONCE = 30


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
        own = (table.key, table.parent_key, centre if table is root else None)
        columns = [column for column in table.columns if column.name not in own]
        centres = _Centres(table, source, f"CAST({below}.{quote(centre)} AS VARCHAR)", session)
        findings += [*_gaps(centres, columns), *_codes(centres, columns)]
    return findings


@dataclass(frozen=True, slots=True)
class _Centres:
    """A table joined to its patients' centres: ``source`` is SQL text for FROM, ``centre`` yields a row's centre."""

    table: Table
    source: str
    centre: str
    session: Session


def _gaps(of: _Centres, columns: Sequence[Column]) -> Iterator[Finding]:
    counts = "".join(f", count(t.{quote(column.name)})" for column in columns)
    rows = of.session.rows(
        f"SELECT {of.centre}, count(*){counts} FROM {of.source} WHERE {of.centre} IS NOT NULL "
        f"GROUP BY 1 HAVING count(*) >= {_FEWEST} ORDER BY 1"
    )
    if not 2 <= len(rows) <= _MOST_CENTRES:
        return
    for place, column in enumerate(columns, start=2):
        recorded = np.array([[row[place], row[1] - row[place]] for row in rows], dtype=np.float64)
        shares = recorded[:, 0] / recorded.sum(axis=1)
        if shares.max() - shares.min() >= _DIFFERENCE and _p(recorded)[1] < _P:
            values = {"least": float(1 - shares.max()), "most": float(1 - shares.min())}
            yield about_column(_GAPS, of.table, column.name, Remark("missing-by-centre", values))


def _codes(of: _Centres, columns: Sequence[Column]) -> Iterator[Finding]:
    categories = [column.name for column in columns if column.type in (ColumnType.CATEGORY, ColumnType.BOOLEAN)]
    for start in range(0, len(categories), _AT_ONCE):
        together = categories[start : start + _AT_ONCE]
        for name, counted in zip(together, _counted(of, together), strict=True):
            counts = _table(counted)
            if counts is not None:
                strength, p = _p(counts)
                if strength >= _STRENGTH and p < _P:
                    yield about_column(_CODES, of.table, name, Remark("coded-by-centre", {"strength": strength}))


def _counted(of: _Centres, names: Sequence[str]) -> list[list[tuple[str, str, int]]]:
    """For each column its levels by centre with their number of rows, all counted in one pass over the rows."""
    levels = [f"l{place}" for place in range(len(names))]
    chosen = ", ".join(
        f"CAST(t.{quote(name)} AS VARCHAR) AS {level}" for name, level in zip(names, levels, strict=True)
    )
    rows = of.session.rows(
        f"SELECT centre, {', '.join(levels)}, grouping({', '.join(levels)}), count(*) "
        f"FROM (SELECT {of.centre} AS centre, {chosen} FROM {of.source}) WHERE centre IS NOT NULL "
        f"GROUP BY GROUPING SETS ({', '.join(f'(centre, {level})' for level in levels)}) ORDER BY ALL"
    )
    counted: list[list[tuple[str, str, int]]] = [[] for _ in names]
    # The engine sets the bit of every column that a row is not grouped by, the first column's being the highest.
    place_of = {(1 << len(names)) - 1 - (1 << (len(names) - 1 - place)): place for place in range(len(names))}
    for centre, *values, bits, count in rows:
        place = place_of[bits]
        if values[place] is not None:
            counted[place].append((centre, values[place], count))
    return counted


def _table(counted: Sequence[tuple[str, str, int]]) -> NDArray[np.float64] | None:
    """Centres with enough rows by levels; None where there are too few or too many of either."""
    rows_of: Counter[str] = Counter()
    for centre, _, count in counted:
        rows_of[centre] += count
    centres = [centre for centre, count in rows_of.items() if count >= _FEWEST]
    levels = list(dict.fromkeys(level for centre, level, _ in counted if centre in centres))
    if not 2 <= len(centres) <= _MOST_CENTRES or not 2 <= len(levels) <= _MOST_LEVELS:
        return None
    counts = np.zeros((len(centres), len(levels)))
    for centre, level, count in counted:
        if centre in centres:
            counts[centres.index(centre), levels.index(level)] = count
    return counts


def _p(counts: NDArray[np.float64]) -> tuple[float, float]:
    """Cramer's V and the p value of Pearson's chi-squared of a table without its empty columns."""
    from scipy.special import chdtrc

    counts = counts[:, counts.sum(axis=0) > 0]
    n, smaller = counts.sum(), min(counts.shape) - 1
    if smaller < 1:
        return 0.0, 1.0
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / n
    chi_squared = float(((counts - expected) ** 2 / expected).sum())
    df = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    return math.sqrt(chi_squared / (n * smaller)), float(chdtrc(df, chi_squared))
