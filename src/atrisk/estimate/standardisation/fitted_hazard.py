"""The steps of a Cox model's baseline hazard, with what each patient's weight does to them and to the coefficients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.estimate.proportional_hazards.cox_rows import CoxRows, StepSums
from atrisk.estimate.proportional_hazards.fitted_rows import at_the_fit
from atrisk.estimate.proportional_hazards.robust_variance import influence
from atrisk.estimate.standardisation.outcome_model import OutcomeModel

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class FittedHazard:
    """One cause: `step` (K,) are the increments of the hazard of a patient of risk 1 in the cells (stratum, time).

    `by_coef` (K, p): their derivatives by the scaled coefficients; `coef_influence` (m, p): w_i times the derivative of
    the scaled coefficients by the weight of row i.
    """

    rows: CoxRows
    sums: StepSums
    coef: Floats
    step: Floats
    by_coef: Floats
    coef_influence: Floats

    @classmethod
    def of(cls, model: OutcomeModel) -> FittedHazard:
        """The hazard of a fitted model; EstimationError for exact ties, whose rows have no influence."""
        rows, sums = at_the_fit(model.sample, model.fit, exact=False)
        terms = sums.terms
        variance = np.nan_to_num(model.fit.model_covariance, nan=0.0) * np.outer(rows.scale, rows.scale)
        return cls(
            rows=rows,
            sums=sums,
            coef=np.nan_to_num(model.fit.coef, nan=0.0),
            step=terms.c1,
            by_coef=terms.c2f[:, None] * terms.d1 - terms.c2[:, None] * terms.s1,
            coef_influence=influence(rows, sums, None) @ variance,
        )

    def scaled(self, covariates: Floats) -> Floats:
        """Covariates (m, p) in the units in which `by_coef` and `coef_influence` are."""
        return np.asarray((covariates - self.rows.center) / self.rows.scale)

    def risk(self, covariates: Floats) -> Floats:
        """The risks of rows with these covariates, on the scale of `step`: (m,)."""
        return np.exp((covariates - self.rows.center) @ self.coef + self.rows.offset)

    def step_influence(self, values: Floats, cells: slice, members: Codes, reach: Codes) -> Floats:
        """w_i times the derivative of sum_{s < reach} values(s) step(s) by the weight of row i: (members, M).

        `cells`: those of one stratum, `members` its rows, `reach` (M,): how many of its cells count.
        Definition: at risk -r_i c2, with the event there also c1 / (weight of its events) + r_i c2f: the derivatives of
        c1 = m sum_l 1 / (S0 - f_l D0) by one of the weights in m, S0 and D0 (no ties: 1 / S0 and -r_i / S0^2).
        """
        people, terms = self.rows.patients, self.sums.terms
        weight = people.weight[members]
        risk = np.exp(self.rows.log_risk(self.sums.beta)[members])
        last = people.cell[members] - cells.start
        first = people.sets.first_cell
        begins = np.zeros_like(last) if first is None else first[members] - cells.start
        total = np.concatenate(([0.0], np.cumsum(values * terms.c2[cells])))
        lived = total[np.minimum(last[:, None] + 1, reach)] - total[np.minimum(begins[:, None], reach)]
        own = people.cell[members]
        failing = np.where(terms.events[own] > 0, terms.event_weight[own], 1.0)
        gain = np.where(people.event[members], values[last] * (terms.c1[own] / failing + risk * terms.c2f[own]), 0.0)
        return np.asarray(weight[:, None] * (gain[:, None] * (last[:, None] < reach) - risk[:, None] * lived))
