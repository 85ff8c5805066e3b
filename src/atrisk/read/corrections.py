"""Corrections declared in the study file, applied to the cells of a table before their types are looked at."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from atrisk.errors import Problem, StudyError
from atrisk.read.cell import BLANKS, text_of, trimmed
from atrisk.read.session import Session, literal, quote
from atrisk.read.source import Source
from atrisk.read.table import ROW
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.correction import Correction
from atrisk.study.expression import ExpressionError
from atrisk.study.load import LoadedStudy
from atrisk.study.scope import Scope


@dataclass(frozen=True, slots=True)
class _Placed:
    """A correction with its number in the study file and the column it means."""

    number: int
    column: str
    correction: Correction


@dataclass(frozen=True, slots=True)
class Corrected:
    """The cells of each table after the corrections, and what was corrected."""

    sources: Mapping[str, Source]
    findings: tuple[Finding, ...]


def corrected(loaded: LoadedStudy, read: Mapping[str, Source], session: Session) -> Corrected:
    """The cells of the tables (by name) with every declared correction applied; each is a finding that informs.

    A correction is found by the row's key and its column; ``from`` must be what the cell holds but for blanks around
    it. It holds for the one table it names, also where tables share a file. A column with a correction is read from
    its text, whatever type its file gives it: a whole number may be corrected to ``<1``.
    Raises StudyError, with every correction that does not fit: no row or several of that key, another text in the
    cell.
    """
    scope = Scope({name: {column: column for column in source.columns} for name, source in read.items()})
    by_table: dict[str, list[_Placed]] = {}
    sources, findings, problems = dict(read), [], []
    for number, correction in enumerate(loaded.study.corrections):
        try:
            found = scope.resolve(correction.column)
        except ExpressionError as error:
            problems.append(loaded.problem(("corrections", number, "column"), error.message, error.hint))
            continue
        by_table.setdefault(found.table, []).append(_Placed(number, found.column, correction))
    for name, placed in by_table.items():
        key = loaded.study.data[name].key
        if key is None:
            hint = (
                f"Declare the column that identifies its rows, or correct the cell in {loaded.study.data[name].place}."
            )
            problems += [_problem(loaded, each, "column", f"table '{name}' has no 'key:'", hint) for each in placed]
            continue
        rows, misfits = _rows(loaded, placed, read[name], key, session, place=loaded.study.data[name].place)
        problems += misfits
        if not misfits:
            sources[name] = _applied(placed, rows, read[name], session, name=f"__corrected_{name}")
            findings += [_finding(loaded, name, each, row) for each, row in zip(placed, rows, strict=True)]
    if problems:
        raise StudyError(sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0)))
    return Corrected(sources, tuple(findings))


def _rows(
    loaded: LoadedStudy, placed: list[_Placed], source: Source, key: str, session: Session, *, place: str
) -> tuple[list[int], list[Problem]]:
    """The row of each correction, and a problem for each that does not fit."""
    keys = ", ".join(sorted({literal(each.correction.key.strip(BLANKS)) for each in placed}))
    held = _text(source, key)
    columns = list(dict.fromkeys(each.column for each in placed))
    texts = ", ".join(_text(source, column) for column in columns)
    found: dict[str, list[tuple[int, dict[str, str]]]] = {}
    for row, of_key, *cells in session.rows(
        f"SELECT {quote(ROW)}, {held}, {texts} FROM {source.relation} WHERE {held} IN ({keys}) ORDER BY 1"
    ):
        values = {column: cell or "" for column, cell in zip(columns, cells, strict=True)}
        found.setdefault(of_key, []).append((row, values))
    rows, problems = [], []
    seen: dict[tuple[int, str], int] = {}
    for each in placed:
        rows_of_key = found.get(each.correction.key.strip(BLANKS), [])
        if len(rows_of_key) != 1:
            problems.append(_not_one_row(loaded, each, [row for row, _ in rows_of_key], place))
            continue
        row, values = rows_of_key[0]
        rows.append(row)
        first = seen.setdefault((row, each.column), each.number)
        if first != each.number:
            message = f"this cell is already corrected by number {first + 1} of this list"
            problems.append(_problem(loaded, each, "column", message, "Remove one of the two."))
        elif values[each.column] != each.correction.from_.strip(BLANKS):
            message = f"{place}, row {row}, column '{each.column}' holds something else"
            hint = "Write what the cell holds, in quotes, as in the file; if it was corrected there, remove the line."
            problems.append(_problem(loaded, each, "from", message, hint))
    return rows, problems


def _applied(placed: list[_Placed], rows: list[int], source: Source, session: Session, *, name: str) -> Source:
    """The source with the cells of these rows replaced."""
    columns = list(dict.fromkeys(each.column for each in placed))
    values = [
        (columns.index(each.column), row, each.correction.to.strip(BLANKS) or None)
        for each, row in zip(placed, rows, strict=True)
    ]
    changes = session.load("__corrections", {"__number": "INTEGER", "__at": "BIGINT", "__text": "VARCHAR"}, values)
    row = f"s.{quote(ROW)}"
    yields, joins = [], []
    for column in source.columns:
        if column not in columns:
            yields.append(f"s.{quote(column)}")
            continue
        number = columns.index(column)
        joins.append(
            f"LEFT JOIN {changes} c{number} ON c{number}.__number = {number} AND c{number}.__at = s.{quote(ROW)}"
        )
        text = text_of(f"s.{quote(column)}", source.native.get(column))
        yields.append(f"CASE WHEN c{number}.__at IS NULL THEN {text} ELSE c{number}.__text END AS {quote(column)}")
    relation = session.create(
        name, f"SELECT {row}, {', '.join(yields)} FROM {source.relation} s {' '.join(joins)} ORDER BY {row}"
    )
    session.drop("__corrections")
    native = {column: kind for column, kind in source.native.items() if column not in columns}
    return replace(source, name=name, relation=relation, native=native)


def _text(source: Source, column: str) -> str:
    return trimmed(text_of(quote(column), source.native.get(column)))


def _finding(loaded: LoadedStudy, name: str, placed: _Placed, row: int) -> Finding:
    correction = placed.correction
    return Finding(
        rule="declared-correction",
        severity=Severity.INFORMS,
        table=name,
        file=loaded.study.data[name].place,
        row=row,
        column=placed.column,
        message=Remark("declared-correction", {"reason": correction.reason}),
        remedy=Remark("declared-correction.remedy"),
        key=correction.key,
        value=f"{correction.from_ or 'empty'} -> {correction.to or 'not recorded'}",
    )


def _not_one_row(loaded: LoadedStudy, placed: _Placed, rows: list[int], place: str) -> Problem:
    if not rows:
        return _problem(loaded, placed, "key", f"{place} has no row with this key", "Keys stand here as in the data.")
    listed = ", ".join(map(str, rows[:5]))
    message = f"{place} has {len(rows)} rows with this key: {listed}{', ...' if len(rows) > 5 else ''}"
    return _problem(loaded, placed, "key", message, "Give each row a key of its own in the file.")


def _problem(loaded: LoadedStudy, placed: _Placed, word: str, message: str, hint: str) -> Problem:
    return loaded.problem(("corrections", placed.number, word), message, hint)
