"""Survival curves from counts, survival at landmark times, quantiles, and the reverse curve of follow-up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import ConfType, check_conf_type, normal_quantile, pointwise_limits
from atrisk.estimate.survival_curve.hazard_steps import (
    Estimator,
    HazardSteps,
    check_estimator,
    fleming_harrington_steps,
    log_survival_steps,
    nelson_aalen_steps,
)
from atrisk.summary.event_counts import EventCounts
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

EXECUTION: Final[Execution] = "mergeable"

# R calls a survival probability equal to 1 - p within this distance when it looks for a quantile.
_PLATEAU = float(np.sqrt(np.finfo(np.float64).eps))


@dataclass(frozen=True, slots=True, eq=False)
class SurvivalCurve:
    """A survival curve of one group: one row per time at which someone enters, fails or is censored.

    Arrays have shape (T,). `n_at_risk` is counted just before the time, so that the number at risk at any t is
    that of the next row; it, `n_event` and `n_censored` are sums of weights where the patients have weights;
    `patients_at_risk` and `patients_leaving` (by event or censoring) are then still numbers of patients. `std_err`
    is the standard error of `survival`, `std_err_cumulative_hazard` that of `cumulative_hazard` (Nelson-Aalen, or
    Fleming-Harrington where that is the estimator), both infinitesimal jackknife where `robust`. `n` counts
    patients (without their table: sums their weights); `last_time` is the longest follow-up, NaN without patients.
    """

    time: Floats
    n_at_risk: Floats
    n_event: Floats
    n_censored: Floats
    patients_at_risk: Floats
    patients_leaving: Floats
    survival: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    cumulative_hazard: Floats
    std_err_cumulative_hazard: Floats
    n: float
    last_time: float
    conf_type: ConfType
    conf_level: float
    estimator: Estimator | Literal["cox"]
    robust: bool

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True)
class CurveOptions:
    """Which estimator of survival, which scale of the limits, which confidence level.

    kaplan-meier: S = prod (1 - d/n). nelson-aalen: S = exp(-H), H = sum d/n. fleming-harrington: S = exp(-H), H
    adds 1/n + 1/(n-1) + ... at a tie. Raises EstimationError for an unknown name or a level outside (0, 1).
    """

    conf_type: ConfType = "log"
    conf_level: float = 0.95
    estimator: Estimator = "kaplan-meier"

    def __post_init__(self) -> None:
        check_conf_type(self.conf_type)
        normal_quantile(self.conf_level)
        check_estimator(self.estimator)


@dataclass(frozen=True, slots=True, eq=False)
class RiskTable:
    """What happens to one group, by time; arrays (T,), weighted but for those of plain numbers of patients."""

    time: Floats
    n_at_risk: Floats
    n_event: Floats
    n_censored: Floats
    patients_at_risk: Floats
    patients_failing: Floats
    patients_leaving: Floats
    n: float

    @property
    def everyone_fails(self) -> Flags:
        """Where all at risk fail; weighted sums may leave a rounding error of n - d there."""
        d, n = self.n_event, self.n_at_risk
        return np.asarray((d > 0) & ((n - d <= 1e-12 * n) | (self.patients_failing == self.patients_at_risk)))


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """Survival at chosen times; arrays have the shape of `time`. Rows with `estimable` false hold NaN."""

    time: Floats
    estimate: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    n_at_risk: Floats
    n_event: Floats
    n_censored: Floats
    estimable: Flags

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True)
class Quantile:
    """The time by which a share `probability` has had the event; NaN where the curve or limit stays above."""

    probability: float
    estimate: float
    lower: float
    upper: float


def kaplan_meier(
    counts: EventCounts,
    *,
    conf_type: ConfType = "log",
    conf_level: float = 0.95,
    estimator: Estimator = "kaplan-meier",
) -> tuple[SurvivalCurve, ...]:
    """The survival curve of each group, strata and causes thrown together.

    Definition: S(t) = prod_{s <= t} (1 - d(s) / n(s)), d events among n at risk just before s; its variance
    S(t)^2 sum_{s <= t} d / (n (n - d)). nelson-aalen: S = exp(-H), H = sum d/n, variance of H sum d / n^2;
    fleming-harrington: H adds 1/n + 1/(n-1) + ... over the d at a tie.
    Source: Kaplan and Meier 1958, eq. 2b; Greenwood 1926 (Kalbfleisch and Prentice 2002, eq. 1.13); Nelson 1972
    and Aalen 1978; Fleming and Harrington 1984.
    Edges: a stratum or a cause alone: `counts.of_stratum(i)`, `counts.of_cause(k)`. Once the Kaplan-Meier S = 0
    its standard error and limits are NaN and S stays 0, also when delayed entries refill the risk set. A group
    without patients gives an empty curve. With weights, Greenwood's formula takes the weighted counts; weights
    that are not frequencies need `survival_curves`.
    Raises EstimationError for an unknown `conf_type` or `estimator`, a `conf_level` outside (0, 1), and for
    fleming-harrington from sums of fractional weights, which do not tell how many fail together.
    """
    options = CurveOptions(conf_type=conf_type, conf_level=conf_level, estimator=estimator)
    if estimator == "fleming-harrington" and not np.array_equal(counts.events, np.rint(counts.events)):
        raise EstimationError("Fleming-Harrington curves of weighted patients need rows: use survival_curves.")
    pooled = counts.over_strata().any_cause()
    return tuple(
        curve_of(risk_table(pooled.of_groups(group)), options=options) for group in range(counts.shape.n_groups)
    )


def reverse_kaplan_meier(
    counts: EventCounts, *, conf_type: ConfType = "log", conf_level: float = 0.95
) -> tuple[SurvivalCurve, ...]:
    """The curve of follow-up of each group: the time to censoring, with events as its censorings.

    Definition: Kaplan-Meier of the table with events and censorings exchanged; its median is the median
    follow-up had nobody had the event.
    Source: Schemper and Smith 1996, Control Clin Trials 17:343. Ties as in R's `Surv(time, status == 0)`:
    censorings then come before events at the same time.
    """
    return kaplan_meier(counts.reversed(), conf_type=conf_type, conf_level=conf_level)


def survival_at(curve: SurvivalCurve, times: ArrayLike, *, extend: bool = False) -> Landmarks:
    """Survival, its limits and the counts at chosen times.

    Definition: the step function S(t); `n_at_risk` just before t, `n_event` and `n_censored` up to and with t.
    Edges: beyond the last follow-up time S is not estimable unless it has reached 0: the row holds NaN and
    `estimable` is false. `extend=True` carries the last value on as R's `summary(fit, times=, extend=TRUE)`
    does. Before the first row S = 1 and both limits are 1.
    Raises EstimationError for times that are not finite or negative.
    """
    chosen = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if not np.all(np.isfinite(chosen)) or np.any(chosen < 0):
        raise EstimationError("landmark times must be finite and not negative.")
    # An entry moves neither the curve nor its limits: only rows at which somebody leaves are steps.
    steps = curve.patients_leaving > 0
    place = np.searchsorted(curve.time[steps], chosen, side="right")
    next_row = np.searchsorted(curve.time, chosen, side="left")
    ended = bool(curve.survival.size) and curve.survival[-1] == 0.0
    known = (chosen <= curve.last_time) | ended
    if extend and curve.n > 0:
        known = np.ones(chosen.shape, dtype=bool)

    def at(values: Floats, start: float) -> Floats:
        return np.where(known, np.concatenate(([start], values[steps]))[place], np.nan)

    return Landmarks(
        time=chosen,
        estimate=at(curve.survival, 1.0),
        std_err=at(curve.std_err, 0.0),
        lower=at(curve.lower, 1.0),
        upper=at(curve.upper, 1.0),
        n_at_risk=np.concatenate((curve.n_at_risk, [0.0]))[next_row],
        n_event=np.concatenate(([0.0], np.cumsum(curve.n_event[steps])))[place],
        n_censored=np.concatenate(([0.0], np.cumsum(curve.n_censored[steps])))[place],
        estimable=known,
    )


def quantile(curve: SurvivalCurve, probability: float = 0.5) -> Quantile:
    """The time by which a share p has had the event, with limits from the pointwise limits.

    Definition: the first time with S(t) <= 1 - p; where S equals 1 - p on a flat, the middle of that flat (to
    the last time if it never ends). The limits invert the curves of the limits in the same way. A limit's curve
    need not fall steadily: then, as in R, the time at which it stands highest without exceeding 1 - p.
    Source: Brookmeyer and Crowley 1982; conventions of R's quantile.survfit.
    Edges: NaN where the curve (or limit) does not come down to 1 - p.
    Raises EstimationError for a probability outside (0, 1).
    """
    if not 0 < probability < 1:
        raise EstimationError("the probability of a quantile must lie between 0 and 1.")
    left = curve.patients_leaving > 0
    time, target = curve.time[left], 1.0 - probability
    return Quantile(
        probability=probability,
        estimate=_time_at(time, curve.survival[left], target),
        lower=_time_at(time, curve.lower[left], target),
        upper=_time_at(time, curve.upper[left], target),
    )


def _time_at(time: Floats, values: Floats, target: float) -> float:
    """The time at which a curve that starts at 1 comes down to the target, by the rules of `quantile`."""
    if time.size == 0:
        return float("nan")
    times, heights = np.concatenate(([0.0], time)), np.concatenate(([1.0], values))
    # The start of every flat; a limit may come back to a height it had before, which is then no new one.
    begins = np.sort(np.unique(heights, return_index=True)[1])
    times, heights = times[begins], heights[begins]
    known = np.flatnonzero(~np.isnan(heights))
    reached = known[heights[known] <= target + _PLATEAU]
    if reached.size == 0:
        return float("nan")
    first = reached[np.argmax(heights[reached])]
    if abs(heights[-1] - target) < _PLATEAU:
        return float((times[first] + time[-1]) / 2)
    below = known[heights[known] <= target - _PLATEAU]
    if below.size == 0:
        return float("nan")
    return float((times[first] + times[below[np.argmax(heights[below])]]) / 2)


def risk_table(weighted: EventCounts, raw: EventCounts | None = None) -> RiskTable:
    """The rows of a curve from the table of one group; `raw` counts the same patients without weights."""
    plain = weighted if raw is None else raw
    d, lost = weighted.events[0, 0, 0], weighted.censored[0, 0]
    failing = plain.events[0, 0, 0]
    rows = (plain.entries[0, 0] > 0) | (failing > 0) | (plain.censored[0, 0] > 0)

    def of_rows(values: Floats) -> Floats:
        return np.asarray(values[rows], dtype=np.float64)

    return RiskTable(
        time=weighted.time[rows],
        n_at_risk=of_rows(_at_risk(weighted)),
        n_event=of_rows(d),
        n_censored=of_rows(lost),
        patients_at_risk=of_rows(_at_risk(plain)),
        patients_failing=of_rows(failing),
        patients_leaving=of_rows(failing + plain.censored[0, 0]),
        n=float(plain.n[0, 0]),
    )


def curve_of(
    table: RiskTable, *, options: CurveOptions, jackknife: tuple[Floats, Floats] | None = None
) -> SurvivalCurve:
    """The curve of a table of one group; `jackknife`: variances of log S and of the hazard in place of Greenwood's."""
    log_survival, hazard = steps_of(table, options.estimator)
    cumulative_hazard = np.asarray(np.cumsum(hazard.step))
    variances = jackknife or (np.cumsum(log_survival.variance), np.cumsum(hazard.variance))
    if options.estimator == "kaplan-meier":
        hazards = np.divide(table.n_event, table.n_at_risk, out=np.zeros_like(table.time), where=table.n_event > 0)
        # Products of 1 - d/n, not exponentials of sums of logarithms: without censoring S is then a proportion.
        survival = np.asarray(np.cumprod(np.where(table.everyone_fails, 0.0, 1.0 - hazards)), dtype=np.float64)
    else:
        survival = np.exp(-cumulative_hazard)
    std_err = survival * np.sqrt(variances[0])
    if jackknife is None:
        std_err = np.where(survival > 0, std_err, np.nan)
    lower, upper = pointwise_limits(survival, std_err, conf_type=options.conf_type, conf_level=options.conf_level)
    gone = table.time[table.patients_leaving > 0]
    return SurvivalCurve(
        time=table.time,
        n_at_risk=table.n_at_risk,
        n_event=table.n_event,
        n_censored=table.n_censored,
        patients_at_risk=table.patients_at_risk,
        patients_leaving=table.patients_leaving,
        survival=survival,
        std_err=std_err,
        lower=lower,
        upper=upper,
        cumulative_hazard=cumulative_hazard,
        std_err_cumulative_hazard=np.sqrt(variances[1]),
        n=table.n,
        last_time=float(gone[-1]) if gone.size else float("nan"),
        conf_type=options.conf_type,
        conf_level=options.conf_level,
        estimator=options.estimator,
        robust=jackknife is not None,
    )


def steps_of(table: RiskTable, estimator: Estimator) -> tuple[HazardSteps, HazardSteps]:
    """The steps whose sums are log S (up to the sign, for those with S = exp(-H)) and the cumulative hazard."""
    if estimator == "fleming-harrington":
        hazard = fleming_harrington_steps(table.n_event, table.n_at_risk, table.patients_failing)
    else:
        hazard = nelson_aalen_steps(table.n_event, table.n_at_risk)
    if estimator == "kaplan-meier":
        return log_survival_steps(table.n_event, table.n_at_risk, table.everyone_fails), hazard
    return hazard, hazard


def _at_risk(counts: EventCounts) -> Floats:
    """At risk just before each time, summed from the end, where a sum of weights is small and must be exact."""
    leaving, joining = counts.exits[0, 0][::-1], counts.entries[0, 0][::-1]
    if not joining.any():
        return np.asarray(np.cumsum(leaving)[::-1])
    return np.asarray((np.cumsum(leaving) - np.cumsum(joining))[::-1])
