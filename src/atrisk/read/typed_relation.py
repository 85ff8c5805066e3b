"""From cells to values: each column's type, the typed relation, and a finding for every cell that does not fit."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from atrisk.read import cell, cell_finding
from atrisk.read.declared import Declared
from atrisk.read.flag_for_date import MOST_CODES, flag_for_date
from atrisk.read.inference import Inferred, Profile, has_decimal_comma, infer, is_whole, profiles
from atrisk.read.recorded import codes, recorded_columns
from atrisk.read.session import Session, literal, quote
from atrisk.read.source import Source
from atrisk.read.table import LIMIT, PRECISION, ROW, Column, ColumnType
from atrisk.result.finding import Finding
from atrisk.study.table import Variable

# In a mistyped date stand a year, or two numbers apart.
_PARTS_OF_A_DATE = r"\d{4}|\d\D+\d"
_YEAR_OR_SERIAL = rf"{cell.PARTIAL_DATE}|{cell_finding.SERIAL_DAY}"
_NUMBERS = (ColumnType.INTEGER, ColumnType.NUMBER)
_WORDS = (ColumnType.TEXT, ColumnType.CATEGORY)


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a column is read: its type, and the SQL, over a recorded cell's text, of what it yields."""

    column: str
    type: ColumnType
    value: str
    limit: str | None = None
    precision: str | None = None
    may_misfit: bool = False
    decimal_comma: bool = False


def typed_relation(
    source: Source, declared: Declared, *, session: Session, name: str
) -> tuple[tuple[Column, ...], tuple[Finding, ...]]:
    """Create the relation ``name`` with the values of a file's cells, and give its columns and the findings.

    A column's type is the declared one, else the one the study's words imply, else what its cells show. Keys are
    text on both sides, so that they join. A cell that does not fit is NULL and a blocking finding.
    """
    recorded = recorded_columns(source, declared, session)
    cells_name, texts = f"{name}_cells", _cells(source, declared, recorded)
    yields = [text if text == quote(column) else f"{text} AS {quote(column)}" for column, text in texts.items()]
    cells = session.view(cells_name, f"SELECT {quote(ROW)}, {', '.join(yields)} FROM {source.relation}")
    doubtful = [column for column in source.columns if column not in recorded and column not in source.native]
    findings = cell_finding.bare_na(session, source, declared, doubtful)
    findings += cell_finding.spreadsheet_errors(session, source, declared, doubtful)
    inferred = [column for column in source.columns if _is_inferred(column, source=source, declared=declared)]
    shown = profiles(session, source.relation, {column: texts[column] for column in inferred})
    plans = []
    for column in source.columns:
        plan, about = _plan(column, shown.get(column), source=source, declared=declared, session=session, cells=cells)
        plans.append(plan)
        findings += about
    yields = [f"{plan.value} AS {quote(plan.column)}" for plan in plans]
    yields += [f"{plan.limit} AS {quote(plan.column + LIMIT)}" for plan in plans if plan.limit]
    yields += [f"{plan.precision} AS {quote(plan.column + PRECISION)}" for plan in plans if plan.precision]
    typed = session.create(name, f"SELECT {quote(ROW)}, {', '.join(yields)} FROM {cells}")
    for plan in _with_misfits(plans, session=session, cells=cells, typed=typed):
        findings += cell_finding.wrong_type(
            session,
            declared,
            plan.column,
            kind=plan.type,
            decimal_comma=plan.decimal_comma,
            cells=cells,
            typed=typed,
        )
    session.drop_view(cells_name)
    return tuple(Column(plan.column, plan.type, _labels(declared, plan.column)) for plan in plans), tuple(findings)


def _labels(declared: Declared, column: str) -> tuple[tuple[str, str], ...]:
    return tuple((code, str(label)) for code, label in (declared.variable(column).levels or {}).items())


