"""Spans of time under observation, (entry, time] within a stratum, and sums over who is at risk."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from atrisk.summary.event_counts import distinct
from atrisk.summary.frozen_arrays import make_arrays_read_only

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """The distinct spans of some patients, and the cells (stratum, time) at which spans end.

    `stratum`, `time`, `entry` (P,): the spans in order of stratum, time, entry; -inf where someone is at risk
    from the start. Derived: `cell_stratum`, `cell_time` (K,), the distinct pairs of stratum and time; `cell`
    (P,), the cell in which a span ends; `first` (P,), the first cell that it covers; `pieces`, see `_pieces`, (2, 0)
    without delayed entry. A span covers the cells of
    its stratum with entry < time of the cell <= time.
    """

    stratum: Codes
    time: Floats
    entry: Floats
    cell: Codes = field(init=False)
    first: Codes = field(init=False)
    cell_stratum: Codes = field(init=False)
    cell_time: Floats = field(init=False)
    pieces: Codes = field(init=False)

    def __post_init__(self) -> None:
        new = _changes(self.stratum, self.time)
        cell_stratum, cell_time = self.stratum[new], self.time[new]
        first = np.empty(self.time.size, dtype=np.int64)
        for spans, cells in zip(_runs(self.stratum), _runs(cell_stratum), strict=True):
            first[spans] = cells.start + np.searchsorted(cell_time[cells], self.entry[spans], side="right")
        cell = np.cumsum(new) - 1
        derived = {"cell": cell, "first": first, "cell_stratum": cell_stratum, "cell_time": cell_time}
        delayed = bool(np.any(np.isfinite(self.entry)))
        size = 1 << max(int(cell_time.size - 1).bit_length(), 0)
        derived["pieces"] = _pieces(first, cell, size) if delayed else np.empty((2, 0), dtype=np.int64)
        for name, value in derived.items():
            object.__setattr__(self, name, value)
        make_arrays_read_only(self)

    @classmethod
    def of(cls, time: Floats, stratum: Codes, entry: Floats | None) -> tuple[Spans, Codes]:
        """The distinct spans of patients, and the number of the span of each patient (n,)."""
        times, place = distinct(time)
        keys, sizes = [stratum, place], [int(stratum.max(initial=-1)) + 1, times.size]
        entries = np.full(1, -np.inf)
        if entry is not None:
            entries, joined = distinct(entry)
            keys.append(joined)
            sizes.append(entries.size)
        number, index = _combined(keys, sizes)
        last = number % entries.size if entry is not None else np.zeros(number.size, dtype=np.int64)
        number = number // entries.size if entry is not None else number
        return cls(
            stratum=number // max(times.size, 1), time=times[number % max(times.size, 1)], entry=entries[last]
        ), index

    def at_risk(self, values: Floats) -> Floats:
        """Sums of the spans' values (P, q) over the spans that cover each cell: (K, q)."""
        if self.pieces.shape[1] == 0:
            ending = self.ending(values)
            total = np.empty_like(ending)
            for cells in _runs(self.cell_stratum):
                total[cells] = np.cumsum(ending[cells][::-1], axis=0)[::-1]
            return total
        size = self._size
        table = np.zeros((size.bit_length() * size + 1, values.shape[1]))
        for piece in self.pieces:
            table += _grouped(piece, values, table.shape[0])
        total = table[:size].copy()
        for row in range(1, size.bit_length()):
            halves = table[row * size : (row + 1) * size].reshape(-1, 2, 1 << (row - 1), values.shape[1])
            sums = total.reshape(halves.shape)
            sums[:, 0] += np.cumsum(halves[:, 0], axis=1)
            sums[:, 1] += np.cumsum(halves[:, 1, ::-1], axis=1)[:, ::-1]
        return np.asarray(total[: self.cell_time.size])

    def ending(self, values: Floats) -> Floats:
        """Sums of the spans' values (P, q) over the spans that end in each cell: (K, q)."""
        if self.time.size == self.cell_time.size:
            return np.asarray(values, dtype=np.float64)
        return _grouped(self.cell, values, self.cell_time.size)

    def covered(self, values: Floats) -> Floats:
        """Sums of the cells' values (K,) or (K, q) over the cells that each span covers: (P,) or (P, q)."""
        if self.pieces.shape[1] == 0:
            total = np.empty_like(values)
            for cells in _runs(self.cell_stratum):
                total[cells] = np.cumsum(values[cells], axis=0)
            return total[self.cell]
        if values.ndim == 1:
            return np.asarray(self.covered(values[:, None])[:, 0])
        size = self._size
        table = np.zeros((size.bit_length() * size + 1, values.shape[1]))
        table[: values.shape[0]] = values
        for row in range(1, size.bit_length()):
            halves = table[row * size : (row + 1) * size].reshape(-1, 2, 1 << (row - 1), values.shape[1])
            values_of = table[:size].reshape(halves.shape)
            halves[:, 0] = np.cumsum(values_of[:, 0, ::-1], axis=1)[:, ::-1]
            halves[:, 1] = np.cumsum(values_of[:, 1], axis=1)
        return np.asarray(table[self.pieces[0]] + table[self.pieces[1]])

    @property
    def _size(self) -> int:
        """The least power of two that holds all cells."""
        return 1 << max(int(self.cell_time.size - 1).bit_length(), 0)


