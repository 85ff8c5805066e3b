"""Every method that can be verified, with the adapter that answers its cases."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec

from atrisk.verify.adapter import Adapter

# Each module holds ADAPTERS (method -> adapter) and KEPT_DIFFERENCES (pattern -> reason).
_FAMILIES = ("km", "logrank", "tables", "cox", "competing", "parametric", "logistic", "relsurv")


@cache
def adapters() -> Mapping[str, Adapter]:
    """The adapter of each method."""
    found: dict[str, Adapter] = {}
    for module in _modules():
        found.update(importlib.import_module(module).ADAPTERS)
    return found


@cache
def kept_differences() -> Mapping[str, str]:
    """The differences kept on purpose: pattern of `case/statistic` or `method/statistic` -> reason.

    Patterns are those of the shell (`*`, `?`); `twoprop-0-10-0-10/odds_ratio_exact.*`.
    """
    found: dict[str, str] = {}
    for module in _modules():
        found.update(importlib.import_module(module).KEPT_DIFFERENCES)
    return found


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
