"""The outcomes of a comparison, adjusted by every method that the study declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from atrisk.derive.follow_up import FollowUp
from atrisk.derive.variable import Values
from atrisk.result.row import Row
from atrisk.run.adjusted.analysis_set import (
    CONFOUNDERS,
    SAME_PATIENTS,
    AnalysisSet,
    account_rows,
    of_follow_up,
    of_values,
)
from atrisk.run.adjusted.covariates import Covariate, covariates
from atrisk.run.adjusted.missingness import missingness_rows
from atrisk.run.adjusted.regression import adjusted_ratios, regression_rows
from atrisk.run.frame import Frame
from atrisk.study.adjustment import Adjustment
from atrisk.study.model import Study


def adjustment_of(study: Study, comparison: str) -> Adjustment | None:
    """What a comparison of the study declares to be adjusted for."""
    declared = study.comparisons.get(comparison)
    return declared.adjustment if declared is not None else study.adjustment


def is_adjusted(adjustment: Adjustment, outcome: FollowUp | Values) -> bool:
    """Whether the outcome is adjusted: as declared, else every one but a number."""
    if adjustment.outcomes:
        return outcome.name in adjustment.outcomes
    return isinstance(outcome, FollowUp) or outcome.kind != "number"


def comparison_rows(
    frame: Frame, adjustment: Adjustment, values: Mapping[str, Values], outcomes: Sequence[FollowUp | Values]
) -> Iterator[Row]:
    """Every row of an adjusted comparison: what is missing of whom, then each adjusted outcome."""
    known = covariates(adjustment, values)
    adjusted = [outcome for outcome in outcomes if is_adjusted(adjustment, outcome)]
    yield from missingness_rows(frame, known, adjusted)
    for outcome in adjusted:
        yield from adjusted_rows(frame, adjustment, known, outcome)


def adjusted_rows(
    frame: Frame, adjustment: Adjustment, known: Sequence[Covariate], outcome: FollowUp | Values
) -> Iterator[Row]:
    """Every row of an adjusted outcome; those of its analysis sets first, on which all others rest."""
    found = _analysed(frame, known, outcome)
    yield from account_rows(found, SAME_PATIENTS)
    yield from account_rows(found, CONFOUNDERS)
    yield from regression_rows(found, adjustment.methods)


def adjusted_again(frame: Frame, known: Sequence[Covariate], outcome: FollowUp | Values) -> Iterator[Row]:
    """The adjusted regression of an outcome under an alternative: who is in it, and the ratio of every pair."""
    found = _analysed(frame, known, outcome)
    yield from account_rows(found, CONFOUNDERS)
    yield from adjusted_ratios(found)


def _analysed(frame: Frame, known: Sequence[Covariate], outcome: FollowUp | Values) -> AnalysisSet:
    return of_follow_up(frame, outcome, known) if isinstance(outcome, FollowUp) else of_values(frame, outcome, known)
