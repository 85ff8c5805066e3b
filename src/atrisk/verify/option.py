"""The options of a reference case: present where they are needed, and of the kind that the format describes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from atrisk.errors import DataError

# Options that name one column, one or several, that are a number, and that are a list of numbers.
_ONE_COLUMN: Final = (
    *("time", "event", "entry", "weights", "cluster", "offset", "outcome", "treatment", "exposure", "value"),
    *("lower", "upper", "row", "column", "time_days", "age_days", "sex", "diagnosis_date", "rate_table"),
)
_SOME_COLUMNS: Final = ("group", "strata", "censoring_group", "scale_strata", "exact")
_NUMBER: Final = (
    "conf_level",
    "tau",
    "rho",
    "gamma",
    "fixed_scale",
    "caliper_sd",
    "ratio",
    "x",
    "n",
    "x1",
    "n1",
    "x2",
    "n2",
)
_NUMBERS: Final = ("times", "probs", "scores", "times_days")
_TEXTS: Final = ("terms", "transforms", "types")


class Options(dict[str, Any]):
    """The options of a case; `where` it stands. Raises DataError, not KeyError, for an option that is not there."""

    def __init__(self, options: Mapping[str, Any], *, where: str = "") -> None:
        super().__init__(options)
        self.where = where

    def __missing__(self, key: str) -> Any:
        raise DataError(f"{self.where}: the option '{key}' is missing.")


def check_kinds(options: Mapping[str, Any], where: str) -> None:
    """Refuse options of another kind than the format describes, naming the option; null stands for no option."""
    for names, right, wanted in (
        (_ONE_COLUMN, _is_text, "the name of a column"),
        (_SOME_COLUMNS, lambda value: _is_text(value) or _is_list(value, _is_text), "the name of a column, or a list"),
        (_NUMBER, _is_number, "a number"),
        (_NUMBERS, lambda value: _is_number(value) or _is_list(value, _is_number), "numbers"),
        (_TEXTS, lambda value: _is_list(value, _is_text), "a list of texts"),
        (("covariates",), lambda value: _is_list(value, _is_covariate), "a list of objects with name and type"),
        (("event_map",), lambda value: isinstance(value, dict) and len(value) > 0, "an object of codes and states"),
        (("table",), _is_table, "rows of equal length of whole numbers"),
    ):
        for name in names:
            if options.get(name) is not None and not right(options[name]):
                raise DataError(f"{where}: the option '{name}' must be {wanted}.")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)


def _is_list(value: object, item: Any) -> bool:
    return isinstance(value, list) and all(item(part) for part in value)


def _is_covariate(value: object) -> bool:
    if not isinstance(value, dict) or not _is_text(value.get("name")):
        return False
    if value.get("type") == "factor":
        return isinstance(value.get("levels"), list) and "reference" in value
    return value.get("type") == "numeric"


def _is_table(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) > 0
        and all(_is_list(row, lambda cell: isinstance(cell, int) and not isinstance(cell, bool)) for row in value)
        and len({len(row) for row in value}) == 1
    )
