"""Why an expression is refused, and what to write instead."""

from __future__ import annotations

import difflib
import re
from typing import Any

from atrisk.study.expression_tree import ExpressionError

# What a study file may call, as shown to the user.
FUNCTIONS = (
    "ABS", "CAST", "CEIL", "COALESCE", "CONCAT", "CONTAINS", "DATE_DIFF", "DAY", "EXP", "FLOOR", "GREATEST", "LEAST",
    "LENGTH", "LN", "LOG10", "LOWER", "MONTH", "NULLIF", "POWER", "REPLACE", "ROUND", "SQRT", "STARTS_WITH", "SUBSTR",
    "TRIM", "TRY_CAST", "UPPER", "YEAR",
)  # fmt: skip


# Other things people try, and what to write instead.
INSTEAD = {
    "LOG": "Write LN (natural) or LOG10.",
    "IF": "Write CASE WHEN ... THEN ... ELSE ... END.",
    "IIF": "Write CASE WHEN ... THEN ... ELSE ... END.",
    "EXTRACT": "Write YEAR, MONTH or DAY.",
    "DATE_PART": "Write YEAR, MONTH or DAY.",
    "STR_POSITION": "Write CONTAINS.",
    "RAND": "A study gives the same result at every run.",
    "RANDOM": "A study gives the same result at every run.",
}
_CLOCK = "A study gives the same result every day: write the date, such as DATE '2024-12-31'."
_WORDS = {
    "Subquery": "a query", "Select": "a query", "Exists": "a query", "Union": "a query",
    "Window": "a window function (OVER)", "Filter": "FILTER", "Star": "the star", "Columns": "COLUMNS",
    "Placeholder": "a parameter", "Parameter": "a parameter", "SessionParameter": "a parameter",
    "Bracket": "[ ]", "Array": "a list in [ ]", "Struct": "a structure in { }", "Tuple": "a list in ( )",
    "JSONExtract": "->", "JSONExtractScalar": "->>", "Lambda": "a lambda", "Dot": "a name with so many parts",
    "Collate": "COLLATE", "AtTimeZone": "AT TIME ZONE", "Escape": "ESCAPE", "RegexpLike": "a regular expression",
    "SimilarTo": "SIMILAR TO", "Glob": "GLOB", "Distinct": "DISTINCT", "Any": "ANY", "All": "ALL",
    "PositionalColumn": "# and a number", "Block": "more than one statement", "Alias": "AS",
    "RawString": "a text in $$", "ByteString": "a text in E' '", "National": "a text in N' '",
    "Interval": "an INTERVAL that is not added to or taken from a date",
}  # fmt: skip
TYPOGRAPHIC = {
    "‘": "'", "’": "'", "“": "'", "”": "'", "≥": ">=", "≤": "<=", "≠": "<>", "−": "-", "–": "-", "×": "*",
    "，": ",", "（": "(", "）": ")", "；": ";", "＝": "=", "＜": "<", "＞": ">",
}  # fmt: skip


def unreadable(text: str, error: Exception) -> ExpressionError:
    """What to say where sqlglot's ``error`` found that ``text`` is no expression at all."""
    outside_quotes = re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", "", text)
    for character, plain in TYPOGRAPHIC.items():
        if character in outside_quotes:
            return ExpressionError(f"'{character}' is not a sign of SQL", f"Write {plain} instead.")
    if text.count("'") % 2:
        return ExpressionError(
            "a single quote is opened and not closed", "A quote inside a text is written twice: 'it''s'."
        )
    turned = re.search(r"=[<>]|><|=!", outside_quotes)
    if turned is not None:
        plain = {"=<": "<=", "=>": ">=", "><": "<>", "=!": "<>"}[turned[0]]
        return ExpressionError(f"'{turned[0]}' is not a sign of SQL", f"Write {plain} instead.")
    detail = (getattr(error, "errors", None) or [{}])[0]
    description, near = str(detail.get("description", "")), str(detail.get("highlight", ""))[:40]
    if "Expecting )" in description:
        return ExpressionError("a parenthesis is opened and not closed")
    if "Required keyword" in description or "number of provided arguments" in description:
        if near == ")":
            call = str(detail.get("start_context", "")) + ")"
            return ExpressionError(f"too few or too many values in '{call[-40:].strip()}'")
        return ExpressionError(f"something is missing after '{near}'")
    hint = "Names that are words of SQL or have spaces stand in double quotes, texts in single quotes."
    return ExpressionError(
        f"the expression cannot be read near '{near}'" if near else "the expression cannot be read", hint
    )


def title_of(node: Any) -> str:
    """The word the user knows a node by."""
    from sqlglot import exp

    if isinstance(node, exp.Anonymous):
        return str(node.this)[:40].upper()
    if isinstance(node, exp.Func):
        return node.sql_name().upper()
    kind = type(node).__name__
    return _WORDS.get(kind, re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).upper())


def refused(node: Any, kind: str) -> ExpressionError:
    """What to say of a node of ``kind`` that is not on the list."""
    from sqlglot import exp

    if kind in _WORDS:
        return ExpressionError(f"{_WORDS[kind]} is not allowed in an expression")
    title = title_of(node)
    if isinstance(node, exp.AggFunc):
        return ExpressionError(
            f"{title} gathers rows, and an expression sees one row at a time",
            "To gather the rows of a child table, declare a derived variable with 'from:' and 'take:'.",
        )
    if re.match(r"CURRENT|NOW$|TODAY$|GET_CURRENT|LOCALTIME|TRANSACTION_TIMESTAMP", title):
        return ExpressionError(f"the clock ({title}) is not allowed in an expression", _CLOCK)
    if not isinstance(node, exp.Func):
        return ExpressionError(f"{title} is not allowed in an expression")
    near = difflib.get_close_matches(title, FUNCTIONS, n=1, cutoff=0.6)
    hint = INSTEAD.get(title) or (f"Did you mean {near[0]}?" if near else f"Allowed are {', '.join(FUNCTIONS)}.")
    return ExpressionError(f"the function {title} is not allowed in an expression", hint)
