"""From the text of an expression to its checked tree: whatever is not on the list here is refused.

sqlglot reads the text (DuckDB's dialect); every node it returns must be one this module knows, with no argument it does
not know. The tree that comes out holds only our own nodes, so nothing of the text can reach the engine unchecked.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Any, NamedTuple

from atrisk.study.expression_tree import Constant, ExpressionError, Interval, Node, Operation, Reference
from atrisk.study.refusal import INSTEAD, TYPOGRAPHIC, refused, title_of, unreadable

MAX_LENGTH = 5000
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_BARE_DATE = re.compile(r"(?<![\w.-])[12]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?![\w.-])")
MAX_NESTING = 20
MAX_DEPTH = 60


class _Shape(NamedTuple):
    """How one kind of sqlglot node is read: our name for it, its operands in order, and flags that change nothing."""

    name: str
    operands: tuple[str, ...]
    flags: frozenset[str] = frozenset()


_BOTH = ("this", "expression")
_COMPARISONS = {
    "EQ": _Shape("=", _BOTH),
    "NEQ": _Shape("<>", _BOTH),
    "LT": _Shape("<", _BOTH),
    "LTE": _Shape("<=", _BOTH),
    "GT": _Shape(">", _BOTH),
    "GTE": _Shape(">=", _BOTH),
    "NullSafeEQ": _Shape("is not distinct from", _BOTH),
    "NullSafeNEQ": _Shape("is distinct from", _BOTH),
    "Like": _Shape("like", _BOTH),
    "ILike": _Shape("ilike", _BOTH),
    "Between": _Shape("between", ("this", "low", "high")),
}
_SHAPES = _COMPARISONS | {
    "Mul": _Shape("*", _BOTH),
    "Div": _Shape("/", _BOTH, frozenset({"typed", "safe"})),
    "IntDiv": _Shape("//", _BOTH),
    "Mod": _Shape("%", _BOTH),
    "DPipe": _Shape("||", _BOTH, frozenset({"safe"})),
    "Neg": _Shape("negative", ("this",)),
    "Not": _Shape("not", ("this",)),
    "Nullif": _Shape("nullif", _BOTH),
    "Abs": _Shape("abs", ("this",)),
    "Floor": _Shape("floor", ("this",)),
    "Ceil": _Shape("ceil", ("this",)),
    "Ln": _Shape("ln", ("this",)),
    "Exp": _Shape("exp", ("this",)),
    "Sqrt": _Shape("sqrt", ("this",)),
    "Pow": _Shape("power", _BOTH),
    "Lower": _Shape("lower", ("this",)),
    "Upper": _Shape("upper", ("this",)),
    "Trim": _Shape("trim", ("this",)),
    "Length": _Shape("length", ("this",)),
    "Contains": _Shape("contains", _BOTH),
    "StartsWith": _Shape("starts_with", _BOTH),
    "Year": _Shape("year", ("this",)),
    "Month": _Shape("month", ("this",)),
    "Day": _Shape("day", ("this",)),
}
_LISTS = {
    "Coalesce": _Shape("coalesce", ("this", "expressions")),
    "Least": _Shape("least", ("this", "expressions"), frozenset({"ignore_nulls"})),
    "Greatest": _Shape("greatest", ("this", "expressions"), frozenset({"ignore_nulls"})),
    "Concat": _Shape("concat", ("expressions",), frozenset({"safe", "coalesce"})),
}
_CHAINS = {"And": "and", "Or": "or"}
_DIFFERENCES = {"DAY": "days between", "WEEK": "weeks between", "MONTH": "months between", "YEAR": "years between"}
_TYPES = {
    "TINYINT": "as integer", "SMALLINT": "as integer", "INT": "as integer", "BIGINT": "as integer",
    "FLOAT": "as number", "DOUBLE": "as number", "DECIMAL": "as number",
    "TEXT": "as text", "VARCHAR": "as text", "BOOLEAN": "as boolean", "DATE": "as date",
}  # fmt: skip
_NUMBER = re.compile(r"(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,3})?")


def tree(text: str) -> Node:
    """The checked tree of an expression's text; raises ExpressionError where anything in it is not on the list."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"an expression has at most {MAX_LENGTH} characters")
    if any(unicodedata.category(character) in ("Cc", "Cf") and character not in "\t\n\r" for character in text):
        raise ExpressionError("the expression contains an invisible control character", "Type it anew.")
    bare = _BARE_DATE.search(_QUOTED.sub("", text))
    if bare is not None:
        raise ExpressionError(f"{bare[0]} is a subtraction here, not a date", f"Write DATE '{bare[0]}'.")
    try:
        return _read(_parsed(text), depth=0)
    except RecursionError:
        raise _too_deep() from None


