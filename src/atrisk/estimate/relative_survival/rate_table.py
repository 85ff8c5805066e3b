"""A rate table: the hazard of death in the population by age, calendar year and stratum, such as sex."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as calendar_date
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.summary.codes import codes
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

DAYS_OF_A_YEAR: Final = 365.25


@dataclass(frozen=True, slots=True, eq=False)
class RateTable:
    """The hazard of death per day, constant within each band of age, calendar year and stratum.

    `hazard` (strata, ages, years): finite and not negative. `age_from` (ages,): days of life at which a band of age
    begins, the first 0. `year_from` (years,): day since 1970-01-01 at which a calendar year begins. `strata`: their
    names, such as ("female", "male"), or one for each combination of sex and region.
    Out of range: an age above the last band has the last; a date before the first or after the last year has the
    nearest year, as in R, unless a function is told to refuse it.
    Raises EstimationError for shapes that do not fit, bands that do not rise, and hazards outside their domain.
    """

    hazard: Floats
    age_from: Floats
    year_from: Floats
    strata: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.hazard.shape != (len(self.strata), self.age_from.size, self.year_from.size) or 0 in self.hazard.shape:
            raise EstimationError("the hazards of a rate table must have the shape (strata, ages, years).")
        if self.age_from[0] != 0 or np.any(np.diff(self.age_from) <= 0) or np.any(np.diff(self.year_from) <= 0):
            raise EstimationError("ages and years of a rate table must rise, and its ages begin at 0.")
        if not np.all(np.isfinite(self.hazard)) or np.any(self.hazard < 0):
            raise EstimationError("hazards of a rate table must be finite and not negative, in deaths per day.")
        make_arrays_read_only(self)

    @classmethod
    def of(cls, age: ArrayLike, stratum: Sequence[str], year: ArrayLike, daily_hazard: ArrayLike) -> RateTable:
        """A table from long columns: age in whole years, name of the stratum, calendar year, hazard per day.

        A year of age is 365.25 days, a calendar year begins on 1 January. Raises EstimationError where a
        combination is missing or given twice.
        """
        ages, of_age = np.unique(np.asarray(age, dtype=np.float64), return_inverse=True)
        years, of_year = np.unique(np.asarray(year, dtype=np.int64), return_inverse=True)
        strata, of_stratum = np.unique(np.asarray(stratum, dtype=str), return_inverse=True)
        shape = (strata.size, ages.size, years.size)
        place = np.ravel_multi_index((of_stratum, of_age, of_year), shape)
        if not np.array_equal(np.bincount(place, minlength=int(np.prod(shape))), np.ones(int(np.prod(shape)))):
            raise EstimationError("a rate table needs every combination of age, stratum and year exactly once.")
        hazard = np.empty(shape)
        hazard.reshape(-1)[place] = np.asarray(daily_hazard, dtype=np.float64)
        return cls(
            hazard=hazard,
            age_from=ages * DAYS_OF_A_YEAR,
            year_from=np.array([day_of(calendar_date(int(one), 1, 1)) for one in years], dtype=np.float64),
            strata=tuple(str(name) for name in strata),
        )

    def at(self, people: Demographics, day: Floats) -> Floats:
        """The hazard per day of each person after so many days: (n, days) for `day` (days,)."""
        age_band = np.searchsorted(self.age_from, people.age[:, None] + day, side="right") - 1
        year = np.searchsorted(self.year_from, people.date[:, None] + day, side="right") - 1
        return np.asarray(self.hazard[people.stratum[:, None], age_band, np.maximum(year, 0)], dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Demographics:
    """Where each patient stands in a rate table at the start of follow-up; arrays (n,).

    `age`: days of life, not negative; `date`: days since 1970-01-01; `stratum`: place in the table's `strata`.
    Raises EstimationError for values that are missing or outside their domain, and lengths that differ.
    """

    age: Floats
    date: Floats
    stratum: Codes

    def __post_init__(self) -> None:
        if self.age.ndim != 1 or self.date.shape != self.age.shape:
            raise EstimationError("ages and dates of a rate table's people must have one value for each patient.")
        if not np.all(np.isfinite(self.age)) or not np.all(np.isfinite(self.date)) or np.any(self.age < 0):
            raise EstimationError("ages must be finite and not negative, dates finite; both are counted in days.")
        codes("stratum", self.stratum, self.age.size)
        make_arrays_read_only(self)

    @classmethod
    def of(cls, age: ArrayLike, date: ArrayLike, stratum: ArrayLike) -> Demographics:
        """From anything that looks like arrays."""
        ages = np.asarray(age, dtype=np.float64)
        return cls(age=ages, date=np.asarray(date, dtype=np.float64), stratum=codes("stratum", stratum, ages.size))

    def where(self, keep: NDArray[np.bool_]) -> Demographics:
        """Some of the people."""
        return Demographics(age=self.age[keep], date=self.date[keep], stratum=self.stratum[keep])

    def aligned_to_birthdays(self, *, origin: float = 0.0) -> Demographics:
        """The people with their dates moved so that the calendar year changes on the birthday, not on 1 January.

        Definition: date minus the days from 1 January to the birthday, in the year of birth. Such are the tables of
        the United States in R's survival, whose row for a year and an age begins with the birthday in that year.
        `origin` moves the day from which a birthday is counted (see docs/methods/relative_survival.md).
        """
        born = self.date - self.age + origin
        into_the_year = [one - day_of(_date(one).replace(month=1, day=1)) for one in born]
        return Demographics(age=self.age, date=self.date - np.array(into_the_year), stratum=self.stratum)


def check_fits(table: RateTable, people: Demographics, last: Floats, *, refuse_outside: bool) -> None:
    """Refuse strata that the table lacks and, if told, follow-up outside its calendar years."""
    if np.any(people.stratum >= len(table.strata)):
        raise EstimationError("a stratum code lies outside the rate table.")
    end = float(table.year_from[-1]) + DAYS_OF_A_YEAR
    if refuse_outside and (np.any(people.date < table.year_from[0]) or np.any(people.date + last > end)):
        raise EstimationError("follow-up reaches beyond the calendar years of the rate table; extend the table.")


def day_of(date: calendar_date) -> int:
    """Days since 1970-01-01."""
    return date.toordinal() - _EPOCH


def _date(day: float) -> calendar_date:
    return calendar_date.fromordinal(int(np.floor(day)) + _EPOCH)


_EPOCH: Final = calendar_date(1970, 1, 1).toordinal()
