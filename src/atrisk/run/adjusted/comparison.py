"""The outcomes of a comparison, adjusted by every method that the study declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from atrisk.derive.follow_up import FollowUp
from atrisk.derive.variable import Values
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.adjusted.analysis_set import (
    CONFOUNDERS,
    SAME_PATIENTS,
    AnalysisSet,
    account_rows,
    of_follow_up,
    of_values,
)
from atrisk.run.adjusted.balance import GATE, overlap_rows, unweighted_rows
from atrisk.run.adjusted.covariates import Covariate, covariates
from atrisk.run.adjusted.doubly_robust import doubly_robust_rows
from atrisk.run.adjusted.imputed_regression import imputed_rows
from atrisk.run.adjusted.matched import matched, matched_estimates, matched_gate
from atrisk.run.adjusted.missingness import missingness_rows
from atrisk.run.adjusted.pair_set import pair_sets
from atrisk.run.adjusted.regression import adjusted_ratios, regression_rows
from atrisk.run.adjusted.standardised import standardised_rows
from atrisk.run.adjusted.weighted import estimands_of, gated, gated_estimands, weighted_estimates
from atrisk.run.frame import Frame
from atrisk.study.adjustment import Adjustment
from atrisk.study.model import Study
from atrisk.study.outcome import Outcome


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
    frame: Frame,
    adjustment: Adjustment,
    values: Mapping[str, Values],
    outcomes: Sequence[FollowUp | Values],
    declared: Mapping[str, Outcome],
) -> Iterator[Row]:
    """Every row of an adjusted comparison: what is missing of whom, then each adjusted outcome.

    ``declared``: the outcomes that take time, as the study has them.
    """
    known = covariates(adjustment, values)
    adjusted = [outcome for outcome in outcomes if is_adjusted(adjustment, outcome)]
    yield from missingness_rows(frame, known, adjusted)
    balanced: dict[bytes, str] = {}
    for outcome in adjusted:
        if isinstance(outcome, FollowUp):
            found = of_follow_up(frame, outcome, known, declared=declared[outcome.name])
        else:
            found = of_values(frame, outcome, known)
        yield from adjusted_rows(found, adjustment, balanced)
    if adjustment.imputation is not None:
        auxiliary = tuple(Covariate(values[name]) for name in adjustment.imputation.auxiliary)
        yield from imputed_rows(frame, adjustment, (known, auxiliary), adjusted, _analysed)


def adjusted_rows(found: AnalysisSet, adjustment: Adjustment, balanced: dict[bytes, str]) -> Iterator[Row]:
    """Every row of an adjusted outcome; those of its analysis sets first, on which all others rest.

    ``balanced`` names, by the patients used, the outcome under which their balance has been said, and is added to: of
    the same patients it is the same whatever the outcome.
    """
    yield from account_rows(found, SAME_PATIENTS)
    yield from account_rows(found, CONFOUNDERS)
    yield from regression_rows(found, adjustment.methods)
    # Of ordered levels regression alone: no weighted, matched or standardised analysis of them is offered.
    if "standardisation" in adjustment.methods and found.level is None:
        yield from standardised_rows(found)
    if adjustment.by_score and found.level is None:
        said = balanced.setdefault(found.used.tobytes(), found.outcome)
        yield from _by_score(found, adjustment, "" if said == found.outcome else said)


def adjusted_again(frame: Frame, known: Sequence[Covariate], outcome: FollowUp | Values) -> Iterator[Row]:
    """The adjusted regression of an outcome under an alternative: who is in it, and the ratio of every pair."""
    found = _analysed(frame, known, outcome)
    yield from account_rows(found, CONFOUNDERS)
    yield from adjusted_ratios(found)


def _analysed(frame: Frame, known: Sequence[Covariate], outcome: FollowUp | Values) -> AnalysisSet:
    return of_follow_up(frame, outcome, known) if isinstance(outcome, FollowUp) else of_values(frame, outcome, known)


def _by_score(found: AnalysisSet, adjustment: Adjustment, balanced: str) -> Iterator[Row]:
    """Balance, overlap and the gate of every pair and method, before any estimate that rests on a score.

    ``balanced`` names the outcome under which the balance of the same patients has been said, if it has.
    """
    estimates: list[Iterator[Row]] = []
    for pair in pair_sets(found, adjustment):
        columns = pair.columns()
        if not balanced:
            yield from unweighted_rows(pair, columns)
            yield from overlap_rows(pair)
        for estimand in gated_estimands(adjustment):
            rows, failure = gated(pair, estimand, adjustment, columns)
            yield from _gate(rows, balanced)
            if estimand in estimands_of(adjustment):
                estimates.append(weighted_estimates(pair, estimand, adjustment, failure))
            if estimand == "ate" and "doubly robust" in adjustment.methods:
                estimates.append(doubly_robust_rows(pair, failure))
        if "matching" in adjustment.methods:
            made = matched(pair, adjustment.matching)
            if made.matching is not None:
                yield from account_rows(made.patients(), made.name, Remark("not-matched"))
            rows, failure = matched_gate(made, adjustment, columns)
            yield from _gate(rows, balanced)
            estimates.append(matched_estimates(made, failure))
    for of_pair in estimates:
        yield from of_pair


def _gate(rows: Sequence[Row], balanced: str) -> Iterator[Row]:
    """Balance and verdicts; balance that has been said of the same patients is named instead."""
    for row in rows:
        if row.analysis == GATE and balanced:
            yield replace(row, note=Remark("balance-as-for", {"outcome": balanced}))
        elif row.analysis == GATE or not balanced:
            yield row
