"""What the later stages of a check find in the rows that nothing blocks, so that one check tells as much as it can."""

# ruff: noqa: S608 (only quoted names and row numbers are put into SQL)

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from atrisk.errors import AtriskError
from atrisk.read.session import Session, quote
from atrisk.read.table import ROW, Table
from atrisk.result.finding import Finding, Severity, blocking
from atrisk.result.remark import Remark

Later = Callable[[Mapping[str, Table]], tuple[Finding, ...]]

# Cohort and definitions block before follow-up is looked at; each may set further rows aside.
_STAGES = 2
# What these say of groups and tables is that something is not there, and here rows are left out.
_OF_ABSENCE = frozenset(
    {
        "nobody-left",
        "patient-without-rows",
        "group-of-one",
        "small-group",
        "structural-non-positivity",
        "never-positive",
        "no-follow-up",
        "worst-complication-only",
    }
)


def beyond_blocked(
    found: tuple[Finding, ...], tables: Mapping[str, Table], session: Session, later: Later
) -> tuple[Finding, ...]:
    """The findings of the later stages, ``later``, in the tables without the rows that ``found`` blocks.

    ``found`` is everything found so far, with no row left out of it. Where a whole column, a table or all patients
    block, nothing is said: what rests on them cannot be looked at. Left unsaid is also what says that something is not
    there, since rows are left out, and what is wrong with the study file, which comes to light once the data are sound.
    The tables in the engine are changed; nothing may be computed from them afterwards.
    """
    further: list[Finding] = []
    aside: set[tuple[str, int]] = set()
    stops = blocking(found)
    for _stage in range(_STAGES):
        if not stops or any(finding.row is None for finding in stops):
            break
        aside |= {(finding.table, finding.row) for finding in stops if finding.row is not None}
        try:
            seen = later(_without(aside, tables, session))
        except AtriskError:
            break
        said = {_place(each) for each in (*found, *further)}
        new = [each for each in dict.fromkeys(seen) if _place(each) not in said]
        stops = blocking(tuple(new))
        further += (each for each in new if each.rule not in _OF_ABSENCE)
    if not further:
        return ()
    message = Remark("rows-set-aside", {"count": len(aside)})
    return (*further, Finding(rule="rows-set-aside", severity=Severity.INFORMS, message=message))


def _place(finding: Finding) -> tuple[str, str, int | None, str, str]:
    """Where a finding stands. What is said of a column or table is not said again with the numbers of fewer rows."""
    message = str(finding.message) if finding.row is not None else ""
    return finding.rule, finding.table, finding.row, finding.column, message


def _without(aside: set[tuple[str, int]], tables: Mapping[str, Table], session: Session) -> dict[str, Table]:
    """The tables without these rows (table and line), changed where they lie."""
    kept = dict(tables)
    for name, table in tables.items():
        rows = sorted(row for at, row in aside if at == name)
        if rows:
            listed = session.load("__aside", {"line": "BIGINT"}, [(row,) for row in rows])
            row = quote(ROW)
            session.create(
                name,
                f"SELECT * FROM {table.relation} WHERE {row} NOT IN (SELECT line FROM {listed}) ORDER BY {row}",
            )
            session.drop("__aside")
            n = int(session.value(f"SELECT count(*) FROM {table.relation}"))
            kept[name] = replace(table, n_rows=n)
    return kept
