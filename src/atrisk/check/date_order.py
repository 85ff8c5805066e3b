"""Dates against each other, along the lines under ``dates_in_order:``."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from atrisk.check.cells import Rule, earliest, identifier_sql, latest
from atrisk.check.dates import is_partial
from atrisk.errors import Problem, StudyError
from atrisk.read.session import Session, quote
from atrisk.read.table import ROW, ColumnType, Table
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.date_order import dates_in
from atrisk.study.expression import ExpressionError
from atrisk.study.load import LoadedStudy
from atrisk.study.scope import Scope

_RULE = Rule("dates-in-order", Severity.BLOCKS, Remark("dates-in-order.remedy"))


@dataclass(frozen=True, slots=True)
class DateColumn:
    """A column of dates in its table, and whether its dates may lack their day or month."""

    table: Table
    column: str
    partial: bool

    @property
    def alias(self) -> str:
        return quote(f"t_{self.table.name}")

    @property
    def raw(self) -> str:
        return quote(f"r_{self.table.name}")

    @property
    def value(self) -> str:
        return f"{self.alias}.{quote(self.column)}"


def check_date_order(loaded: LoadedStudy, tables: Mapping[str, Table], session: Session) -> list[Finding]:
    """Dates that come in the wrong order in rows that belong together.

    Rows belong together along the declared parents: each operation with its patient, each complication with its
    operation and patient. Two dates of a line are compared where no date between them is recorded, so that one wrong
    date is not reported against all others. Equal dates are in order. A partial date is compared only as far as it
    goes: 2009 and 2009-03-01 are in order both ways.
    Raises StudyError where a line names a column that does not exist or holds no dates, or tables of which neither
    belongs to the other.
    """
    lines = lines_of(loaded, tables)
    findings: list[Finding] = []
    seen: set[tuple[object, ...]] = set()
    for line in lines:
        for later in range(1, len(line)):
            for earlier in range(later):
                between = line[earlier + 1 : later]
                for finding in inversions(
                    session, line[earlier], line[later], between=between, rule=_RULE, tables=tables
                ):
                    identity = (finding.table, finding.row, finding.message)
                    if identity not in seen:
                        seen.add(identity)
                        findings.append(finding)
    return findings


def lines_of(loaded: LoadedStudy, tables: Mapping[str, Table]) -> list[list[DateColumn]]:
    """The columns on each line under ``dates_in_order:``; raises StudyError as `check_date_order` says."""
    scope = Scope({table.name: {name: name for name in table.names} for table in tables.values()})
    problems: list[Problem] = []
    lines = []
    for position, text in enumerate(loaded.study.dates_in_order):
        place = ("dates_in_order", position)
        line = []
        for name in dates_in(text):
            try:
                found = scope.resolve(name)
            except ExpressionError as error:
                problems.append(loaded.problem(place, error.message, error.hint))
                continue
            table = tables[found.table]
            column = table.column(found.column)
            if column is None or column.type is not ColumnType.DATE:
                hint = "Declare its 'format:' if it holds dates."
                problems.append(loaded.problem(place, f"'{found.name}' is not a column of dates", hint))
                continue
            line.append(DateColumn(table, found.column, is_partial(loaded.study, table, found.column)))
        stray = _not_related(line, tables)
        if stray:
            hint = "Compare each with a date of the table that both belong to, on a line of its own."
            message = f"rows of '{stray[0]}' and '{stray[1]}' do not belong to each other"
            problems.append(loaded.problem(place, message, hint))
        lines.append(line)
    if problems:
        raise StudyError(problems)
    return lines


def ancestors(table: Table, tables: Mapping[str, Table]) -> list[Table]:
    """The table itself, its parent, and so on up to the patients."""
    line = [table]
    while line[-1].parent is not None:
        line.append(tables[line[-1].parent])
    return line


def _not_related(line: Sequence[DateColumn], tables: Mapping[str, Table]) -> tuple[str, str] | None:
    names = list(dict.fromkeys(date.table.name for date in line))
    for position, name in enumerate(names):
        for other in names[position + 1 :]:
            above = {table.name for table in ancestors(tables[name], tables)}
            below = {table.name for table in ancestors(tables[other], tables)}
            if name not in below and other not in above:
                return name, other
    return None


def related(first: DateColumn, second: DateColumn, tables: Mapping[str, Table]) -> bool:
    """Whether rows of one of the two tables belong to rows of the other (or both are one table)."""
    return _not_related([first, second], tables) is None


def inversions(
    session: Session,
    first: DateColumn,
    second: DateColumn,
    *,
    between: Sequence[DateColumn] = (),
    rule: Rule,
    tables: Mapping[str, Table],
) -> list[Finding]:
    """A finding of ``rule`` wherever ``first`` is after ``second`` in rows that belong together.

    Pairs with a recorded date ``between`` them are passed over. The two tables must be related.
    """
    dates = [first, second, *between]
    deepest = max((date.table for date in dates), key=lambda table: len(ancestors(table, tables)))
    # The finding stands at the row that says most: a complication rather than its patient.
    shown = first if len(ancestors(first.table, tables)) > len(ancestors(second.table, tables)) else second
    row = quote(ROW)
    conditions = [
        f"{earliest(first.column, first.alias, partial=first.partial)} > "
        f"{latest(second.column, second.alias, partial=second.partial)}",
        *(f"{date.value} IS NULL" for date in between),
    ]
    # The text of the cells is looked up for the pairs that were found, not for every row, nor where there are none.
    source = f"{joined_downwards(ancestors(deepest, tables))} WHERE {' AND '.join(conditions)}"
    if not session.rows(f"SELECT 1 FROM {source} LIMIT 1"):
        return []
    pairs = f"SELECT DISTINCT {first.alias}.{row} AS first_row, {second.alias}.{row} AS second_row FROM {source}"
    identifier = identifier_sql(shown.table, "a" if shown is first else "b")
    found = session.rows(
        f"SELECT first_row, second_row, {identifier}, a.{quote(first.column)}, b.{quote(second.column)} FROM ({pairs}) "
        f"JOIN {first.table.raw_relation} a ON a.{row} = first_row "
        f"JOIN {second.table.raw_relation} b ON b.{row} = second_row ORDER BY ALL"
    )
    return [
        Finding(
            rule=rule.name,
            severity=rule.severity,
            table=shown.table.name,
            file=shown.table.file,
            row=first_row if shown is first else second_row,
            column=shown.column,
            message=Remark(
                "dates-in-order",
                {
                    "first": first.column,
                    "first_file": first.table.file,
                    "first_row": first_row,
                    "second": second.column,
                    "second_file": second.table.file,
                    "second_row": second_row,
                },
            ),
            remedy=rule.remedy,
            key=key or "",
            value=f"{first.column} {first_text}; {second.column} {second_text}",
        )
        for first_row, second_row, key, first_text, second_text in found
    ]


def with_texts(line: Sequence[Table]) -> str:
    """FROM text as of ``joined_downwards``, with the text of every row's cells beside it, called ``r_<table>``."""
    texts = ((quote(f"t_{table.name}"), quote(f"r_{table.name}"), table.raw_relation) for table in reversed(line))
    row = quote(ROW)
    return joined_downwards(line) + "".join(
        f" LEFT JOIN {relation} {raw} ON {raw}.{row} = {typed}.{row}" for typed, raw, relation in texts
    )


def joined_downwards(line: Sequence[Table]) -> str:
    """FROM text that joins a table's ancestors downwards to it; a parent without children keeps its row."""
    parts: list[str] = []
    for parent, table in zip([None, *reversed(line)], reversed(line), strict=False):
        typed = quote(f"t_{table.name}")
        if parent is None:
            parts.append(f"{table.relation} {typed}")
        else:
            on = f"{typed}.{quote(str(table.parent_key))} = {quote(f't_{parent.name}')}.{quote(str(parent.key))}"
            parts.append(f"LEFT JOIN {table.relation} {typed} ON {on}")
    return " ".join(parts)