def _pieces(first: Codes, cell: Codes, size: int) -> Codes:
    """Where the one or two pieces of each span stand in a table of running sums: (2, P).

    The cells are halved again and again. Row 1 + l of the table belongs to blocks of 2^(l + 1) cells, each with a
    middle. A span from cell a to cell b > a crosses just one middle of the row of the highest bit in which a and b
    differ: it is the end of the left half from a on, and the start of the right half up to b. A span of one cell
    stands in row 0, and its second piece in an empty place behind the table.
    The obvious difference of two running sums, exits less entries, cancels: one patient with a huge risk who is
    not yet at risk would wipe out the digits of those who are. These sums are never subtracted.
    """
    # The exponent of a whole number is the number of its bits.
    row = np.frexp((first ^ cell).astype(np.float64))[1].astype(np.int64)
    low = row * size + first
    high = np.where(row > 0, row * size + cell, size.bit_length() * size)
    return np.stack((low, high))


def _combined(keys: list[Codes], sizes: list[int]) -> tuple[Codes, Codes]:
    """Distinct combinations of codes, as ascending mixed-radix numbers, and the place of each row among them."""
    number = keys[0]
    for key, size in zip(keys[1:], sizes[1:], strict=True):
        number = number * size + key
    if math.prod(sizes) < 4 * number.size + 65_536:
        seen = np.zeros(math.prod(sizes), dtype=bool)
        seen[number] = True
        return np.flatnonzero(seen), (np.cumsum(seen) - 1)[number]
    combinations, index = np.unique(number, return_inverse=True)
    return combinations, index.astype(np.int64, copy=False)


def _grouped(index: Codes, values: Floats, length: int) -> Floats:
    total = np.empty((length, values.shape[1]))
    for j in range(values.shape[1]):
        total[:, j] = np.bincount(index, weights=values[:, j], minlength=length)
    return total


def _changes(*keys: Codes | Floats) -> NDArray[np.bool_]:
    """Where a row of sorted keys differs from the row before."""
    new = np.ones(keys[0].size, dtype=bool)
    if new.size:
        new[1:] = np.any([key[1:] != key[:-1] for key in keys], axis=0)
    return new


def _runs(codes: Codes) -> list[slice]:
    """The run of equal values of each code in sorted codes."""
    if codes.size == 0:
        return []
    edges = np.concatenate(([0], np.flatnonzero(np.diff(codes)) + 1, [codes.size]))
    return [slice(int(low), int(high)) for low, high in itertools.pairwise(edges)]
