"""The rows of a parametric sample as those of a location-scale model, and their design."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.parametric_survival.location_scale import standard_distribution
from atrisk.estimate.parametric_survival.location_scale_model import LocationScaleRows, own_columns
from atrisk.estimate.parametric_survival.parametric_sample import (
    ON_TIME_ITSELF,
    SCALE_OF_FAMILY,
    STANDARD_OF,
    Distribution,
    ParametricSample,
)

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class ParametricDesign:
    """Intercept and covariates, centred and divided where that steadies the arithmetic; which columns are kept.

    Coefficients of the columns as given are `back` (p + 1, p + 1) times those of `x`.
    """

    x: Floats
    kept: Flags
    back: Floats


def null_rows(
    sample: ParametricSample, distribution: Distribution, fixed_scale: float | None
) -> tuple[LocationScaleRows, Flags, float]:
    """The rows of the model without covariates, their places in the sample, and sum of w log t over exact times."""
    weight = np.ones(sample.lower.size) if sample.weight is None else sample.weight
    stratum = np.zeros(sample.lower.size, dtype=np.int64) if sample.stratum is None else sample.stratum
    offset = np.zeros(sample.lower.size) if sample.offset is None else sample.offset
    lower, upper, counted = sample.lower, sample.upper, weight > 0
    exact = (lower == upper) & counted
    log_time = 0.0
    if distribution not in ON_TIME_ITSELF:
        if np.any((upper <= 0) & counted):
            raise EstimationError(f"a {distribution} model has no events at or before time 0.")
        with np.errstate(divide="ignore", invalid="ignore"):
            lower, upper = np.log(np.where(lower > 0, lower, 0.0)), np.log(upper)
        log_time = float(weight[exact] @ lower[exact])
    # A row whose event may lie anywhere says nothing.
    counted &= np.isfinite(lower) | np.isfinite(upper)
    if not np.any(counted & np.isfinite(upper)):
        raise EstimationError("no event is known to have happened: no parametric model can be estimated.")
    if not np.any(counted & np.isfinite(lower)):
        raise EstimationError("nobody is known to have been free of the event: no parametric model can be estimated.")
    n_scales = int(stratum.max()) + 1
    scale = SCALE_OF_FAMILY.get(distribution, fixed_scale)
    if scale is not None and not (math.isfinite(scale) and scale > 0):
        raise EstimationError("a fixed scale must be positive.")
    if scale is not None and n_scales > 1:
        raise EstimationError("a fixed scale cannot be given with a scale for each stratum.")
    rows = LocationScaleRows(
        distribution=standard_distribution(STANDARD_OF[distribution]),
        lower=lower[counted],
        upper=upper[counted],
        x=np.ones((int(counted.sum()), 1)),
        weight=weight[counted],
        offset=offset[counted],
        stratum=stratum[counted],
        n_scales=n_scales,
        fixed_log_scale=math.nan if scale is None else math.log(scale),
    )
    if scale is None and np.any(np.bincount(rows.stratum, minlength=n_scales) == 0):
        raise EstimationError("a stratum has no patients: its scale cannot be estimated.")
    return rows, counted, log_time


def standardised(sample: ParametricSample, counted: Flags) -> ParametricDesign:
    """Columns of other values than 0 and 1 centred and divided by their standard deviation."""
    given = np.empty((counted.size, 0)) if sample.covariates is None else sample.covariates
    x = np.column_stack((np.ones(int(counted.sum())), given[counted]))
    plain = np.all((x == 0) | (x == 1), axis=0)
    centre = np.where(plain, 0.0, x.mean(axis=0))
    spread = np.sqrt(np.mean((x - centre) ** 2, axis=0))
    plain |= spread <= np.finfo(np.float64).eps * np.abs(centre)
    centre, width = np.where(plain, 0.0, centre), np.where(plain, 1.0, spread)
    back = np.diag(1 / width)
    back[0, 1:] = -(centre / width)[1:]
    x = (x - centre) / width
    weight = np.ones(x.shape[0]) if sample.weight is None else sample.weight[counted]
    return ParametricDesign(x=x, kept=own_columns(x, weight), back=back)
