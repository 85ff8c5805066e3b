"""The Brier score of predicted survival where follow-up is censored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.estimate.prognosis.predictions import Predictions
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "rows"

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class CensoredBrierScore:
    """Brier scores at M times (M,), or one integrated over them; `null`: that of the Kaplan-Meier curve for everybody.

    `scaled` is 1 - score / null: 1 for a perfect prediction, 0 for one that knows nothing of the patients. NaN where
    `estimable` is false; `scaled` also where the null score is 0.
    """

    time: Floats
    score: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    null: Floats
    scaled: Floats
    scaled_std_err: Floats
    scaled_lower: Floats
    scaled_upper: Floats
    estimable: Flags
    n: int
    conf_level: float

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def censored_brier_score(predictions: Predictions, *, conf_level: float = 0.95) -> CensoredBrierScore:
    """The mean squared distance of predicted survival from what happened, at each of the times of the predictions.

    Definition: BS(t) = 1/n sum_i W_i(t) (1{alive at t} - S(t | x_i))^2, W = 1 / G(T_i-) for an event at T_i <= t and
    1 / G(t-) for those alive at t, 0 for those censored before, G the Kaplan-Meier curve of censoring. Events come
    before censorings of a day, in G too (its risk set leaves out the day's events), and whoever is censored on day t is
    alive at t: the weights then sum to n, and the null model, the Kaplan-Meier S for everybody, has the score S (1 -
    S). Standard error: the infinitesimal jackknife of the score, through G too, for given predictions.
    Source: Graf, Schmoor, Sauerbrei and Schumacher 1999, Stat Med 18:2529; weights as R's survival::rttright; scaled as
    Kattan and Gerds 2018, Diagn Progn Res 2:7.
    Meaning: limits and score are those of these predictions in new patients only where the predictions were made
    without these; a model judged by the patients it was fitted to looks better than it is (`validated_model`).
    Edges: not estimable where nobody is followed to t while some live on. Censoring must not depend on the covariates.
    """
    return _result(predictions, np.eye(predictions.time.size), predictions.time, _followed(predictions), conf_level)


def integrated_brier_score(predictions: Predictions, *, conf_level: float = 0.95) -> CensoredBrierScore:
    """The Brier score averaged over time, from the first to the last time of the predictions: one value.

    Definition: the integral of BS(t) dt over its range, BS kept from each time to the next; exact where the times hold
    all follow-up times and steps of the predictions in the range. The null is integrated likewise; `time` is the last.
    Source: Graf et al. 1999, section 3. Edges: as `censored_brier_score`, of the last time. Raises EstimationError for
    fewer than two times.
    """
    time = predictions.time
    if time.size < 2:
        raise EstimationError("an integrated Brier score needs predictions at two or more times.")
    widths = np.append(np.diff(time), 0.0) / (time[-1] - time[0])
    return _result(predictions, widths[:, None], time[-1:], _followed(predictions)[-1:], conf_level)


def _followed(predictions: Predictions) -> Flags:
    """At which times somebody is under observation or everybody has had the event: (M,)."""
    last = predictions.follow_up.max(initial=-np.inf)
    ended = predictions.follow_up.size > 0 and bool(predictions.event[predictions.follow_up == last].all())
    return np.asarray((predictions.time <= last) | ended)


def _result(
    predictions: Predictions, combine: Floats, time: Floats, estimable: Flags, conf_level: float
) -> CensoredBrierScore:
    """Scores at the times, or sums of them with the columns of `combine` (M, L), and their errors."""
    z = normal_quantile(conf_level)
    score, null, by_row, null_by_row = (part @ combine for part in _scores(predictions))
    known = np.where(estimable, 0.0, np.nan)
    score, null, whole = score + known, null + known, np.where(null > 0, null, np.nan)
    std_err = np.sqrt((by_row**2).sum(axis=0)) + known
    scaled = 1 - score / whole
    scaled_error = np.sqrt(((by_row / whole - null_by_row * score / whole**2) ** 2).sum(axis=0))
    return CensoredBrierScore(
        time=time,
        score=score,
        std_err=std_err,
        lower=np.maximum(score - z * std_err, 0.0),
        upper=np.minimum(score + z * std_err, 1.0),
        null=null,
        scaled=scaled,
        scaled_std_err=scaled_error,
        scaled_lower=scaled - z * scaled_error,
        scaled_upper=np.minimum(scaled + z * scaled_error, 1.0),
        estimable=estimable,
        n=predictions.follow_up.size,
        conf_level=conf_level,
    )


def _scores(predictions: Predictions) -> tuple[Floats, Floats, Floats, Floats]:
    """The score and that of the null model (M,), and their derivatives by each patient's weight (n, M)."""
    follow_up, event, time = predictions.follow_up, predictions.event, predictions.time
    n = follow_up.size
    steps = _Steps.of(follow_up, event)
    score, null = np.zeros((2, time.size))
    by_row, null_by_row = np.zeros((2, n, time.size))
    for place, t in enumerate(time):
        failed = event & (follow_up <= t)
        alive = (follow_up >= t) & ~failed
        # The steps of G that a patient's weight has passed: those before the event, or before t.
        passed = np.searchsorted(steps.time, np.minimum(follow_up, t), side="left")
        weight = np.where(failed | alive, 1 / steps.uncensored[passed], 0.0)
        part = weight * (alive - predictions.survival[:, place]) ** 2
        score[place] = part.sum() / n
        by_row[:, place] = (part - score[place]) / n + steps.of_censoring(_beyond(part, passed, steps.time.size) / n, t)
        here = np.searchsorted(steps.time, t, side="right")
        survival = steps.survival[here]
        null[place] = survival * (1 - survival)
        null_by_row[:, place] = (1 - 2 * survival) * survival * steps.of_events(here)
    return score, null, by_row, null_by_row


def _beyond(part: Floats, passed: NDArray[np.int64], size: int) -> Floats:
    """For each step of G, the sum of the parts whose weights have passed it: (T,)."""
    ended = np.bincount(passed, weights=part, minlength=size + 1)
    return np.asarray(np.cumsum(ended[::-1])[::-1][1:])


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """Kaplan-Meier curves of the event and of censoring at the T distinct follow-up times, and who is where.

    `survival` and `uncensored` (T + 1,): after so many of the times. `place` (n,): each patient's time.
    """

    time: Floats
    place: NDArray[np.int64]
    event: Flags
    survival: Floats
    uncensored: Floats
    events: tuple[Floats, Floats]
    censorings: tuple[Floats, Floats]

    @classmethod
    def of(cls, follow_up: Floats, event: Flags) -> _Steps:
        time, place = np.unique(follow_up, return_inverse=True)
        d = np.bincount(place[event], minlength=time.size).astype(np.float64)
        c = np.bincount(place[~event], minlength=time.size).astype(np.float64)
        r = np.cumsum((d + c)[::-1])[::-1]
        return cls(time, place, event, _curve(d, r), _curve(c, r - d), _derivatives(d, r), _derivatives(c, r - d))

    def of_censoring(self, values: Floats, t: float) -> Floats:
        """The derivative of sum over times s < t of values(s) times -log of the step of G, by each patient's weight."""
        failing, at_risk = (np.where(self.time < t, values, 0.0) * part for part in self.censorings)
        lived = np.concatenate(([0.0], np.cumsum(at_risk)))
        return np.asarray(np.where(self.event, lived[self.place], failing[self.place] + lived[self.place + 1]))

    def of_events(self, here: np.int64) -> Floats:
        """The derivative of log S after the first `here` times by each patient's weight: (n,)."""
        failing, at_risk = self.events
        lived = np.concatenate(([0.0], np.cumsum(at_risk)))[np.minimum(self.place + 1, here)]
        return np.asarray(-lived - np.where(self.event & (self.place < here), failing[self.place], 0.0))


def _curve(leaving: Floats, at_risk: Floats) -> Floats:
    share = np.divide(leaving, at_risk, out=np.zeros_like(leaving), where=at_risk > 0)
    return np.concatenate(([1.0], np.cumprod(1 - share)))


def _derivatives(leaving: Floats, at_risk: Floats) -> tuple[Floats, Floats]:
    """Of -log(1 - c/q) by the weight of one who leaves, 1 / (q - c), beside that of all at risk, -c / (q (q - c))."""
    left = at_risk - leaving
    used = (leaving > 0) & (left > 0)
    inverse = np.divide(1.0, left, out=np.zeros_like(left), where=used)
    return inverse, -inverse * np.divide(leaving, at_risk, out=np.zeros_like(left), where=used)
