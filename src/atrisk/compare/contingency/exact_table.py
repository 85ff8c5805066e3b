"""Exact probability of an r x c table: all tables with its margins that are no more probable, summed.

The network algorithm's idea (Mehta and Patel 1983, J Am Stat Assoc 78:427-34): the table is filled column by column,
partly filled tables with the same row totals left share their future, and one whose every completion is no more
probable than the observed table is settled at once, since the weights of all its completions have a sum in closed form.
Two things are done otherwise. The most probable completion is bounded (see ``_most``) and not sought: a bound that is a
little too high only settles a table later. And the columns are divided into a first and a last part that meet in the
middle: where the first part leaves the same row totals, the last part is listed once, and a binary search in the
running sum of its weights adds up all partners of a first part at once. Nothing is random, and nothing is approximated.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Two tables of equal probability differ in the last bits of their log probabilities. R's code for larger tables
# (FEXACT: Clarkson, Fan and Joe 1993, ACM Trans Math Softw 19:484-8) calls log probabilities tied within this.
TIE_TOLERANCE = 3.45254e-7

# Partly filled tables extended in one go, so that memory stays bounded however many there are.
_AT_ONCE = 200_000


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which way round the table is taken, in what order its columns are filled, and where they are divided."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    split: int
    work: float


@dataclass(frozen=True, slots=True, eq=False)
class _Partial:
    """Partly filled tables: the row totals left, shape (n, n_rows), the log weight so far, and whose future it is."""

    left: NDArray[np.int64]
    value: NDArray[np.float64]
    owner: NDArray[np.int64]

    def where(self, chosen: NDArray[np.bool_]) -> _Partial:
        return _Partial(self.left[chosen], self.value[chosen], self.owner[chosen])


class _TooMuchWorkError(Exception):
    pass


def table_p_value(table: NDArray[np.int64], *, work_limit: float) -> float | None:
    """Return the exact p value of a table without empty margins, or None beyond the limit.

    The work is the number of ways to fill a column that are listed. How many there are depends on the table, so that
    the limit is met on the way. A p value below the smallest double is returned as 0.
    """
    from scipy.special import gammaln

    plan = min(
        (plan for t in (table, table.T) for plan in _plans(t.sum(axis=1).tolist(), t.sum(axis=0).tolist())),
        key=lambda plan: plan.work,
    )
    log_factorial = gammaln(np.arange(int(table.sum()) + 1) + 1.0)
    margins = float(log_factorial[table.sum(axis=0)].sum() + log_factorial[table.sum(axis=1)].sum())
    constant = margins - float(log_factorial[-1])
    observed = -float(log_factorial[table].sum())
    try:
        ratio = _Network(log_factorial, observed, work_limit).weight(plan)
    except _TooMuchWorkError:
        return None
    return min(1.0, ratio * math.exp(observed + constant))


class _Network:
    """Adds up the weights, product of 1 / cell factorial, of all tables no heavier than the observed one."""

    def __init__(self, log_factorial: NDArray[np.float64], observed: float, work_limit: float) -> None:
        self._log_factorial = log_factorial
        self._observed = observed
        self._limit = observed + TIE_TOLERANCE
        self._work_left = work_limit

    def weight(self, plan: _Plan) -> float:
        """Return the sum in units of the observed table's weight."""
        columns = plan.columns
        start = _Partial(np.array([plan.rows], dtype=np.int64), np.zeros(1), np.zeros(1, dtype=np.int64))
        first, settled = self._filled(start, columns, plan.split, np.array([self._limit]))
        total = float(np.exp(settled + (self._limit - self._observed)).sum())
        if not first.value.size:
            return total
        middle, owner = _distinct_rows(first.left)
        heaviest = np.full(len(middle), -np.inf)
        np.maximum.at(heaviest, owner, first.value)
        room = self._limit - heaviest
        start = _Partial(middle, np.zeros(len(middle)), np.arange(len(middle)))
        rest = columns[plan.split :]
        last, settled = self._filled(start, rest, len(rest) - 1, room)
        # The last column takes what is left.
        past, past_of = _by_owner(owner, first.value, len(middle))
        future, future_of = _by_owner(last.owner, last.value - self._log_factorial[last.left].sum(axis=1), len(middle))
        for position, log_all in enumerate(settled.tolist()):
            own_past = past[past_of[position] : past_of[position + 1]]
            own_future = future[future_of[position] : future_of[position + 1]]
            running = np.logaddexp.accumulate(np.concatenate(([log_all], own_future - room[position])))
            reach = np.searchsorted(own_future, self._limit - own_past, side="right")
            total += float(np.exp(own_past - heaviest[position] + TIE_TOLERANCE + running[reach]).sum())
        return total

    def _filled(
        self, start: _Partial, columns: tuple[int, ...], n_filled: int, room: NDArray[np.float64]
    ) -> tuple[_Partial, NDArray[np.float64]]:
        """Fill the first columns in every way that is not settled on the way.

        ``room`` is, by owner, how heavy a table may be to count. Returned are the tables still open and, by owner, the
        log of the weights of all settled ones, in units of the owner's room.
        """
        settled = np.zeros(len(room))
        open_tables = start
        for position, column in enumerate(columns[:n_filled]):
            rest = columns[position + 1 :]
            kept = []
            for extended in self._extended(open_tables, column):
                done = extended.value + self._most(extended.left, rest) <= room[extended.owner]
                owner = extended.owner[done]
                weight = extended.value[done] + self._all(extended.left[done], rest) - room[owner]
                settled += np.bincount(owner, np.exp(weight), len(room))
                kept.append(extended.where(~done))
            open_tables = _Partial(
                np.concatenate([part.left for part in kept]),
                np.concatenate([part.value for part in kept]),
                np.concatenate([part.owner for part in kept]),
            )
            if not open_tables.value.size:
                break
        with np.errstate(divide="ignore"):
            return open_tables, np.log(settled)

    def _extended(self, tables: _Partial, column: int) -> Iterator[_Partial]:
        """Fill one more column of every table in every way, some tables at a time."""
        most = max(1.0, _number_of_divisions(tables.left.max(axis=0).tolist(), column))
        step = max(1, int(_AT_ONCE / most))
        for begin in range(0, len(tables.value), step):
            part = slice(begin, begin + step)
            yield self._extend(_Partial(tables.left[part], tables.value[part], tables.owner[part]), column)

    def _extend(self, tables: _Partial, column: int) -> _Partial:
        source = np.arange(len(tables.value))
        unfilled = np.full(source.size, column, dtype=np.int64)
        room_after = tables.left.sum(axis=1)
        value = tables.value
        left: list[NDArray[np.int64]] = []
        for row in tables.left.T:
            here = row[source]
            room_after = room_after - here
            lowest = np.maximum(0, unfilled - room_after)
            n_ways = np.minimum(here, unfilled) - lowest + 1
            starts = np.cumsum(n_ways) - n_ways
            cell = np.arange(int(n_ways.sum())) + np.repeat(lowest - starts, n_ways)
            left = [*(np.repeat(each, n_ways) for each in left), np.repeat(here, n_ways) - cell]
            value = np.repeat(value, n_ways) - self._log_factorial[cell]
            unfilled = np.repeat(unfilled, n_ways) - cell
            room_after, source = np.repeat(room_after, n_ways), np.repeat(source, n_ways)
        self._work_left -= source.size
        if self._work_left < 0:
            raise _TooMuchWorkError
        return _Partial(np.column_stack(left), value, tables.owner[source])

    def _all(self, left: NDArray[np.int64], columns: tuple[int, ...]) -> NDArray[np.float64]:
        """Return the log of the weights of all completions together: n! / (row totals' and columns' factorials)."""
        log_factorial = self._log_factorial
        constant = float(log_factorial[sum(columns)] - log_factorial[list(columns)].sum())
        return np.asarray(constant - log_factorial[left].sum(axis=1))

    def _most(self, left: NDArray[np.int64], columns: tuple[int, ...]) -> NDArray[np.float64]:
        """Return a bound of the log weight of the heaviest completion.

        For any a_i and b_j, and a completion x with row totals r and columns c,
        -sum log x_ij! = sum(x_ij (a_i + b_j) - log x_ij!) - sum a_i r_i - sum b_j c_j, in which every term of the first
        sum is at most its value at x_ij = floor(exp(a_i + b_j)), the mode of a Poisson variable. Taken are
        a_i = log r_i and b_j = log(c_j / n), so that exp(a_i + b_j) is the count expected from the margins.
        """
        n = sum(columns)
        rows = left.astype(np.float64)
        log_rows = np.log(np.maximum(rows, 1.0))
        bound: NDArray[np.float64] = -(rows * log_rows).sum(axis=1)
        for column in columns:
            log_share = math.log(column / n)
            mode = np.floor(rows * (column / n))
            bound += (mode * (log_rows + log_share) - self._log_factorial[mode.astype(np.int64)]).sum(axis=1)
            bound -= column * log_share
        return bound


