"""The data sets of the reference cases as data frames, and the words of a case as arguments."""

from __future__ import annotations

from typing import Any

import pandas as pd

from atrisk.api.terms import Factor, Term
from tests.reference.loader import Case, dataset

ROLES = ("time", "event", "event_value", "entry", "group", "strata", "weights", "cluster", "offset")


def columns(name: str) -> dict[str, list[Any]]:
    """A data set's columns: numbers, parsed to the nearest double, or texts; None where missing."""
    return {column: _parsed(cells) for column, cells in dataset(name).items()}


def frame(name: str) -> pd.DataFrame:
    """A data set as a pandas data frame."""
    return pd.DataFrame(columns(name))


def _parsed(cells: list[str]) -> list[Any]:
    try:
        return [float(cell) if cell else None for cell in cells]
    except ValueError:
        return [cell or None for cell in cells]


def asked(case: Case, *options: str) -> dict[str, Any]:
    """The arguments that a case names: roles of columns, and the options asked for."""
    return {key: case.options[key] for key in (*ROLES, *options) if key in case.options}


def terms(case: Case) -> list[Term]:
    """The covariates of a case as terms."""
    declared = {one["name"]: one for one in case.options["covariates"]}
    found: list[Term] = []
    for term in case.options["terms"]:
        one = declared.get(term)
        factor = one is not None and one["type"] == "factor"
        found.append(Factor(term, one["reference"], tuple(one["levels"])) if factor else term)
    return found
