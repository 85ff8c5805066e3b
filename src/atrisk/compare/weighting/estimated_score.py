"""The influence of each patient on a weighted statistic, through their weight and through the estimated score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.weighting.score_weights import ScoreWeights

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


def influence_with_score(weights: ScoreWeights, by_weight: Floats) -> Floats:
    """Each patient's influence on k statistics whose weights rest on an estimated score: (n, k).

    Definition: with f_i = `by_weight` (n, k) the derivative of the statistics by the weight of patient i,
    w_i f_i + l_i sum_j (dw_j/dg) f_j, l_i the patient's influence on the parameters g of the score.
    This is what stacking the equations of the score and those of the statistic comes to: the first equations do not
    know the second, so that the inverse of their joint derivative is triangular.
    Source: Stefanski and Boos 2002, Am Stat 56:29-38; for the hazard ratio Shu et al. 2021, Biometrics 77:1101-17, and
    Hajage et al. 2018, Biom J 60:1151-63.
    """
    return np.asarray(weights.weight[:, None] * by_weight + weights.influence @ (weights.derivative.T @ by_weight))


def influence_without_score(weights: ScoreWeights, by_weight: Floats) -> Floats:
    """The same with the weights taken as known: (n, k)."""
    return np.asarray(weights.weight[:, None] * by_weight)


def group_influences(weights: ScoreWeights, by_weight: Floats) -> tuple[Floats, Floats]:
    """Of statistics of two groups, from `by_weight` (2, n, M), the influences with and without the score: (2, n, M)."""
    with_score = np.stack([influence_with_score(weights, part) for part in by_weight])
    return with_score, np.stack([influence_without_score(weights, part) for part in by_weight])


def standard_errors(influence: Floats, cluster: Codes | None) -> Floats:
    """The standard errors (k,) of k statistics: roots of sums of squares of influences (n, k), cluster by cluster."""
    if cluster is None:
        return np.asarray(np.sqrt((influence**2).sum(axis=0)))
    total = np.zeros((int(cluster.max(initial=-1)) + 1, influence.shape[1]))
    np.add.at(total, cluster, influence)
    return np.asarray(np.sqrt((total**2).sum(axis=0)))
