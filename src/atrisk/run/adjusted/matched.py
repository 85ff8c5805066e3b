"""Two groups matched on their propensity score: who is matched, how alike they then are, and what they differ in."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.balance.matching import (
    Matching,
    MatchingRule,
    caliper_width,
    matched_sets,
    nearest_neighbours,
    paired_counts,
)
from atrisk.compare.balance.optimal_matching import optimal_pairs
from atrisk.compare.proportions.paired_difference import newcombe_paired_difference
from atrisk.compare.weighting.score_weights import ScoreWeights, known_weights
from atrisk.compare.weighting.weighted_risk_difference import weighted_risk_difference
from atrisk.compare.weighting.weighted_survival import weighted_restricted_mean, weighted_survival
from atrisk.estimate.proportional_hazards.cox import cox
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.adjusted.analysis_set import AnalysisSet
from atrisk.run.adjusted.balance import BALANCE, balance_of, detectable_row, gate_rows, weighted_rows
from atrisk.run.adjusted.covariates import BalanceColumns
from atrisk.run.adjusted.e_values import with_e_values
from atrisk.run.adjusted.pair_set import PairSet
from atrisk.run.adjusted.weighted import difference_rows
from atrisk.run.row_building import Estimate, single, with_companions
from atrisk.study.adjustment import Adjustment, MatchingDeclared

Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

MATCHED = "matched"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MatchedSet:
    """A pair with its matching; ``turned`` where partners were sought for the second group, which is the smaller.

    ``kept`` says who of the pair is matched, ``cluster`` (kept,) in which set. None and ``reason`` where nobody is.
    """

    pair: PairSet
    matching: Matching | None
    turned: bool
    kept: Flags
    cluster: Codes
    reason: str

    @property
    def name(self) -> str:
        """The adjustment set of its rows: matching leaves each pair patients of its own."""
        return f"{MATCHED}, {self.pair.found.frame.contrast(self.pair.pair)}"

    def patients(self) -> AnalysisSet:
        """The matched patients as a set of their own."""
        members = np.flatnonzero(self.pair.members)
        inside = np.zeros(self.pair.members.size, dtype=np.bool_)
        inside[members[self.kept]] = True
        return self.pair.found.narrowed(inside)

    def row(self, analysis: str) -> Row:
        """What all its rows share; without a match they rest on the whole pair."""
        template = replace(self.pair.row(analysis), estimand=MATCHED)
        if self.matching is None:
            return template
        happened = self.pair.happened[self.kept]
        return replace(template, adjustment_set=self.name, n=int(self.kept.sum()), n_event=int(happened.sum()))


def matched(pair: PairSet, declared: MatchingDeclared) -> MatchedSet:
    """The patients of the smaller group with the declared number of partners each, on the logit of the score."""
    nobody = np.zeros(pair.treated.size, dtype=np.bool_)
    none = MatchedSet(
        pair=pair, matching=None, turned=False, kept=nobody, cluster=np.empty(0, dtype=np.int64), reason=pair.reason
    )
    if pair.reason or pair.score is None:
        return none
    turned = bool(2 * int(pair.treated.sum()) > pair.treated.size)
    sought = ~pair.treated if turned else pair.treated
    width = None
    if declared.caliper != "any":
        if min(int(sought.sum()), int((~sought).sum())) < 2:
            return replace(none, reason=Remark("no-match"))
        width = caliper_width(pair.score.logit, sought, sds=declared.caliper, of="pooled")
    exact = _exact(pair, declared.exact)
    if declared.order == "optimal":
        rule = MatchingRule(ratio=declared.ratio, caliper=width)
        found = optimal_pairs(pair.score.logit, sought, rule=rule, exact=exact)
    else:
        rule = MatchingRule(ratio=declared.ratio, caliper=width, order=declared.order)
        found = nearest_neighbours(pair.score.logit, sought, rule=rule, exact=exact)
    if not found.pairs.size:
        return replace(none, reason=Remark("no-match"))
    who, sets = matched_sets(found)
    cluster = np.full(pair.treated.size, -1, dtype=np.int64)
    cluster[who] = sets
    kept = cluster >= 0
    return MatchedSet(pair=pair, matching=found, turned=turned, kept=kept, cluster=cluster[kept], reason="")


def _exact(pair: PairSet, names: tuple[str, ...]) -> Codes | None:
    """A code for each combination of the values of these confounders."""
    columns = [
        covariate.values.numbers[pair.patients] if covariate.as_number else covariate.level[pair.patients]
        for covariate in pair.found.covariates
        if covariate.name in names
    ]
    if not columns:
        return None
    _, codes = np.unique(np.column_stack(columns), axis=0, return_inverse=True)
    return codes.reshape(-1).astype(np.int64)


def matched_gate(own: MatchedSet, adjustment: Adjustment, columns: BalanceColumns) -> tuple[list[Row], str]:
    """Balance among the matched and the verdicts on it; what their estimates have to carry."""
    template = replace(own.row(BALANCE), method=MATCHED, n_event=None)
    table = None if own.matching is None else balance_of(own.pair, columns, own.matching.weight)
    rows = [] if table is None else list(weighted_rows(template, columns, table, own.pair.groups))
    verdicts, failure = gate_rows(template, adjustment.gate, own.pair, table)
    if own.pair.found.timed and own.matching is not None:
        verdicts.append(detectable_row(template, own.pair, own.matching.weight, own.kept))
    return rows + verdicts, failure


def matched_estimates(own: MatchedSet, failure: str) -> Iterator[Row]:
    """Every difference and ratio of the matched groups, their errors by matched set."""
    found, template = own.pair.found, replace(own.row(MATCHED), warning=failure)
    if own.matching is None:
        statistic = "hazard_ratio" if found.timed else "risk_difference"
        method = "matched cox" if found.timed else "matched risk difference"
        yield single(replace(template, method=method, warning=""), statistic, None, own.reason)
        return
    weights = known_weights(own.matching.weight[own.kept], own.pair.treated[own.kept])
    template = replace(template, convention=Remark("clustered-by-set"))
    if not found.timed:
        yield from _risk(own, own.matching, weights, template)
        return
    rows, level = _rows(own), found.frame.settings.conf_level
    if not found.cause and found.landmarks:
        by_time = weighted_survival(rows, weights, found.landmarks, conf_level=level)
        own_method = replace(template, method="matched kaplan-meier")
        yield from difference_rows(own_method, "survival_difference", by_time, found.landmarks)
    if not found.cause and found.tau is not None:
        mean = weighted_restricted_mean(rows, weights, found.tau, conf_level=level)
        own_method = replace(template, method="matched restricted mean", unit="days")
        yield from difference_rows(own_method, "restricted_mean_difference", mean, (found.tau,))
    yield from with_e_values(_hazard(own, rows, weights, template))


def _rows(own: MatchedSet) -> FollowUpRows:
    whole = own.pair.follow_up()
    return FollowUpRows.of(
        whole.time[own.kept],
        whole.event[own.kept],
        group=whole.group[own.kept],
        entry=None if whole.entry is None else whole.entry[own.kept],
        cluster=own.cluster,
    )


def _hazard(own: MatchedSet, rows: FollowUpRows, weights: ScoreWeights, template: Row) -> Iterator[Row]:
    sample = CoxSample(
        time=rows.time,
        event=rows.event > 0,
        covariates=weights.treated[:, None].astype(np.float64),
        entry=rows.entry,
        weight=weights.weight,
        cluster=own.cluster,
    )
    fit = cox(sample, conf_level=own.pair.found.frame.settings.conf_level, variance="robust")
    ratio, low, high = float(fit.hazard_ratio[0]), float(fit.lower[0]), float(fit.upper[0])
    known = math.isfinite(ratio) and ratio > 0
    reason = fit.warning or Remark("not-estimable")
    estimate = Estimate(
        value=ratio if known else math.nan,
        low=low if known else math.nan,
        high=high if known and math.isfinite(high) else math.nan,
        reason=reason,
        limit_reason=reason,
    )
    cause = "cause-specific " if own.pair.found.cause else ""
    yield from with_companions(replace(template, method=f"matched {cause}cox"), "hazard_ratio", estimate)


def _risk(own: MatchedSet, matching: Matching, weights: ScoreWeights, template: Row) -> Iterator[Row]:
    """Of pairs Newcombe's difference; of larger sets the weighted one, its error by set."""
    level, happened = own.pair.found.frame.settings.conf_level, own.pair.happened
    if matching.rule.ratio > 1:
        found = weighted_risk_difference(
            happened[own.kept].astype(np.float64), weights, cluster=own.cluster, conf_level=level
        )
        template = replace(template, method="matched risk difference")
        yield from difference_rows(template, "risk_difference", found, (None,))
        return
    both, one, other, neither = paired_counts(matching, happened)
    first, second = (other, one) if own.turned else (one, other)
    of_pairs = newcombe_paired_difference(both, first, second, neither, conf_level=level)
    estimate = Estimate(value=of_pairs.estimate, low=of_pairs.lower, high=of_pairs.upper, reason=of_pairs.reason)
    yield from with_companions(
        replace(template, method="newcombe, matched pairs", convention=""), "risk_difference", estimate
    )
