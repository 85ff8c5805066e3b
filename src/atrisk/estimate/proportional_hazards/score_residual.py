"""Each patient's own part of the score of a Cox model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from atrisk.estimate.proportional_hazards.cox_rows import CoxRows, StepSums
from atrisk.summary.risk_sums import lived_through

Floats = NDArray[np.float64]


def cumulative_risk(rows: CoxRows, sums: StepSums) -> tuple[Floats, Floats]:
    """The risk exp(x'b + offset) of each row and the hazard it lived through while at risk: (m,), (m,).

    Definition: H_i = sum of c1 over the cells that the row's span covers, less c1f at its own event: under
    Efron's treatment a patient who is one of d tied events is still at risk for the average of them only.
    Source: Therneau and Grambsch 2000, section 4.3 and appendix.
    """
    people = rows.patients
    lived = lived_through(people, (sums.terms.c1, sums.terms.c1f))
    with np.errstate(over="ignore"):
        return np.exp(rows.log_risk(sums.beta)), lived


def martingale_residual(rows: CoxRows, sums: StepSums) -> Floats:
    """Events observed less expected, event_i - r_i H_i: (m,)."""
    risk, lived = cumulative_risk(rows, sums)
    return np.asarray(rows.patients.event - risk * lived)


def score_residual(rows: CoxRows, sums: StepSums) -> Floats:
    """The score of each row, without its case weight, on the scaled columns: (m, p).

    Definition: integral of (x_i - mean of x at risk at t) dM_i(t), M_i the row's martingale; their weighted sum
    is the score.
    Source: Therneau and Grambsch 2000, eq. 4.11, with Efron's ties as in section 4.6 (R's residuals.coxph).
    """
    people, terms = rows.patients, sums.terms
    risk, lived = cumulative_risk(rows, sums)
    cell = people.cell
    at_risk = terms.c2[:, None] * terms.s1 - terms.c2f[:, None] * terms.d1
    at_event = terms.c2f[:, None] * terms.s1 - terms.c2ff[:, None] * terms.d1
    drift = people.sets.covered(at_risk)
    drift[people.event] -= at_event[cell[people.event]]
    residual = risk[:, None] * (drift - people.x * lived[:, None])
    residual[people.event] += people.x[people.event] - terms.mean()[cell[people.event]]
    return np.asarray(residual)
