"""Exact probability of an r x c table: all tables with its margins that are no more probable, summed.

Meeting in the middle, after the network algorithm's idea (Mehta and Patel 1983, J Am Stat Assoc 78:427-34) that
tables with the same row totals after k columns share their future. The columns are divided into a first and a last
part. For every way in which the row totals can be divided between the two parts, the possible values of the log
probability of each part are listed with their number (equal values merged); a pair of values belongs to the p value
when its sum does not exceed that of the observed table, and a binary search in the running sum of one list
adds up all partners of a value of the other at once. Nothing is random, and nothing is approximated beyond the
merging of values that differ by less than 1e-10.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Two tables of equal probability differ in the last bits of their log probabilities. R's code for larger tables
# (FEXACT: Clarkson, Fan and Joe 1993, ACM Trans Math Softw 19:484-8) calls log probabilities tied within this.
TIE_TOLERANCE = 3.45254e-7

_MERGE_WITHIN = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class _Values:
    """Distinct log weights of the ways to fill a part of the table, ascending, and log(number x weight)."""

    value: NDArray[np.float64]
    log_sum: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which way round the table is taken, in what order its columns are filled, and where they are divided."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    split: int
    work: float


def table_p_value(table: NDArray[np.int64], *, work_limit: float) -> float | None:
    """Return the exact p value of a table without empty margins, or None beyond the limit.

    The work is the number of part fillings that would have to be listed, known from the margins beforehand.
    A p value below the smallest double is returned as 0.
    """
    plan = min(
        (plan for t in (table, table.T) for plan in _plans(t.sum(axis=1).tolist(), t.sum(axis=0).tolist())),
        key=lambda plan: plan.work,
    )
    if plan.work > work_limit:
        return None
    from scipy.special import gammaln

    log_factorial = gammaln(np.arange(int(table.sum()) + 1) + 1.0)
    margins = float(log_factorial[table.sum(axis=0)].sum() + log_factorial[table.sum(axis=1)].sum())
    constant = margins - float(log_factorial[-1])
    observed = -float(log_factorial[table].sum())
    ratio = _sum_up_to(plan, observed, log_factorial)
    return min(1.0, ratio * math.exp(observed + constant))


def _sum_up_to(plan: _Plan, observed: float, log_factorial: NDArray[np.float64]) -> float:
    """Return the weights of all tables no heavier than the observed one, in units of the observed weight."""
    limit = observed + TIE_TOLERANCE
    fillings = _Fillings(log_factorial)
    first, last = plan.columns[: plan.split], plan.columns[plan.split :]
    rows = np.array(plan.rows, dtype=np.int64)
    total = 0.0
    for taken in _divisions(rows, sum(first)):
        past = fillings.of(taken, first)
        future = fillings.of(rows - taken, last)
        if len(past.value) > len(future.value):
            past, future = future, past
        reach = np.searchsorted(future.value, limit - past.value, side="right")
        inside = reach > 0
        if inside.any():
            running = np.logaddexp.accumulate(future.log_sum)
            total += float(np.exp(past.log_sum[inside] + running[reach[inside] - 1] - observed).sum())
    return total


class _Fillings:
    """Lists the fillings of parts of a table; lists of three or more columns are kept, as they are asked for again."""

    def __init__(self, log_factorial: NDArray[np.float64]) -> None:
        self._log_factorial = log_factorial
        self._kept: dict[tuple[tuple[int, ...], tuple[int, ...]], _Values] = {}

    def of(self, rows: NDArray[np.int64], columns: tuple[int, ...]) -> _Values:
        """Return the log weights, -sum of log cell factorials, of all fillings with these margins."""
        if len(columns) == 1:
            only = np.array([-self._log_factorial[rows].sum()])
            return _Values(only, only)
        if len(columns) == 2:
            return self._two_columns(rows, columns[0])
        # The order of the rows changes nothing: sorted, more parts share one list.
        sorted_rows = np.sort(rows[rows > 0])
        key = (tuple(sorted_rows.tolist()), columns)
        if key not in self._kept:
            self._kept[key] = self._many_columns(sorted_rows, columns)
        return self._kept[key]

    def _two_columns(self, rows: NDArray[np.int64], column: int) -> _Values:
        left = np.array([column], dtype=np.int64)
        value = np.zeros(1)
        room_after = int(rows.sum())
        for row in rows.tolist():
            room_after -= row
            left, value = self._fill_row(left, value, row, room_after)
        return _merged(value, value)

    def _fill_row(
        self, left: NDArray[np.int64], value: NDArray[np.float64], row: int, room_after: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Extend partial fillings of two columns by one row in every possible way."""
        lowest = np.maximum(0, left - room_after)
        n_ways = np.minimum(row, left) - lowest + 1
        cell = np.arange(int(n_ways.sum())) + np.repeat(lowest - (np.cumsum(n_ways) - n_ways), n_ways)
        cells = np.arange(row + 1)
        weight = -(self._log_factorial[cells] + self._log_factorial[row - cells])
        return np.repeat(left, n_ways) - cell, np.repeat(value, n_ways) + weight[cell]

    def _many_columns(self, rows: NDArray[np.int64], columns: tuple[int, ...]) -> _Values:
        values, log_sums = [], []
        for taken in _divisions(rows, columns[0]):
            own = -float(self._log_factorial[taken].sum())
            rest = self.of(rows - taken, columns[1:])
            values.append(rest.value + own)
            log_sums.append(rest.log_sum + own)
        return _merged(np.concatenate(values), np.concatenate(log_sums))


