"""Rows of a subdistribution hazard model: who is at risk at each event time, and with what weight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class SubdistributionRows:
    """Patients in order of time, the M distinct event times of the cause, and the censoring distributions.

    Patients (n,): `time`; `event`: of the cause; `other`: of another cause, who stay at risk afterwards;
    `weight`; `group` of the censoring distribution, 0..K-1; `free`: G(X-) of their own group at their own time;
    `reached`: how many event times are not after it.
    Event times (M,): `at`; `begin`: the first patient with a time not before it; `events`: sum of weights;
    `free_at` (K, M): G_k just before. At an event time u a patient counts 1 while X >= u, G(u-)/G(X-) after an
    event of another cause, and 0 after anything else.
    """

    time: Floats
    event: Flags
    other: Flags
    weight: Floats
    group: Codes
    free: Floats
    at: Floats
    begin: Codes
    reached: Codes
    events: Floats
    free_at: Floats

    def __post_init__(self) -> None:
        make_arrays_read_only(self)

    @classmethod
    def of(cls, time: Floats, cause: Codes, of_interest: int, group: Codes, weight: Floats) -> SubdistributionRows:
        """Rows from patients already in order of time."""
        event, other = cause == of_interest, (cause > 0) & (cause != of_interest)
        at = np.unique(time[event])
        n_groups = int(group.max(initial=0)) + 1
        free, free_at = np.ones(time.size), np.empty((n_groups, at.size))
        for k in range(n_groups):
            mine = group == k
            times, survival = _censoring(time[mine], cause[mine] == 0, weight[mine])
            free[mine] = survival[np.searchsorted(times, time[mine], side="left")]
            # Beyond the group's last patient nothing is known of its censoring; nobody of it counts any more.
            free_at[k] = np.where(at <= times.max(initial=-np.inf), survival[np.searchsorted(times, at)], 0.0)
        place = np.searchsorted(at, time[event])
        return cls(
            time=time,
            event=event,
            other=other,
            weight=weight,
            group=group,
            free=free,
            at=at,
            begin=np.searchsorted(time, at, side="left"),
            reached=np.searchsorted(at, time, side="right"),
            events=np.bincount(place, weights=weight[event], minlength=at.size).astype(np.float64, copy=False),
            free_at=free_at,
        )

    def at_risk(self, values: Floats) -> Floats:
        """Sums of patients' values (n, q) over those at risk at each event time, with their weight there: (M, q)."""
        total = np.concatenate((np.cumsum(values[::-1], axis=0)[::-1], np.zeros((1, values.shape[1]))))[self.begin]
        for k in range(self.free_at.shape[0]):
            mine = self.other & (self.group == k)
            if np.any(mine):
                total = total + self.free_at[k][:, None] * self._before(values, mine)
        return np.asarray(total)

    def _before(self, values: Floats, which: Flags) -> Floats:
        """Sums of values over G(X-) of some patients with times before each event time: (M, q)."""
        scaled = np.where(which[:, None], values / self.free[:, None], 0.0)
        return np.concatenate((np.zeros((1, values.shape[1])), np.cumsum(scaled, axis=0)))[self.begin]

    def exposed(self, values: Floats) -> Floats:
        """Sums of event times' values (M, q) over those at which each patient is at risk, weighted: (n, q)."""
        total = np.concatenate((np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)))[self.reached]
        for k in range(self.free_at.shape[0]):
            mine = self.other & (self.group == k)
            if np.any(mine):
                later = self.later(values, k)[self.reached[mine]]
                total[mine] += later / self.free[mine][:, None]
        return total

    def later(self, values: Floats, group: int) -> Floats:
        """Sums of G(u-) times values (M, q) over the event times from each place on: (M + 1, q)."""
        weighted = values * self.free_at[group][:, None]
        return np.concatenate((np.cumsum(weighted[::-1], axis=0)[::-1], np.zeros((1, values.shape[1]))))


def _censoring(time: Floats, censored: Flags, weight: Floats) -> tuple[Floats, Floats]:
    """The Kaplan-Meier curve of censoring in patients ordered by time: distinct times (T,) and G just before (T + 1,).

    Events at a time stay in the risk set of the censorings at that time (as in cmprsk; Geskus takes them out).
    """
    times, place = np.unique(time, return_inverse=True)
    lost = np.bincount(place, weights=weight * censored, minlength=times.size)
    leaving = np.bincount(place, weights=weight, minlength=times.size)
    at_risk = np.cumsum(leaving[::-1])[::-1]
    survival = np.cumprod(1 - np.divide(lost, at_risk, out=np.zeros(times.size), where=lost > 0))
    return times, np.concatenate(([1.0], survival))
