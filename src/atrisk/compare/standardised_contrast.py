"""Contrasts of standardised survival, incidence and restricted means between two settings of the group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.estimate.standardisation.standardised_curves import Standardised
from atrisk.estimate.wald import two_sided
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class StandardisedContrast:
    """Contrasts of two settings at M times (M,); `std_err` is that of the difference, or of the logarithm of the ratio.

    NaN beyond the follow-up, and a ratio where a value is 0.
    """

    time: Floats
    estimate: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    p_value: Floats
    kind: Literal["difference", "ratio"]
    conf_level: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def standardised_difference(values: Standardised, first: int, second: int) -> StandardisedContrast:
    """The first setting's value less the second's, with normal limits and test.

    Definition: variance V_11 + V_22 - 2 V_12 of the settings' influences, which are of the same patients; limits are
    cut to [-1, 1] for probabilities and to [-tau, tau] for restricted means.
    Source: delta method on the influence functions of `standardised_curves`.
    Edges: without an error (no event before the time) no limits and no p. Raises EstimationError for settings that do
    not exist.
    """
    _require(values, first, second)
    spread = values.covariance[first, first] + values.covariance[second, second] - 2 * values.covariance[first, second]
    estimate = values.estimate[first] - values.estimate[second]
    std_err = _error(spread)
    reach = normal_quantile(values.conf_level) * std_err
    bound = np.ones_like(values.time) if values.measure in ("survival", "incidence") else values.time
    return StandardisedContrast(
        time=values.time,
        estimate=estimate,
        std_err=std_err,
        lower=np.maximum(estimate - reach, -bound),
        upper=np.minimum(estimate + reach, bound),
        p_value=two_sided(estimate / std_err),
        kind="difference",
        conf_level=values.conf_level,
    )


def standardised_ratio(values: Standardised, first: int, second: int) -> StandardisedContrast:
    """The first setting's value over the second's, with log limits.

    Definition: standard error of the log ratio from V_11 / m_1^2 + V_22 / m_2^2 - 2 V_12 / (m_1 m_2).
    Source: delta method, as `standardised_difference`. Edges and errors as there; no ratio where a value is 0.
    """
    _require(values, first, second)
    both = values.estimate[[first, second]]
    one, other = np.where(both > 0, both, np.nan)
    cov = values.covariance
    spread = cov[first, first] / one**2 + cov[second, second] / other**2 - 2 * cov[first, second] / (one * other)
    std_err = _error(spread)
    log_ratio = np.log(one / other)
    reach = normal_quantile(values.conf_level) * std_err
    return StandardisedContrast(
        time=values.time,
        estimate=np.exp(log_ratio),
        std_err=std_err,
        lower=np.exp(log_ratio - reach),
        upper=np.exp(log_ratio + reach),
        p_value=two_sided(log_ratio / std_err),
        kind="ratio",
        conf_level=values.conf_level,
    )


def _require(values: Standardised, first: int, second: int) -> None:
    if first == second or not all(0 <= place < values.estimate.shape[0] for place in (first, second)):
        raise EstimationError("a contrast needs two different settings among those that were standardised.")


def _error(variance: Floats) -> Floats:
    """Standard errors; NaN where nothing is known of the variance, which no events leave at 0."""
    return np.sqrt(np.where(variance > 0, variance, np.nan))