def _too_deep() -> ExpressionError:
    return ExpressionError(
        "the expression is nested too deeply", "Split it: give its parts names under 'derive:' and use those."
    )


def _parsed(text: str) -> Any:
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        _check_tokens(sqlglot.tokenize(text, read="duckdb"))
        return sqlglot.parse_one(text, read="duckdb", into=exp.Condition)
    except SqlglotError as error:
        raise unreadable(text, error) from None


def _check_tokens(tokens: list[Any]) -> None:
    """Refuse comments, several statements and deep nesting before the parser, which recurses, sees them."""
    if not tokens:
        raise ExpressionError("the expression is empty")
    open_brackets = prefixes = 0
    for token in tokens:
        kind = token.token_type.name
        if token.comments:
            raise ExpressionError(
                "an expression has no comments", "Put the comment behind a # on a line of the study file."
            )
        if kind == "SEMICOLON":
            raise ExpressionError("an expression is one condition or value", "Remove the semicolon.")
        if kind in ("L_PAREN", "L_BRACKET", "L_BRACE", "CASE"):
            open_brackets += 1
        elif kind in ("R_PAREN", "R_BRACKET", "R_BRACE", "END"):
            open_brackets -= 1
        prefixes = prefixes + 1 if kind in ("NOT", "DASH", "TILDE", "INTERVAL") else 0
        if open_brackets + prefixes > MAX_NESTING:
            raise _too_deep()


def _read(node: Any, *, depth: int) -> Node:
    """Our node for sqlglot's ``node``; raises ExpressionError for every kind not on the list."""
    if depth > MAX_DEPTH:
        raise _too_deep()
    kind = type(node).__name__
    if kind == "Paren":
        _only(node, ("this",))
        return _read(node.this, depth=depth + 1)
    if kind in _CHAINS:
        return _chain(node, kind, depth)
    if kind in _LISTS:
        return _list(node, _LISTS[kind], depth)
    if kind in _SHAPES:
        return _shaped(node, kind, depth)
    special = _SPECIAL.get(kind)
    if special is None:
        raise refused(node, kind)
    return special(node, depth)


def _only(node: Any, known: tuple[str, ...], flags: frozenset[str] = frozenset()) -> None:
    """Refuse a node that carries anything besides the arguments this module reads."""
    unknown = [name for name, value in node.args.items() if value and name not in known and name not in flags]
    if unknown:
        raise ExpressionError(f"{title_of(node)} has a part that is not allowed in a study file")


def _shaped(node: Any, kind: str, depth: int) -> Node:
    shape = _SHAPES[kind]
    # Some versions of sqlglot read NOT LIKE as a LIKE that says so itself, others as NOT around it.
    negated = kind in ("Like", "ILike") and bool(node.args.get("negate"))
    _only(node, shape.operands, shape.flags | {"negate"} if negated else shape.flags)
    operands = tuple(_read(node.args[name], depth=depth + 1) for name in shape.operands if node.args.get(name))
    if len(operands) != len(shape.operands):
        raise ExpressionError(f"too few values for {title_of(node)}")
    if kind in _COMPARISONS:
        _sensible_comparison(node, operands)
    if kind == "Not":
        _condition(operands[0], "NOT")
    operation = Operation(shape.name, operands)
    return Operation("not", (operation,)) if negated else operation


_NULL = Constant("null")
_ORDERED = frozenset({"<", "<=", ">", ">=", "=", "<>"})


def _sensible_comparison(node: Any, operands: tuple[Node, ...]) -> None:
    """Refuse comparisons that SQL accepts and nobody means."""
    name = _COMPARISONS[type(node).__name__].name
    if _NULL in operands and not name.startswith("is "):
        raise ExpressionError("a comparison with NULL is never true", "Write IS NULL or IS NOT NULL.")
    left = node.this
    if name in _ORDERED and type(left).__name__ in ("LT", "LTE", "GT", "GTE"):
        raise ExpressionError("a comparison has two sides", "Write a <= b AND b <= c.")


def _condition(node: Node, word: str) -> None:
    """Refuse a text or number where a condition belongs: x = 'A' OR 'B'."""
    if isinstance(node, Constant) and node.kind not in ("boolean", "null"):
        raise ExpressionError(f"{word} stands between conditions, not values", "Write x IN ('A', 'B').")


