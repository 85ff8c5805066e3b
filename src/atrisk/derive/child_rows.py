"""The rows of a child table that belong to each patient, and one value a patient taken from them."""

# ruff: noqa: S608 (only quoted names and checked expressions are put into SQL)

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from atrisk.derive.attempt import attempt, expression_sql, expression_type
from atrisk.derive.code import same_key
from atrisk.derive.compiled import GATHERED, Breach, Compiled, RowQuestion
from atrisk.derive.misfit import MisfitError
from atrisk.derive.patients import ALIAS, UNIT, Patients, column_sql
from atrisk.read.session import Session, literal, quote
from atrisk.read.table import ROW, Column, ColumnType, Table
from atrisk.result.remark import Remark
from atrisk.study.derivation import FromChildRows
from atrisk.study.expression_tree import ExpressionError
from atrisk.study.scope import DERIVED, Scope

CHILD = "c"
_COURSE = "course"


@dataclass(frozen=True, slots=True, eq=False)
class ChildRows:
    """The rows of ``table`` joined to the patients they belong to.

    ``source`` is SQL text for FROM: the child under ``c``, the patient under ``p``. ``start`` is the date from which a
    window counts: that of the row's own operation where the child hangs on the index table, else time zero.
    """

    table: Table
    source: str
    start: str | None
    scope: Scope

    def column(self, field: str, name: str, *types: ColumnType) -> Column:
        """The child's column that ``name`` (bare or ``table.column``) stands for; raises MisfitError."""
        own = Scope({self.table.name: self.scope.columns[self.table.name]})
        try:
            found = own.resolve(name)
        except ExpressionError as error:
            raise MisfitError(field, error.message, error.hint) from None
        column = next(column for column in self.table.columns if column.name == found.column)
        if types and column.type not in types:
            raise MisfitError(field, f"'{name}' is a {column.type} and must be a {' or '.join(types)} here.")
        return column

    def inside(self, date: str, within_days: float | None) -> str:
        """SQL text: whether a row lies 0 to ``within_days`` days after its start; unknown without a date."""
        if within_days is None:
            return f"({date} >= {self.start})"
        return f"(date_diff('day', {self.start}, {date}) BETWEEN 0 AND {within_days!r})"

    def question(self, column: Column, condition: str, breach: Breach) -> RowQuestion:
        """Rows meeting ``condition`` (SQL text) as findings placed at ``column``."""
        key = f"CAST({CHILD}.{quote(self.table.key)} AS VARCHAR)" if self.table.key else "''"
        value = f"CAST({CHILD}.{quote(column.name)} AS VARCHAR)"
        return RowQuestion(
            rule=breach.rule,
            severity=breach.severity,
            table=self.table.name,
            column=column.name,
            select=f"SELECT {CHILD}.{ROW}, {key}, {value} FROM {self.source} WHERE {condition} ORDER BY 1",
            message=breach.message,
            remedy=breach.remedy,
        )


def child_rows(field: str, name: str, patients: Patients) -> ChildRows:
    """The rows of table ``name`` joined to their patients, whatever tables lie between.

    Where rows hang on the index table, those of every row of the course count. Raises MisfitError for a table that
    does not exist or has no parent.
    """
    table = patients.tables.get(name)
    if table is None:
        raise MisfitError(field, f"there is no table '{name}'.", f"The tables are {', '.join(patients.tables)}.")
    if table.parent is None:
        raise MisfitError(field, f"'{name}' is the table of patients itself, which has one row each.")
    above = [table]
    while above[-1].parent is not None and above[-1].parent not in patients.seen_tables:
        above.append(patients.tables[above[-1].parent])
    anchor = patients.tables[str(above[-1].parent)]
    source, key, start = _anchor(patients, anchor)
    aliases = [CHILD, *(f"m{depth}" for depth in range(1, len(above)))]
    for child, alias in reversed(list(zip(above, aliases, strict=True))):
        parent = patients.tables[str(child.parent)]
        held = f"{alias}.{quote(child.parent_key or str(parent.key))}"
        source += f" JOIN {child.relation} {alias} ON {same_key(parent, key, child, held)}"
        key = f"{alias}.{quote(child.key)}" if child.key else "NULL"
    own = {column.name: f"{CHILD}.{quote(column.name)}" for column in table.columns}
    return ChildRows(table=table, source=source, start=start, scope=_scope(name, own, patients))


