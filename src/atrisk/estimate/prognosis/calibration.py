"""Predicted risks at a landmark beside those observed: in groups, altogether, and smoothed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.prognosis.predictions import Predictions, predicted_at
from atrisk.estimate.proportional_hazards.baseline_hazard import predicted_survival
from atrisk.estimate.proportional_hazards.cox import cox
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.estimate.spline.restricted_cubic_spline import default_knots, restricted_cubic_spline
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier, survival_at
from atrisk.summary.event_counts import EventCounts, Shape
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationGroups:
    """Groups of patients in order of predicted risk (G,): the mean predicted risk and the observed risk with limits.

    `n_event` counts events up to the landmark. Observed values are NaN where nobody of a group is followed to it.
    `ratio` is observed over predicted risk of all patients (1: neither too many nor too few events), with limits.
    """

    landmark: float
    n: Floats
    n_event: Floats
    predicted: Floats
    observed: Floats
    lower: Floats
    upper: Floats
    ratio: tuple[float, float, float]
    conf_level: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationCurve:
    """The observed risk as a smooth function of the predicted one, at chosen predicted risks (M,), with limits.

    `index`: the mean distance |observed - predicted| over the patients (integrated calibration index); `median` and
    `ninetieth`: quantiles of it. `reason` says why all is NaN, or is empty.
    """

    landmark: float
    predicted: Floats
    observed: Floats
    lower: Floats
    upper: Floats
    index: float
    median: float
    ninetieth: float
    reason: str
    conf_level: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def calibration_groups(
    predictions: Predictions, *, place: int = 0, n_groups: int = 5, conf_level: float = 0.95
) -> CalibrationGroups:
    """Mean predicted and Kaplan-Meier observed risk in groups of like predicted risk, at one of the predictions' times.

    Definition: groups between the quantiles 1/G, ..., (G-1)/G (type 7) of predicted risk, a risk on a bound in the
    lower group; observed 1 - S(t) of the group with log-log limits. `ratio`: (1 - S(t)) / mean predicted risk of all
    patients, limits from those of S.
    Source: Harrell 2015, section 20.6 (group-wise calibration); Crowson, Atkinson and Therneau 2016, Stat Methods Med
    Res 25:1692 (observed over expected).
    Edges: equal risks stay together, so that there may be fewer groups. Raises EstimationError for a `place` that the
    predictions have not and fewer than two groups.
    """
    landmark, risk = _at(predictions, place)
    if n_groups < 2:
        raise EstimationError("calibration in groups needs at least two groups.")
    bounds = np.unique(np.quantile(risk, np.arange(1, n_groups) / n_groups))
    _, group = np.unique(np.searchsorted(bounds, risk, side="left"), return_inverse=True)
    size = np.bincount(group)
    counts = EventCounts.of(
        predictions.follow_up, predictions.event.astype(np.int64), group=group, shape=Shape(n_groups=size.size)
    )
    curves = kaplan_meier(counts, conf_type="log-log", conf_level=conf_level)
    (everybody,) = kaplan_meier(counts.over_groups(), conf_type="log-log", conf_level=conf_level)
    at = [survival_at(curve, [landmark]) for curve in curves]
    whole = survival_at(everybody, [landmark])
    mean = float(risk.mean())
    ratio = [float(1 - value[0]) / mean if mean > 0 else np.nan for value in (whole.estimate, whole.upper, whole.lower)]
    return CalibrationGroups(
        landmark=landmark,
        n=size.astype(np.float64),
        n_event=np.array([float(one.n_event[0]) for one in at]),
        predicted=np.bincount(group, weights=risk) / size,
        observed=np.array([1 - one.estimate[0] for one in at]),
        lower=np.array([1 - one.upper[0] for one in at]),
        upper=np.array([1 - one.lower[0] for one in at]),
        ratio=(ratio[0], ratio[1], ratio[2]),
        conf_level=conf_level,
    )


def calibration_curve(
    predictions: Predictions,
    *,
    place: int = 0,
    n_knots: int = 4,
    at: NDArray[np.float64] | None = None,
    conf_level: float = 0.95,
) -> CalibrationCurve:
    """The observed risk as a smooth function of the predicted risk, at one of the predictions' times.

    Definition: a Cox model (Efron ties) of a restricted cubic spline in z = log(-log(1 - predicted risk)), knots at
    Harrell's quantiles of z; observed risk at t: 1 - S(t | z) of that model, with log-log limits. `at`: the predicted
    risks at which the curve is given; by default 50 between the 1st and the 99th percentile.
    Source: Austin, Harrell and van Klaveren 2020, Stat Med 39:2714, with their ICI, E50 and E90.
    Edges: predicted risks of 0 or 1 have no z, too few distinct risks no knots, and a landmark beyond the follow-up no
    observed risk: then all is NaN, with a reason. It supposes that hazards are proportional in z.
    Raises EstimationError for a `place` that the predictions have not, and risks `at` outside (0, 1).
    """
    landmark, risk = _at(predictions, place)
    low, high = (float(end) for end in np.quantile(risk, [0.01, 0.99]))
    chosen = np.linspace(low, high, 50) if at is None else np.asarray(at, dtype=np.float64)
    if at is not None and not np.all((chosen > 0) & (chosen < 1)):
        raise EstimationError("the predicted risks at which calibration is given must lie between 0 and 1.")
    if not np.all((risk > 0) & (risk < 1)):
        return _no_curve(landmark, chosen, "a predicted risk is 0 or 1", conf_level)
    if landmark > predictions.follow_up.max():
        return _no_curve(landmark, chosen, "the landmark lies beyond the follow-up", conf_level)
    scale = np.log(-np.log1p(-risk))
    try:
        knots = default_knots(scale, n_knots)
    except EstimationError:
        return _no_curve(landmark, chosen, "there are too few different predicted risks for a curve", conf_level)
    sample = CoxSample(predictions.follow_up, predictions.event, restricted_cubic_spline(scale, knots))
    fit = cox(sample)
    if not np.all(np.isfinite(fit.std_err)):
        return _no_curve(landmark, chosen, "the events do not determine a curve", conf_level)
    columns = restricted_cubic_spline(np.log(-np.log1p(-chosen)), knots)
    (curves,) = predicted_survival(sample, fit, columns, conf_type="log-log", conf_level=conf_level)
    values = [survival_at(curve, [landmark]) for curve in curves]
    lower, middle, upper = (
        np.array([float(getattr(value, name)[0]) for value in values]) for name in ("lower", "estimate", "upper")
    )
    observed = 1 - predicted_at(sample, fit, sample, [landmark]).survival[:, 0]
    distance = np.abs(observed - risk)
    return CalibrationCurve(
        landmark=landmark,
        predicted=chosen,
        observed=1 - middle,
        lower=1 - upper,
        upper=1 - lower,
        index=float(distance.mean()),
        median=float(np.quantile(distance, 0.5)),
        ninetieth=float(np.quantile(distance, 0.9)),
        reason="",
        conf_level=conf_level,
    )


def _at(predictions: Predictions, place: int) -> tuple[float, Floats]:
    if not 0 <= place < predictions.time.size or not predictions.follow_up.size:
        raise EstimationError("the predictions have no such time, or no patients.")
    return float(predictions.time[place]), 1 - predictions.survival[:, place]


def _no_curve(landmark: float, chosen: Floats, reason: str, conf_level: float) -> CalibrationCurve:
    nothing, nan = np.full(chosen.shape, np.nan), float("nan")
    return CalibrationCurve(landmark, chosen, nothing, nothing, nothing, nan, nan, nan, reason, conf_level)
