"""Groups weighted by their propensity score: the gate first, then survival, restricted means, hazards and risks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.balance.propensity import Estimand
from atrisk.compare.weighting.score_bootstrap import Resampling, ScoreBootstrap, score_bootstrap
from atrisk.compare.weighting.score_weights import ScoreWeights, score_weights
from atrisk.compare.weighting.weighted_difference import WeightedDifference
from atrisk.compare.weighting.weighted_hazard_ratio import weighted_hazard_ratio, weighted_log_rank
from atrisk.compare.weighting.weighted_risk_difference import weighted_risk_difference
from atrisk.compare.weighting.weighted_survival import weighted_restricted_mean, weighted_survival
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.adjusted.balance import BALANCE, balance_of, detectable_row, gate_rows, weighted_rows
from atrisk.run.adjusted.covariates import BalanceColumns
from atrisk.run.adjusted.e_values import with_e_values
from atrisk.run.adjusted.pair_set import PairSet
from atrisk.run.row_building import Estimate, single, with_companions
from atrisk.study.adjustment import Adjustment

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

WEIGHTED = "weighted"
# Whom the weighted groups resemble, by the words of the study file.
_ESTIMANDS: dict[str, Estimand] = {"ATE weights": "ate", "ATT weights": "att", "overlap weights": "ato"}


@dataclass(frozen=True, slots=True, eq=False)
class _Limits:
    """Limits by resampling, where they are declared, by statistic and time."""

    found: ScoreBootstrap | None = None
    places: tuple[tuple[str, float | None], ...] = ()
    convention: str = ""

    def over(self, statistic: str, time: float | None, estimate: Estimate) -> Estimate:
        """The estimate with these limits in place of its own, if there are any."""
        if self.found is None:
            return estimate
        at = self.places.index((statistic, time))
        low, high = self.found.lower[at], self.found.upper[at]
        # A ratio is resampled on the logarithm.
        if statistic == "hazard_ratio":
            low, high = math.exp(low), math.exp(high)
        return replace(
            estimate, low=low, high=high, std_error=self.found.std_err[at], limit_reason=self.found.reasons[at]
        )


_NOT_RESAMPLED = _Limits()


@dataclass(frozen=True, slots=True, eq=False)
class Weighted:
    """A pair under one kind of weights; without weights where they cannot be made. ``failure``: of its gate."""

    pair: PairSet
    estimand: Estimand
    weights: ScoreWeights | None
    failure: str

    def row(self) -> Row:
        """What all its estimates share."""
        return replace(self.pair.row(WEIGHTED), estimand=self.estimand.upper(), warning=self.failure)


def estimands_of(adjustment: Adjustment) -> tuple[Estimand, ...]:
    """The estimands of the weights that a study declares, in its order."""
    return tuple(_ESTIMANDS[method] for method in adjustment.methods if method in _ESTIMANDS)


def gated_estimands(adjustment: Adjustment) -> tuple[Estimand, ...]:
    """Those, and everybody where an estimate is doubly robust, which rests on weights to everybody too."""
    declared = estimands_of(adjustment)
    return declared if "ate" in declared or "doubly robust" not in adjustment.methods else (*declared, "ate")


def weigh(pair: PairSet, estimand: Estimand) -> ScoreWeights | None:
    """The weights of a pair; None where it has no score."""
    if pair.reason or pair.score is None or pair.sample is None:
        return None
    return score_weights(pair.score, pair.sample, estimand=estimand)


def gated(pair: PairSet, estimand: Estimand, adjustment: Adjustment, columns: BalanceColumns) -> tuple[list[Row], str]:
    """The balance of a pair under weights and the verdicts on it; what their estimates have to carry."""
    weights = weigh(pair, estimand)
    template = replace(pair.row(BALANCE), estimand=estimand.upper(), method=WEIGHTED)
    table = None if weights is None else balance_of(pair, columns, weights.weight)
    rows = [] if table is None else list(weighted_rows(replace(template, n_event=None), columns, table, pair.groups))
    verdicts, failure = gate_rows(template, adjustment.gate, pair, table)
    rows += verdicts
    if pair.found.timed and weights is not None:
        rows.append(detectable_row(template, pair, weights.weight))
    return rows, failure


def weighted_estimates(pair: PairSet, estimand: Estimand, adjustment: Adjustment, failure: str) -> Iterator[Row]:
    """Every weighted estimate of a pair; each says where the pair fails its gate."""
    own = Weighted(pair, estimand, weigh(pair, estimand), failure)
    if own.weights is None:
        yield from _nothing(own)
        return
    limits = _resampled(own, adjustment) if adjustment.bootstrap is not None else _NOT_RESAMPLED
    if not pair.found.timed:
        found = weighted_risk_difference(
            pair.happened.astype(np.float64), own.weights, conf_level=pair.found.frame.settings.conf_level
        )
        template = replace(own.row(), method="weighted risk difference")
        yield from difference_rows(template, "risk_difference", found, (None,), limits)
        return
    yield from _timed(own, own.weights, limits)


def _timed(own: Weighted, weights: ScoreWeights, limits: _Limits) -> Iterator[Row]:
    found, level = own.pair.found, own.pair.found.frame.settings.conf_level
    rows = own.pair.follow_up()
    # Where other events compete, the curve that takes them for censoring is no share of patients.
    if not found.cause and found.landmarks:
        by_time = weighted_survival(rows, weights, found.landmarks, conf_level=level)
        template = replace(own.row(), method="weighted kaplan-meier")
        yield from difference_rows(template, "survival_difference", by_time, found.landmarks, limits)
    if not found.cause and found.tau is not None:
        mean = weighted_restricted_mean(rows, weights, found.tau, conf_level=level)
        template = replace(own.row(), method="weighted restricted mean", unit="days")
        yield from difference_rows(template, "restricted_mean_difference", mean, (found.tau,), limits)
    yield from with_e_values(_hazard(own, rows, weights, limits))


def _hazard(own: Weighted, rows: FollowUpRows, weights: ScoreWeights, limits: _Limits) -> Iterator[Row]:
    cause = "cause-specific " if own.pair.found.cause else ""
    ratio = weighted_hazard_ratio(rows, weights, conf_level=own.pair.found.frame.settings.conf_level)
    known = math.isfinite(ratio.hazard_ratio) and ratio.hazard_ratio > 0
    estimate = Estimate(
        value=ratio.hazard_ratio if known else math.nan,
        low=ratio.lower if known else math.nan,
        high=ratio.upper if known and math.isfinite(ratio.upper) else math.nan,
        std_error=ratio.std_err if known else math.nan,
        reason=ratio.reason,
        limit_reason=ratio.reason,
    )
    template = replace(
        own.row(), method=f"weighted {cause}cox", convention=limits.convention or Remark("score-estimated-efron")
    )
    yield from with_companions(template, "hazard_ratio", limits.over("hazard_ratio", None, estimate))
    test = weighted_log_rank(rows, weights)
    yield replace(
        single(replace(own.row(), conf_level=None, method=f"weighted {cause}log-rank"), "p", test.p_value, test.reason),
        alternative="two-sided",
        convention=Remark("score-estimated"),
    )


def difference_rows(
    template: Row,
    statistic: str,
    found: WeightedDifference,
    times: Sequence[float | None],
    limits: _Limits = _NOT_RESAMPLED,
) -> Iterator[Row]:
    """The difference at every time, with its limits and standard error; resampled limits say so, else the template."""
    words = limits.convention or template.convention or Remark("score-estimated")
    template = replace(template, convention=words)
    for place, time in enumerate(times):
        estimate = Estimate(
            value=found.estimate[place],
            low=found.lower[place],
            high=found.upper[place],
            std_error=found.std_err[place],
            reason=found.reasons[place],
            limit_reason=found.reasons[place],
        )
        yield from with_companions(replace(template, time=time), statistic, limits.over(statistic, time, estimate))


def _nothing(own: Weighted) -> Iterator[Row]:
    """The estimates that were asked for, each without a number and with the reason."""
    found, reason = own.pair.found, own.pair.reason
    template = replace(own.row(), warning="")
    if not found.timed:
        yield single(replace(template, method="weighted risk difference"), "risk_difference", None, reason)
        return
    for time in () if found.cause else found.landmarks:
        yield single(replace(template, method="weighted kaplan-meier", time=time), "survival_difference", None, reason)
    if not found.cause and found.tau is not None:
        mean = replace(template, method="weighted restricted mean", time=found.tau, unit="days")
        yield single(mean, "restricted_mean_difference", None, reason)
    yield single(
        replace(template, method=f"weighted {'cause-specific ' if found.cause else ''}cox"),
        "hazard_ratio",
        None,
        reason,
    )


def _resampled(own: Weighted, adjustment: Adjustment) -> _Limits:
    """Percentile limits of every weighted estimate of a pair, from the same resamples."""
    pair, found = own.pair, own.pair.found
    assert adjustment.bootstrap is not None and pair.sample is not None  # noqa: S101, PT018 - asked only then
    declared = adjustment.bootstrap
    places: list[tuple[str, float | None]] = []
    if not found.timed:
        places.append(("risk_difference", None))
    else:
        if not found.cause:
            places += [("survival_difference", time) for time in found.landmarks]
            places += [("restricted_mean_difference", found.tau)] if found.tau is not None else []
        places.append(("hazard_ratio", None))
    whole = pair.follow_up() if found.timed else None
    happened = pair.happened.astype(np.float64)

    def statistic(drawn: Codes, weights: ScoreWeights) -> Floats:
        if whole is None:
            return np.asarray(weighted_risk_difference(happened[drawn], weights).estimate)
        rows = FollowUpRows.of(
            whole.time[drawn], whole.event[drawn], entry=None if whole.entry is None else whole.entry[drawn]
        )
        values: list[float] = []
        if not found.cause and found.landmarks:
            values += list(weighted_survival(rows, weights, found.landmarks).estimate)
        if not found.cause and found.tau is not None:
            values += list(weighted_restricted_mean(rows, weights, found.tau).estimate)
        values.append(weighted_hazard_ratio(rows, weights).coef)
        return np.array(values)

    resampling = Resampling(
        seed=declared.seed, replicates=declared.replicates, conf_level=found.frame.settings.conf_level
    )
    resampled = score_bootstrap(pair.sample, statistic, resampling, estimand=own.estimand)
    words = Remark("limits-by-resampling", {"replicates": declared.replicates, "seed": declared.seed})
    return _Limits(resampled, tuple(places), words)
