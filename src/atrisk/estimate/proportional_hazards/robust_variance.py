"""The robust (sandwich) variance of a Cox model: infinitesimal jackknife, by row or by cluster."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from atrisk.estimate.proportional_hazards.cox_rows import CoxRows, StepSums
from atrisk.estimate.proportional_hazards.score_residual import score_residual

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


def influence(rows: CoxRows, sums: StepSums, cluster: Codes | None) -> Floats:
    """Weighted score residuals summed over clusters (each row its own without them): (clusters, p)."""
    weighted = rows.patients.weight[:, None] * score_residual(rows, sums)
    if cluster is None:
        return weighted
    _, place = np.unique(cluster, return_inverse=True)
    total = np.empty((int(place.max(initial=-1)) + 1, weighted.shape[1]))
    for j in range(weighted.shape[1]):
        total[:, j] = np.bincount(place, weights=weighted[:, j], minlength=total.shape[0])
    return total


def meat(rows: CoxRows, sums: StepSums, cluster: Codes | None) -> Floats:
    """The sum of outer products of the clusters' scores, B in the sandwich V B V: (p, p).

    Source: Lin and Wei 1989, JASA 84:1074; Therneau and Grambsch 2000, section 7.2 and eq. 8.3.
    """
    scores = influence(rows, sums, cluster)
    return np.asarray(scores.T @ scores)
