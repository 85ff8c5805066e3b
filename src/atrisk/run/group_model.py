"""Ratios of declared contrasts from one regression model that holds an indicator for every group but the reference."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.estimate.wald import two_sided
from atrisk.result.row import Row
from atrisk.run.frame import Frame
from atrisk.run.row_building import Estimate, single, with_companions

Floats = NDArray[np.float64]


class GroupModel(Protocol):
    """A fitted model whose columns are those of `indicators`: log ratios, their errors and covariance."""

    @property
    def coef(self) -> Floats:
        """Log ratios against the reference."""
        ...

    @property
    def std_err(self) -> Floats:
        """Their standard errors, NaN where there is none."""
        ...

    @property
    def covariance(self) -> Floats:
        """Their covariance."""
        ...

    @property
    def warning(self) -> str | None:
        """What is amiss, None where nothing is."""
        ...


def others(frame: Frame) -> list[int]:
    """The positions of the groups that have a column: every one but the reference."""
    return [position for position in range(len(frame.groups)) if position != frame.reference]


def indicators(frame: Frame, group: NDArray[np.int64]) -> Floats:
    """One column for each group but the reference, (n, G - 1)."""
    return np.column_stack([(group == position).astype(np.float64) for position in others(frame)])


def pair_weights(frame: Frame, pair: tuple[int, int]) -> Floats:
    """The weights (G - 1,) of the columns in the log ratio of a pair: 1 for its first group, -1 for the other."""
    return np.array([float(position == pair[0]) - float(position == pair[1]) for position in others(frame)])


def ratio_rows(frame: Frame, template: Row, fit: GroupModel, pair: tuple[int, int], statistic: str) -> Iterator[Row]:
    """The ratio of a pair with limits and Wald p: exp(b_A - b_B), variance V_AA + V_BB - 2 V_AB."""
    log_ratio, error, reason = _log_ratio(frame, fit, pair)
    yield from untested_ratio_rows(frame, template, fit, pair, statistic)
    p_value = float(two_sided(np.array([log_ratio / error]))[0]) if error else math.nan
    yield replace(single(template, "p", p_value, reason), alternative="two-sided", warning=fit.warning or "")


def untested_ratio_rows(
    frame: Frame, template: Row, fit: GroupModel, pair: tuple[int, int], statistic: str
) -> Iterator[Row]:
    """As `ratio_rows`, without the p value: for a ratio beside which another test stands."""
    log_ratio, error, reason = _log_ratio(frame, fit, pair)
    quantile = normal_quantile(frame.settings.conf_level)
    yield from with_companions(
        replace(template, conf_level=frame.settings.conf_level),
        statistic,
        Estimate(
            value=math.exp(log_ratio) if not math.isnan(log_ratio) else math.nan,
            low=math.exp(log_ratio - quantile * error) if not math.isnan(error) else math.nan,
            high=math.exp(log_ratio + quantile * error) if not math.isnan(error) else math.nan,
            reason=reason,
            limit_reason=reason,
        ),
    )


def _log_ratio(frame: Frame, fit: GroupModel, pair: tuple[int, int]) -> tuple[float, float, str]:
    """The log ratio of a pair, its standard error, and why there is none."""
    weights = pair_weights(frame, pair)
    involved = weights != 0
    reason = fit.warning or "" if np.isnan(fit.std_err[involved]).any() else ""
    log_ratio = float(weights[involved] @ fit.coef[involved]) if not reason else math.nan
    own = np.ix_(np.flatnonzero(involved), np.flatnonzero(involved))
    variance = float(weights[involved] @ fit.covariance[own] @ weights[involved])
    return log_ratio, math.sqrt(variance) if variance > 0 else math.nan, reason
