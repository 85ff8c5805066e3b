"""The additive sums over patients from which one Newton step of a Cox model is made."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.summary.read_only import make_arrays_read_only
from atrisk.summary.risk_sets import Integers, RiskCells, RiskSets, index_type

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Rows taken at a time, so that a product of columns stays in the processor's cache.
_BLOCK = 2048
# Numbers in a matrix of covariates from which loading SciPy's sparse matrices pays.
_LARGE = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class EventSums:
    """Sums per cell over the patients who have the event there, whatever the coefficients.

    `events` (K,) counts them, `event_weight` (K,) sums their case weights w, `event_x` (K, p) their w x.
    """

    events: Codes
    event_weight: Floats
    event_x: Floats

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True, eq=False)
class Landing:
    """A matrix with at most one entry a patient: the `row` of each entry, and `bounds` (n + 1,) of each patient's."""

    row: Integers
    bounds: Integers

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True, eq=False)
class RiskRows:
    """Patients laid out for the sums: their risk sets, events (n,), covariates (n, p) and weights (n,).

    Derived: `event_sums`, and `landings`, where the patients are added up (see `_landings`).
    """

    sets: RiskSets
    event: Flags
    x: Floats
    weight: Floats
    landings: tuple[Landing, ...] = field(init=False)
    event_sums: EventSums = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "landings", _landings(self.sets, self.event))
        of_events, of_events_x = _totals(self, np.where(self.event, self.weight, 0.0))
        sums = EventSums(
            events=np.bincount(self.cell[self.event], minlength=self.sets.cells.size).astype(np.int64, copy=False),
            event_weight=of_events[self.sets.table_size :].copy(),
            event_x=of_events_x[self.sets.table_size :].copy(),
        )
        object.__setattr__(self, "event_sums", sums)
        make_arrays_read_only(self)

    @property
    def cell(self) -> Codes:
        """The (stratum, time) cell in which each patient's follow-up ends: (n,)."""
        return self.sets.cell


@dataclass(frozen=True, slots=True, eq=False)
class RiskSums:
    """Sums per cell of the risks r = w exp(x'b + offset) and of r x at a coefficient vector b.

    Definition: `risk` sums over all patients at risk in a cell (stratum, time), `failing` over those who have the
    event there; `events`, `event_weight` and `event_x` are those of `EventSums`, and `event_log_risk` sums
    w (x'b + offset) of all events. The sums of two sets of patients at the same b add up to those of their union
    where both are of the same cells, which are agreed on before the first step (`RiskSets.of(..., cells=)`): who is
    at risk at a time that one of them does not know could not be told afterwards.
    Shapes: `risk`, `failing`, `events`, `event_weight` (K,), the `_x` (K, p).
    """

    cells: RiskCells
    risk: Floats
    risk_x: Floats
    failing: Floats
    failing_x: Floats
    events: Codes
    event_weight: Floats
    event_x: Floats
    event_log_risk: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)

    @classmethod
    def zero(cls, cells: RiskCells, n_covariates: int) -> RiskSums:
        """The sums over no patients: the neutral element of `+`."""
        nobody = RiskSets(cells, np.empty(0, dtype=np.int64), None)
        rows = RiskRows(nobody, np.empty(0, dtype=bool), np.empty((0, n_covariates)), np.empty(0))
        return cls.of(rows, np.empty(0), 0.0)

    @classmethod
    def of(cls, rows: RiskRows, risk: Floats, event_log_risk: float) -> RiskSums:
        """The sums over some patients; `risk` (n,) is their r, `event_log_risk` as in the class's definition."""
        sets, of_events = rows.sets, rows.event_sums
        total, total_x = _totals(rows, risk)
        # With delayed entry the table is many times as long as what is kept of it: copies let go of it.
        split = sets.table_size
        if sets.pieces is None:
            # Those with the event were added up apart from the others.
            total[:split] += total[split:]
            total_x[:split] += total_x[split:]
        return cls(
            cells=sets.cells,
            risk=sets.at_risk_of_table(total[:split, None])[:, 0],
            risk_x=sets.at_risk_of_table(total_x[:split]),
            failing=total[split:].copy(),
            failing_x=total_x[split:].copy(),
            events=of_events.events,
            event_weight=of_events.event_weight,
            event_x=of_events.event_x,
            event_log_risk=event_log_risk,
        )

    def __add__(self, other: RiskSums) -> RiskSums:
        """The sums over both sets of patients."""
        if not self.cells.same_as(other.cells) or self.risk_x.shape != other.risk_x.shape:
            raise EstimationError("only sums over the same cells and numbers of covariates can be added.")
        return RiskSums(
            cells=self.cells,
            risk=self.risk + other.risk,
            risk_x=self.risk_x + other.risk_x,
            failing=self.failing + other.failing,
            failing_x=self.failing_x + other.failing_x,
            events=self.events + other.events,
            event_weight=self.event_weight + other.event_weight,
            event_x=self.event_x + other.event_x,
            event_log_risk=self.event_log_risk + other.event_log_risk,
        )


