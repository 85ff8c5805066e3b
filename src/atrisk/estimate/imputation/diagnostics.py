"""Whether the chains of an imputation have settled, and how imputed values differ from recorded ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.imputation.chained_equations import Imputed
from atrisk.estimate.imputation.column import Column
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ImputedSummary:
    """Recorded and imputed values of one variable; the imputed ones of all data sets together.

    `n_missing` counts patients, `n_limited` those of them known to lie between limits. Means and standard deviations
    are of the values (of the codes, for levels); `observed_share` and `imputed_share` (levels,) empty for numbers.
    `difference`: imputed less observed mean in standard deviations of the recorded values. Where values are missing
    at random, but not completely, it need not be 0. NaN where there is nothing to compute from.
    """

    n_observed: int
    n_missing: int
    n_limited: int
    observed_mean: float
    observed_sd: float
    imputed_mean: float
    imputed_sd: float
    observed_share: Floats
    imputed_share: Floats
    difference: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def imputed_summaries(columns: Sequence[Column], imputed: Imputed) -> tuple[ImputedSummary, ...]:
    """For each variable what was recorded beside what was imputed.

    Source: van Buuren 2018, section 6.6 (diagnostics). Raises EstimationError for other columns than those imputed.
    """
    if imputed.values.shape[1:] != (columns[0].values.size if columns else 0, len(columns)):
        raise EstimationError("the summaries need the columns that were imputed.")
    return tuple(_summary(column, imputed.values[:, column.missing, at]) for at, column in enumerate(columns))


def scale_reduction(trace: ArrayLike) -> Floats:
    """Gelman and Rubin's potential scale reduction of each variable's chain means: (variables,).

    Definition: of m chains with r rounds, W the mean of the chains' variances and B / r the variance of their means
    (both with their number less 1), sqrt(((r - 1) / r W + B / r) / W). Near 1 where the chains mix; above 1.1 more
    rounds are needed. Source: Gelman and Rubin 1992, Stat Sci 7:457, without the correction for degrees of freedom.
    `trace` (m, rounds, variables): of `Imputed`. Edges: NaN with a single chain or round, for variables without missing
    values, and where no chain moves.
    """
    chains = np.asarray(trace, dtype=np.float64)
    if chains.ndim != 3:
        raise EstimationError("a trace has one number for each data set, round and variable.")
    m, rounds, variables = chains.shape
    if m < 2 or rounds < 2:
        return np.full(variables, np.nan)
    within = chains.var(axis=1, ddof=1).mean(axis=0)
    between = chains.mean(axis=1).var(axis=0, ddof=1)
    ratio = np.divide(
        (rounds - 1) / rounds * within + between, within, out=np.full(variables, np.nan), where=within > 0
    )
    return np.asarray(np.sqrt(ratio))


def _summary(column: Column, imputed: Floats) -> ImputedSummary:
    known, drawn = column.values[~column.missing], imputed.ravel()
    levels = 0 if column.kind == "number" else int(known.max()) + 1
    mean, sd = float(known.mean()), float(known.std(ddof=1)) if known.size > 1 else math.nan
    imputed_mean = float(drawn.mean()) if drawn.size else math.nan
    return ImputedSummary(
        n_observed=known.size,
        n_missing=int(column.missing.sum()),
        n_limited=int(column.limited.sum()),
        observed_mean=mean,
        observed_sd=sd,
        imputed_mean=imputed_mean,
        imputed_sd=float(drawn.std(ddof=1)) if drawn.size > 1 else math.nan,
        observed_share=_shares(known, levels),
        imputed_share=_shares(drawn, levels),
        difference=(imputed_mean - mean) / sd if sd > 0 else math.nan,
    )


def _shares(values: Floats, levels: int) -> Floats:
    if not values.size or not levels:
        return np.full(levels, np.nan)
    return np.bincount(values.astype(np.int64), minlength=levels) / values.size
