"""The additive sums over patients from which one Newton step of a Cox model is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.summary.frozen_arrays import make_arrays_read_only
from atrisk.summary.spans import Spans

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class RiskRows:
    """Patients laid out for the sums: their spans and the span of each, events, covariates (n, p), weights."""

    spans: Spans
    span: Codes
    event: Flags
    x: Floats
    weight: Floats

    def __post_init__(self) -> None:
        make_arrays_read_only(self)

    @property
    def cell(self) -> Codes:
        """The (stratum, time) cell in which each patient's follow-up ends: (n,)."""
        return self.spans.cell[self.span]


@dataclass(frozen=True, slots=True, eq=False)
class RiskSums:
    """Sums per span of the risks r = w exp(x'b + offset) and of r x at a coefficient vector b.

    Definition: `risk` sums over all patients of a span (stratum, entry, time), `failing` over those who have the
    event at its end; `events` counts them, `event_weight` sums their weights w, `event_x` their w x, and
    `event_log_risk` w (x'b + offset) over all spans. What is at risk at a time is derived, from the spans that
    cover it. The sums of two sets of patients at the same b add up to those of their union.
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
        nobody = RiskRows(spans, span, np.empty(0, dtype=bool), np.empty((0, n_covariates)), np.empty(0))
        return cls.of(nobody, np.empty(0))

    @classmethod
    def of(cls, rows: RiskRows, log_risk: Floats) -> RiskSums:
        """The sums over some patients; `log_risk` (n,) is x'b + offset."""
        length = rows.spans.time.size
        failed = np.flatnonzero(rows.event)
        ends, x, w = rows.span[failed], rows.x[failed], rows.weight[failed]
        r = rows.weight * np.exp(log_risk)
        risk, risk_x = _sums(rows.span, r, rows.x, length)
        failing, failing_x = _sums(ends, r[failed], x, length)
        event_weight, event_x = _sums(ends, w, x, length)
        return cls(
            spans=rows.spans,
            risk=risk,
            risk_x=risk_x,
            failing=failing,
            failing_x=failing_x,
            events=np.bincount(ends, minlength=length).astype(np.int64, copy=False),
            event_weight=event_weight,
            event_x=event_x,
            event_log_risk=float(w @ log_risk[failed]),
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
    exposure = rows.spans.covered(first)[rows.span] - np.where(rows.event, tied[rows.cell], 0.0)
    return np.asarray((rows.x * (risk * exposure)[:, None]).T @ rows.x)


def _sums(index: Codes, risk: Floats, x: Floats, length: int) -> tuple[Floats, Floats]:
    total_x = np.empty((length, x.shape[1]))
    for j in range(x.shape[1]):
        total_x[:, j] = np.bincount(index, weights=risk * x[:, j], minlength=length)
    return np.bincount(index, weights=risk, minlength=length).astype(np.float64, copy=False), total_x
