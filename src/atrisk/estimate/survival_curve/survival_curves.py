"""Survival curves of weighted or clustered patients, with the infinitesimal jackknife as their variance."""

from __future__ import annotations

from typing import Final

import numpy as np

from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import ConfType
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.estimate.survival_curve.hazard_steps import Estimator
from atrisk.estimate.survival_curve.influence import jackknife_variance
from atrisk.estimate.survival_curve.kaplan_meier import (
    CurveOptions,
    SurvivalCurve,
    curve_of,
    kaplan_meier,
    risk_table,
    steps_of,
)
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "rows"


def survival_curves(
    rows: FollowUpRows,
    *,
    conf_type: ConfType = "log",
    conf_level: float = 0.95,
    estimator: Estimator = "kaplan-meier",
    robust: bool | None = None,
) -> tuple[SurvivalCurve, ...]:
    """The survival curve of each group of patients with case weights, clusters or delayed entry.

    Definition: as `kaplan_meier`, with sums of weights for d and n. Variance: `robust` = the infinitesimal
    jackknife over clusters (rows without them), sum over clusters of (sum of w_i dS(t)/dw_i)^2; otherwise
    Greenwood's with the weighted counts, right where weights are numbers of like patients.
    Source: Efron 1982; conventions of R's survfit: by default robust where a weight is not a whole number or
    clusters are given.
    Edges: where S = 0 the jackknife's standard error is 0, not NaN as Greenwood's: no weight moves S from there,
    so that it says nothing, and limits are NaN on every scale but plain. A weight of 0 leaves a patient in `n` and
    `patients_at_risk` alone. Clusters count within a group, as in R: the variances of two groups that share a
    cluster are not independent.
    Raises EstimationError for an unknown option, and for clusters with `robust=False`, which cannot both be meant.
    """
    options = CurveOptions(conf_type=conf_type, conf_level=conf_level, estimator=estimator)
    if rows.cluster is not None and robust is False:
        raise EstimationError("clusters need the robust variance: leave out one of the two.")
    with_jackknife = needs_robust(rows) if robust is None else robust
    if rows.weight is None and not with_jackknife:
        counts = rows.counts(weighted=False)
        return kaplan_meier(counts, conf_type=conf_type, conf_level=conf_level, estimator=estimator)
    return tuple(_of_group(rows.of_group(group), options, with_jackknife) for group in range(rows.n_groups))


def needs_robust(rows: FollowUpRows) -> bool:
    """Whether these rows call for the robust variance: weights that are not whole numbers, or clusters."""
    fractional = rows.weight is not None and bool(np.any(rows.weight != np.floor(rows.weight)))
    return fractional or rows.cluster is not None


def _of_group(rows: FollowUpRows, options: CurveOptions, robust: bool) -> SurvivalCurve:
    table = risk_table(rows.counts(weighted=True), rows.counts(weighted=False))
    if not robust:
        return curve_of(table, options=options)
    log_survival, hazard = steps_of(table, options.estimator)
    of_hazard = jackknife_variance(rows, table.time, hazard)
    # Where S = exp(-H), the variance of log S is that of H.
    of_survival = of_hazard if log_survival is hazard else jackknife_variance(rows, table.time, log_survival)
    return curve_of(table, options=options, jackknife=(of_survival, of_hazard))
