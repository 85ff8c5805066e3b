"""Multiple imputation by chained equations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.imputation.column import Column
from atrisk.estimate.imputation.draws import drawn_levels, drawn_ordered_levels, matched_numbers, numbers_within
from atrisk.estimate.random_stream import Stream, streams
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


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
    """Completed data: `values` (m, n, variables), and what the chains went through.

    `trace` and `trace_sd` (m, rounds, variables): mean and standard deviation of the imputed cells after each round, to
    see whether the chains mix; NaN for variables without missing values, the latter also for a single one.
    """

    values: Floats
    trace: Floats
    trace_sd: Floats
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
    predictive mean matching, levels by (polytomous) logistic, ordered levels by proportional odds regression. A number
    known to lie between limits is drawn from a normal regression between them; it is then one of the known values of
    its variable for that round's other missing ones, since leaving out the low values would bias the regression.
    `also` (n, k): complete columns that help to predict and stay as they are; for a survival outcome see
    `outcome_predictors`. What is computed of the variables (a ratio, a score) is computed of the completed data.
    Source: van Buuren, Boshuizen and Knook 1999, Stat Med 18:681; White and Royston 2009, Stat Med 28:1982 (hazard);
    van Buuren 2018, section 3.8 (shifts).
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
    order = sorted(
        (place for place, column in enumerate(columns) if column.missing.any()),
        key=lambda place: int(columns[place].missing.sum()),
    )
    values = np.empty((options.m, n, len(columns)))
    trace = np.full((2, options.m, options.rounds, len(columns)), np.nan)
    for number, stream in enumerate(streams(seed, options.m)):
        values[number], trace[:, number] = _one(columns, order, fixed, options, stream)
    return Imputed(values=values, trace=trace[0], trace_sd=trace[1], seed=seed)


def _one(
    columns: Sequence[Column], order: list[int], fixed: Floats, options: ImputationOptions, stream: Stream
) -> tuple[Floats, Floats]:
    """One completed data set and its trace."""
    values = np.column_stack([column.values for column in columns])
    for place in order:
        values[columns[place].missing, place] = _first_guess(columns[place], stream)
    blocks = [_predictors(column, values[:, place]) for place, column in enumerate(columns)]
    trace = np.full((2, options.rounds, len(columns)), np.nan)
    modes: dict[int, Floats] = {}
    for turn in range(options.rounds):
        for place in order:
            column, missing = columns[place], columns[place].missing
            others = [block for other, block in enumerate(blocks) if other != place]
            x = np.concatenate((np.ones((values.shape[0], 1)), *others, fixed), axis=1)
            if column.kind == "number":
                values[:, place] = _drawn_number(column, values[:, place], x, options, stream)
            else:
                values[:, place], modes[place] = _drawn_level(column, values[:, place], x, modes.get(place), stream)
            blocks[place] = _predictors(column, values[:, place])
            imputed = values[missing, place]
            trace[:, turn, place] = imputed.mean(), imputed.std(ddof=1) if imputed.size > 1 else np.nan
    return values, trace


def _first_guess(column: Column, stream: Stream) -> Floats:
    """Recorded values drawn by chance for the missing ones; within limits, as if nothing predicted anything."""
    known = column.values[~column.missing]
    guess = np.full(column.values.shape, np.nan)
    guess[column.missing] = known[stream.whole(int(column.missing.sum()), low=0, high=known.size - 1)]
    limited = column.limited
    if limited.any():
        lower, upper = column.limits
        alone = np.ones((column.values.size, 1))
        within = (lower[limited], upper[limited])
        guess[limited] = numbers_within(known, alone[~column.missing], alone[limited], within, stream=stream)
    return guess[column.missing]


def _drawn_level(
    column: Column, values: Floats, x: Floats, start: Floats | None, stream: Stream
) -> tuple[Floats, Floats]:
    """The column with its missing levels drawn anew, and the mode: the search of the next round starts near its end."""
    values, missing = values.copy(), column.missing
    draw = drawn_levels if column.kind == "levels" else drawn_ordered_levels
    shift = None if column.shift is None else column.shift[missing]
    codes = values[~missing].astype(np.int64)
    values[missing], mode = draw(codes, x[~missing], x[missing], shift=shift, start=start, stream=stream)
    return values, mode


def _drawn_number(column: Column, values: Floats, x: Floats, options: ImputationOptions, stream: Stream) -> Floats:
    """The column with its missing numbers drawn anew."""
    values, missing, shift = values.copy(), column.missing, column.shift
    limited = column.limited
    if limited.any():
        # The current values of cells between limits stand for them in the regression, as in a Gibbs sampler.
        known = ~missing | limited
        lower, upper = column.limits
        within = (lower[limited], upper[limited])
        values[limited] = numbers_within(values[known], x[known], x[limited], within, stream=stream)
    known, open_cells = ~missing | limited, missing & ~limited
    if open_cells.any():
        values[open_cells] = matched_numbers(
            values[known], x[known], x[open_cells], donors=options.donors, stream=stream
        )
        if shift is not None:
            values[open_cells] += shift[open_cells]
    return values


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
