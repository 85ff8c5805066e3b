"""The infinitesimal jackknife: the variance of a sum over event times from what each patient, or cluster, adds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.estimate.survival_curve.hazard_steps import HazardSteps

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

# Up to so many clusters times times, every cluster's influence is written out at every time (32 MB).
_WRITTEN_OUT = 4_000_000


def jackknife_variance(rows: FollowUpRows, time: Floats, steps: HazardSteps) -> Floats:
    """The variance (T,) of the cumulative sum of `steps` at the times `time`, which hold every event time.

    Definition: sum over clusters c of (sum of w_i f_i(t) over the rows i of c)^2, with f_i(t) the derivative of
    the sum by the weight of row i: sum over s <= t of at_risk(s) while i is at risk, plus failing(s) when it fails.
    Source: Efron 1982; as in R's survfit with `cluster` or weights.
    Method: few clusters are written out one by one. Otherwise, with G(t) the sum of at_risk up to t, a cluster's
    term is B + W G(t), W its weight still at risk; B and W change only when one of its rows enters or leaves, so
    that the sums over clusters of B^2, B W and W^2 are running totals over all 2 n changes, and no table of
    clusters by times is made.
    """
    cluster = rows.cluster
    if cluster is not None and cluster.size and (int(cluster.max()) + 1) * time.size <= _WRITTEN_OUT:
        return _written_out(rows, time, steps, cluster)
    return _from_running_totals(rows, time, steps)


def _written_out(rows: FollowUpRows, time: Floats, steps: HazardSteps, cluster: Codes) -> Floats:
    """The variance from a table of clusters by times: exact also where a cluster's terms cancel."""
    weight = np.ones(rows.time.size) if rows.weight is None else rows.weight
    last = np.searchsorted(time, rows.time, side="right") - 1
    first = np.zeros_like(last) if rows.entry is None else np.searchsorted(time, rows.entry, side="right")
    size = (int(cluster.max()) + 1, time.size + 1)

    def table(place: Codes, values: Floats) -> Floats:
        flat = np.bincount(cluster * size[1] + place, weights=values, minlength=size[0] * size[1])
        return np.asarray(flat.reshape(size))

    # At risk from the first to the last time of each row, both included.
    at_risk = np.cumsum(table(first, weight) - table(last + 1, weight), axis=1)[:, :-1]
    failing = table(last, weight * rows.event)[:, :-1]
    influence = np.cumsum(at_risk * steps.at_risk + failing * steps.failing, axis=1)
    return np.asarray((influence**2).sum(axis=0))


def _from_running_totals(rows: FollowUpRows, time: Floats, steps: HazardSteps) -> Floats:
    """The variance from running totals of B^2, B W and W^2 over all clusters."""
    reached = np.concatenate(([0.0], np.cumsum(steps.at_risk)))
    failing = np.concatenate(([0.0], steps.failing))
    weight = np.ones(rows.time.size) if rows.weight is None else rows.weight
    leaves = np.searchsorted(time, rows.time, side="right")
    joins = np.zeros_like(leaves) if rows.entry is None else np.searchsorted(time, rows.entry, side="right")
    at_join = -weight * reached[joins]
    at_leave = weight * (reached[leaves] + rows.event * failing[leaves])
    size = time.size + 1
    if rows.cluster is None:
        squares = _own_squares(weight, at_join, at_leave, (joins, leaves), size)
    else:
        moment = np.concatenate((joins, leaves))
        clusters = np.concatenate((rows.cluster, rows.cluster))
        squares = _cluster_squares(
            clusters, moment, np.concatenate((weight, -weight)), np.concatenate((at_join, at_leave)), size
        )
    total = squares[0] + 2 * reached * squares[1] + reached**2 * squares[2]
    # Between two events nothing moves; rounding of the running totals must not make it look as if.
    moved = np.concatenate(([True], steps.failing != 0))
    last = np.maximum.accumulate(np.where(moved, np.arange(total.size), 0))
    return np.maximum(total[last][1:], 0.0)


def _own_squares(
    weight: Floats, at_join: Floats, at_leave: Floats, moments: tuple[Codes, Codes], size: int
) -> tuple[Floats, Floats, Floats]:
    """Running totals of B^2, B W and W^2 where every row is a cluster of its own."""
    joins, leaves = moments

    def running(on_join: Floats, on_leave: Floats) -> Floats:
        change = np.bincount(joins, weights=on_join, minlength=size)
        return np.asarray(np.cumsum(change + np.bincount(leaves, weights=on_leave, minlength=size)))

    product, square, settled = at_join * weight, weight**2, (at_join + at_leave) ** 2
    return (
        running(at_join**2, settled - at_join**2),
        running(product, -product),
        running(square, -square),
    )


def _cluster_squares(
    cluster: Codes, moment: Codes, d_weight: Floats, d_settled: Floats, size: int
) -> tuple[Floats, Floats, Floats]:
    """Running totals of B^2, B W and W^2 over clusters, from every change of a cluster's B and W."""
    order = np.lexsort((moment, cluster))
    cluster, moment = cluster[order], moment[order]
    first = np.concatenate(([True], cluster[1:] != cluster[:-1]))
    begin = np.flatnonzero(first)[np.cumsum(first) - 1]

    def within(change: Floats) -> tuple[Floats, Floats]:
        """The cluster's sum before and after each change."""
        total = np.concatenate(([0.0], np.cumsum(change)))
        return total[:-1] - total[begin], total[1:] - total[begin]

    w_before, w_after = within(d_weight[order])
    b_before, b_after = within(d_settled[order])

    def running(change: Floats) -> Floats:
        return np.asarray(np.cumsum(np.bincount(moment, weights=change, minlength=size)))

    return (
        running(b_after**2 - b_before**2),
        running(b_after * w_after - b_before * w_before),
        running(w_after**2 - w_before**2),
    )