def _chain(node: Any, kind: str, depth: int) -> Node:
    """A AND B AND C as one operation, without recursion down the left side."""
    parts = []
    while type(node).__name__ == kind:
        _only(node, _BOTH)
        parts.append(node.expression)
        node = node.this
    parts.append(node)
    operands = tuple(_read(part, depth=depth + 1) for part in reversed(parts))
    for operand in operands:
        _condition(operand, kind.upper())
    return Operation(_CHAINS[kind], operands)


def _list(node: Any, shape: _Shape, depth: int) -> Node:
    _only(node, shape.operands, shape.flags)
    found = []
    for name in shape.operands:
        value = node.args.get(name)
        found += value if isinstance(value, list) else [value]
    return Operation(shape.name, tuple(_read(item, depth=depth + 1) for item in found))


def _column(node: Any, _depth: int) -> Node:
    if node.args.get("db") or node.args.get("catalog"):
        raise ExpressionError(
            "a name has at most two parts, table.column", "A name that has a dot in it stands in double quotes."
        )
    _only(node, ("this", "table"))
    name, table = node.args["this"], node.args.get("table")
    for part in (name, table):
        if part is not None and type(part).__name__ != "Identifier":
            raise refused(part, type(part).__name__)
    if not name.this or (table is not None and not table.this):
        raise ExpressionError('"" is not a name')
    for character, plain in TYPOGRAPHIC.items():
        if character in name.this and not name.args.get("quoted"):
            raise ExpressionError(f"'{character}' is not a sign of SQL", f"Write {plain} instead.")
    return Reference(None if table is None else table.this, name.this, quoted=bool(name.args.get("quoted")))


def _literal(node: Any, _depth: int) -> Node:
    if node.args.get("is_string"):
        return Constant("text", node.this)
    if not _NUMBER.fullmatch(node.this):
        raise ExpressionError(f"'{node.this[:40]}' is not a number")
    return Constant("number", node.this)


def _boolean(node: Any, _depth: int) -> Node:
    return Constant("boolean", "TRUE" if node.this else "FALSE")


def _null(_node: Any, _depth: int) -> Node:
    return _NULL


def _is(node: Any, depth: int) -> Node:
    _only(node, _BOTH)
    right = _read(node.expression, depth=depth + 1)
    if not isinstance(right, Constant) or right.kind not in ("null", "boolean"):
        raise ExpressionError("IS is followed by NULL, TRUE or FALSE", "To compare values write =.")
    return Operation("is", (_read(node.this, depth=depth + 1), right))


def _in(node: Any, depth: int) -> Node:
    if node.args.get("query") is not None:
        raise refused(node.args["query"], "Subquery")
    if node.args.get("field") is not None or not node.args.get("expressions"):
        raise ExpressionError("IN needs a list in parentheses", "Write x IN ('A', 'B').")
    _only(node, ("this", "expressions"))
    operands = tuple(_read(item, depth=depth + 1) for item in (node.this, *node.expressions))
    if _NULL in operands:
        raise ExpressionError("a comparison with NULL is never true", "Write OR x IS NULL after the list.")
    return Operation("in", operands)


def _case(node: Any, depth: int) -> Node:
    _only(node, ("this", "ifs", "default"))
    subject, default = node.args.get("this"), node.args.get("default")
    parts = [] if subject is None else [subject]
    for branch in node.args["ifs"]:
        _only(branch, ("this", "true"))
        parts += [branch.this, branch.args["true"]]
    if default is not None:
        parts.append(default)
    operands = tuple(_read(part, depth=depth + 1) for part in parts)
    return Operation("case" if subject is None else "case of", operands)


def _cast(node: Any, depth: int) -> Node:
    _only(node, ("this", "to"), frozenset({"safe"}))
    to = node.args["to"]
    operation = _TYPES.get(getattr(to.this, "name", ""))
    if operation is None or to.args.get("nested"):
        raise ExpressionError(
            "CAST knows the types INTEGER, DOUBLE, VARCHAR, BOOLEAN and DATE", "Others are not allowed in a study file."
        )
    operand = _read(node.this, depth=depth + 1)
    if operation == "as date" and isinstance(operand, Constant):
        return _date(operand)
    return Operation(operation, (operand,))


def _date(constant: Constant) -> Constant:
    try:
        if constant.kind == "text" and re.fullmatch(r"\d{4}-\d{2}-\d{2}", constant.text):
            return Constant("date", dt.date.fromisoformat(constant.text).isoformat())
    except ValueError:
        pass
    raise ExpressionError(f"'{constant.text[:40]}' is not a date", "Write DATE '2010-01-31'.")


