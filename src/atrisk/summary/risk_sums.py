"""The additive sums over patients from which one Newton step of a Cox model is made."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.summary.frozen_arrays import make_arrays_read_only

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class RiskGrid:
    """The (stratum, time) cells of some patients, and the cell in which each joins and leaves the risk set.

    Shapes: `stratum`, `time` (K,), in order of stratum, then time; `leaves` (n,), and `joins` (n,) or None
    without delayed entry, hold the numbers of cells.
    """

    stratum: Codes
    time: Floats
    leaves: Codes
    joins: Codes | None

    def __post_init__(self) -> None:
        make_arrays_read_only(self)

    @classmethod
    def of(cls, time: Floats, stratum: Codes, entry: Floats | None) -> RiskGrid:
        """The cells of patients with these follow-up times, strata and entry times."""
        n = time.size
        moments = time if entry is None else np.concatenate((time, entry))
        strata = stratum if entry is None else np.concatenate((stratum, stratum))
        order = np.lexsort((moments, strata))
        ordered_time, ordered_stratum = moments[order], strata[order]
        new = np.ones(moments.size, dtype=bool)
        new[1:] = (np.diff(ordered_time) != 0) | (np.diff(ordered_stratum) != 0)
        cell = np.empty(moments.size, dtype=np.int64)
        cell[order] = np.cumsum(new) - 1
        return cls(
            stratum=ordered_stratum[new],
            time=ordered_time[new],
            leaves=cell[:n],
            joins=None if entry is None else cell[n:],
        )


@dataclass(frozen=True, slots=True, eq=False)
class RiskSums:
    """Sums per (stratum, time) of the risks r = w exp(x'b + offset) and of r x at a coefficient vector b.

    Definition: `leaving` sums over those whose follow-up ends at the time, `failing` over those of them who
    have the event, `joining` over those who enter just after it; `events` and `event_weight` count the failing
    and sum their weights, `event_x` sums w x over them, `event_log_risk` w (x'b + offset) over all times.
    What is at risk follows by summing backwards in time (`at_risk`). The sums of two sets of patients at the
    same b add up to those of their union.
    Shapes: `stratum`, `time`, `leaving`, `failing`, `joining`, `events`, `event_weight` (K,), the `_x` (K, p).
    """

    stratum: Codes
    time: Floats
    leaving: Floats
    leaving_x: Floats
    failing: Floats
    failing_x: Floats
    joining: Floats
    joining_x: Floats
    events: Codes
    event_weight: Floats
    event_x: Floats
    event_log_risk: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)

    @classmethod
    def zero(cls, n_covariates: int) -> RiskSums:
        """The sums over no patients: the neutral element of `+`."""
        none, none_x = np.empty(0), np.empty((0, n_covariates))
        return cls(
            stratum=np.empty(0, dtype=np.int64),
            time=none,
            leaving=none,
            leaving_x=none_x,
            failing=none,
            failing_x=none_x,
            joining=none,
            joining_x=none_x,
            events=np.empty(0, dtype=np.int64),
            event_weight=none,
            event_x=none_x,
            event_log_risk=0.0,
        )

    @classmethod
    def of(cls, grid: RiskGrid, event: Flags, covariates: Floats, weight: Floats, log_risk: Floats) -> RiskSums:
        """The sums over some patients; `log_risk` (n,) is x'b + offset, `covariates` (n, p)."""
        cells = grid.time.size
        risk = weight * np.exp(log_risk)
        failed = np.flatnonzero(event)
        fails, x, w = grid.leaves[failed], covariates[failed], weight[failed]
        if grid.joins is None:
            joining, joining_x = np.zeros(cells), np.zeros((cells, covariates.shape[1]))
        else:
            joining, joining_x = _sums(grid.joins, risk, covariates, cells)
        leaving, leaving_x = _sums(grid.leaves, risk, covariates, cells)
        failing, failing_x = _sums(fails, risk[failed], x, cells)
        event_weight, event_x = _sums(fails, w, x, cells)
        return cls(
            stratum=grid.stratum,
            time=grid.time,
            leaving=leaving,
            leaving_x=leaving_x,
            failing=failing,
            failing_x=failing_x,
            joining=joining,
            joining_x=joining_x,
            events=np.bincount(fails, minlength=cells).astype(np.int64, copy=False),
            event_weight=event_weight,
            event_x=event_x,
            event_log_risk=float(w @ log_risk[failed]),
        )

    def __add__(self, other: RiskSums) -> RiskSums:
        """The sums over both sets of patients."""
        if self.leaving_x.shape[1] != other.leaving_x.shape[1]:
            raise EstimationError("sums over different numbers of covariates cannot be added.")
        grid = RiskGrid.of(np.concatenate((self.time, other.time)), np.concatenate((self.stratum, other.stratum)), None)
        here, there = grid.leaves[: self.time.size], grid.leaves[self.time.size :]

        def merged(mine: NDArray[Any], theirs: NDArray[Any]) -> NDArray[Any]:
            total = np.zeros((grid.time.size, *mine.shape[1:]), dtype=np.result_type(mine, theirs))
            total[here] += mine
            total[there] += theirs
            return total

        return RiskSums(
            stratum=grid.stratum,
            time=grid.time,
            leaving=merged(self.leaving, other.leaving),
            leaving_x=merged(self.leaving_x, other.leaving_x),
            failing=merged(self.failing, other.failing),
            failing_x=merged(self.failing_x, other.failing_x),
            joining=merged(self.joining, other.joining),
            joining_x=merged(self.joining_x, other.joining_x),
            events=merged(self.events, other.events),
            event_weight=merged(self.event_weight, other.event_weight),
            event_x=merged(self.event_x, other.event_x),
            event_log_risk=self.event_log_risk + other.event_log_risk,
        )

    def at_risk(self) -> tuple[Floats, Floats]:
        """The sums of r (K,) and of r x (K, p) over those at risk just before each time of their stratum."""
        leaving = np.column_stack((self.leaving, self.leaving_x))
        joining = np.column_stack((self.joining, self.joining_x))
        # Who leaves at or after t, less who joins at or after t: late entrants are not yet there at t.
        total = np.empty_like(leaving)
        for part in strata_slices(self.stratum):
            total[part] = np.cumsum((leaving[part] - joining[part])[::-1], axis=0)[::-1]
        return total[:, 0], total[:, 1:]


def weighted_gram(
    grid: RiskGrid, event: Flags, covariates: Floats, risk: Floats, hazard: tuple[Floats, Floats]
) -> Floats:
    """The additive part sum over times of c1 S2 - c1f D2 of the information, as one matrix product X'VX.

    Definition: `hazard` holds c1 and c1f per cell (K,), from the sums over all patients; with A the cumulative
    sum of c1 within a stratum, v = r (A[leaves] - A[joins] - event c1f[leaves]). No (n, p, p) array arises.
    """
    first, tied = hazard
    cumulative = np.empty_like(first)
    for part in strata_slices(grid.stratum):
        cumulative[part] = np.cumsum(first[part])
    exposure = cumulative[grid.leaves] - np.where(event, tied[grid.leaves], 0.0)
    if grid.joins is not None:
        exposure -= cumulative[grid.joins]
    return np.asarray((covariates * (risk * exposure)[:, None]).T @ covariates)


def strata_slices(stratum: Codes) -> list[slice]:
    """The run of cells of each stratum, from cells ordered by stratum."""
    if stratum.size == 0:
        return []
    edges = np.concatenate(([0], np.flatnonzero(np.diff(stratum)) + 1, [stratum.size]))
    return [slice(int(low), int(high)) for low, high in itertools.pairwise(edges)]


def _sums(cell: Codes, risk: Floats, covariates: Floats, cells: int) -> tuple[Floats, Floats]:
    total_x = np.empty((cells, covariates.shape[1]))
    for j in range(covariates.shape[1]):
        total_x[:, j] = np.bincount(cell, weights=risk * covariates[:, j], minlength=cells)
    return np.bincount(cell, weights=risk, minlength=cells).astype(np.float64, copy=False), total_x
