"""Doubly robust survival of two groups: a model of the event, mended by the weighted residuals of its patients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.compare.balance.propensity import PropensityScore
from atrisk.compare.weighting.estimated_score import influence_with_score
from atrisk.compare.weighting.score_weights import ScoreWeights, require_rows, score_weights
from atrisk.compare.weighting.weighted_difference import GroupStatistic, WeightedDifference, difference_of
from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample, finite_numbers
from atrisk.estimate.proportional_hazards.hazard_influence import HazardModel, hazard_influence, hazard_model
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

# From a group's event times (K,) the coefficients (K + 1, M) of S before the first and from each event time on.
_Functional = Callable[[Floats], Floats]

# Numbers in a table of patients by times that are held at once.
_AT_ONCE = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class HazardCovariates:
    """Covariates of the models of the event, `outcome` (n, p), and of censoring, `censoring` (n, q) or None.

    None: censoring is the same for all patients of a group.
    """

    outcome: Floats
    censoring: Floats | None = None

    def __post_init__(self) -> None:
        for name in ("outcome", "censoring"):
            if getattr(self, name) is not None:
                values = finite_numbers("covariates", getattr(self, name))
                if values.ndim != 2:
                    raise EstimationError("covariates must have one row for each patient and one column each.")
                object.__setattr__(self, name, values)
        make_arrays_read_only(self)


def doubly_robust_survival(
    rows: FollowUpRows,
    score: PropensityScore,
    sample: RegressionSample,
    covariates: HazardCovariates,
    time: ArrayLike,
    *,
    conf_level: float = 0.95,
) -> WeightedDifference:
    """The survival that everyone would have with and without the treatment, at M times, and its difference.

    Definition: with S and G the survival from event and from censoring given the covariates in group a, e_a the
    probability of that group, T the patient's follow-up,
    S_a(t) = mean of S(t|x) {1 - 1(A = a) / e_a(x) sum over s <= min(t, T) of (dN(s) - h(s|x)) / (S(s|x) G(s-|x))},
    h(s|x) = 1 - S(s|x) / S(s-|x). S and G from Cox models stratified by group with common coefficients (Breslow's
    hazards, S = exp(-H)); e from the logistic score. Without censoring this is the augmented estimator
    mean of 1(A = a) / e_a {1(T > t) - S(t|x)} + S(t|x). It is right in large samples if the model of the event is, or
    if those of the treatment and of censoring both are.
    Variance: squares of influences, to which the errors of all three models' coefficients and hazards add their part
    (stacked equations), so that it holds whichever of the models is wrong; `std_err_score_known` leaves them out.
    Source: Robins and Rotnitzky 1992; Hubbard, van der Laan and Robins 2000; Zhang and Schaubel 2012, Biometrics
    68:999-1009; Bai, Tsiatis and O'Brien 2013, Biometrics 69:830-9; Ozenne et al. 2020, Biom J 62:751-63 (Cox models,
    and the errors of all of them in the variance).
    `rows`: one a patient from the start of follow-up, in the order of the `sample` of the `score`, without weights.
    Events come before censorings at the same time. Estimates of a group may leave [0, 1] by chance: they are not cut.
    Edges: beyond the follow-up of a group NaN; a model with an infinite coefficient leaves all NaN; reasons say so.
    Raises EstimationError for delayed entry, unequal lengths, a score of 0 or 1, bad times or levels.
    """
    at = np.atleast_1d(finite_numbers("landmark times", time))
    if np.any(at < 0):
        raise EstimationError("landmark times must not be negative.")
    question = _Question.of(rows, score, sample, covariates)

    def landmarks(event_time: Floats) -> Floats:
        # Row 0 stands for the time before the first event.
        place = np.searchsorted(event_time, at, side="right")
        return np.asarray((np.arange(event_time.size + 1)[:, None] == place).astype(np.float64))

    return _difference(question, at, landmarks, highest=1.0, conf_level=conf_level)


def doubly_robust_restricted_mean(
    rows: FollowUpRows,
    score: PropensityScore,
    sample: RegressionSample,
    covariates: HazardCovariates,
    tau: float,
    *,
    conf_level: float = 0.95,
) -> WeightedDifference:
    """The restricted mean that everyone would have with and without the treatment, and its difference: M = 1.

    Definition: the area up to tau under the curves of `doubly_robust_survival`. Source, edges and errors as there
    (Zhang and Schaubel 2012 for this contrast).
    """
    if not np.isfinite(tau) or tau <= 0:
        raise EstimationError("the horizon tau of a restricted mean must be finite and above 0.")
    question = _Question.of(rows, score, sample, covariates)

    def area(event_time: Floats) -> Floats:
        edges = np.concatenate(([0.0], np.minimum(event_time, tau), [tau]))
        return np.asarray(np.diff(edges)[:, None])

    return _difference(question, np.array([tau]), area, highest=tau, conf_level=conf_level)


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    """The patients with their weights and the two hazard models, on times coded so that events come first.

    `code` (n,): twice the rank of the follow-up time, one more where censored; `distinct` (U,): the times by rank.
    """

    rows: FollowUpRows
    weights: ScoreWeights
    event: HazardModel
    censoring: HazardModel
    distinct: Floats

    @classmethod
    def of(
        cls, rows: FollowUpRows, score: PropensityScore, sample: RegressionSample, covariates: HazardCovariates
    ) -> _Question:
        weights = score_weights(score, sample, estimand="ate")
        require_rows(rows, weights)
        if rows.entry is not None:
            raise EstimationError("doubly robust survival needs patients followed from the start, not delayed entry.")
        for given in (covariates.outcome, covariates.censoring):
            if given is not None and given.shape[0] != rows.time.size:
                raise EstimationError("covariates must have one row for each patient.")
        distinct, rank = np.unique(rows.time, return_inverse=True)
        happened = rows.event > 0
        code: Floats = np.asarray(2 * rank.reshape(-1) + ~happened, dtype=np.float64)
        group = np.where(weights.treated, 0, 1)
        event = hazard_model(code, happened, group, covariates.outcome)
        censoring = hazard_model(code, ~happened, group, covariates.censoring)
        return cls(rows, weights, event, censoring, distinct)

    @property
    def reason(self) -> str:
        """Why a model is missing, or empty."""
        models = (("the event", self.event), ("censoring", self.censoring))
        return "; ".join(f"the model of {name}: {model.reason}" for name, model in models if model.reason)


def _difference(
    question: _Question, horizon: Floats, functional: _Functional, *, highest: float, conf_level: float
) -> WeightedDifference:
    n, m = question.rows.time.size, horizon.size
    last = [question.rows.time[question.event.stratum == group].max() for group in (0, 1)]
    reasons = tuple(
        question.reason or ("" if t <= min(last) else "the time lies beyond the follow-up of a group") for t in horizon
    )
    estimate, full, plain = np.full((2, m), np.nan), np.zeros((2, n, m)), np.zeros((2, n, m))
    known = np.array([not reason for reason in reasons])
    if known.any():
        for group in (0, 1):
            estimate[group], full[group], plain[group] = _group(
                question, group, float(horizon[known].max()), functional
            )
    estimate[:, ~known] = np.nan
    statistic = GroupStatistic(estimate, full, plain, reasons, highest, "plain")
    return difference_of(statistic, cluster=question.rows.cluster, conf_level=conf_level)


@dataclass(frozen=True, slots=True, eq=False)
class _Curves:
    """What the two models say of a group at its K event times up to the horizon, by coded `time` (K,).

    `hazard`, `censoring` (K,): cumulative baseline hazards of the event up to and with, of censoring up to but without,
    each time. `functional` (K + 1, M).
    """

    time: Floats
    hazard: Floats
    censoring: Floats
    functional: Floats


def _group(question: _Question, group: int, horizon: float, functional: _Functional) -> tuple[Floats, Floats, Floats]:
    """The estimates (M,) of one group, the influence of all n patients (n, M), and that with the models known."""
    base, lost = question.event.baseline[group], question.censoring.baseline[group]
    time = base.time[question.distinct[(base.time // 2).astype(np.int64)] <= horizon]
    curves = _Curves(
        time=time,
        hazard=base.cumulative(time),
        # Codes of censorings lie between those of events: up to a code is before it.
        censoring=lost.cumulative(time),
        functional=functional(question.distinct[(time // 2).astype(np.int64)]),
    )
    n, size = question.rows.time.size, max(_AT_ONCE // max(curves.functional.size, 1), 1)
    blocks = [_patients(question, group, curves, np.arange(low, min(low + size, n))) for low in range(0, n, size)]
    value, by_weight = (
        np.concatenate(parts) for parts in zip(*((one.value, one.by_weight) for one in blocks), strict=True)
    )
    estimate = value.mean(axis=0)
    plain = (value - estimate) / n
    of_event = np.sum([one.by_hazard for one in blocks], axis=0), np.sum([one.by_coef for one in blocks], axis=0)
    of_lost = (
        np.sum([one.by_censoring for one in blocks], axis=0),
        np.sum([one.by_censoring_coef for one in blocks], axis=0),
    )
    nuisance = (
        _score_part(question.weights, by_weight)
        + hazard_influence(question.event, group, time, *of_event)
        + hazard_influence(question.censoring, group, time, *of_lost)
    )
    return estimate, plain + nuisance / n, plain


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Of some patients: values and their derivatives by the own weight (b, M), sums of those by what is estimated."""

    value: Floats
    by_weight: Floats
    by_hazard: Floats
    by_coef: Floats
    by_censoring: Floats
    by_censoring_coef: Floats


