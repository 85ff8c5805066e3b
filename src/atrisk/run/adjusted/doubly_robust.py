"""Doubly robust differences of two groups' survival: right if the model of the event is, or those of the score and
of censoring.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from atrisk.compare.weighting.doubly_robust import (
    HazardCovariates,
    doubly_robust_restricted_mean,
    doubly_robust_survival,
)
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.adjusted.pair_set import PairSet
from atrisk.run.adjusted.weighted import difference_rows
from atrisk.run.row_building import single

DOUBLY_ROBUST = "doubly_robust"


def doubly_robust_rows(pair: PairSet, failure: str) -> Iterator[Row]:
    """Survival at the landmarks and the restricted mean of everybody of the pair; ``failure`` is that of its gate."""
    found = pair.found
    template = replace(
        pair.row(DOUBLY_ROBUST), estimand="ATE", method="doubly robust survival", warning=failure,
        convention=Remark("all-models-estimated"),
    )  # fmt: skip
    of_mean = replace(template, method="doubly robust restricted mean", unit="days")
    why = _why_not(pair)
    if why:
        yield from _nothing(replace(template, warning=""), replace(of_mean, warning=""), pair, why)
        return
    assert pair.score is not None and pair.sample is not None  # noqa: S101, PT018 - there is no reason against it
    rows, level = pair.follow_up(), found.frame.settings.conf_level
    models = HazardCovariates(outcome=pair.sample.covariates)
    if found.landmarks:
        by_time = doubly_robust_survival(rows, pair.score, pair.sample, models, found.landmarks, conf_level=level)
        yield from difference_rows(template, "survival_difference", by_time, found.landmarks)
    if found.tau is not None:
        mean = doubly_robust_restricted_mean(rows, pair.score, pair.sample, models, found.tau, conf_level=level)
        yield from difference_rows(of_mean, "restricted_mean_difference", mean, (found.tau,))


def _why_not(pair: PairSet) -> str:
    if pair.reason:
        return pair.reason
    if not pair.found.timed or pair.found.cause:
        return Remark("doubly-robust-of-survival")
    return Remark("not-with-delayed-entry") if pair.found.entry is not None else ""


def _nothing(template: Row, of_mean: Row, pair: PairSet, reason: str) -> Iterator[Row]:
    found = pair.found
    if not found.timed:
        yield single(template, "risk_difference", None, reason)
        return
    for time in found.landmarks:
        yield single(replace(template, time=time), "survival_difference", None, reason)
    if found.tau is not None:
        yield single(replace(of_mean, time=found.tau), "restricted_mean_difference", None, reason)
