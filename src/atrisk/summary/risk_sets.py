"""Risk sets: the cells (stratum, time) at which follow-up ends, and sums over who is at risk in each."""

from __future__ import annotations

import itertools
import math
from dataclasses import InitVar, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.summary.counts_by_time import distinct
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Integers = NDArray[np.signedinteger[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class RiskCells:
    """The distinct pairs of stratum and time at which the follow-up of some patients ends, in order: (K,)."""

    stratum: Codes
    time: Floats

    def __post_init__(self) -> None:
        make_arrays_read_only(self)

    @classmethod
    def of(cls, time: Floats, stratum: Codes | None) -> tuple[RiskCells, Codes]:
        """The cells of patients, and the number of the cell of each patient (n,)."""
        times, place = distinct(time)
        if stratum is None:
            return cls(np.zeros(times.size, dtype=np.int64), times), place
        number, index = _combined(stratum, place, times.size)
        return cls(number // max(times.size, 1), times[number % max(times.size, 1)]), index

    @property
    def size(self) -> int:
        """How many cells there are, K."""
        return int(self.time.size)

    def same_as(self, other: RiskCells) -> bool:
        """Whether these are the cells of the other, one for one."""
        return np.array_equal(self.time, other.time) and np.array_equal(self.stratum, other.stratum)

    def first_after(self, moment: Floats, stratum: Codes | None) -> Codes:
        """The first cell after each moment (n,) in its stratum (or the next stratum's first)."""
        return self._place(moment, stratum, "right")

    def cell_of(self, time: Floats, stratum: Codes | None) -> Codes:
        """The cell of each patient (n,). Raises EstimationError where there is none."""
        cell = self._place(time, stratum, "left")
        nearest = np.minimum(cell, self.size - 1)
        own = 0 if stratum is None else stratum
        if time.size and not (self.size and np.all((self.time[nearest] == time) & (self.stratum[nearest] == own))):
            raise EstimationError("a follow-up time is not among the cells that were agreed on.")
        return cell

    def _place(self, moment: Floats, stratum: Codes | None, side: Literal["left", "right"]) -> Codes:
        if stratum is None:
            return np.searchsorted(self.time, moment, side=side).astype(np.int64, copy=False)
        place = np.zeros(moment.size, dtype=np.int64)
        for cells in _runs(self.stratum):
            mine = stratum == self.stratum[cells.start]
            place[mine] = cells.start + np.searchsorted(self.time[cells], moment[mine], side=side)
        return place

    def from_the_end(self, values: Floats) -> Floats:
        """Sums of values (K, q) over each cell and those after it in its stratum: (K, q)."""
        total = np.empty_like(values)
        for cells in _runs(self.stratum):
            np.cumsum(values[cells][::-1], axis=0, out=total[cells][::-1])
        return total

    def from_the_start(self, values: Floats) -> Floats:
        """Sums of values (K,) or (K, q) over each cell and those before it in its stratum."""
        total = np.empty_like(values)
        for cells in _runs(self.stratum):
            np.cumsum(values[cells], axis=0, out=total[cells])
        return total


@dataclass(frozen=True, slots=True, eq=False)
class RiskSets:
    """Which cells each patient is at risk in: those of the stratum with entry < time of the cell <= own time.

    `cell` (n,): the cell in which the patient's follow-up ends. `first` (n,): the first cell in which the patient is
    at risk, given with delayed entry, else None, and not kept. Derived: `pieces`, see `_pieces`, (2, n) or None.
    """

    cells: RiskCells
    cell: Codes
    first: InitVar[Codes | None]
    pieces: Integers | None = field(init=False)

    def __post_init__(self, first: Codes | None) -> None:
        pieces = None if first is None else _pieces(first, self.cell, self._width)
        object.__setattr__(self, "pieces", pieces)
        make_arrays_read_only(self)

    @classmethod
    def of(
        cls, time: Floats, stratum: Codes | None, entry: Floats | None, *, cells: RiskCells | None = None
    ) -> RiskSets:
        """The risk sets of patients; `cells`: those agreed on with others whose sums are to be added."""
        if cells is None:
            cells, cell = RiskCells.of(time, stratum)
        else:
            cell = cells.cell_of(time, stratum)
        return cls(cells, cell, None if entry is None else cells.first_after(entry, stratum))

    @property
    def first_cell(self) -> Codes | None:
        """The first cell in which each patient is at risk (n,), with delayed entry."""
        # A piece is the place in a row of the table, and rows are as wide as the power of two.
        return None if self.pieces is None else (self.pieces[0] % self._width).astype(np.int64)

    @property
    def table_size(self) -> int:
        """How many rows the table has in which patients are added up, before it gives the sums at risk."""
        return self.cells.size if self.pieces is None else self._width.bit_length() * self._width + 1

    @property
    def _width(self) -> int:
        """The least power of two that holds all cells."""
        return 1 << max(self.cells.size - 1, 0).bit_length()

    def at_risk(self, values: Floats) -> Floats:
        """Sums of patients' values (n, q) over those at risk in each cell: (K, q)."""
        if self.pieces is None:
            return self.at_risk_of_table(_grouped(self.cell, values, self.table_size))
        low, high = (_grouped(piece, values, self.table_size) for piece in self.pieces)
        return self.at_risk_of_table(low + high)

    def at_risk_of_table(self, table: Floats) -> Floats:
        """The same from a table (table_size, q) of patients added up: by `cell`, or by both of their `pieces`."""
        if self.pieces is None:
            return self.cells.from_the_end(table)
        width, q = self._width, table.shape[1]
        total = table[:width].copy()
        for row in range(1, width.bit_length()):
            halves = table[row * width : (row + 1) * width].reshape(-1, 2, 1 << (row - 1), q)
            sums = total.reshape(halves.shape)
            sums[:, 0] += np.cumsum(halves[:, 0], axis=1)
            sums[:, 1] += np.cumsum(halves[:, 1, ::-1], axis=1)[:, ::-1]
        return np.asarray(total[: self.cells.size])

    def ending(self, values: Floats) -> Floats:
        """Sums of patients' values (n, q) over those whose follow-up ends in each cell: (K, q)."""
        return _grouped(self.cell, values, self.cells.size)

    def covered(self, values: Floats) -> Floats:
        """Sums of cells' values (K,) or (K, q) over the cells in which each patient is at risk: (n,) or (n, q)."""
        if self.pieces is None:
            return np.asarray(self.cells.from_the_start(values)[self.cell])
        if values.ndim == 1:
            return np.asarray(self.covered(values[:, None])[:, 0])
        width, q = self._width, values.shape[1]
        table = np.zeros((self.table_size, q))
        table[: values.shape[0]] = values
        for row in range(1, width.bit_length()):
            halves = table[row * width : (row + 1) * width].reshape(-1, 2, 1 << (row - 1), q)
            values_of = table[:width].reshape(halves.shape)
            halves[:, 0] = np.cumsum(values_of[:, 0, ::-1], axis=1)[:, ::-1]
            halves[:, 1] = np.cumsum(values_of[:, 1], axis=1)
        total = table[self.pieces[0]]
        total += table[self.pieces[1]]
        return np.asarray(total)


def _pieces(first: Codes, cell: Codes, width: int) -> Integers:
    """Where the one or two pieces of each patient stand in a table of running sums: (2, n).

    The cells are halved again and again. Row 1 + l of the table belongs to blocks of 2^(l + 1) cells, each with a
    middle. A patient from cell a to cell b > a crosses just one middle of the row of the highest bit in which a and b
    differ: it is the end of the left half from a on, and the start of the right half up to b. A patient of one cell
    stands in row 0, and the second piece in an empty place behind the table.
    The obvious difference of two running sums, exits less entries, cancels: one patient with a huge risk who is
    not yet at risk would wipe out the digits of those who are. These sums are never subtracted.
    """
    end = width.bit_length() * width
    pieces: Integers = np.empty((2, cell.size), dtype=index_type(end))
    # The exponent of a whole number is the number of its bits.
    row = np.frexp((first ^ cell).astype(np.float64))[1]
    np.multiply(row, width, out=pieces, casting="same_kind")
    pieces[0] += first
    pieces[1] += cell
    pieces[1, row == 0] = end
    return pieces


def index_type(largest: int) -> np.dtype[np.signedinteger[Any]]:
    """The narrowest type of whole numbers up to `largest` that sparse matrices take as places."""
    return np.dtype(np.int32) if largest < 2**31 else np.dtype(np.int64)


def _combined(stratum: Codes, place: Codes, n_times: int) -> tuple[Codes, Codes]:
    """Distinct pairs of stratum and time as numbers stratum * n_times + time, and the place of each row among them."""
    number = stratum * n_times + place
    possible = math.prod((int(stratum.max(initial=-1)) + 1, n_times))
    if possible < 4 * number.size + 65_536:
        seen = np.zeros(possible, dtype=bool)
        seen[number] = True
        return np.flatnonzero(seen), (np.cumsum(seen) - 1)[number]
    pairs, index = np.unique(number, return_inverse=True)
    return pairs, index.astype(np.int64, copy=False)


def _grouped(index: Integers, values: Floats, length: int) -> Floats:
    total = np.empty((length, values.shape[1]))
    for j in range(values.shape[1]):
        total[:, j] = np.bincount(index, weights=values[:, j], minlength=length)
    return total


def _runs(codes: Codes) -> list[slice]:
    """The run of equal values of each code in sorted codes."""
    if codes.size == 0:
        return []
    edges = np.concatenate(([0], np.flatnonzero(np.diff(codes)) + 1, [codes.size]))
    return [slice(int(low), int(high)) for low, high in itertools.pairwise(edges)]
