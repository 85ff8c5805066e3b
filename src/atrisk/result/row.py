"""The result row: every statistic of a study in one documented long table, the contract with every writer.

The columns, their types and meanings stand in ``model.csv`` beside this module (version in ``MODEL_VERSION``).
An estimate, its limits, standard error and number at risk are rows of their own, joined by ``estimate_id``.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from operator import attrgetter

MODEL_VERSION = 2
# The specification of rows that belong to no alternative, and the comparison of the study's own groups.
MAIN = "main"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One number (or one stated reason why there is none).

    ``value`` is in full precision: proportions as fractions, times in days, ratios and p values bare. A statistic that
    cannot be estimated has ``value`` None and says why in ``error``. Rounding and wording belong to the report.
    """

    row_id: str = ""
    estimate_id: str = ""
    comparison: str = MAIN
    analysis: str
    estimand: str = ""
    population: str = ""
    specification: str = MAIN
    status: str = ""
    order: int = 0
    outcome: str = ""
    contrast: str = ""
    group: str = ""
    stratum: str = ""
    subgroup: str = ""
    variable: str = ""
    level: str = ""
    term: str = ""
    cause: str = ""
    adjustment_set: str = ""
    time_start: float | None = None
    time: float | None = None
    statistic: str
    of: str = ""
    value: float | None = None
    text_value: str = ""
    unit: str = ""
    numerator: float | None = None
    denominator: float | None = None
    n: int | None = None
    n_event: int | None = None
    df: float | None = None
    conf_level: float | None = None
    alternative: str = ""
    margin: float | None = None
    family: str = ""
    p_adjusted: float | None = None
    method: str = ""
    convention: str = ""
    note: str = ""
    warning: str = ""
    error: str = ""
    suppressed: bool = False
    data: str = ""

    def __post_init__(self) -> None:
        for name in ("value", "p_adjusted", "time", "time_start", "df", "numerator", "denominator"):
            number = getattr(self, name)
            if number is not None and math.isnan(number):
                raise ValueError(
                    f"{name} of {self.analysis}/{self.statistic} is NaN: leave it empty and say why in error"
                )


# What a row is of; two rows of one run never agree in all of these.
IDENTITY = (
    "comparison",
    "analysis",
    "estimand",
    "population",
    "specification",
    "outcome",
    "contrast",
    "group",
    "stratum",
    "subgroup",
    "variable",
    "level",
    "term",
    "cause",
    "adjustment_set",
    "time_start",
    "time",
    "statistic",
    "of",
    "method",
    "conf_level",
    "alternative",
    "margin",
)
_SORTED = tuple(sorted(IDENTITY))
_is_of = attrgetter(*_SORTED)
# What an estimate shares with its own limits, standard error and counts.
_COMPANIONS = (
    "conf_low",
    "conf_high",
    "std_error",
    "n_at_risk",
    "n_event_before",
    "n_censored_before",
    "n_not_entered",
)


def finish(rows: Iterable[Row], *, after: tuple[Row, ...] = (), data: str = "") -> tuple[Row, ...]:
    """Number the rows in order and give each its ``row_id``, a hash of what the row is of, not of its value.

    They follow the finished rows ``after``, which come first in what is returned. A row so
    keeps its id when data change, and two runs can be compared row by row. An ``estimate_id`` must already
    hold what the estimate is of (``identity``), or another text that only the rows that belong together share.
    ``data`` says of each row what its data are (`Row.data`): rows are passed on without their report.
    Raises ValueError when two rows are of the same thing: a program error, never a user's.
    """
    finished = after + tuple(
        replace(
            row,
            row_id=_digest(identity(row)),
            estimate_id=_digest(row.estimate_id) if row.estimate_id else "",
            order=number,
            data=data,
        )
        for number, row in enumerate(rows, start=len(after) + 1)
    )
    ids = [row.row_id for row in finished]
    if len(set(ids)) < len(ids):
        repeated = Counter(ids).most_common(1)[0][0]
        twice = next(row for row in finished if row.row_id == repeated)
        described = {name: getattr(twice, name) for name in IDENTITY if getattr(twice, name)}
        raise ValueError(f"two result rows are of the same thing: {described}")
    joined = [(row.estimate_id, row.statistic) for row in finished if row.estimate_id]
    if len(set(joined)) < len(joined):
        key, statistic = Counter(joined).most_common(1)[0][0]
        raise ValueError(f"two rows named {statistic} belong to the one estimate {key}")
    return finished


def identity(row: Row, *, statistic: str | None = None) -> str:
    """What a row is of, by name and without what is empty, so that a column added later leaves every id as it is.

    ``statistic`` takes the place of the row's own.
    """
    named = dict(zip(_SORTED, _is_of(row), strict=True))
    if statistic is not None:
        named["statistic"] = statistic
    return json.dumps({name: value for name, value in named.items() if value not in ("", None)})


def _digest(text: str) -> str:
    return hashlib.blake2s(text.encode(), digest_size=12).hexdigest()


def is_companion(row: Row) -> bool:
    """Whether the row qualifies another (a limit, a standard error, a count) rather than standing alone."""
    return row.statistic in _COMPANIONS


COLUMNS = tuple(field.name for field in fields(Row))