def _patients(question: _Question, group: int, curves: _Curves, who: Codes) -> _Sums:
    """The augmented values of some patients and their derivatives, statistic by statistic."""
    tables = _Tables.of(question, group, curves, who)
    columns = [tables.of_statistic(coefficient) for coefficient in curves.functional.T]
    value, by_weight, by_h, by_u = (np.stack(parts, axis=-1) for parts in zip(*columns, strict=True))
    r, g = question.event.risk[who], question.censoring.risk[who]
    return _Sums(
        value=value,
        by_weight=by_weight,
        by_hazard=np.einsum("i,ikm->km", r, by_h),
        by_coef=question.event.covariates[who].T @ np.einsum("ik,ikm->im", tables.h, by_h),
        by_censoring=np.einsum("i,ikm->km", g, by_u),
        by_censoring_coef=question.censoring.covariates[who].T @ np.einsum("ik,ikm->im", tables.u, by_u),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Tables:
    """Some patients by the K event times of a group: (b, K) each, `weight` (b,) 0 for those of the other group.

    `h`, `u`: the patient's cumulative hazards of event (S = exp(-h)) and censoring (G = exp(-u)). (dN - h') / (S G),
    with h' = 1 - S_l / S_{l-1}, is `leaving` + `staying`: (dN - Y) / (S_l G_l) and Y / (S_{l-1} G_l).
    """

    h: Floats
    u: Floats
    leaving: Floats
    staying: Floats
    weight: Floats

    @classmethod
    def of(cls, question: _Question, group: int, curves: _Curves, who: Codes) -> _Tables:
        mine = question.event.stratum[who] == group
        code, happened = question.event.time[who, None], question.event.event[who, None]
        there = mine[:, None] & (code >= curves.time)
        failing = there & happened & (code == curves.time)
        h = question.event.risk[who, None] * curves.hazard
        u = question.censoring.risk[who, None] * curves.censoring
        before = np.concatenate((np.zeros((who.size, 1)), h[:, :-1]), axis=1)[:, : curves.time.size]
        return cls(
            h=h,
            u=u,
            # Hazards after the own follow-up could leave the range of numbers, and count for nothing.
            leaving=np.where(there & ~failing, -np.exp(np.where(there, h + u, 0.0)), 0.0),
            staying=np.where(there, np.exp(np.where(there, before + u, 0.0)), 0.0),
            weight=np.where(mine, question.weights.weight[who], 0.0),
        )

    def of_statistic(self, coefficient: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """D = L_0 + sum of L_k S_k (1 - w C_k) with C the running sum of leaving and staying, and its derivatives.

        By the patient's own weight (b,), and by h and u at every time (b, K). `coefficient` L: (K + 1,).
        """
        w = self.weight[:, None]
        part = self.leaving + self.staying
        augmented = np.cumsum(part, axis=1)
        heights = coefficient[1:] * np.exp(-self.h)
        rest = np.cumsum(heights[:, ::-1], axis=1)[:, ::-1]
        # The next time's staying part has this time's survival in it.
        onward = np.zeros_like(self.h)
        onward[:, :-1] = self.staying[:, 1:] * rest[:, 1:]
        kept = heights * (1.0 - w * augmented)
        by_weight = np.where(self.weight > 0, -(heights * augmented).sum(axis=1), 0.0)
        by_h = -kept - w * (self.leaving * rest + onward)
        return coefficient[0] + kept.sum(axis=1), by_weight, by_h, -w * rest * part


def _score_part(weights: ScoreWeights, by_weight: Floats) -> Floats:
    """What the estimated score adds to each patient's influence: (n, M)."""
    return influence_with_score(weights, by_weight) - weights.weight[:, None] * by_weight
