"""Stratified baseline hazards of a Cox model, and each patient's influence on what is computed from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.estimate.proportional_hazards.cox import CoxSample, cox
from atrisk.estimate.proportional_hazards.cox_residuals import score_residuals
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class StratumHazard:
    """The baseline hazard of one stratum at its K event times.

    `time`, `jump`, `at_risk` (K,): Breslow's d / S0 with S0 the sum of risks exp(x'b) at risk; `mean` (K, p): the mean
    covariates at risk, weighted by risk.
    """

    time: Floats
    jump: Floats
    at_risk: Floats
    mean: Floats

    def __post_init__(self) -> None:
        make_arrays_read_only(self)

    def cumulative(self, moment: Floats) -> Floats:
        """The cumulative hazard up to and with each moment (L,)."""
        total = np.concatenate(([0.0], np.cumsum(self.jump)))
        return np.asarray(total[np.searchsorted(self.time, moment, side="right")])


@dataclass(frozen=True, slots=True, eq=False)
class HazardModel:
    """A Cox model with common coefficients and a baseline hazard in each stratum.

    `time`, `event`, `stratum`, `risk` (n,): of the patients; `covariates` (n, p): those with a coefficient;
    `coef_influence` (n, p): each patient's part of the coefficients' error. `reason`: why there is no model, or empty.
    """

    time: Floats
    event: Flags
    stratum: Codes
    risk: Floats
    covariates: Floats
    coef_influence: Floats
    baseline: tuple[StratumHazard, ...]
    reason: str

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def hazard_model(time: Floats, event: Flags, stratum: Codes, covariates: Floats | None) -> HazardModel:
    """The model of patients followed from the start to `time` (n,); without covariates Nelson-Aalen in each stratum.

    Definition: `cox` with Breslow's ties; influence on b: V times the score residual.
    Edges: covariates without a coefficient take no part; a coefficient that is infinite leaves no model, and `reason`
    says so. Without an event the hazard is 0 and there are no coefficients.
    """
    x, influence, reason = np.empty((time.size, 0)), np.empty((time.size, 0)), ""
    risk = np.ones(time.size)
    if covariates is not None and covariates.shape[1] and event.any():
        sample = CoxSample(time, event, covariates, stratum=stratum)
        fit = cox(sample, ties="breslow", variance="model")
        kept = np.isfinite(fit.coef)
        if np.any(np.isinf(fit.coef)) or (kept.any() and not fit.converged):
            reason = fit.warning or "no convergence"
        else:
            x = covariates[:, kept]
            influence = score_residuals(sample, fit)[:, kept] @ fit.model_covariance[np.ix_(kept, kept)]
            # Centred, so that the exponentials stay in range: a common factor goes into the baseline hazard.
            x = x - x.mean(axis=0)
            risk = np.exp(x @ fit.coef[kept])
    strata = range(int(stratum.max(initial=-1)) + 1)
    return HazardModel(
        time=time,
        event=event,
        stratum=stratum,
        risk=risk,
        covariates=x,
        coef_influence=influence,
        baseline=tuple(_baseline(time, event, risk, x, stratum == one) for one in strata),
        reason=reason,
    )


def hazard_influence(model: HazardModel, stratum: int, moment: Floats, by_hazard: Floats, by_coef: Floats) -> Floats:
    """Each patient's influence on M statistics of one stratum's cumulative hazard and of the coefficients: (n, M).

    Definition: with a(s) the sum of `by_hazard` (L, M) over the moments (L,) from s on, and `by_coef` (p, M) the
    derivatives by the coefficients that they enter directly: for patients of the stratum the integral of
    a(s) (dN - Y r dH_0(s)) / S0(s), and for all their part of b times (by_coef - integral of a(s) mean(s) dH_0(s)).
    Source: Andersen and Gill 1982, Ann Stat 10:1100 (the hazard's expansion); Therneau and Grambsch 2000, section 10.2.
    """
    base = model.baseline[stratum]
    ahead = np.zeros((moment.size + 1, by_hazard.shape[1]))
    ahead[:-1] = np.cumsum(by_hazard[::-1], axis=0)[::-1]
    a = ahead[np.searchsorted(moment, base.time, side="left")]
    with_coef = by_coef - (base.mean * base.jump[:, None]).T @ a
    total = model.coef_influence @ with_coef
    mine = np.flatnonzero(model.stratum == stratum)
    scaled = a / base.at_risk[:, None]
    lived = np.zeros((base.time.size + 1, by_hazard.shape[1]))
    np.cumsum(scaled * base.jump[:, None], axis=0, out=lived[1:])
    place = np.searchsorted(base.time, model.time[mine], side="right")
    total[mine] -= model.risk[mine, None] * lived[place]
    failed = model.event[mine]
    total[mine[failed]] += scaled[place[failed] - 1]
    return np.asarray(total)


def _baseline(time: Floats, event: Flags, risk: Floats, x: Floats, mine: Flags) -> StratumHazard:
    times, deaths = np.unique(time[mine & event], return_counts=True)
    order = np.argsort(time[mine], kind="stable")
    # Sums over those who leave at a time or after it, from the end.
    own, r = time[mine][order], risk[mine][order]
    first = np.searchsorted(own, times, side="left")
    at_risk = np.cumsum(r[::-1])[::-1][first]
    of_x = np.cumsum((r[:, None] * x[mine][order])[::-1], axis=0)[::-1][first]
    return StratumHazard(time=times, jump=deaths / at_risk, at_risk=at_risk, mean=of_x / at_risk[:, None])
