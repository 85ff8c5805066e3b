"""The jackknife variance of a cumulative incidence from patients' rows: weights, delayed entry and clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

# A difference this small beside its terms is rounding.
ROUNDING: Final = 1e-14


@dataclass(frozen=True, slots=True, eq=False)
class FollowedRows:
    """Where on a grid of T times each of n rows enters and leaves.

    At risk at the places `first` .. `last` (n,), `first` = 0 without delayed entry; `cause` (n,): 0 = censored;
    `weight` (n,): above 0; `cluster` (n,): equal numbers belong together, None = every row is its own cluster.
    """

    first: Codes
    last: Codes
    cause: Codes
    weight: Floats
    cluster: Codes | None

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True, eq=False)
class IncidenceSteps:
    """The steps of an Aalen-Johansen curve at T times: `incidence`, `hazard` (C, T), the others (T,).

    `before` = S(s-); `survivors` = 1 - sum of the hazards, exactly 0 where everybody fails; `at_risk` weighted.
    """

    incidence: Floats
    hazard: Floats
    before: Floats
    survivors: Floats
    at_risk: Floats

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True, eq=False)
class _Changes:
    """Every entry into and exit from the risk set (2n,): whose, when, and where it leaves the cluster's sums.

    `before` and `after` (3, 2n) hold the cluster's sums on either side of the change: D and B as far as settled,
    and the weight still at risk.
    """

    moment: Codes
    before: Floats
    after: Floats


def jackknife_variance(steps: IncidenceSteps, rows: FollowedRows) -> Floats:
    """The infinitesimal jackknife variance sum_c (sum of w_i U_ik(t) over i in c)^2 of each cause: (C, T).

    Definition: U_ik(t) = D_ik(t) - F_k(t) B_i(t), where, over the times s <= t at which i is at risk,
    D_ik = sum of S(s-) dM_ik(s)/n(s) + F_k(s) g(s) dM_i(s), B_i = sum of g(s) dM_i(s),
    g = 1 / (n (1 - p)), dM_ik = 1{event k of i at s} - p_k(s), dM_i its sum over causes.
    Method: while a cluster has weight W at risk, D and B run along two curves that all share, so that its sums
    change only when one of its rows enters or leaves: O(n + C T) in place of n x T.
    Source: derivation in docs/methods/aalen_johansen.md; as in R's survfit for multi-state data.
    """
    if rows.cluster is None:
        # Sums in one fixed order, so that the order of the rows does not reach the last bit.
        order = np.lexsort((rows.weight, rows.cause, rows.last, rows.first))
        rows = FollowedRows(rows.first[order], rows.last[order], rows.cause[order], rows.weight[order], None)
    left = steps.survivors * steps.at_risk
    pull = np.divide(1.0, left, out=np.zeros_like(left), where=left > 0)
    return np.stack([_of_cause(steps, rows, k, pull) for k in range(steps.hazard.shape[0])])


def _of_cause(steps: IncidenceSteps, rows: FollowedRows, k: int, pull: Floats) -> Floats:
    incidence, hazard = steps.incidence[k], steps.hazard.sum(axis=0)
    reach = np.divide(steps.before, steps.at_risk, out=np.zeros_like(pull), where=steps.at_risk > 0)
    path = np.cumsum(reach * steps.hazard[k] + incidence * pull * hazard)
    drift = np.cumsum(pull * hazard)
    path_then, drift_then = (np.concatenate(([0.0], values))[rows.first] for values in (path, drift))
    failed, n = rows.cause > 0, incidence.size
    jump = np.where(rows.cause == k + 1, reach[rows.last], 0.0)
    jump = jump + np.where(failed, (incidence * pull)[rows.last], 0.0)
    joining = np.stack((path_then, drift_then, np.ones(rows.first.size)))
    leaving = np.stack((jump - path[rows.last], np.where(failed, pull[rows.last], 0.0) - drift[rows.last], -joining[2]))
    changes = _changes(rows, joining * rows.weight, leaving * rows.weight)

    def total(one: int, other: int) -> Floats:
        change = changes.after[one] * changes.after[other] - changes.before[one] * changes.before[other]
        return np.asarray(np.cumsum(np.bincount(changes.moment, weights=change, minlength=n)), dtype=np.float64)[:n]

    now = incidence * drift - path
    squares = total(0, 0) + incidence**2 * total(1, 1) + now**2 * total(2, 2)
    products = 2 * now * (total(0, 2) - incidence * total(1, 2)) - 2 * incidence * total(0, 1)
    variance = squares + products
    # What is left of a variance of 0 is a rounding error of the squares, and its root would not look like one.
    return np.where(variance > ROUNDING * squares, variance, 0.0)


def _changes(rows: FollowedRows, joining: Floats, leaving: Floats) -> _Changes:
    moment = np.concatenate((rows.first, rows.last))
    if rows.cluster is None:
        after = joining + leaving
        after[2] = 0.0
        return _Changes(moment, np.hstack((np.zeros_like(joining), joining)), np.hstack((joining, after)))
    whose = np.concatenate((rows.cluster, rows.cluster))
    order = np.lexsort((moment, whose))
    whose, change = whose[order], np.hstack((joining, leaving))[:, order]
    new = np.concatenate(([True], whose[1:] != whose[:-1]))
    begin = np.flatnonzero(new)[np.cumsum(new) - 1]
    total = np.concatenate((np.zeros((3, 1)), np.cumsum(change, axis=1)), axis=1)
    before = total[:, :-1] - total[:, begin]
    return _Changes(moment[order], before, before + change)
