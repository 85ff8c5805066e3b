"""Standardised survival, cumulative incidence and restricted means, with limits from the influence function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import ConfType, check_conf_type, normal_quantile, pointwise_limits
from atrisk.estimate.standardisation.cause_specific_course import course
from atrisk.estimate.standardisation.fitted_hazard import FittedHazard
from atrisk.estimate.standardisation.outcome_model import OutcomeModel, require_same_patients
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]
Measure = Literal["survival", "incidence", "restricted mean", "time lost"]

# Numbers in one table of patients by times.
_AT_A_TIME = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Standardised:
    """One value for each of G settings at M times (G, M); for restricted means the times are their horizons.

    `covariance` (G, G, M): of the settings at each time, which the contrasts need; `estimable` (M,): false beyond the
    follow-up, where all is NaN. `n` counts the patients over whom the mean is taken.
    """

    measure: Measure
    time: Floats
    estimate: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    covariance: Floats
    estimable: Flags
    n: int
    conf_level: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def standardised_curves(
    models: Sequence[OutcomeModel],
    times: ArrayLike,
    *,
    outcome: int = 0,
    target: ArrayLike | None = None,
    conf_type: ConfType = "log",
    conf_level: float = 0.95,
) -> Standardised:
    """The mean of the patients' predicted survival or cumulative incidence with each setting for everybody.

    Definition: sum_i q_i O(t | x_i with the group set) / sum_i q_i, O the survival exp(-sum_k H_k) (`outcome` 0) or the
    incidence of cause k (`outcome` k, from the models of all causes; see `course`), H_k the Efron or Breslow hazard of
    the patient's own stratum. q: case weights times `target` (n,), by default 1: everybody (ATE); 1 for the treated and
    0 for the others: ATT. Variance: sum over patients (or clusters) of squared influences w_i dO/dw_i, which hold the
    sampling of covariates, the coefficients and the baseline hazards; robust where the model is wrong.
    Source: Makuch 1982, J Chronic Dis 35:437; Robins 1986 (g-formula); Efron 1982 (infinitesimal jackknife);
    Ozenne et al. 2020, Biom J 62:751 (influence functions of standardised risks).
    Meaning: a causal contrast only if the covariates hold all confounders and the models are right.
    Edges: beyond the last follow-up (of any stratum with a patient of the target) not estimable. Limits are NaN where
    an incidence or survival has none on the scale. Raises EstimationError for times that are not finite or negative,
    models of different patients, an outcome without a model, a target that is negative or empty, and exact ties.
    """
    check_conf_type(conf_type)
    chosen = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if not np.all(np.isfinite(chosen)) or np.any(chosen < 0):
        raise EstimationError("landmark times must be finite and not negative.")
    setup = _Setup.of(models, outcome, target)
    estimable = chosen <= setup.last_time
    estimate, covariance = _values(setup, np.minimum(chosen, setup.last_time), np.eye(chosen.size))
    std_err = np.sqrt(np.einsum("ggm->gm", covariance))
    lower, upper = pointwise_limits(estimate, std_err, conf_type=conf_type, conf_level=conf_level)
    known = np.where(estimable, 0.0, np.nan)
    return Standardised(
        measure="incidence" if outcome else "survival",
        time=chosen,
        estimate=estimate + known,
        std_err=std_err + known,
        lower=lower + known,
        upper=upper + known,
        covariance=covariance + known,
        estimable=estimable,
        n=int((setup.share > 0).sum()),
        conf_level=conf_level,
    )


def standardised_restricted_mean(
    models: Sequence[OutcomeModel],
    tau: float,
    *,
    outcome: int = 0,
    target: ArrayLike | None = None,
    conf_level: float = 0.95,
) -> Standardised:
    """The area up to tau under a standardised curve: mean time free of events, or lost to cause k.

    Definition: the integral of `standardised_curves` from 0 to tau, its influences integrated likewise; normal limits,
    cut to [0, tau]. Unit: that of the times.
    Source: as there; Karrison 1987, J Am Stat Assoc 82:1169; Andersen 2013, Stat Med 32:5278 (time lost to a cause).
    Edges: a tau beyond the last follow-up is not estimable. Raises EstimationError unless tau is finite and above 0,
    and as `standardised_curves` does.
    """
    if not np.isfinite(tau) or tau <= 0:
        raise EstimationError("the horizon tau of a restricted mean must be finite and above 0.")
    z = normal_quantile(conf_level)
    setup = _Setup.of(models, outcome, target)
    known = tau <= setup.last_time
    cells = setup.hazards[0].rows.patients.sets.cells.time
    begins = np.concatenate(([0.0], np.unique(cells[(cells > 0) & (cells < tau)])))
    widths = np.diff(np.append(begins, tau))
    estimate, covariance = _values(setup, begins, widths[:, None])
    hidden = 0.0 if known else np.nan
    std_err = np.sqrt(np.einsum("ggm->gm", covariance))
    return Standardised(
        measure="time lost" if outcome else "restricted mean",
        time=np.array([float(tau)]),
        estimate=estimate + hidden,
        std_err=std_err + hidden,
        lower=np.maximum(estimate - z * std_err, 0.0) + hidden,
        upper=np.minimum(estimate + z * std_err, tau) + hidden,
        covariance=covariance + hidden,
        estimable=np.array([known]),
        n=int((setup.share > 0).sum()),
        conf_level=conf_level,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Setup:
    """The fitted hazards of all causes, the settings of the counted rows (G, m, p each), and their shares q_i (m,)."""

    hazards: tuple[FittedHazard, ...]
    settings: tuple[tuple[Floats, ...], ...]
    outcome: int
    share: Floats
    cluster: Codes | None
    strata: tuple[tuple[slice, Codes], ...]
    last_time: float

    @classmethod
    def of(cls, models: Sequence[OutcomeModel], outcome: int, target: ArrayLike | None) -> _Setup:
        require_same_patients(models)
        if not 0 <= outcome <= len(models):
            raise EstimationError("the outcome must be 0 for survival or the number of a cause that has a model.")
        sample = models[0].sample
        counted = sample.counted
        wanted = np.ones(sample.time.size) if target is None else np.asarray(target, dtype=np.float64)
        if wanted.shape != sample.time.shape or not np.all(np.isfinite(wanted)) or np.any(wanted < 0):
            raise EstimationError("the target must be finite and not negative, one value for each patient.")
        share = (wanted if sample.weight is None else wanted * sample.weight)[counted]
        if not share.sum() > 0:
            raise EstimationError("there is nobody in the target over whom to standardise.")
        hazards = tuple(FittedHazard.of(model) for model in models)
        people = hazards[0].rows.patients
        grid = people.sets.cells
        strata, last = [], []
        for code in np.unique(grid.stratum):
            cells = np.flatnonzero(grid.stratum == code)
            members = np.flatnonzero(grid.stratum[people.cell] == code)
            strata.append((slice(int(cells[0]), int(cells[-1]) + 1), members))
            if share[members].any():
                last.append(float(grid.time[cells[-1]]))
        cluster = None if sample.cluster is None else sample.cluster[counted]
        settings = tuple(tuple(setting[counted] for setting in model.settings) for model in models)
        return cls(hazards, settings, outcome, share / share.sum(), cluster, tuple(strata), min(last))


def _values(setup: _Setup, times: Floats, combine: Floats) -> tuple[Floats, Floats]:
    """The outcome at the times (M,), combined by the columns of `combine` (M, L): (G, L), covariance (G, G, L)."""
    n_settings, m = len(setup.settings[0]), setup.share.size
    estimate = np.zeros((n_settings, combine.shape[1]))
    influence = np.zeros((n_settings, m, combine.shape[1]))
    for place in range(n_settings):
        gathered = [_Gathered.of(setup, place, stratum, times) for stratum in setup.strata]
        total = np.sum([part.value for part in gathered], axis=0)
        estimate[place] = total @ combine
        by_coef = [np.sum([part.by_coef[j] for part in gathered], axis=0) for j in range(len(setup.hazards))]
        for j, hazard in enumerate(setup.hazards):
            influence[place] += hazard.coef_influence @ (by_coef[j] @ combine)
        for part in gathered:
            _add_influence(influence[place], setup, part, total, combine)
    if setup.cluster is not None:
        _, code = np.unique(setup.cluster, return_inverse=True)
        totals = [[np.bincount(code, weights=column) for column in rows.T] for rows in influence]
        influence = np.asarray(totals).transpose(0, 2, 1)
    return estimate, np.einsum("gim,him->ghm", influence, influence)


@dataclass(frozen=True, slots=True, eq=False)
class _Gathered:
    """What the patients of one stratum give to one setting at M times.

    `own` (members, M) are their outcomes, `value` (M,) the sum of q O. Of the gradient by step s of cause j,
    P_j(s) - R_j(t): `at_step` P (T,) = sum q e V, `at_time` R (M,) = sum q e O, e the patients' risks; `by_coef` (p,
    M): the gradient by the scaled coefficients of cause j. `reach` (M,): how many cells of the stratum are passed.
    """

    cells: slice
    members: Codes
    reach: Codes
    own: Floats
    value: Floats
    at_step: tuple[Floats, ...]
    at_time: tuple[Floats, ...]
    by_coef: tuple[Floats, ...]

    @classmethod
    def of(cls, setup: _Setup, place: int, stratum: tuple[slice, Codes], times: Floats) -> _Gathered:
        cells, members = stratum
        hazards = setup.hazards
        reach = np.searchsorted(hazards[0].rows.patients.sets.cells.time[cells], times, side="right").astype(np.int64)
        steps = [hazard.step[cells] for hazard in hazards]
        own = np.empty((members.size, times.size))
        at_step = [np.zeros(steps[0].size) for _ in hazards]
        at_time = [np.zeros(times.size) for _ in hazards]
        by_coef = [np.zeros((hazard.coef.size, times.size)) for hazard in hazards]
        block = max(1, _AT_A_TIME // max(steps[0].size, 1))
        for low in range(0, members.size, block):
            some = members[low : low + block]
            x = [setup.settings[j][place] for j in range(len(hazards))]
            risks = [hazard.risk(x[j])[some] for j, hazard in enumerate(hazards)]
            found = course([np.outer(risk, step) for risk, step in zip(risks, steps, strict=True)], setup.outcome)
            value = _at(found.value, reach, 0.0 if setup.outcome else 1.0)
            own[low : low + block] = value
            for j, hazard in enumerate(hazards):
                weight = setup.share[some] * risks[j]
                at_step[j] += weight @ found.gradient[j]
                at_time[j] += weight @ value
                passed = _at(np.cumsum(found.gradient[j] * steps[j], axis=1), reach, 0.0)
                lived = np.concatenate(([0.0], np.cumsum(steps[j])))[reach]
                by_coef[j] += hazard.scaled(x[j][some]).T @ (weight[:, None] * (passed - value * lived))
        for j, hazard in enumerate(hazards):
            slope = hazard.by_coef[cells]
            by_coef[j] += _at(np.cumsum(at_step[j][:, None] * slope, axis=0).T, reach, 0.0)
            by_coef[j] -= _at(np.cumsum(slope, axis=0).T, reach, 0.0) * at_time[j]
        value = setup.share[members] @ own
        return cls(cells, members, reach, own, value, tuple(at_step), tuple(at_time), tuple(by_coef))


def _at(values: Floats, reach: Codes, start: float) -> Floats:
    """Step functions (m, T) after the first `reach` of their steps: (m, M)."""
    return np.concatenate((np.full((values.shape[0], 1), start), values), axis=1)[:, reach]


def _add_influence(influence: Floats, setup: _Setup, part: _Gathered, total: Floats, combine: Floats) -> None:
    """Add what the rows of one stratum do through the sampling of covariates and through the baseline hazards."""
    block = max(1, _AT_A_TIME // max(part.reach.size, 1))
    ones = np.ones(part.cells.stop - part.cells.start)
    for low in range(0, part.members.size, block):
        some = part.members[low : low + block]
        moved = setup.share[some, None] * (part.own[low : low + block] - total)
        for j, hazard in enumerate(setup.hazards):
            moved += hazard.step_influence(part.at_step[j], part.cells, some, part.reach)
            moved -= hazard.step_influence(ones, part.cells, some, part.reach) * part.at_time[j]
        influence[some] += moved @ combine
