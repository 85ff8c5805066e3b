"""A function of time written in R, such as `log(t + 1)` or `t^2`, as a function of an array."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import DataError

Floats = NDArray[np.float64]

_FUNCTIONS: Final[dict[str, Callable[[Any], Any]]] = {
    "log": np.log,
    "log1p": np.log1p,
    "log2": np.log2,
    "log10": np.log10,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "abs": np.abs,
    "I": lambda value: value,
}
_OPERATORS: Final[dict[type[ast.AST], Callable[..., Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def time_function(text: str) -> Callable[[Floats], Floats]:
    """The function of t that an R expression of numbers, `t`, arithmetic, comparisons and logarithms stands for.

    Raises DataError for anything else.
    """
    try:
        tree = ast.parse(text.replace("^", "**").strip(), mode="eval").body
    except SyntaxError:
        raise DataError(f"'{text}' is not a function of time that can be read.") from None
    _check(tree, text)

    def function(t: Floats) -> Floats:
        value = np.asarray(_value(tree, t), dtype=np.float64)
        return np.array(np.broadcast_to(value, t.shape))

    return function


def _check(node: ast.AST, text: str) -> None:
    if isinstance(node, ast.Name):
        known = node.id == "t"
    elif isinstance(node, ast.Constant):
        known = isinstance(node.value, int | float) and not isinstance(node.value, bool)
    elif isinstance(node, ast.BinOp | ast.UnaryOp):
        known = type(node.op) in _OPERATORS
    elif isinstance(node, ast.Compare):
        known = len(node.ops) == 1 and type(node.ops[0]) in _OPERATORS
    else:
        named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS
        known = named and isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords
    if not known:
        raise DataError(f"'{text}' is not a function of time that can be read.")
    for part in _parts(node):
        _check(part, text)


def _parts(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.UnaryOp):
        return [node.operand]
    if isinstance(node, ast.Compare):
        return [node.left, node.comparators[0]]
    return node.args if isinstance(node, ast.Call) else []


def _value(node: ast.AST, t: Floats) -> Any:
    values = [_value(part, t) for part in _parts(node)]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _FUNCTIONS[node.func.id](*values)
    if isinstance(node, ast.BinOp | ast.UnaryOp):
        return _OPERATORS[type(node.op)](*values)
    if isinstance(node, ast.Compare):
        return _OPERATORS[type(node.ops[0])](*values)
    return node.value if isinstance(node, ast.Constant) else t