def _anchor(patients: Patients, anchor: Table) -> tuple[str, str, str | None]:
    """FROM text, key and start of the visible table on which the rows hang."""
    course = patients.course
    source = f"{patients.relation} {ALIAS}"
    if course is not None and course.table == anchor.name:
        joined = f"{course.relation} {_COURSE} JOIN {source} ON {ALIAS}.{UNIT} = {_COURSE}.{UNIT}"
        return joined, f"{_COURSE}.key", f"{_COURSE}.start"
    return source, column_sql(anchor.name, str(anchor.key)), patients.time_zero


def _scope(name: str, own: dict[str, str], patients: Patients) -> Scope:
    """The child's columns first: a bare name that it has means the child's, whatever the patient's row holds."""
    columns: dict[str, dict[str, str]] = {name: own}
    folded = {column.casefold() for column in own}
    for table, visible in patients.scope().columns.items():
        if table != name:
            columns[table] = {c: sql for c, sql in visible.items() if table == DERIVED or c.casefold() not in folded}
    return Scope(columns)


def compile_child_rows(declared: FromChildRows, patients: Patients, session: Session) -> Compiled:
    """One value a patient from the rows of a child table.

    A row counts where ``where`` is true and, with ``within``, its date lies 0 to so many days after its operation (or
    time zero); with ``after``, only where it lies more than so many days after it. Where that is unknown for a row,
    because its date is missing or ``where`` is, ``any`` is true if another row counts and unknown otherwise, and every
    other ``take`` is unknown. ``first`` and ``last`` go by date, rows of one day by their order in the file. No row:
    ``if_none``, or unknown where ``searched`` is named and not true. Raises MisfitError for what does not fit the
    tables.
    """
    rows = child_rows("from", declared.from_, patients)
    counts, questions = _counts(declared, rows, patients, session)
    taken, kind, order = _taken(declared, rows)
    gather = (
        f"SELECT {UNIT}, {_aggregate(declared.take)} AS taken, count(*) FILTER (WHERE counts) AS n_rows,"
        f" count(*) FILTER (WHERE counts IS NULL) AS n_unclear"
        f" FROM (SELECT {ALIAS}.{UNIT} AS {UNIT}, {CHILD}.{ROW} AS line, {taken} AS taken_from,"
        f" {order or 'NULL'} AS placed, {counts} AS counts FROM {rows.source}) GROUP BY {UNIT}"
    )
    none = _none(declared, patients, kind)
    unclear = "FALSE" if declared.take == "any" else f"coalesce({GATHERED}.n_unclear, 0) > 0"
    value = (
        f"(CASE WHEN {unclear} THEN NULL WHEN coalesce({GATHERED}.n_rows, 0) > 0 THEN {GATHERED}.taken"
        f" WHEN coalesce({GATHERED}.n_unclear, 0) > 0 THEN NULL ELSE {none} END)"
    )
    return Compiled(fields={"": value}, types={"": kind}, gather=gather, questions=questions)


