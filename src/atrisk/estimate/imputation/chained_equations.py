"""Multiple imputation by chained equations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.imputation.draws import drawn_levels, matched_numbers
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Kind = Literal["number", "levels"]


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One variable of n patients, NaN where it is not recorded: a number, or the code 0, 1, ... of a level."""

    values: Floats
    kind: Kind = "number"

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise EstimationError(f"a column holds numbers or levels, not '{self.kind}'.")
        given = np.asarray(self.values, dtype=np.float64)
        if given.ndim != 1 or np.any(np.isinf(given)):
            raise EstimationError("a column to be imputed must be one vector without infinite values.")
        known = given[~np.isnan(given)]
        if known.size == 0:
            raise EstimationError("a column without a single recorded value cannot be imputed.")
        if self.kind == "levels" and (np.any(known < 0) or np.any(known != np.rint(known))):
            raise EstimationError("levels are the codes 0, 1, 2 and so on.")
        object.__setattr__(self, "values", given.copy())
        make_arrays_read_only(self)

    @property
    def missing(self) -> Flags:
        """Where the value is not recorded."""
        return np.isnan(self.values)


@dataclass(frozen=True, slots=True)
class ImputationOptions:
    """How many data sets (`m`), how many rounds through the variables for each, and among how many donors to choose."""

    m: int = 20
    rounds: int = 10
    donors: int = 5

    def __post_init__(self) -> None:
        if min(self.m, self.rounds, self.donors) < 1:
            raise EstimationError("the numbers of data sets, rounds and donors of an imputation must be at least 1.")


_DEFAULTS: Final = ImputationOptions()


@dataclass(frozen=True, slots=True, eq=False)
class Imputed:
    """Completed data: `values` (m, n, variables), and the mean of the imputed cells after each round.

    `trace` (m, rounds, variables): to see whether the chains mix; NaN for variables without missing values.
    """

    values: Floats
    trace: Floats
    seed: int

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def chained_equations(
    columns: Sequence[Column],
    *,
    seed: int,
    also: ArrayLike | None = None,
    options: ImputationOptions = _DEFAULTS,
) -> Imputed:
    """Fill missing values m times, each variable in turn from all the others, round after round.

    Definition: each missing cell starts as a value drawn from the recorded ones of its variable; then every incomplete
    variable, from the fewest missing values to the most, is drawn given the current values of all others: numbers by
    predictive mean matching, levels by (polytomous) logistic regression. `also` (n, k): complete columns that help to
    predict and stay as they are; for a survival outcome the event and the Nelson-Aalen hazard at the follow-up time.
    Source: van Buuren, Boshuizen and Knook 1999, Stat Med 18:681; White and Royston 2009, Stat Med 28:1982 (hazard).
    `seed`: of the PCG64 generator; each data set has its own stream, so that the first ones of a longer run are equal.
    Edges: columns without missing values come back as they are. Raises EstimationError for no columns, unequal lengths
    and `also` with missing values.
    """
    if not columns:
        raise EstimationError("an imputation needs at least one column.")
    n = columns[0].values.size
    if any(column.values.size != n for column in columns):
        raise EstimationError("columns to be imputed must be equally long.")
    fixed = _fixed(also, n)
    streams = np.random.SeedSequence(seed).spawn(options.m)
    order = sorted(
        (place for place, column in enumerate(columns) if column.missing.any()),
        key=lambda place: int(columns[place].missing.sum()),
    )
    values = np.empty((options.m, n, len(columns)))
    trace = np.full((options.m, options.rounds, len(columns)), np.nan)
    for number, state in enumerate(streams):
        values[number], trace[number] = _one(
            columns, order, fixed, options, np.random.Generator(np.random.PCG64(state))
        )
    return Imputed(values=values, trace=trace, seed=seed)


def _one(
    columns: Sequence[Column], order: list[int], fixed: Floats, options: ImputationOptions, stream: np.random.Generator
) -> tuple[Floats, Floats]:
    """One completed data set and its trace."""
    values = np.column_stack([column.values for column in columns])
    for place in order:
        missing = columns[place].missing
        values[missing, place] = stream.choice(columns[place].values[~missing], int(missing.sum()))
    blocks = [_predictors(column, values[:, place]) for place, column in enumerate(columns)]
    trace = np.full((options.rounds, len(columns)), np.nan)
    for turn in range(options.rounds):
        for place in order:
            column, missing = columns[place], columns[place].missing
            others = [block for other, block in enumerate(blocks) if other != place]
            x = np.concatenate((np.ones((values.shape[0], 1)), *others, fixed), axis=1)
            values[missing, place] = _drawn(column, x, options, stream)
            blocks[place] = _predictors(column, values[:, place])
            trace[turn, place] = values[missing, place].mean()
    return values, trace


def _drawn(column: Column, x: Floats, options: ImputationOptions, stream: np.random.Generator) -> Floats:
    known, x_known, x_missing = column.values[~column.missing], x[~column.missing], x[column.missing]
    if column.kind == "number":
        return matched_numbers(known, x_known, x_missing, donors=options.donors, stream=stream)
    codes = known.astype(np.int64)
    return drawn_levels(codes, x_known, x_missing, n_levels=int(codes.max()) + 1, stream=stream).astype(np.float64)


def _predictors(column: Column, values: Floats) -> Floats:
    """A variable as columns of a regression: numbers standardised, levels as indicators of all but the first."""
    if column.kind == "number":
        return _standardised(values[:, None])
    n_levels = int(np.nanmax(column.values)) + 1
    return _standardised((values[:, None] == np.arange(1, n_levels)).astype(np.float64))


def _fixed(also: ArrayLike | None, n: int) -> Floats:
    if also is None:
        return np.empty((n, 0))
    given = np.asarray(also, dtype=np.float64)
    table = given[:, None] if given.ndim == 1 else given
    if table.ndim != 2 or table.shape[0] != n or not np.all(np.isfinite(table)):
        raise EstimationError("columns that help to impute must be complete, with a row for each patient.")
    return _standardised(table)


def _standardised(table: Floats) -> Floats:
    spread = table.std(axis=0)
    return np.asarray((table - table.mean(axis=0)) / np.where(spread > 0, spread, 1.0))
