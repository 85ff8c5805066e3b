"""What one patient's weight does to a Kaplan-Meier curve at chosen times, and to the area under it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.estimate.survival_curve.hazard_steps import log_survival_steps
from atrisk.estimate.survival_curve.kaplan_meier import SurvivalCurve

Floats = NDArray[np.float64]


def survival_by_weight(rows: FollowUpRows, curve: SurvivalCurve, time: Floats) -> Floats:
    """The derivative of S(t) by the weight of each row, at M times: (n, M).

    Definition: S(t) times the sum over s <= t of d / (n (n - d)) while at risk, less 1 / (n - d) at the own event.
    `rows`: of one group, of which `curve` is the Kaplan-Meier curve. Source: Efron 1982 (infinitesimal jackknife).
    """
    place = np.searchsorted(curve.time, time, side="right")
    height = np.concatenate(([1.0], curve.survival))[place]
    return _by_weight(rows, curve, np.where(curve.time[:, None] <= time, height, 0.0))


def restricted_mean_by_weight(rows: FollowUpRows, curve: SurvivalCurve, tau: float) -> Floats:
    """The derivative of the area under the curve up to tau by the weight of each row: (n, 1).

    Definition: the integral of that of S(t): each step at s counts by the area from s to tau.
    """
    inside = curve.time <= tau
    ends = np.concatenate((curve.time[inside], [tau]))
    ahead = np.zeros(curve.time.size)
    ahead[inside] = np.cumsum((curve.survival[inside] * np.diff(ends))[::-1])[::-1]
    return _by_weight(rows, curve, ahead[:, None])


def _by_weight(rows: FollowUpRows, curve: SurvivalCurve, factor: Floats) -> Floats:
    """The sum over the curve's times of `factor` (T, M) times what a row's weight does to log S there: (n, M)."""
    # Where the curve ends at 0 the factor is 0.
    steps = log_survival_steps(curve.n_event, curve.n_at_risk, (curve.n_event > 0) & (curve.survival == 0))
    reached = np.zeros((curve.time.size + 1, factor.shape[1]))
    np.cumsum(steps.at_risk[:, None] * factor, axis=0, out=reached[1:])
    leaves = np.searchsorted(curve.time, rows.time, side="right")
    joins = np.zeros_like(leaves) if rows.entry is None else np.searchsorted(curve.time, rows.entry, side="right")
    failing = rows.event[:, None] * (steps.failing[:, None] * factor)[leaves - 1]
    return np.asarray(reached[leaves] - reached[joins] + failing)
