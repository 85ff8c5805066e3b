"""The survival that a rate table lets expect of people like the patients."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.relative_survival.rate_table import Demographics, RateTable, check_fits
from atrisk.summary.execution import Execution

Floats = NDArray[np.float64]

EXECUTION: Final[Execution] = "rows"


def expected_survival(
    table: RateTable, people: Demographics, times: ArrayLike, *, refuse_outside: bool = False
) -> Floats:
    """Expected survival of a cohort, none of whom is censored (Ederer I), at times in days; shape of `times`.

    Definition: S_P(t) = (1/n) sum exp(-Lambda_i(t)), Lambda_i the integral of the table's hazard along the person's
    own age and calendar time, exact to the fraction of a day.
    Source: Ederer, Axtell and Cutler 1961, Natl Cancer Inst Monogr 6:101.
    Raises EstimationError for times that are negative, missing or not one-dimensional, for people outside the
    table's strata and, with `refuse_outside`, for follow-up beyond its calendar years.
    """
    chosen = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if chosen.ndim != 1 or not np.all(np.isfinite(chosen)) or np.any(chosen < 0):
        raise EstimationError("times must be finite and not negative, in days.")
    if people.age.size == 0:
        return np.full(chosen.shape, np.nan)
    order = np.argsort(chosen, kind="stable")
    check_fits(
        table,
        people,
        np.full(people.age.size, chosen[order[-1]] if chosen.size else 0.0),
        refuse_outside=refuse_outside,
    )
    expected, total, before = np.empty(chosen.size), np.zeros(people.age.size), 0.0
    for place in order:
        total = total + hazard_between(table, people, before, float(chosen[place]))
        before = float(chosen[place])
        expected[place] = np.exp(-total).mean()
    return expected


def hazard_between(table: RateTable, people: Demographics, start: float, end: float) -> Floats:
    """The exact integral of each person's expected hazard over (start, end], days since the start: (n,)."""
    n = people.age.size
    total, now = np.zeros(n), np.full(n, start)
    age_ends, year_ends = np.append(table.age_from[1:], np.inf), np.append(table.year_from[1:], np.inf)
    age = np.searchsorted(table.age_from, people.age + start, side="right") - 1
    year = np.maximum(np.searchsorted(table.year_from, people.date + start, side="right") - 1, 0)
    while np.any(now < end):
        birthday, new_year = age_ends[age] - people.age, year_ends[year] - people.date
        following = np.minimum(np.minimum(birthday, new_year), end)
        total += (following - now) * table.hazard[people.stratum, age, year]
        age, year = (
            age + ((birthday <= following) & (following < end)),
            year + ((new_year <= following) & (following < end)),
        )
        now = following
    return total