def raw_sql(source: Source, *, kept: str | None) -> str:
    """SQL of the text of every cell of a file, for the rows of the typed relation ``kept`` (None: for all rows)."""
    texts = [
        f"{cell.text_of(quote(column), source.native.get(column))} AS {quote(column)}" for column in source.columns
    ]
    row = quote(ROW)
    where = f" WHERE {row} IN (SELECT {row} FROM {kept})" if kept is not None else ""
    return f"SELECT {row}, {', '.join(texts)} FROM {source.relation}{where}"


def _cells(source: Source, declared: Declared, recorded: frozenset[str]) -> dict[str, str]:
    """SQL of recorded cells by column: text without blanks, NULL where not recorded; or as the file types them."""
    cells = {}
    for column in source.columns:
        name = quote(column)
        if column not in recorded and not _keeps_native(column, source, declared):
            text = cell.trimmed(cell.text_of(name, source.native.get(column)))
            name = cell.without_missing(text, codes(declared, column), numeric=column not in declared.keys)
        cells[column] = name
    return cells


def _keeps_native(column: str, source: Source, declared: Declared) -> bool:
    native = source.native.get(column)
    variable = declared.variable(column)
    if native is None or column in declared.keys or variable.levels or variable.missing or variable.format:
        return False
    wanted = variable.type or declared.expected.get(column)
    return wanted in (None, native) or (wanted == ColumnType.NUMBER and native is ColumnType.INTEGER)


def _is_inferred(column: str, *, source: Source, declared: Declared) -> bool:
    """Whether a column's type depends on what its cells show, or its reading on their forms."""
    variable = declared.variable(column)
    known = column in declared.keys or variable.levels or variable.type in _WORDS
    return not known and not _keeps_native(column, source, declared)


def _plan(
    column: str, found: Profile | None, *, source: Source, declared: Declared, session: Session, cells: str
) -> tuple[_Plan, list[Finding]]:
    name, variable = quote(column), declared.variable(column)
    if column in declared.keys:
        return _Plan(column, ColumnType.TEXT, name), []
    if variable.levels:
        return _Plan(column, ColumnType.CATEGORY, cell.level(name, tuple(variable.levels))), []
    if variable.type in _WORDS:
        return _Plan(column, ColumnType(variable.type), name), []
    if found is None:
        return _native_plan(column, ColumnType(variable.type or source.native[column]), variable), []
    rows = None if source.typed_points is None else source.typed_points.get(column, frozenset())
    comma = source.decimal_comma and has_decimal_comma(found, typed_points=None if rows is None else len(rows))
    native_points = 0 if rows is None else found.number - found.integer - len(rows)
    guess = infer(found, decimal_comma=comma, native_points=native_points)
    kind = _chosen(variable, declared.expected.get(column), found=found, guess=guess, decimal_comma=comma)
    findings = cell_finding.about_column(declared, column, kind=kind, found=found, guess=guess, decimal_comma=comma)
    match kind:
        case ColumnType.DATE:
            form = variable.format or cell.ISO
            if variable.format is None and 2 * found.date < found.recorded:
                fitting = _fitting_formats(session, cells, column, found.recorded)
                if fitting or guess.undeclared_format:
                    short = _half(session, cells, column, cell.SHORT_YEAR, found)
                    findings.append(cell_finding.date_format(declared, column, fitting, short_years=short))
                    return _no_date(column), findings
                asked = column in declared.expected and found.date + found.partial_date == 0
                numbers = asked and guess.type in _NUMBERS and not _half(session, cells, column, _YEAR_OR_SERIAL, found)
                if numbers or (asked and _like_a_flag(session, cells, column, found)):
                    findings.append(flag_for_date(declared, column, found=found, guess=guess))
                    return _no_date(column), findings
            either = source.iso_dates
            precision = cell.precision(name, form=form, or_iso=either) if variable.partial else None
            value = cell.date(name, form=form, partial=variable.partial, or_iso=either)
            return _Plan(column, kind, value, precision=precision, may_misfit=True), findings
        case ColumnType.INTEGER | ColumnType.NUMBER:
            points = _outside(rows) if comma and rows is not None else None
            return _number_plan(
                column, kind, censored=variable.censored, decimal_comma=comma, own_points=points
            ), findings
        case ColumnType.BOOLEAN:
            words = variable.type is not None or column in declared.expected
            return _Plan(column, kind, cell.boolean(name, words=words), may_misfit=True), findings
        case _:
            return _Plan(column, kind, name), findings