def _merged(value: NDArray[np.float64], log_sum: NDArray[np.float64]) -> _Values:
    """Sort values and add up those that are equal but for rounding."""
    order = np.argsort(value, kind="stable")
    value, log_sum = value[order], log_sum[order]
    starts = np.flatnonzero(np.diff(value, prepend=-np.inf) > _MERGE_WITHIN)
    if len(starts) == len(value):
        return _Values(value, log_sum)
    return _Values(value[starts], np.logaddexp.reduceat(log_sum, starts))


def _divisions(rows: NDArray[np.int64], total: int) -> NDArray[np.int64]:
    """Return all vectors of whole numbers between 0 and `rows` that sum to `total`, shape (n, n_rows)."""
    columns = np.zeros((1, 0), dtype=np.int64)
    left = np.array([total], dtype=np.int64)
    room_after = int(rows.sum())
    for row in rows.tolist():
        room_after -= row
        lowest = np.maximum(0, left - room_after)
        n_ways = np.minimum(row, left) - lowest + 1
        cell = np.arange(int(n_ways.sum())) + np.repeat(lowest - (np.cumsum(n_ways) - n_ways), n_ways)
        columns = np.column_stack([np.repeat(columns, n_ways, axis=0), cell])
        left = np.repeat(left, n_ways) - cell
    return columns


def _plans(rows: list[int], columns: list[int]) -> list[_Plan]:
    """Return the ways to divide the columns, with an upper bound of the number of fillings listed."""
    # The last column of a part is determined by the others, so the largest column comes last.
    ordered = tuple(sorted(columns))
    n_ways = [_number_of_divisions(rows, column) for column in ordered]
    plans = []
    for split in range(1, len(ordered)):
        middle = _number_of_divisions(rows, sum(ordered[:split]))
        past, future = math.prod(n_ways[: split - 1]), math.prod(n_ways[split:-1])
        plans.append(_Plan(tuple(rows), ordered, split, middle * (past + future)))
    return plans


def _number_of_divisions(rows: list[int], total: int) -> float:
    """Return how many vectors of whole numbers between 0 and `rows` sum to `total`."""
    ways = np.zeros(total + 1)
    ways[0] = 1.0
    for row in rows:
        running = np.cumsum(ways)
        running[row + 1 :] -= running[: max(0, total - row)].copy()
        ways = running
    return float(ways[total])
