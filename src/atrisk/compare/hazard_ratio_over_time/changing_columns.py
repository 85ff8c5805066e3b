"""The columns of a Cox model whose hazard ratio may change with time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample


def chosen_columns(sample: CoxSample, columns: Sequence[int]) -> NDArray[np.int64]:
    """The numbers of some of the sample's columns, checked."""
    chosen = np.asarray(columns, dtype=np.int64)
    p = sample.covariates.shape[1]
    if chosen.ndim != 1 or chosen.size == 0 or np.unique(chosen).size < chosen.size:
        raise EstimationError("name at least one column whose hazard ratio may change, each once.")
    if chosen.min() < 0 or chosen.max() >= p:
        raise EstimationError(f"the columns whose hazard ratio may change must be among 0 to {p - 1}.")
    return chosen