def _outside(rows: frozenset[int]) -> str:
    return f"{quote(ROW)} NOT IN ({', '.join(map(str, sorted(rows)))})" if rows else "TRUE"


def _no_date(column: str) -> _Plan:
    return _Plan(column, ColumnType.DATE, "CAST(NULL AS DATE)")


def _half(session: Session, cells: str, column: str, pattern: str, found: Profile) -> bool:
    """Whether half of the recorded cells or more have this form."""
    form = cell.matches(quote(column), pattern)
    return 2 * int(session.value(f"SELECT count(*) FROM {cells} WHERE {form}")) >= found.recorded


def _like_a_flag(session: Session, cells: str, column: str, found: Profile) -> bool:
    """Whether a column without one date holds few different cells, none with parts of a date in it."""
    if not 0 < found.distinct <= MOST_CODES:
        return False
    name = quote(column)
    parts = f"regexp_matches({name}, {literal(_PARTS_OF_A_DATE)})"
    return not session.value(f"SELECT count(*) FROM {cells} WHERE {parts}")


def _chosen(
    variable: Variable, expected: ColumnType | None, *, found: Profile, guess: Inferred, decimal_comma: bool
) -> ColumnType:
    if variable.type is not None:
        return ColumnType(variable.type)
    if variable.format or variable.partial:
        return ColumnType.DATE
    if variable.censored or variable.range is not None or variable.bands:
        return ColumnType.INTEGER if is_whole(found) and not decimal_comma else ColumnType.NUMBER
    return expected or guess.type


def _number_plan(
    column: str, kind: ColumnType, *, censored: bool, decimal_comma: bool, own_points: str | None
) -> _Plan:
    """``own_points``: the condition under which a number with a point is the file's own, beside decimal commas."""
    name = quote(column)
    text = cell.without_limit(name) if censored else name
    value = cell.integer(text) if kind is ColumnType.INTEGER else cell.number(text, decimal_comma=decimal_comma)
    if own_points is not None and kind is ColumnType.NUMBER:
        value = f"coalesce({value}, CASE WHEN {own_points} THEN {cell.number(name)} END)"
    limit = cell.limit(name) if censored else None
    return _Plan(column, kind, value, limit=limit, may_misfit=True, decimal_comma=decimal_comma)


def _native_plan(column: str, kind: ColumnType, variable: Variable) -> _Plan:
    name = quote(column)
    return _Plan(
        column,
        kind,
        f"CAST({name} AS DOUBLE)" if kind is ColumnType.NUMBER else name,
        limit="CAST(NULL AS VARCHAR)" if variable.censored else None,
        precision=f"CASE WHEN {name} IS NOT NULL THEN 'day' END" if variable.partial else None,
    )


def _fitting_formats(session: Session, cells: str, column: str, recorded: int) -> tuple[str, ...]:
    name = quote(column)
    forms = [form for form in cell.FORMATS if form != cell.ISO]
    counts = ", ".join(f"count({cell.date(name, form=form)})" for form in forms)
    row = session.rows(f"SELECT {counts} FROM {cells}")[0]
    best = max(row)
    if 2 * best < recorded:
        return ()
    return tuple(form for form, count in zip(forms, row, strict=True) if count == best)


def _with_misfits(plans: Sequence[_Plan], *, session: Session, cells: str, typed: str) -> list[_Plan]:
    checked = [plan for plan in plans if plan.may_misfit]
    if not checked:
        return []
    counts = ", ".join(f"count({quote(plan.column)})" for plan in checked)
    recorded, valued = (session.rows(f"SELECT {counts} FROM {relation}")[0] for relation in (cells, typed))
    return [plan for plan, there, fits in zip(checked, recorded, valued, strict=True) if there != fits]
