"""Every method that can be verified, with the adapter that answers its cases."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec

from atrisk.verify.adapter import Adapter
from atrisk.verify.kept_difference import KeptDifference

# Each module holds ADAPTERS (method -> adapter) and OPTIONS (method -> the options it knows), and may hold
# KEPT_DIFFERENCES and NOTED_TOLERANCES.
_FAMILIES = (
    "km",
    "logrank",
    "tables",
    "cox",
    "cox_diagnostics",
    "cox_prediction",
    "competing",
    "parametric",
    "logistic",
    "relsurv",
)


@cache
def adapters() -> Mapping[str, Adapter]:
    """The adapter of each method."""
    found: dict[str, Adapter] = {}
    for module in _modules():
        found.update(importlib.import_module(module).ADAPTERS)
    return found


@cache
def kept_differences() -> tuple[KeptDifference, ...]:
    """The differences kept on purpose, of all families."""
    return tuple(
        kept for module in _modules() for kept in getattr(importlib.import_module(module), "KEPT_DIFFERENCES", ())
    )


@cache
def options_of(method: str) -> frozenset[str]:
    """The options that a method knows."""
    for module in map(importlib.import_module, _modules()):
        if method in module.ADAPTERS:
            return frozenset(module.OPTIONS[method])
    return frozenset()


@cache
def noted_tolerances() -> Mapping[str, tuple[str, float, float]]:
    """Tolerances that the note of a case's hint grants single statistics: pattern -> (its words, rtol, atol).

    One is used only where the case's own note holds these words.
    """
    found: dict[str, tuple[str, float, float]] = {}
    for module in _modules():
        found.update(getattr(importlib.import_module(module), "NOTED_TOLERANCES", {}))
    return found


def _modules() -> list[str]:
    names = [f"atrisk.verify.{family}" for family in _FAMILIES]
    return [name for name in names if find_spec(name) is not None]
