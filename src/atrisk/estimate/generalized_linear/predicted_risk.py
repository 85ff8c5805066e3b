"""How well predicted risks tell patients with the outcome from those without."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.regression_sample import finite_numbers
from atrisk.summary.execution import Execution

Floats = NDArray[np.float64]

# Ranks of all patients side by side.
EXECUTION: Final[Execution] = "rows"


def area_under_curve(outcome: ArrayLike, risk: ArrayLike) -> float:
    """The area under the receiver operating characteristic curve, P(risk with event > risk without) + P(tie)/2.

    Definition: (sum of the midranks of the n1 with the event - n1 (n1 + 1) / 2) / (n1 n0).
    Source: Hanley and McNeil 1982, Radiology 143:29-36. Ties: equal numbers, compared exactly.
    `outcome` (n,): 0 or 1; `risk` (n,): any finite score. NaN when everyone has the same outcome.
    Raises EstimationError for other outcomes, missing scores and unequal lengths.
    """
    happened, score = _checked(outcome, risk)
    _, place, size = np.unique(score, return_inverse=True, return_counts=True)
    midrank = np.cumsum(size) - (size - 1) / 2.0
    n1 = int(happened.sum())
    n0 = happened.size - n1
    if n1 == 0 or n0 == 0:
        return float("nan")
    return float((midrank[place][happened].sum() - n1 * (n1 + 1) / 2.0) / (n1 * n0))


def brier_score(outcome: ArrayLike, risk: ArrayLike) -> float:
    """The mean squared distance of predicted risks in [0, 1] from what happened (Brier 1950).

    NaN without patients. Raises EstimationError as above, and for a risk outside [0, 1].
    """
    happened, probability = _checked(outcome, risk)
    if np.any((probability < 0) | (probability > 1)):
        raise EstimationError("predicted risks must lie between 0 and 1.")
    return float(np.mean((happened - probability) ** 2)) if happened.size else float("nan")


def _checked(outcome: ArrayLike, risk: ArrayLike) -> tuple[NDArray[np.bool_], Floats]:
    y, score = finite_numbers("the outcome", outcome), finite_numbers("predicted risks", risk)
    if y.ndim != 1 or y.shape != score.shape or np.any((y != 0) & (y != 1)):
        raise EstimationError("each patient needs an outcome of 0 or 1 and one predicted risk.")
    return y == 1, score