def weighted_gram(rows: RiskRows, risk: Floats, hazard: tuple[Floats, Floats]) -> Floats:
    """The additive part sum over times of c1 S2 - c1f D2 of the information, as one matrix product X'VX.

    Definition: `hazard` holds c1 and c1f per cell (K,), from the sums over all patients, `risk` (n,) r; then
    v = r (sum of c1 over the cells in which the patient is at risk - event c1f at the end). No (n, p, p) array
    arises.
    """
    v = lived_through(rows, hazard)
    v *= risk
    return cross_product(rows.x, v, rows.x)


def lived_through(rows: RiskRows, hazard: tuple[Floats, Floats]) -> Floats:
    """Sums of the first of two values per cell (K,) while at risk, less the second in the cell of an event: (n,)."""
    first, tied = hazard
    if rows.sets.pieces is None:
        both = np.empty((2, first.size))
        both[0] = rows.sets.cells.from_the_start(first)
        both[1] = both[0] - tied
        return np.asarray(both.ravel()[rows.landings[0].row])
    lived = rows.sets.covered(first)
    lived -= np.where(rows.event, tied[rows.cell], 0.0)
    return lived


def cross_product(left: Floats, weight: Floats, right: Floats) -> Floats:
    """left' diag(weight) right, (n, p), (n,), (n, q) -> (p, q): some rows at a time, which then fit into a cache.

    A library that splits one large product over threads gains nothing here, as memory is the bound, and its
    threads wait for each other where the machine is busy.
    """
    n, p = left.shape
    total, weighted = np.zeros((p, right.shape[1])), np.empty((min(n, _BLOCK), p))
    for low in range(0, n, _BLOCK):
        rows = slice(low, low + _BLOCK)
        part = weighted[: weight[rows].size]
        np.multiply(left[rows], weight[rows, None], out=part)
        total += part.T @ right[rows]
    return total


def _landings(sets: RiskSets, event: Flags) -> tuple[Landing, ...]:
    """Where patients are added up: matrices that put each into rows of a table of table_size + K rows.

    Without delayed entry one: each patient in the row of the cell, or, with an event, in that of the cell in the second
    part. With it one for each of the two pieces, and one for those with an event in the second part.
    """
    n, split = event.size, sets.table_size
    kind = index_type(max(split + sets.cells.size, n))
    every: Integers = np.arange(n + 1, dtype=kind)
    if sets.pieces is None:
        target: Integers = np.multiply(event, split, dtype=kind)
        target += sets.cell
        return (Landing(target, every),)
    happened: Integers = np.zeros(n + 1, dtype=kind)
    np.cumsum(event, out=happened[1:])
    ending = (sets.cell[event] + split).astype(kind)
    return Landing(sets.pieces[0], every), Landing(sets.pieces[1], every), Landing(ending, happened)


def _totals(rows: RiskRows, values: Floats) -> tuple[Floats, Floats]:
    """Sums of values (n,) and of values times x in every row of the table of `_landings`: (L,), (L, p)."""
    n, p = rows.x.shape
    length = rows.sets.table_size + rows.sets.cells.size
    total, total_x = np.zeros(length), np.zeros((length, p))
    for landing in rows.landings:
        everyone = landing.row.size == n
        entries = values if everyone else values[rows.event]
        total += np.bincount(landing.row, weights=entries, minlength=length)
        if rows.x.size >= _LARGE:
            # The product of a matrix with at most one entry a column reads x once and makes no copy of it.
            from scipy.sparse import csc_array

            matrix = csc_array((entries, landing.row, landing.bounds), shape=(length, n))
            total_x += np.asarray(matrix @ rows.x)
        else:
            x = rows.x if everyone else rows.x[rows.event]
            for j in range(p):
                total_x[:, j] += np.bincount(landing.row, weights=entries * x[:, j], minlength=length)
    return total, total_x
