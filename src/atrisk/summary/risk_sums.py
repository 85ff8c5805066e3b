"""The additive sums over patients from which one Newton step of a Cox model is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.summary.frozen_arrays import make_arrays_read_only
from atrisk.summary.spans import Spans

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int32] | NDArray[np.int64]

# Rows taken at a time, so that a product of columns stays in the processor's cache.
_BLOCK = 2048
# Numbers in a matrix of covariates from which loading SciPy's sparse matrices pays.
_LARGE = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class EventSums:
    """Sums per span over the patients who have the event at its end, whatever the coefficients.

    `events` (P,) counts them, `event_weight` (P,) sums their case weights w, `event_x` (P, p) their w x.
    """

    events: Codes
    event_weight: Floats
    event_x: Floats

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True, eq=False)
class RiskRows:
    """Patients laid out for the sums: their spans, covariates (n, p) and weights (n,).

    `place` (n,): twice the number of a patient's span, plus 1 if the event happens at its end.
    Derived: `event_sums`, and `scatter`, the `place` and the bounds of the columns of a sparse matrix that holds
    one number for each patient, at that row.
    """

    spans: Spans
    place: Codes
    x: Floats
    weight: Floats
    scatter: tuple[Integers, Integers] | None = field(init=False)
    event_sums: EventSums = field(init=False)

    def __post_init__(self) -> None:
        length, n = self.spans.time.size, self.place.size
        scatter = None
        if self.x.size >= _LARGE:
            kind = np.int32 if 2 * max(length, n) < 2**31 else np.int64
            scatter = (self.place.astype(kind), np.arange(n + 1, dtype=kind))
        object.__setattr__(self, "scatter", scatter)
        weight = np.where(self.event, self.weight, 0.0)
        sums = EventSums(
            events=np.bincount(self.place, minlength=2 * length)[1::2].astype(np.int64, copy=False),
            event_weight=_totals(self.place, weight, length)[:, 1],
            event_x=_column_totals(self, weight)[:, 1],
        )
        object.__setattr__(self, "event_sums", sums)
        make_arrays_read_only(self)

    @classmethod
    def of(cls, spans: Spans, span: Codes, event: Flags, x: Floats, weight: Floats) -> RiskRows:
        """The rows of patients with their span's number, event, covariates and weight."""
        return cls(spans=spans, place=2 * span + event, x=x, weight=weight)

    @property
    def span(self) -> Codes:
        """The number of each patient's span: (n,)."""
        return np.asarray(self.place >> 1)

    @property
    def event(self) -> Flags:
        """Whether the event happened at the end of each patient's span: (n,)."""
        return np.asarray((self.place & 1).astype(bool))

    @property
    def cell(self) -> Codes:
        """The (stratum, time) cell in which each patient's follow-up ends: (n,)."""
        return self.spans.cell[self.span]


@dataclass(frozen=True, slots=True, eq=False)
class RiskSums:
    """Sums per span of the risks r = w exp(x'b + offset) and of r x at a coefficient vector b.

    Definition: `risk` sums over all patients of a span (stratum, entry, time), `failing` over those who have the
    event at its end; `events`, `event_weight` and `event_x` are those of `EventSums`, and `event_log_risk` sums
    w (x'b + offset) of all events. What is at risk at a time is derived, from the spans that cover it. The sums
    of two sets of patients at the same b add up to those of their union.
    Shapes: `risk`, `failing`, `events`, `event_weight` (P,), the `_x` (P, p). Without delayed entry there is one
    span per stratum and time, however many patients.
    """

    spans: Spans
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
    def zero(cls, n_covariates: int) -> RiskSums:
        """The sums over no patients: the neutral element of `+`."""
        spans, span = Spans.of(np.empty(0), np.empty(0, dtype=np.int64), None)
        nobody = RiskRows.of(spans, span, np.empty(0, dtype=bool), np.empty((0, n_covariates)), np.empty(0))
        return cls.of(nobody, np.empty(0), 0.0)

    @classmethod
    def of(cls, rows: RiskRows, risk: Floats, event_log_risk: float) -> RiskSums:
        """The sums over some patients; `risk` (n,) is their r, `event_log_risk` as in the class's definition."""
        total = _totals(rows.place, risk, rows.spans.time.size)
        total_x = _column_totals(rows, risk)
        of_events = rows.event_sums
        return cls(
            spans=rows.spans,
            risk=total.sum(axis=1),
            risk_x=total_x.sum(axis=1),
            failing=total[:, 1],
            failing_x=total_x[:, 1],
            events=of_events.events,
            event_weight=of_events.event_weight,
            event_x=of_events.event_x,
            event_log_risk=event_log_risk,
        )

    def __add__(self, other: RiskSums) -> RiskSums:
        """The sums over both sets of patients."""
        if self.risk_x.shape[1] != other.risk_x.shape[1]:
            raise EstimationError("sums over different numbers of covariates cannot be added.")
        keys = (
            np.concatenate((getattr(self.spans, name), getattr(other.spans, name)))
            for name in ("time", "stratum", "entry")
        )
        spans, index = Spans.of(*keys)
        here, there = index[: self.risk.size], index[self.risk.size :]

        def merged(mine: NDArray[Any], theirs: NDArray[Any]) -> NDArray[Any]:
            total = np.zeros((spans.time.size, *mine.shape[1:]), dtype=np.result_type(mine, theirs))
            total[here] += mine
            total[there] += theirs
            return total

        return RiskSums(
            spans=spans,
            risk=merged(self.risk, other.risk),
            risk_x=merged(self.risk_x, other.risk_x),
            failing=merged(self.failing, other.failing),
            failing_x=merged(self.failing_x, other.failing_x),
            events=merged(self.events, other.events),
            event_weight=merged(self.event_weight, other.event_weight),
            event_x=merged(self.event_x, other.event_x),
            event_log_risk=self.event_log_risk + other.event_log_risk,
        )


def weighted_gram(rows: RiskRows, risk: Floats, hazard: tuple[Floats, Floats]) -> Floats:
    """The additive part sum over times of c1 S2 - c1f D2 of the information, as one matrix product X'VX.

    Definition: `hazard` holds c1 and c1f per cell (K,), from the sums over all patients, `risk` (n,) r; then
    v = r (sum of c1 over the cells that the patient's span covers - event c1f at its end). No (n, p, p) array
    arises.
    """
    first, tied = hazard
    exposure = np.empty((rows.spans.time.size, 2))
    exposure[:, 0] = rows.spans.covered(first)
    exposure[:, 1] = exposure[:, 0] - tied[rows.spans.cell]
    v = exposure.ravel()[rows.place]
    v *= risk
    return cross_product(rows.x, v, rows.x)


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


def _totals(place: Codes, values: Floats, length: int) -> Floats:
    """Sums per span over those without and those with the event at its end: (P, 2)."""
    both = np.bincount(place, weights=values, minlength=2 * length)
    return both.astype(np.float64, copy=False).reshape(length, 2)


def _column_totals(rows: RiskRows, values: Floats) -> Floats:
    """Sums of values times x per span over those without and those with the event at its end: (P, 2, p)."""
    n, p = rows.x.shape
    length = rows.spans.time.size
    if rows.scatter is not None:
        # The product of a matrix with one entry a column reads x once and makes no copy of it.
        from scipy.sparse import csc_array

        matrix = csc_array((values, *rows.scatter), shape=(2 * length, n))
        return np.asarray(matrix @ rows.x).reshape(length, 2, p)
    total = np.empty((length, 2, p))
    for j in range(p):
        total[:, :, j] = _totals(rows.place, values * rows.x[:, j], length)
    return total
