"""Net survival against a rate table: Pohar Perme, Ederer I and Ederer II."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.estimate.relative_survival.expected_survival import expected_survival
from atrisk.estimate.relative_survival.rate_table import Demographics, RateTable, check_fits
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Method = Literal["pohar-perme", "ederer1", "ederer2"]
Integration = Literal["daily", "running"]

EXECUTION: Final[Execution] = "rows"

# People times days in one piece of work: about 30 MB an array.
_PIECE: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class NetSurvivalOptions:
    """Which estimator, how the population's hazard is integrated, which limits.

    `integration` of pohar-perme: `daily`, or `running`, the rule of R's relsurv 2.2-9. `refuse_outside`: refuse
    follow-up beyond the table's calendar years in place of taking the nearest year.
    Raises EstimationError for an unknown name and a level outside (0, 1).
    """

    method: Method = "pohar-perme"
    integration: Integration = "daily"
    conf_type: Literal["log", "plain"] = "log"
    conf_level: float = 0.95
    refuse_outside: bool = False

    def __post_init__(self) -> None:
        for value, known in (
            (self.method, get_args(Method)),
            (self.integration, get_args(Integration)),
            (self.conf_type, ("log", "plain")),
        ):
            if value not in known:
                raise EstimationError(f"'{value}' is unknown in net survival; use one of {', '.join(known)}.")
        normal_quantile(self.conf_level)


@dataclass(frozen=True, slots=True, eq=False)
class NetSurvivalCurve:
    """Net survival of one group: one row per time at which someone dies or is censored; arrays (T,).

    `survival` may exceed 1, where fewer die than expected; limits are not cut. `cumulative_excess_hazard` is the sum
    of observed less expected hazards (ederer1: -log of the ratio). `n` counts patients.
    """

    time: Floats
    n_at_risk: Floats
    n_event: Floats
    n_censored: Floats
    survival: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    cumulative_excess_hazard: Floats
    n: int
    options: NetSurvivalOptions

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True, eq=False)
class NetLandmarks:
    """Net survival at chosen times, NaN and `estimable` false beyond the last follow-up; arrays (times,)."""

    time: Floats
    estimate: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    n_at_risk: Floats
    estimable: NDArray[np.bool_]

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def net_survival(
    rows: FollowUpRows, people: Demographics, table: RateTable, *, options: NetSurvivalOptions | None = None
) -> tuple[NetSurvivalCurve, ...]:
    """The net survival curve of each group: survival if the disease were the only cause of death.

    Definition: S(t) = prod (1 - a_k + b_k) over the times t_k of death or censoring up to t; variance
    S^2 sum (sum dN_i w_i^2) / (sum Y_i w_i)^2. pohar-perme: w_i = 1 / S_Pi(t), a = sum dN_i w_i / sum Y_i w_i, b the
    integral of sum Y_i w_i dLambda_Pi / sum Y_i w_i since the time before. ederer2: the same with w = 1. ederer1:
    S(t) = Kaplan-Meier / expected survival of all patients, the variance of ederer2.
    Source: Pohar Perme, Stare and Esteve 2012, Biometrics 68:113, eq. 5; Perme and Pavlic 2018, J Stat Softw 87(8).
    Edges: integrated in cells that end on whole days and at t_k, with the table's hazard at the start of a cell and
    the mean over both ends' weights. `running` adds up numerators and denominators since t_(k-1) before it divides,
    as relsurv 2.2-9 does: b then lags by a quarter of the gap. A death on day 0 counts with w = 1.
    Raises EstimationError for delayed entry, weights and clusters, which these estimators do not take here, for
    people of other numbers than rows, and as `expected_survival` does.
    """
    chosen = options or NetSurvivalOptions()
    if rows.entry is not None or rows.weight is not None or rows.cluster is not None:
        raise EstimationError("net survival takes no delayed entry, weights or clusters.")
    if people.age.size != rows.time.size:
        raise EstimationError("ages and dates must have one value for each follow-up time.")
    check_fits(table, people, rows.time, refuse_outside=chosen.refuse_outside)
    # In one order whatever the order of the rows, so that sums are the same to the last bit.
    order = np.lexsort((people.date, people.age, people.stratum, rows.event, rows.time))
    curves = []
    for group in range(rows.n_groups):
        mine = order[rows.group[order] == group]
        members = Demographics(age=people.age[mine], date=people.date[mine], stratum=people.stratum[mine])
        curves.append(_curve(rows.time[mine], rows.event[mine], members, table, chosen))
    return tuple(curves)


def net_survival_at(curve: NetSurvivalCurve, times: ArrayLike, *, extend: bool = False) -> NetLandmarks:
    """Net survival at chosen times in days: the value at the last time of death or censoring before or at t.

    Edges: beyond the last follow-up not estimable (NaN), unless `extend` carries the last value on as R does. Before
    the first time 1 with standard error 0. Raises EstimationError for times that are negative or missing.
    """
    chosen = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if not np.all(np.isfinite(chosen)) or np.any(chosen < 0):
        raise EstimationError("landmark times must be finite and not negative.")
    known = np.full(chosen.shape, curve.n > 0) & (extend | (chosen <= curve.time[-1] if curve.n else False))
    place = np.searchsorted(curve.time, chosen, side="right")

    def at(values: Floats, start: float) -> Floats:
        return np.where(known, np.concatenate(([start], values))[place], np.nan)

    return NetLandmarks(
        time=chosen,
        estimate=at(curve.survival, 1.0),
        std_err=at(curve.std_err, 0.0),
        lower=at(curve.lower, 1.0),
        upper=at(curve.upper, 1.0),
        n_at_risk=np.append(curve.n_at_risk, 0.0)[np.searchsorted(curve.time, chosen, side="left")],
        estimable=known,
    )


def _curve(
    time: Floats, event: NDArray[np.int64], people: Demographics, table: RateTable, options: NetSurvivalOptions
) -> NetSurvivalCurve:
    grid, first = np.unique(time, return_index=True)
    at_risk = (time.size - first).astype(np.float64)
    n_event = np.add.reduceat(event, first).astype(np.float64) if grid.size else np.empty(0)
    observed, variance, expected = n_event / at_risk, n_event / at_risk**2, np.zeros(grid.size)
    if options.method == "ederer1":
        survival = np.asarray(np.cumprod(1 - observed) / expected_survival(table, people, grid), dtype=np.float64)
    else:
        observed, variance, expected = _hazards(time, event, people, table, options)
        survival = np.asarray(np.cumprod(1 - observed + expected), dtype=np.float64)
    with np.errstate(divide="ignore"):
        excess = -np.log(survival) if options.method == "ederer1" else np.cumsum(observed - expected)
    std_err = np.where(survival > 0, survival * np.sqrt(np.cumsum(variance)), np.nan)
    lower, upper = _limits(survival, std_err, options)
    return NetSurvivalCurve(
        time=grid,
        n_at_risk=at_risk,
        n_event=n_event,
        n_censored=at_risk - np.append(at_risk[1:], 0.0) - n_event,
        survival=survival,
        std_err=std_err,
        lower=lower,
        upper=upper,
        cumulative_excess_hazard=excess,
        n=time.size,
        options=options,
    )


def _limits(survival: Floats, std_err: Floats, options: NetSurvivalOptions) -> tuple[Floats, Floats]:
    """Limits that are not cut at 1, which net survival may exceed."""
    z = normal_quantile(options.conf_level)
    if options.conf_type == "plain":
        return survival - z * std_err, survival + z * std_err
    reach = np.exp(z * np.divide(std_err, survival, out=np.full_like(survival, np.nan), where=survival > 0))
    return survival / reach, survival * reach


def _hazards(
    time: Floats, event: NDArray[np.int64], people: Demographics, table: RateTable, options: NetSurvivalOptions
) -> tuple[Floats, Floats, Floats]:
    """Observed hazard, its variance and expected hazard at each distinct time; the rows are sorted by time."""
    grid, first = np.unique(time, return_index=True)
    weighted = options.method == "pohar-perme"
    ratio = _running if weighted and options.integration == "running" else _each_cell
    observed, variance, expected = np.zeros(grid.size), np.zeros(grid.size), np.zeros(grid.size)
    total: Floats = np.zeros(time.size)
    before = 0.0
    for k, now in enumerate(grid):
        still = slice(first[k], None)
        at_risk = Demographics(age=people.age[still], date=people.date[still], stratum=people.stratum[still])
        total[still], expected[k] = _interval(table, at_risk, (before, float(now)), total[still], ratio, weighted)
        weight = np.exp(total[still]) if weighted else np.ones(time.size - first[k])
        dying = event[still][time[still] == now] * weight[time[still] == now]
        observed[k] = dying.sum() / weight.sum()
        variance[k] = (dying**2).sum() / weight.sum() ** 2
        before = float(now)
    return observed, variance, expected


def _interval(
    table: RateTable,
    people: Demographics,
    span: tuple[float, float],
    total: Floats,
    ratio: Callable[[Floats, Floats], Floats],
    weighted: bool,
) -> tuple[Floats, float]:
    """The expected hazard of a span between two times, and each person's cumulative hazard at its end."""
    start, end = span
    if end == start:
        return total, 0.0
    edges = np.concatenate(([start], np.arange(np.floor(start) + 1, end), [end]))
    width = np.diff(edges)
    sums = np.zeros((2, 2, width.size))  # numerator or denominator; weights at the start or the end of a cell
    step = max(1, _PIECE // people.age.size)
    for low in range(0, width.size, step):
        cells = slice(low, low + step)
        hazard = table.at(people, edges[:-1][cells]) * width[cells]
        after = total[:, None] + np.cumsum(hazard, axis=1)
        cumulated = (np.concatenate((total[:, None], after[:, :-1]), axis=1), after)
        for side in (0, 1):
            weight = np.exp(cumulated[side]) if weighted else np.ones_like(hazard)
            sums[0, side, cells], sums[1, side, cells] = (weight * hazard).sum(axis=0), weight.sum(axis=0)
        total = np.asarray(after[:, -1], dtype=np.float64)
    return total, float(ratio(sums[0], sums[1]).mean(axis=0).sum())


def _each_cell(numerator: Floats, denominator: Floats) -> Floats:
    return numerator / denominator


def _running(numerator: Floats, denominator: Floats) -> Floats:
    return np.asarray(np.cumsum(numerator, axis=1) / np.cumsum(denominator, axis=1))
