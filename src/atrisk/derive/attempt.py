"""Expressions from a study file, evaluated so that a value they cannot take is a finding and never a traceback."""

# ruff: noqa: S608 (only checked expressions are put into SQL)

from __future__ import annotations

import re

from atrisk.derive.misfit import MisfitError
from atrisk.errors import DataError
from atrisk.read.session import Session
from atrisk.read.table import ColumnType
from atrisk.study.expression import Expression
from atrisk.study.expression_tree import ExpressionError
from atrisk.study.scope import Scope


def expression_sql(field: str, text: str, scope: Scope) -> str:
    """SQL text of an expression; raises MisfitError for what it may not say and for names that do not resolve."""
    try:
        return Expression.parse(text).sql(scope)
    except ExpressionError as error:
        raise MisfitError(field, error.message, error.hint) from None


def expression_type(field: str, sql: str, source: str, session: Session) -> ColumnType:
    """The type an expression has over ``source`` (SQL text after FROM).

    Raises MisfitError where its parts do not go together, such as a date compared with a number.
    """
    try:
        return session.types(f"(SELECT {sql} AS answer FROM {source})")["answer"]
    except DataError as error:
        # Nothing was computed, so the engine's words are about types and constants, never about a patient.
        raise MisfitError(field, _in_words(str(error)), _HINT) from None


_HINT = (
    "Compare each column with values of its own type. A column in which every cell is empty counts as a text until its "
    "'type:' is declared."
)
_TYPES = {"VARCHAR": "text", "DATE": "date", "BIGINT": "whole number", "DOUBLE": "number", "BOOLEAN": "true/false",
          "INTEGER_LITERAL": "whole number", "INTEGER": "whole number", "DECIMAL": "number"}  # fmt: skip


def _in_words(message: str) -> str:
    """The engine's words with its names of types in plain ones."""
    message = message.replace(" - an explicit cast is required", "")
    return re.sub(r"\b([A-Z_]{4,})(\(\d+,\d+\))?(?=$|\W)", lambda found: _TYPES.get(found[1], str(found[0])), message)


def attempt(sql: str) -> str:
    """SQL text that holds the expression's value as ``.answer``; NULL as a whole in rows where it cannot be computed.

    A plain NULL would confuse "cannot be computed" (a text compared with a number) with "unknown".
    """
    return f"TRY({{'answer': {sql}}})"
