"""Scalar SQL as study files write it: parsed, checked against an allow-list, and written out again for the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator

from atrisk.study import allow_list
from atrisk.study.expression_tree import ExpressionError, Node, Reference, references, write
from atrisk.study.part import wrong
from atrisk.study.scope import Scope

__all__ = ["Expression", "ExpressionError", "Reference", "SqlText"]


# A study's expressions are read again by every stage and by every alternative, and a tree never changes.
_tree = lru_cache(maxsize=1024)(allow_list.tree)


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression; ``text`` is what the user wrote, ``tree`` what it was found to say."""

    text: str
    tree: Node = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Expression:
        """The expression written in ``text``.

        Allowed are constants, columns, arithmetic, comparisons, AND/OR/NOT, IN, BETWEEN, LIKE, IS NULL, CASE, casts to
        plain types, dates with intervals, and the functions in ``refusal.FUNCTIONS``; nothing that reads a file,
        the clock or chance, and nothing that looks at more than one row. Raises ExpressionError for everything else.
        """
        return cls(text, _tree(text))

    @property
    def names(self) -> tuple[Reference, ...]:
        """The columns it names, each once, in the order written."""
        return tuple(dict.fromkeys(references(self.tree)))

    def sql(self, scope: Scope) -> str:
        """DuckDB's SQL text for it, names replaced by what ``scope`` says yields them.

        Written from the checked tree alone, each operation in parentheses. What is undefined (division by zero, the
        logarithm of a number that is not positive, a failed cast) is NULL: unknown. Raises UnknownName and
        AmbiguousName.
        """
        return write(self.tree, lambda reference: scope.resolve(reference).sql)


def _checked(text: str) -> str:
    try:
        Expression.parse(text)
    except ExpressionError as error:
        raise wrong(error.message, hint=error.hint) from None
    return text


# A text in the study file that is an expression: a study with one that is not allowed cannot be constructed.
SqlText = Annotated[str, AfterValidator(_checked)]
