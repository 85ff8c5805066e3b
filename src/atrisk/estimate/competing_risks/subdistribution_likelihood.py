"""The partial likelihood of a subdistribution hazard, its derivatives, and what each patient adds to its score."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.estimate.competing_risks.subdistribution_rows import SubdistributionRows
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SubdistributionModel:
    """Rows with their covariates: `fixed` (n, p), and `moving` (n, q), column j of which is multiplied by a
    function of time whose values at the event times are `functions[:, j]` (M, q)."""

    rows: SubdistributionRows
    fixed: Floats
    moving: Floats
    functions: Floats

    def __post_init__(self) -> None:
        make_arrays_read_only(self)

    def at_time(self, place: int) -> Floats:
        """The covariates of all patients at one event time: (n, p + q)."""
        return np.column_stack((self.fixed, self.moving * self.functions[place]))


@dataclass(frozen=True, slots=True, eq=False)
class SubdistributionSums:
    """Log-likelihood, score (k,) and information (k, k) at coefficients; per event time the sum of risks `risk`
    (M,) and the mean covariates `mean` (M, k)."""

    beta: Floats
    log_likelihood: float
    score: Floats
    information: Floats
    risk: Floats
    mean: Floats

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def summarise(model: SubdistributionModel, beta: Floats) -> SubdistributionSums:
    """The sums of one Newton step, under Breslow's treatment of ties."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return _fixed_sums(model, beta) if model.moving.shape[1] == 0 else _moving_sums(model, beta)


def influence(model: SubdistributionModel, sums: SubdistributionSums, *, own_events: bool) -> Floats:
    """Each patient's term of the score, with the term for the estimated censoring distribution: (n, k).

    Definition: eta_i = int (x_i - mean) w_i dM_i, psi_i = int q(u)/Y_c(u) dM^c_i(u) with
    q(u) = sum over patients j with an event of another cause before u of int_u (x_j - mean) w_j exp(x_j'b) dLambda,
    over the patients of the same censoring distribution. Without case weights; multiply by them.
    `own_events`: q takes only the events of patients of that censoring distribution, as cmprsk does.
    Source: Fine and Gray 1999, J Am Stat Assoc 94:496, section 3.
    """
    if model.moving.shape[1] == 0:
        eta, q = _fixed_influence(model, sums, own_events=own_events)
    else:
        eta, q = _moving_influence(model, sums, own_events=own_events)
    return eta + _censoring_part(model.rows, q)


def _fixed_sums(model: SubdistributionModel, beta: Floats) -> SubdistributionSums:
    rows, x = model.rows, model.fixed
    location = x @ beta
    risk = rows.weight * np.exp(location)
    total = rows.at_risk(np.column_stack((risk, risk[:, None] * x)))
    s0 = total[:, 0]
    mean = total[:, 1:] / s0[:, None]
    exposure = rows.exposed((rows.events / s0)[:, None])[:, 0]
    w = rows.weight * rows.event
    return SubdistributionSums(
        beta=beta,
        log_likelihood=float(w @ location - rows.events @ np.log(s0)),
        score=x.T @ w - mean.T @ rows.events,
        information=(x.T * (risk * exposure)) @ x - (mean.T * rows.events) @ mean,
        risk=s0,
        mean=mean,
    )


def _fixed_influence(
    model: SubdistributionModel, sums: SubdistributionSums, *, own_events: bool
) -> tuple[Floats, Floats]:
    rows, x = model.rows, model.fixed
    risk = np.exp(x @ sums.beta)
    hazard = (rows.events / sums.risk)[:, None]
    exposure = rows.exposed(np.column_stack((hazard, hazard * sums.mean)))
    eta = -risk[:, None] * (x * exposure[:, :1] - exposure[:, 1:])
    eta[rows.event] += x[rows.event] - sums.mean[rows.reached[rows.event] - 1]
    q = np.zeros_like(x)
    for k in range(rows.free_at.shape[0]):
        lost = ~rows.event & ~rows.other & (rows.group == k)
        mine = rows.other & (rows.group == k)
        share = np.where(mine, rows.weight * risk / rows.free, 0.0)
        before = np.concatenate((np.zeros((1, x.shape[1] + 1)), np.cumsum(_with_unit(x) * share[:, None], axis=0)))
        before = before[np.searchsorted(rows.time, rows.time[lost], side="left")]
        counted = _events_of(rows, k)[:, None] / sums.risk[:, None] if own_events else hazard
        later = rows.later(_with_unit(sums.mean) * counted, k)
        later = later[np.searchsorted(rows.at, rows.time[lost], side="left")]
        q[lost] = before[:, 1:] * later[:, :1] - before[:, :1] * later[:, 1:]
    return eta, q