def _distinct_rows(rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the different rows and which of them each row is; several times faster than np.unique along an axis."""
    key = np.zeros(len(rows), dtype=np.int64)
    # The last number is what the others leave of the total.
    for column in rows.T[:-1]:
        key = np.unique(key * (int(column.max()) + 1) + column, return_inverse=True)[1].reshape(-1)
    _, first, owner = np.unique(key, return_index=True, return_inverse=True)
    return rows[first], owner.reshape(-1)


def _by_owner(
    owner: NDArray[np.int64], value: NDArray[np.float64], n_owners: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the values of each owner together, ascending, and where each owner's begin."""
    order = np.lexsort((value, owner))
    return value[order], np.searchsorted(owner[order], np.arange(n_owners + 1))


def _plans(rows: list[int], columns: list[int]) -> list[_Plan]:
    """Return the ways to divide the columns, with how many fillings there would be if none were settled early."""
    # A large column filled first leaves the rows nearly decided, so that most tables are settled soon; of the last part
    # the largest column comes last, because it takes what is left.
    ordered = sorted(columns, reverse=True)
    ways = {column: _number_of_divisions(rows, column) for column in set(columns)}
    plans = []
    for split in range(1, len(ordered)):
        first, last = ordered[:split], ordered[: split - 1 : -1]
        middle = _number_of_divisions(rows, sum(last))
        work = math.prod(ways[column] for column in first) + middle * math.prod(ways[column] for column in last[:-1])
        plans.append(_Plan(tuple(rows), (*first, *last), split, work))
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
