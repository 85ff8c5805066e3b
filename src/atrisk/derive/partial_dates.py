"""Dates without day or month, completed as declared, moved to where they can have been, and flagged."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from atrisk.check.cells import earliest, identifier_sql, latest
from atrisk.check.date_order import DateColumn, ancestors, joined_downwards, lines_of, related
from atrisk.check.events import censoring_of
from atrisk.check.life_span import date_columns, deaths_among
from atrisk.read.session import Session, literal, quote
from atrisk.read.table import PRECISION, ROW, Table
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.load import LoadedStudy


@dataclass(frozen=True, slots=True)
class _Bound:
    """Another date that a partial one cannot lie before, or after; ``days`` are added to it."""

    date: DateColumn
    lower: bool
    days: int = 0


def place_partial_dates(loaded: LoadedStudy, tables: Mapping[str, Table], session: Session) -> tuple[Finding, ...]:
    """Move completed dates to where they can have been, in the tables' own relations, and say which were moved.

    A date recorded as a month or a year is completed as declared under ``partial:`` and then moved by as little as
    possible into the interval that is left by all of: its own month or year; the dates before and after it on the
    lines under ``dates_in_order:``, in rows that belong together; the data cut; and, for a death, the day after the
    patient was last known to be alive. Dates before it count as completed, dates after it as late as they can be, so
    that a chain of partial dates stays in order. Where nothing is left the date stays as completed: the check finds
    what contradicts it. Whole dates never move. Method: imputation bounded by known dates, as in the R package admiral.
    Raises StudyError as the check of ``dates_in_order:`` does.
    """
    findings: list[Finding] = []
    bounds = _bounds(loaded, tables)
    for date in _in_order(loaded, tables):
        findings += _placed(loaded, date, bounds.get(date, ()), tables, session)
    return tuple(findings)


def _in_order(loaded: LoadedStudy, tables: Mapping[str, Table]) -> list[DateColumn]:
    """Every partial date, those that come first on the lines first."""
    position: dict[DateColumn, int] = {}
    for line in lines_of(loaded, tables):
        for number, date in enumerate(line):
            position[date] = max(position.get(date, 0), number)
    every = [date for table in tables.values() for date in date_columns(loaded.study, table) if date.partial]
    return sorted(every, key=lambda date: position.get(date, 0))


def _bounds(loaded: LoadedStudy, tables: Mapping[str, Table]) -> dict[DateColumn, list[_Bound]]:
    found: dict[DateColumn, list[_Bound]] = {}
    for line in lines_of(loaded, tables):
        for number, date in enumerate(line):
            found.setdefault(date, []).extend(_Bound(other, lower=True) for other in line[:number])
            found[date].extend(_Bound(other, lower=False) for other in line[number + 1 :])
    dates = [date for table in tables.values() for date in date_columns(loaded.study, table)]
    deaths = deaths_among(dates, loaded.study, tables)
    alive = censoring_of({(death.table.name, death.column) for death in deaths}, loaded.study, tables)
    for death in deaths:
        seen = [date for date in dates if (date.table.name, date.column) in alive and date not in deaths]
        found.setdefault(death, []).extend(
            _Bound(date, lower=True, days=1) for date in seen if related(date, death, tables)
        )
    return found


def _placed(
    loaded: LoadedStudy,
    date: DateColumn,
    bounds: list[_Bound] | tuple[_Bound, ...],
    tables: Mapping[str, Table],
    session: Session,
) -> Iterator[Finding]:
    table, column, row = date.table, quote(date.column), quote(ROW)
    precision = f"t.{quote(date.column + PRECISION)}"
    partial = session.value(f"SELECT count(*) FROM {table.relation} t WHERE {precision} IN ('month', 'year')")
    if not partial:
        return
    lows, highs = [earliest(date.column, "t", partial=True)], [latest(date.column, "t", partial=True)]
    if loaded.study.study.data_cut is not None:
        highs.append(literal(loaded.study.study.data_cut))
    joins = ""
    for number, bound in enumerate(bounds):
        joins += f" LEFT JOIN ({_bound_sql(date, bound, tables)}) b{number} ON b{number}.line = t.{row}"
        (lows if bound.lower else highs).append(f"b{number}.bound")
    moved = session.create(
        "__placed",
        f"SELECT line, given, CASE WHEN low > high THEN given ELSE least(greatest(given, low), high) END AS placed "
        f"FROM (SELECT t.{row} AS line, t.{column} AS given, greatest({', '.join(lows)}) AS low, "
        f"least({', '.join(highs)}) AS high FROM {table.relation} t{joins} WHERE {precision} IN ('month', 'year'))",
    )
    session.create(
        table.name,
        f"SELECT t.* REPLACE (coalesce(m.placed, t.{column}) AS {column}) FROM {table.relation} t "
        f"LEFT JOIN {moved} m ON m.line = t.{row} ORDER BY t.{row}",
    )
    found = session.rows(
        f"SELECT t.{row}, {identifier_sql(table, 'r')}, r.{column}, m.placed FROM {moved} m "
        f"JOIN {table.relation} t ON t.{row} = m.line JOIN {table.raw_relation} r USING ({row}) "
        f"WHERE m.placed <> m.given ORDER BY 1"
    )
    session.drop("__placed")
    message = Remark("partial-dates", {"count": int(partial), "moved": len(found)})
    yield _finding(date, "partial-dates", message, Remark("partial-dates.remedy"))
    for line, key, text, placed in found:
        yield _finding(
            date,
            "partial-date-moved",
            Remark("partial-date-moved"),
            Remark("partial-date-moved.remedy"),
            row=line,
            key=key or "",
            value=f"{text}, taken as {placed}",
        )


def _bound_sql(date: DateColumn, bound: _Bound, tables: Mapping[str, Table]) -> str:
    """SQL of the bound of each row that has one: the last of the dates before it, the first of those after it."""
    other = bound.date
    deepest = max(date.table, other.table, key=lambda table: len(ancestors(table, tables)))
    if bound.lower:
        value = f"max({other.value} + {bound.days})"
    else:
        value = f"min({latest(other.column, other.alias, partial=other.partial)})"
    return (
        f"SELECT {date.alias}.{quote(ROW)} AS line, {value} AS bound FROM "
        f"{joined_downwards(ancestors(deepest, tables))} WHERE {other.value} IS NOT NULL "
        f"AND {date.alias}.{quote(date.column + PRECISION)} IN ('month', 'year') GROUP BY 1"
    )


def _finding(
    date: DateColumn,
    rule: str,
    message: str,
    remedy: str,
    *,
    row: int | None = None,
    key: str = "",
    value: str = "",
) -> Finding:
    return Finding(
        rule=rule,
        severity=Severity.INFORMS,
        table=date.table.name,
        file=date.table.file,
        row=row,
        column=date.column,
        message=message,
        remedy=remedy,
        key=key,
        value=value,
    )