def _moving_sums(model: SubdistributionModel, beta: Floats) -> SubdistributionSums:
    rows, k = model.rows, beta.size
    value, score, information = 0.0, np.zeros(k), np.zeros((k, k))
    s0, mean = np.empty(rows.at.size), np.empty((rows.at.size, k))
    for j, z, counted in _event_times(model):
        location = z @ beta
        risk = rows.weight * counted * np.exp(location)
        s0[j], s1 = risk.sum(), risk @ z
        mean[j] = s1 / s0[j]
        failed = np.where(rows.event & (rows.time == rows.at[j]), rows.weight, 0.0)
        value += float(failed @ location - rows.events[j] * np.log(s0[j]))
        score += failed @ z - rows.events[j] * mean[j]
        information += rows.events[j] * ((z.T * risk) @ z / s0[j] - np.outer(mean[j], mean[j]))
    return SubdistributionSums(beta, value, score, information, s0, mean)


def _moving_influence(
    model: SubdistributionModel, sums: SubdistributionSums, *, own_events: bool
) -> tuple[Floats, Floats]:
    rows = model.rows
    eta = np.zeros((rows.time.size, sums.beta.size))
    q = np.zeros_like(eta)
    first = np.searchsorted(rows.time, rows.time, side="left")
    lost = ~rows.event & ~rows.other
    events_of = [_events_of(rows, k) for k in range(rows.free_at.shape[0])]
    for j, z, counted in _event_times(model):
        away = z - sums.mean[j]
        term = (counted * np.exp(z @ sums.beta) / sums.risk[j])[:, None] * away
        eta -= rows.events[j] * term
        now = rows.event & (rows.time == rows.at[j])
        eta[now] += away[now]
        for k, own in enumerate(events_of):
            gone = rows.other & (rows.group == k) & (rows.time < rows.at[j])
            carried = np.where(gone[:, None], rows.weight[:, None] * term, 0.0)
            before = np.concatenate((np.zeros((1, q.shape[1])), np.cumsum(carried, axis=0)))
            earlier = lost & (rows.group == k) & (rows.time <= rows.at[j])
            q[earlier] += (own[j] if own_events else rows.events[j]) * before[first[earlier]]
    return eta, q


def _event_times(model: SubdistributionModel) -> Iterator[tuple[int, Floats, Floats]]:
    """Each event time with the covariates (n, k) at it and how far each patient counts (n,)."""
    rows = model.rows
    for j in range(rows.at.size):
        counted = np.where(rows.other, rows.free_at[rows.group, j] / rows.free, 0.0)
        counted[rows.begin[j] :] = 1.0
        yield j, model.at_time(j), counted


def _events_of(rows: SubdistributionRows, group: int) -> Floats:
    mine = rows.event & (rows.group == group)
    place = np.searchsorted(rows.at, rows.time[mine])
    return np.bincount(place, weights=rows.weight[mine], minlength=rows.at.size).astype(np.float64, copy=False)


def _with_unit(values: Floats) -> Floats:
    return np.column_stack((np.ones(values.shape[0]), values))


def _censoring_part(rows: SubdistributionRows, q: Floats) -> Floats:
    """psi (n, k): q/Y at a patient's own censoring, less the sum of q dN/Y^2 over censorings up to the own time."""
    psi = np.zeros_like(q)
    lost = ~rows.event & ~rows.other
    for k in range(rows.free_at.shape[0]):
        mine = rows.group == k
        time, weight, at = rows.time[mine], rows.weight[mine], lost[mine]
        present = np.concatenate((np.cumsum(weight[::-1])[::-1], [0.0]))[np.searchsorted(time, time, side="left")]
        rate = np.divide(at, present, out=np.zeros(time.size), where=present > 0)[:, None] * q[mine]
        spent = np.divide(weight, present, out=np.zeros(time.size), where=present > 0)[:, None] * rate
        so_far = np.concatenate((np.zeros((1, q.shape[1])), np.cumsum(spent, axis=0)))
        psi[mine] = rate - so_far[np.searchsorted(time, time, side="right")]
    return psi