def _counts(
    declared: FromChildRows, rows: ChildRows, patients: Patients, session: Session
) -> tuple[str, tuple[RowQuestion, ...]]:
    """SQL text of whether a row counts, in three-valued logic, and what to ask about rows for which it fails."""
    conditions, questions = ["TRUE"], []
    if declared.where is not None:
        where = expression_sql("where", declared.where, rows.scope)
        if expression_type("where", where, rows.source, session) is not ColumnType.BOOLEAN:
            hint = "Compare with something, such as \"grade = 'B'\"."
            raise MisfitError("where", "is not true or false for a row.", hint)
        conditions.append(f"{attempt(where)}.answer")
        questions.append(
            rows.question(
                rows.table.columns[0],
                f"{attempt(where)} IS NULL",
                Breach(
                    rule="expression-fails",
                    message=Remark("where-fails"),
                    remedy=Remark("criterion-fails.remedy"),
                ),
            )
        )
    if declared.date is not None:
        date = rows.column("date", declared.date, ColumnType.DATE)
        sql = f"{CHILD}.{quote(date.name)}"
        if declared.within is not None or declared.after is not None:
            if rows.start is None:
                patients.zero("within" if declared.within is not None else "after")
            if declared.within is not None:
                conditions.append(rows.inside(sql, declared.within.days))
            if declared.after is not None:
                conditions.append(f"(date_diff('day', {rows.start}, {sql}) > {declared.after.days!r})")
        elif declared.take in ("first", "last"):
            conditions.append(f"({sql} IS NOT NULL OR NULL)")
    return f"({' AND '.join(conditions)})", tuple(questions)


def _taken(declared: FromChildRows, rows: ChildRows) -> tuple[str, ColumnType, str | None]:
    """SQL text of what is taken from a row, the answer's type, and the date that orders rows, if any."""
    order = None
    if declared.date is not None:
        order = f"{CHILD}.{quote(rows.column('date', declared.date, ColumnType.DATE).name)}"
    if declared.of is None:
        return "TRUE", ColumnType.BOOLEAN if declared.take == "any" else ColumnType.INTEGER, order
    numbers = (ColumnType.INTEGER, ColumnType.NUMBER)
    allowed = {"sum": numbers, "min": (*numbers, ColumnType.DATE), "max": (*numbers, ColumnType.DATE)}
    column = rows.column("of", declared.of, *allowed.get(declared.take, ()))
    return f"{CHILD}.{quote(column.name)}", column.type, order


def _aggregate(take: str) -> str:
    chosen = "FILTER (WHERE counts)"
    if take == "any":
        return f"bool_or(TRUE) {chosen}"
    if take == "count":
        return f"count(*) {chosen}"
    if take in ("first", "last"):
        way = "ASC" if take == "first" else "DESC"
        return f"first(taken_from ORDER BY placed {way}, line {way}) {chosen}"
    # In the file's order, since the last digit of a sum depends on it.
    ordered = " ORDER BY line" if take == "sum" else ""
    return f"{take}(taken_from{ordered}) {chosen}"


def _none(declared: FromChildRows, patients: Patients, kind: ColumnType) -> str:
    """SQL text of the value without any row."""
    if declared.if_none is None:
        return "NULL"
    value = typed_constant("if_none", declared.if_none, kind)
    return f"(CASE WHEN {searched_sql(declared.searched, patients)} THEN {value} END)"


def searched_sql(name: str | None, patients: Patients) -> str:
    """SQL text: whether events were looked for; true where the study names no such column."""
    if name is None:
        return "TRUE"
    return f"coalesce({patients.resolve('searched', name, ColumnType.BOOLEAN).sql}, FALSE)"


def typed_constant(field: str, text: str, kind: ColumnType) -> str:
    """SQL text of a code written in the study file as a value of ``kind``; raises MisfitError where it is none."""
    try:
        if kind is ColumnType.BOOLEAN:
            return literal({"true": True, "false": False}[text])
        if kind is ColumnType.INTEGER:
            return literal(int(text))
        if kind is ColumnType.NUMBER:
            return literal(float(text))
        if kind is ColumnType.DATE:
            return literal(dt.date.fromisoformat(text))
    except (KeyError, ValueError):
        raise MisfitError(field, f"'{text}' is not a {kind}, which this variable is.") from None
    return literal(text)
