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
class Stratum:
    """The cells of one stratum and the rows of its patients."""

    code: int
    cells: slice
    members: Codes


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

    def risk(self, covariates: Floats, rows: Codes) -> Floats:
        """The risks of some rows had they these covariates, on the scale of `step`: (m,)."""
        return np.exp((covariates - self.rows.center) @ self.coef + self.rows.offset[rows])

    def step_influence(self, values: Floats, stratum: Stratum, reach: Codes, combine: Floats) -> Floats:
        """w_i times the derivative of sum_m combine_m sum_{s < reach_m} values(s) step(s) by the weight of row i.

        Shapes: `values` (T,) over the cells of the stratum, `reach` (M,): how many of them count, `combine` (M, L);
        returns (members, L). Definition: a step moves by -r_i c2 for a row at risk, and by c1 / (weight of its events)
        + r_i c2f for one with the event there: the derivatives of c1 = m sum_l 1 / (S0 - f_l D0) by one of the weights
        in m, S0 and D0 (without ties 1 / S0 and -r_i / S0^2). Each row looks up its first and last cell in sums over s
        and m.
        """
        people, terms, cells = self.rows.patients, self.sums.terms, stratum.cells
        own = people.cell[stratum.members]
        weight, risk = people.weight[stratum.members], np.exp(self.rows.log_risk(self.sums.beta)[stratum.members])
        at = np.zeros((values.size + 1, combine.shape[1]))
        np.add.at(at, reach, combine)
        after = at.sum(axis=0) - np.cumsum(at, axis=0)
        total = np.concatenate(([0.0], np.cumsum(values * terms.c2[cells])))[:, None]
        table = np.cumsum(at * total, axis=0) + total * after
        last = own - cells.start
        lived = table[last + 1]
        if people.sets.first_cell is not None:
            lived = lived - table[people.sets.first_cell[stratum.members] - cells.start]
        failing = np.where(terms.events[own] > 0, terms.event_weight[own], 1.0)
        happened = people.event[stratum.members]
        gain = np.where(happened, values[last] * (terms.c1[own] / failing + risk * terms.c2f[own]), 0.0)
        return np.asarray(weight[:, None] * (gain[:, None] * after[last] - risk[:, None] * lived))
