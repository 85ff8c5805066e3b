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
from atrisk.estimate.standardisation.fitted_hazard import FittedHazard, Stratum
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
    inside = np.minimum(chosen, setup.last_time)
    # Some times at a time: each holds one influence a patient and setting.
    most = max(1, _AT_A_TIME // (setup.share.size * len(setup.settings[0])))
    parts = [_values(setup, some, np.eye(some.size)) for some in np.split(inside, np.arange(most, inside.size, most))]
    estimate, covariance = (np.concatenate(values, axis=-1) for values in zip(*parts, strict=True))
    # A mean of ones can come out a rounding error above 1, where no scale has limits.
    estimate = np.minimum(estimate, 1.0)
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
    """The fitted hazards of all causes, the settings of the counted rows (G, m, p each), and their shares q_i (m,).

    `assigned` (G, m): the strata in which the rows are predicted, under each setting.
    """

    hazards: tuple[FittedHazard, ...]
    settings: tuple[tuple[Floats, ...], ...]
    outcome: int
    share: Floats
    cluster: Codes | None
    strata: tuple[Stratum, ...]
    assigned: Codes
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
        own, moved = grid.stratum[people.cell], models[0].strata
        assigned = np.stack([own] * len(models[0].settings) if moved is None else [one[counted] for one in moved])
        for code in np.unique(grid.stratum):
            cells = np.flatnonzero(grid.stratum == code)
            strata.append(Stratum(int(code), slice(int(cells[0]), int(cells[-1]) + 1), np.flatnonzero(own == code)))
            if np.any(share * (assigned == code) > 0):
                last.append(float(grid.time[cells[-1]]))
        cluster = None if sample.cluster is None else sample.cluster[counted]
        settings = tuple(tuple(setting[counted] for setting in model.settings) for model in models)
        return cls(hazards, settings, outcome, share / share.sum(), cluster, tuple(strata), assigned, min(last))


def _values(setup: _Setup, times: Floats, combine: Floats) -> tuple[Floats, Floats]:
    """The outcome at the times (M,), combined by the columns of `combine` (M, L): (G, L), covariance (G, G, L)."""
    n_settings, m = len(setup.settings[0]), setup.share.size
    estimate = np.zeros((n_settings, combine.shape[1]))
    influence = np.zeros((n_settings, m, combine.shape[1]))
    for place in range(n_settings):
        gathered = [_gathered(setup, place, stratum, times, combine) for stratum in setup.strata]
        estimate[place] = np.sum([part.value for part in gathered], axis=0)
        for j, hazard in enumerate(setup.hazards):
            influence[place] += hazard.coef_influence @ np.sum([part.by_coef[j] for part in gathered], axis=0)
        for stratum, part in zip(setup.strata, gathered, strict=True):
            share = setup.share[part.predicted, None]
            influence[place, part.predicted] += share * (part.own - estimate[place])
            influence[place, stratum.members] += part.by_steps
    if setup.cluster is not None:
        _, code = np.unique(setup.cluster, return_inverse=True)
        totals = [[np.bincount(code, weights=column) for column in rows.T] for rows in influence]
        influence = np.asarray(totals).transpose(0, 2, 1)
    return estimate, np.einsum("gim,him->ghm", influence, influence)


@dataclass(frozen=True, slots=True, eq=False)
class _Gathered:
    """What the patients `predicted` in one stratum give to one setting, combined over the times.

    `own` (predicted, L) are their outcomes, `value` (L,) the sum of q O, `by_coef` (p, L) its gradient by the scaled
    coefficients of each cause, `by_steps` (members, L) the influence of the stratum's rows through its baseline steps.
    """

    predicted: Codes
    own: Floats
    value: Floats
    by_coef: tuple[Floats, ...]
    by_steps: Floats


def _gathered(setup: _Setup, place: int, stratum: Stratum, times: Floats, combine: Floats) -> _Gathered:
    """The gradient by step s of cause j is P_j(s) - R_j(t), P = sum q e V and R = sum q e O, e the patients' risks."""
    hazards, cells = setup.hazards, stratum.cells
    predicted = np.flatnonzero(setup.assigned[place] == stratum.code)
    grid = hazards[0].rows.patients.sets.cells.time[cells]
    reach = np.searchsorted(grid, times, side="right").astype(np.int64)
    steps = [hazard.step[cells] for hazard in hazards]
    lived = [np.concatenate(([0.0], np.cumsum(step)))[reach] for step in steps]
    own = np.empty((predicted.size, combine.shape[1]))
    at_step = [np.zeros(grid.size) for _ in hazards]
    at_time = [np.zeros(times.size) for _ in hazards]
    by_coef = [np.zeros((hazard.coef.size, combine.shape[1])) for hazard in hazards]
    block = max(1, _AT_A_TIME // max(times.size, grid.size if setup.outcome else 1))
    for low in range(0, predicted.size, block):
        some = predicted[low : low + block]
        x = [setup.settings[j][place][some] for j in range(len(hazards))]
        risks = [hazard.risk(x[j], some) for j, hazard in enumerate(hazards)]
        value, gradient = _outcome(setup.outcome, risks, steps, lived, reach)
        own[low : low + block] = value @ combine
        for j, hazard in enumerate(hazards):
            weight = setup.share[some] * risks[j]
            at_time[j] += weight @ value
            moved = -value * lived[j]
            if gradient is not None:
                at_step[j] += weight @ gradient[j]
                moved += _at(np.cumsum(gradient[j] * steps[j], axis=1), reach)
            by_coef[j] += hazard.scaled(x[j]).T @ (weight[:, None] * (moved @ combine))
    by_steps = np.zeros((stratum.members.size, combine.shape[1]))
    for j, hazard in enumerate(hazards):
        slope = hazard.by_coef[cells]
        moved = _at(np.cumsum(at_step[j][:, None] * slope, axis=0).T, reach)
        by_coef[j] += (moved - _at(np.cumsum(slope, axis=0).T, reach) * at_time[j]) @ combine
        by_steps -= hazard.step_influence(np.ones(grid.size), stratum, reach, at_time[j][:, None] * combine)
        if setup.outcome:
            by_steps += hazard.step_influence(at_step[j], stratum, reach, combine)
    return _Gathered(predicted, own, setup.share[predicted] @ own, tuple(by_coef), by_steps)


def _outcome(
    outcome: int, risks: list[Floats], steps: list[Floats], lived: list[Floats], reach: Codes
) -> tuple[Floats, tuple[Floats, ...] | None]:
    """The outcomes of some patients at the times (m, M), and by cause the V_j (m, T) of an incidence's gradient."""
    if outcome == 0:
        return np.exp(-sum(np.outer(risk, hazard) for risk, hazard in zip(risks, lived, strict=True))), None
    found = course([np.outer(risk, step) for risk, step in zip(risks, steps, strict=True)], outcome)
    return _at(found.value, reach), found.gradient


def _at(values: Floats, reach: Codes) -> Floats:
    """Sums (m, T) after the first `reach` of their steps, 0 before the first: (m, M)."""
    return np.concatenate((np.zeros((values.shape[0], 1)), values), axis=1)[:, reach]
