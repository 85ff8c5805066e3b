"""Contrasts of survival when patients are assumed to fare otherwise after censoring, and where the conclusion turns."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.compare.interval import Interval, not_estimable
from atrisk.compare.survival_difference import SurvivalDifference, survival_difference
from atrisk.errors import EstimationError
from atrisk.estimate.imputation.censored_outcome import AfterCensoring, impute_after_censoring
from atrisk.estimate.imputation.rubin import pool
from atrisk.estimate.proportional_hazards.cox import cox
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.estimate.survival_curve.kaplan_meier import SurvivalCurve, kaplan_meier
from atrisk.summary.event_counts import EventCounts, Shape
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]
Contrast = tuple[int, int]

_MOST_HALVINGS = 60


@dataclass(frozen=True, slots=True)
class TippingPoint:
    """Effects along a row of deltas, and where the conclusion turns.

    `deltas` in the order looked at, `effects` and `holds` (whether the conclusion still stands; None: not estimable)
    for each. `turning`: (last delta at which it held, next one at which it did not), narrowed down; None if it held
    throughout, or did not hold at the first.
    """

    deltas: tuple[float, ...]
    effects: tuple[Interval, ...]
    holds: tuple[bool | None, ...]
    turning: tuple[float, float] | None
    reason: str = ""


def delta_adjusted_hazard_ratio(
    rows: FollowUpRows,
    assumed: AfterCensoring,
    *,
    contrast: Contrast,
    covariates: ArrayLike | None = None,
    conf_level: float = 0.95,
) -> Interval:
    """The hazard ratio of the first group of a contrast over the second, events after censoring being imputed.

    Definition: a Cox model of all groups (and `covariates` (n, p), which then also impute) in each data set of
    `impute_after_censoring`; log hazard ratios pooled by Rubin's rules. Source: Jackson et al. 2014, Stat Med 33:4681.
    Edges: NaN with a reason where a data set has no finite log hazard ratio.
    Raises EstimationError for groups that nobody is in, fewer than two data sets, and as the imputation does.
    """
    method = "Cox, delta-adjusted"
    _require(rows, assumed, contrast)
    others = [code for code in np.unique(rows.group) if code != contrast[1]]
    design = (rows.group[:, None] == others).astype(np.float64)
    if covariates is not None:
        design = np.column_stack((design, np.asarray(covariates, dtype=np.float64)))
    imputed = impute_after_censoring(rows, assumed, covariates=covariates)
    fits = [
        cox(CoxSample(time, event > 0, design, entry=rows.entry))
        for time, event in zip(imputed.time, imputed.event, strict=True)
    ]
    at = others.index(contrast[0])
    if not all(np.isfinite(fit.std_err[at]) and np.isfinite(fit.coef[at]) for fit in fits):
        return not_estimable(
            "no finite hazard ratio in one of the imputed data sets", conf_level=conf_level, method=method
        )
    found = pool([fit.coef[at] for fit in fits], [fit.covariance[at, at] for fit in fits], conf_level=conf_level)
    low, middle, high = (math.exp(float(value[0])) for value in (found.lower, found.estimate, found.upper))
    return Interval(middle, low, high, conf_level, method)


def delta_adjusted_survival_difference(
    rows: FollowUpRows, assumed: AfterCensoring, *, contrast: Contrast, at: float, conf_level: float = 0.95
) -> Interval:
    """Survival of the first group at a time less that of the second, events after censoring being imputed.

    Definition: Kaplan-Meier in each data set of `impute_after_censoring`, differences with the sum of Greenwood's
    variances pooled by Rubin's rules. Edges: NaN with a reason where a curve ends before `at`, or has no variance.
    Raises EstimationError for a time beyond `assumed.until`, and as `delta_adjusted_hazard_ratio` does.
    """
    method = "Kaplan-Meier, delta-adjusted"
    _require(rows, assumed, contrast)
    if at > assumed.until:
        raise EstimationError("survival cannot be compared beyond the end of imputed follow-up.")
    imputed = impute_after_censoring(rows, assumed)
    differences, variances = [], []
    for time, event in zip(imputed.time, imputed.event, strict=True):
        found = survival_difference(*_two_curves(rows, time, event, contrast, conf_level), at)
        differences.append(float(found.estimate[0]))
        variances.append(float(found.std_err[0]) ** 2)
    if not np.all(np.isfinite(variances)):
        reason = "in one of the imputed data sets a curve ends before the time, or nothing is known of its error"
        return not_estimable(reason, conf_level=conf_level, method=method)
    pooled = pool(differences, variances, conf_level=conf_level)
    low, middle, high = (float(value[0]) for value in (pooled.lower, pooled.estimate, pooled.upper))
    return Interval(middle, low, high, conf_level, method)


def tipping_point(
    effect: Callable[[float], Interval],
    deltas: Sequence[float],
    *,
    concluded: Callable[[Interval], bool],
    tolerance: float = 0.01,
) -> TippingPoint:
    """The delta at which a conclusion no longer holds.

    Definition: `effect` is computed at each of `deltas`, the first being the analysis as it stands (0) and the others
    ever further from it; where the conclusion is first lost, the step is halved until it is no wider than `tolerance`.
    Source: Yan, Lee and Li 2009, J Biopharm Stat 19:1085; Lipkovich et al. 2016, Pharm Stat 15:216.
    `concluded`: whether limits allow the conclusion (exclude 1, keep clear of the margin). `effect` must use the same
    seed for each delta, as `delta_adjusted_hazard_ratio` does, or the turning point is one of chance.
    Edges: a conclusion that does not hold at the first delta has no turning point, and `reason` says so; an effect that
    cannot be estimated ends the search. Raises EstimationError without deltas, or with ones that go to and fro.
    """
    steps = np.asarray(deltas, dtype=np.float64)
    if steps.ndim != 1 or steps.size == 0 or not np.all(np.isfinite(steps)):
        raise EstimationError("a tipping point needs finite deltas to look at.")
    if steps.size > 1 and not (np.all(np.diff(steps) > 0) or np.all(np.diff(steps) < 0)):
        raise EstimationError("the deltas of a tipping point must lead in one direction.")
    if not tolerance > 0:
        raise EstimationError("the tolerance of a tipping point must be above 0.")

    def held(found: Interval) -> bool | None:
        return None if math.isnan(found.lower) or math.isnan(found.upper) else bool(concluded(found))

    effects = tuple(effect(float(delta)) for delta in steps)
    holds = tuple(held(found) for found in effects)
    result = (tuple(float(delta) for delta in steps), effects, holds)
    if not holds[0]:
        return TippingPoint(*result, None, "the conclusion does not hold as the analysis stands")
    lost = next((place for place, holding in enumerate(holds) if not holding), None)
    if lost is None:
        return TippingPoint(*result, None, "the conclusion holds at all deltas looked at")
    if holds[lost] is None:
        return TippingPoint(*result, None, "the effect cannot be estimated before the conclusion is lost")
    inside, outside = float(steps[lost - 1]), float(steps[lost])
    for _ in range(_MOST_HALVINGS):
        if abs(outside - inside) <= tolerance:
            break
        middle = (inside + outside) / 2
        if held(effect(middle)):
            inside = middle
        else:
            outside = middle
    return TippingPoint(*result, (inside, outside))


def censoring_bounds(
    rows: FollowUpRows, moved: ArrayLike, *, contrast: Contrast, at: float, conf_level: float = 0.95
) -> tuple[SurvivalDifference, SurvivalDifference]:
    """The lowest and the highest difference of survival that the fate of censored patients allows.

    Definition: lowest: the `moved` patients of the first group who are censored before `at` have the event then and
    there, those of the second live on to `at`; highest: the reverse. All others stay as observed. No assumption can
    lead outside (but for chance: limits of either are those of its Kaplan-Meier curves, log-log).
    Source: Horowitz and Manski 2000, J Am Stat Assoc 95:77 (bounds under missing outcomes).
    Edges: where all of a group live or die its difference has no limits (see `survival_difference`).
    """
    flags = np.asarray(moved)
    if flags.shape != rows.time.shape or flags.dtype != np.bool_ or rows.weight is not None:
        raise EstimationError("who is moved must be true or false for each patient, and patients have no weights.")
    _require_groups(rows, contrast)
    if not (math.isfinite(at) and at > 0):
        raise EstimationError("the time of a comparison must be finite and above 0.")
    lost = flags & (rows.event == 0) & (rows.time < at)

    def extreme(dying: int) -> SurvivalDifference:
        dies, lives = lost & (rows.group == dying), lost & (rows.group != dying)
        time = np.where(lives, at, rows.time)
        event = np.where(dies, 1, rows.event)
        return survival_difference(*_two_curves(rows, time, event, contrast, conf_level), at)

    return extreme(contrast[0]), extreme(contrast[1])


def _two_curves(
    rows: FollowUpRows, time: Floats, event: NDArray[np.int64], contrast: Contrast, conf_level: float
) -> tuple[SurvivalCurve, SurvivalCurve]:
    counts = EventCounts.of(time, event, group=rows.group, entry=rows.entry, shape=Shape(n_groups=rows.n_groups))
    curves = kaplan_meier(counts, conf_type="log-log", conf_level=conf_level)
    return curves[contrast[0]], curves[contrast[1]]


def _require(rows: FollowUpRows, assumed: AfterCensoring, contrast: Contrast) -> None:
    _require_groups(rows, contrast)
    if assumed.m < 2:
        raise EstimationError("pooling needs at least two imputed data sets.")


def _require_groups(rows: FollowUpRows, contrast: Contrast) -> None:
    if contrast[0] == contrast[1] or not set(contrast) <= set(rows.group.tolist()):
        raise EstimationError("a contrast needs two different groups that have patients.")
