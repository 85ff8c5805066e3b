"""What happens at each time, counted or weighted: the loop over patients beneath event counts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]
Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
# A code for each dimension of a table before its last, None where all codes are 0.
Outer = tuple[Codes | None, ...]

_AT_A_TIME = 100_000
# A table of so many cells is small whatever the number of patients.
_FEW_CELLS = 1_000_000


def counts_by_time(
    times: Floats, entered: Floats | None, outer: Outer, weights: Floats | None, sizes: tuple[int, ...]
) -> tuple[Floats, Numbers, Numbers]:
    """Distinct times in order, and who leaves and who enters at each.

    `times`, `entered` (n,): when patients leave and enter; `outer`: codes of cause (0 = censored), stratum and group,
    of which there are `sizes`. Returns times (T,), exits (*sizes, T) and entries (*sizes[1:], T); counts are int64,
    sums of `weights` float64.
    """
    counted = _counts_by_day(times, entered, outer, sizes) if weights is None else None
    return counted or _sums_by_time(times, entered, outer, weights, sizes)


def distinct(values: Floats) -> tuple[Floats, Codes]:
    """Distinct values in order, and the place of each value among them.

    Whole days are counted into bins, which is ten times faster than the sort that fractional times need.
    """
    if values.size == 0:
        return np.empty(0), np.empty(0, dtype=np.int64)
    low, high = float(values.min()), float(values.max())
    if high - low < 4 * values.size + 65_536 and max(-low, high) < 2**53:
        bins = values.astype(np.int64)
        if np.array_equal(bins, values):
            bins -= int(low)
            seen = np.zeros(int(high - low) + 1, dtype=bool)
            seen[bins] = True
            if seen.all():
                return np.arange(low, high + 1), bins
            place = np.cumsum(seen) - 1
            return (np.flatnonzero(seen) + low).astype(np.float64, copy=False), place[bins]
    grid, index = np.unique(values, return_inverse=True)
    return grid, index.astype(np.int64, copy=False)


def _sums_by_time(
    times: Floats, entered: Floats | None, outer: Outer, weights: Floats | None, sizes: tuple[int, ...]
) -> tuple[Floats, Numbers, Numbers]:
    """As `counts_by_time`, of any times and weights."""
    n = times.size
    grid, index = distinct(times if entered is None else np.concatenate((times, entered)))
    exits = _sums(index[:n], outer, weights, (*sizes, grid.size))
    if entered is None:
        return grid, exits, np.zeros((*sizes[1:], grid.size), dtype=exits.dtype)
    return grid, exits, _sums(index[n:], outer[1:], weights, (*sizes[1:], grid.size))


def _sums(last: Codes, outer: Outer, weights: Floats | None, shape: tuple[int, ...]) -> Numbers:
    """Counts, or sums of weights, per cell of a table; `outer`: a code for each dimension before the last, if not 0."""
    cell = last.copy()
    _add_codes(cell, outer, slice(None), shape)
    return np.bincount(cell, weights=weights, minlength=math.prod(shape)).reshape(shape)


def _add_codes(cell: Codes, outer: Outer, part: slice, shape: tuple[int, ...]) -> None:
    """Turn places within the last dimension of a table into places within the whole of it."""
    stride = shape[-1]
    for place, size in zip(reversed(outer), shape[-2::-1], strict=True):
        if place is not None:
            cell += place[part] * stride
        stride *= size


def _counts_by_day(
    times: Floats, entered: Floats | None, outer: Outer, sizes: tuple[int, ...]
) -> tuple[Floats, Codes, Codes] | None:
    """As `counts_by_time` for times in whole days, without weights; None where they are not whole or far apart.

    Patients are taken some ten thousands at a time: what is made of them on the way then stays in the processor's
    cache, and nothing as long as the patients is made at all.
    """
    days = _days(times, entered)
    if days is None or (days[1] - days[0] + 1) * math.prod(sizes) > 4 * times.size + _FEW_CELLS:
        return None
    low, high = days
    table = (*sizes[1:], high - low + 1)
    exits = _counts(times, outer, low, (sizes[0], *table))
    entries = np.zeros(table, dtype=np.int64) if entered is None else _counts(entered, outer[1:], low, table)
    if exits is None or entries is None:
        return None
    seen = exits.any(axis=(0, 1, 2)) | entries.any(axis=(0, 1))
    grid = (np.flatnonzero(seen) + low).astype(np.float64)
    return grid, exits[..., seen], entries[..., seen]


def _days(times: Floats, entered: Floats | None) -> tuple[int, int] | None:
    """The first and the last day; None without patients and where numbers are too large to be whole or not."""
    if times.size == 0:
        return None
    low, high = float(times.min()), float(times.max())
    if entered is not None:
        low = min(low, float(entered.min()))
    return (math.floor(low), math.floor(high)) if max(-low, high) < 2**53 else None


def _counts(days: Floats, outer: Outer, low: int, shape: tuple[int, ...]) -> Codes | None:
    """Counts per cell of a table whose last dimension is the day, the first one being `low`."""
    size = math.prod(shape)
    total = np.zeros(size, dtype=np.int64)
    # As many patients at a time as the table has cells, lest adding it up takes longer than counting.
    length = max(_AT_A_TIME, size)
    for start in range(0, days.size, length):
        part = slice(start, start + length)
        cell = days[part].astype(np.int64)
        if not np.array_equal(cell, days[part]):
            return None
        cell -= low
        _add_codes(cell, outer, part, shape)
        total += np.bincount(cell, minlength=size)
    return total.reshape(shape)