def _log(node: Any, depth: int) -> Node:
    _only(node, _BOTH)
    if node.args.get("expression") is None or _read(node.this, depth=depth + 1) != Constant("number", "10"):
        raise ExpressionError("the function LOG is not allowed: its base is not the same everywhere", INSTEAD["LOG"])
    return Operation("log10", (_read(node.expression, depth=depth + 1),))


def _round(node: Any, depth: int) -> Node:
    _only(node, ("this", "decimals"))
    value = _read(node.this, depth=depth + 1)
    decimals = node.args.get("decimals")
    if decimals is None:
        return Operation("round", (value,))
    return Operation("round to", (value, _read(decimals, depth=depth + 1)))


def _substr(node: Any, depth: int) -> Node:
    _only(node, ("this", "start", "length"))
    given = [node.args.get(name) for name in ("this", "start", "length")]
    if given[1] is None:
        raise ExpressionError("SUBSTR needs a text and where to begin", "Write SUBSTR(x, 1, 3).")
    operands = tuple(_read(item, depth=depth + 1) for item in given if item is not None)
    return Operation("substr" if len(operands) == 3 else "substr from", operands)


def _replace(node: Any, depth: int) -> Node:
    """The texts are constants and none makes a value longer: nested calls would otherwise fill the memory."""
    _only(node, ("this", "expression", "replacement"))
    operands = tuple(
        _read(item, depth=depth + 1)
        for item in (node.this, node.args.get("expression"), node.args.get("replacement"))
        if item is not None
    )
    texts = [operand.text for operand in operands[1:] if isinstance(operand, Constant) and operand.kind == "text"]
    if len(texts) != 2 or not texts[0] or len(texts[1].encode()) > len(texts[0].encode()):
        raise ExpressionError(
            "REPLACE needs two texts in quotes, the second no longer than the first",
            "Write REPLACE(x, ',', '.'); for other texts use CASE WHEN x = 'a' THEN 'text' ... END.",
        )
    return Operation("replace", operands)


def _date_diff(node: Any, depth: int) -> Node:
    _only(node, (*_BOTH, "unit"), frozenset({"date_part_boundary"}))
    unit = node.args.get("unit")
    operation = _DIFFERENCES.get(str(unit.this).upper().removesuffix("S")) if type(unit).__name__ == "Var" else None
    if operation is None:
        raise ExpressionError(
            "DATE_DIFF counts 'day', 'week', 'month' or 'year'", "Write DATE_DIFF('day', from_date, to_date)."
        )
    # sqlglot keeps the later date, which is written last, in "this".
    return Operation(operation, (_read(node.expression, depth=depth + 1), _read(node.this, depth=depth + 1)))


def _plus_or_minus(node: Any, depth: int) -> Node:
    _only(node, _BOTH)
    sign = "+" if type(node).__name__ == "Add" else "-"
    left, right = node.this, node.expression
    if sign == "+" and type(left).__name__ == "Interval":
        left, right = right, left
    if type(right).__name__ == "Interval":
        return Operation(f"date {sign}", (_read(left, depth=depth + 1), _interval(right)))
    return Operation(sign, (_read(left, depth=depth + 1), _read(right, depth=depth + 1)))


def _interval(node: Any) -> Interval:
    _only(node, ("this", "unit"))
    amount, unit = node.args.get("this"), node.args.get("unit")
    word = str(unit.this).upper().removesuffix("S") if type(unit).__name__ == "Var" else ""
    whole = type(amount).__name__ == "Literal" and re.fullmatch(r"\d{1,6}", str(amount.this))
    if not whole or word not in ("DAY", "WEEK", "MONTH", "YEAR"):
        raise ExpressionError(
            "an INTERVAL is a whole number of days, weeks, months or years", "Write op_date + INTERVAL 90 DAY."
        )
    return Interval(int(amount.this), word)  # type: ignore[arg-type]  # one of the four just checked


_SPECIAL = {
    "Column": _column,
    "Literal": _literal,
    "Boolean": _boolean,
    "Null": _null,
    "Is": _is,
    "In": _in,
    "Case": _case,
    "Cast": _cast,
    "TryCast": _cast,
    "Log": _log,
    "Round": _round,
    "Substring": _substr,
    "Replace": _replace,
    "DateDiff": _date_diff,
    "Add": _plus_or_minus,
    "Sub": _plus_or_minus,
}
