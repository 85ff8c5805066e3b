"""The checked tree of an expression: the only thing from which SQL is written.

Three kinds of node carry every expression: a constant, a column, and an operation on other nodes. Operators and
functions are operations alike, named by the keys of ``FIXED`` and ``LISTED``; what has no template here cannot be said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal


class ExpressionError(ValueError):
    """An expression says something it may not; the message names it, the hint what to write instead."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = message
        self.hint = hint
        super().__init__(f"{message}. {hint}" if hint else message)


@dataclass(frozen=True, slots=True)
class Reference:
    """A column as an expression names it: ``column`` or ``table.column``, and whether it stood in double quotes."""

    table: str | None
    column: str
    quoted: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        return self.column if self.table is None else f"{self.table}.{self.column}"


@dataclass(frozen=True, slots=True)
class Constant:
    """A value written in the expression; ``text`` is checked to be what ``kind`` says."""

    kind: Literal["text", "number", "boolean", "date", "null"]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Interval:
    """A length of time added to or taken from a date."""

    amount: int
    unit: Literal["DAY", "WEEK", "MONTH", "YEAR"]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator or function and what it is applied to; ``name`` is a key of ``FIXED`` or ``LISTED``."""

    name: str
    operands: tuple[Node, ...]


Node = Reference | Constant | Interval | Operation

# Where a result is undefined (a division by zero, the logarithm of nothing, the root of a negative number) the engine's
# infinities and NaNs become NULL, that is: unknown. TRY does the same where an engine raises an error instead.
_FINITE = "NULLIF(NULLIF(NULLIF(TRY({0}), CAST('nan' AS DOUBLE)), CAST('inf' AS DOUBLE)), CAST('-inf' AS DOUBLE))"


def _finite(sql: str) -> str:
    return _FINITE.replace("{0}", sql)


FIXED = {
    "+": "({0} + {1})",
    "-": "({0} - {1})",
    "*": "({0} * {1})",
    "/": "({0} / NULLIF({1}, 0))",
    "//": "({0} // NULLIF({1}, 0))",
    "%": "({0} % NULLIF({1}, 0))",
    "||": "({0} || {1})",
    "negative": "(- {0})",
    "=": "({0} = {1})",
    "<>": "({0} <> {1})",
    "<": "({0} < {1})",
    "<=": "({0} <= {1})",
    ">": "({0} > {1})",
    ">=": "({0} >= {1})",
    "is distinct from": "({0} IS DISTINCT FROM {1})",
    "is not distinct from": "({0} IS NOT DISTINCT FROM {1})",
    "not": "(NOT {0})",
    "is": "({0} IS {1})",
    "between": "({0} BETWEEN {1} AND {2})",
    "like": "({0} LIKE {1})",
    "ilike": "({0} ILIKE {1})",
    "date +": "CAST(({0} + {1}) AS DATE)",
    "date -": "CAST(({0} - {1}) AS DATE)",
    "as integer": "TRY_CAST({0} AS BIGINT)",
    "as number": "TRY_CAST({0} AS DOUBLE)",
    "as text": "TRY_CAST({0} AS VARCHAR)",
    "as boolean": "TRY_CAST({0} AS BOOLEAN)",
    "as date": "TRY_CAST({0} AS DATE)",
    "nullif": "NULLIF({0}, {1})",
    "abs": "ABS({0})",
    "round": "ROUND({0})",
    "round to": "ROUND({0}, {1})",
    "floor": "FLOOR({0})",
    "ceil": "CEIL({0})",
    "ln": _finite("LN({0})"),
    "log10": _finite("LOG10({0})"),
    "exp": _finite("EXP({0})"),
    "sqrt": _finite("SQRT({0})"),
    "power": _finite("POWER({0}, {1})"),
    "lower": "LOWER({0})",
    "upper": "UPPER({0})",
    "trim": "TRIM({0})",
    "length": "LENGTH({0})",
    "substr from": "SUBSTR({0}, {1})",
    "substr": "SUBSTR({0}, {1}, {2})",
    "contains": "CONTAINS({0}, {1})",
    "starts_with": "STARTS_WITH({0}, {1})",
    "replace": "REPLACE({0}, {1}, {2})",
    "year": "YEAR({0})",
    "month": "MONTH({0})",
    "day": "DAY({0})",
    "days between": "DATE_DIFF('day', {0}, {1})",
    "weeks between": "DATE_DIFF('week', {0}, {1})",
    "months between": "DATE_DIFF('month', {0}, {1})",
    "years between": "DATE_DIFF('year', {0}, {1})",
}


def _joined(word: str) -> Callable[[list[str]], str]:
    return lambda operands: f"({word.join(operands)})"


def _called(name: str) -> Callable[[list[str]], str]:
    return lambda operands: f"{name}({', '.join(operands)})"


def _in(operands: list[str]) -> str:
    return f"({operands[0]} IN ({', '.join(operands[1:])}))"


def _branches(operands: list[str]) -> str:
    """Condition and result by turns; a last operand without partner is the ELSE."""
    branches = [f"WHEN {operands[i]} THEN {operands[i + 1]}" for i in range(0, len(operands) - 1, 2)]
    otherwise = [f"ELSE {operands[-1]}"] if len(operands) % 2 else []
    return " ".join([*branches, *otherwise])


def _case(operands: list[str]) -> str:
    return f"(CASE {_branches(operands)} END)"


def _case_of(operands: list[str]) -> str:
    """The first operand is the subject, with which every condition is compared."""
    return f"(CASE {operands[0]} {_branches(operands[1:])} END)"


LISTED: dict[str, Callable[[list[str]], str]] = {
    "and": _joined(" AND "),
    "or": _joined(" OR "),
    "in": _in,
    "case": _case,
    "case of": _case_of,
    "coalesce": _called("COALESCE"),
    "least": _called("LEAST"),
    "greatest": _called("GREATEST"),
    "concat": _called("CONCAT"),
}


def references(node: Node) -> Iterator[Reference]:
    """Every column named in the tree, in the order written."""
    if isinstance(node, Reference):
        yield node
    elif isinstance(node, Operation):
        for operand in node.operands:
            yield from references(operand)


def write(node: Node, column_sql: Callable[[Reference], str]) -> str:
    """DuckDB's SQL for the tree; every operation in parentheses as in the tree, so that no precedence is left open."""
    if isinstance(node, Reference):
        return column_sql(node)
    if isinstance(node, Interval):
        return f"INTERVAL {node.amount:d} {node.unit}"
    if isinstance(node, Constant):
        return _constant(node)
    operands = [write(operand, column_sql) for operand in node.operands]
    if node.name in LISTED:
        return LISTED[node.name](operands)
    return FIXED[node.name].format(*operands)


def _constant(constant: Constant) -> str:
    if constant.kind == "text":
        return "'" + constant.text.replace("'", "''") + "'"
    if constant.kind == "date":
        return f"DATE '{constant.text}'"
    return "NULL" if constant.kind == "null" else constant.text
