"""Balance of the confounders before and after weighting, overlap on the score, and the gate before an estimate."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.balance.gate import Criterion, Diagnostics, GateThresholds, Verdict, gate
from atrisk.compare.balance.overlap import overlap
from atrisk.compare.balance.standardized_difference import NO_VARIATION
from atrisk.compare.balance.weighted_balance import BalanceTable, GroupBalance, weighted_balance
from atrisk.compare.balance.weighted_power import weighted_power
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.adjusted.covariates import BalanceColumns
from atrisk.run.adjusted.pair_set import PairSet
from atrisk.run.row_building import single
from atrisk.study.adjustment import Gate

Floats = NDArray[np.float64]

BALANCE, OVERLAP, GATE = "balance", "overlap", "gate"
_MEASURED: dict[Criterion, str] = {
    "smd_below": "largest_smd",
    "effective_n_at_least": "effective_n",
    "equipoise_at_least": "equipoise",
}

_MISSED: dict[Criterion, str] = {
    "smd_below": "gate-smd-below",
    "effective_n_at_least": "gate-effective-n-at-least",
    "equipoise_at_least": "gate-equipoise-at-least",
}
_UNKNOWN: dict[Criterion, str] = {
    "smd_below": "gate-smd-below-unknown",
    "effective_n_at_least": "gate-effective-n-at-least-unknown",
    "equipoise_at_least": "gate-equipoise-at-least-unknown",
}


def balance_of(pair: PairSet, columns: BalanceColumns, weight: Floats) -> BalanceTable:
    """The balance table of a pair under weights."""
    return weighted_balance(columns.matrix, pair.treated, weight)


def unweighted_rows(pair: PairSet, columns: BalanceColumns) -> Iterator[Row]:
    """Standardised differences and ratios of variances of the two groups as they are; of an empty group nothing."""
    if pair.treated.all() or not pair.treated.any():
        return
    table = balance_of(pair, columns, np.ones(pair.treated.size))
    yield from _balance(replace(pair.row(BALANCE), method="unweighted"), columns, table, table.before)


def weighted_rows(
    template: Row, columns: BalanceColumns, table: BalanceTable, groups: tuple[str, str]
) -> Iterator[Row]:
    """The same after weighting or matching, and the effective sample size of each group."""
    yield from _balance(template, columns, table, table.after)
    for group, value in zip(groups, table.effective_n, strict=True):
        yield single(replace(template, group=group, conf_level=None), "effective_n", value)


def _balance(template: Row, columns: BalanceColumns, table: BalanceTable, of: GroupBalance) -> Iterator[Row]:
    template = replace(template, conf_level=None, n_event=None)
    for place, (variable, level) in enumerate(columns.names):
        own = replace(template, variable=variable, level=level)
        reason = Remark("no-variation") if table.reasons[place] == NO_VARIATION else table.reasons[place]
        yield single(own, "smd", of.smd[place], reason)
        if not table.binary[place]:
            yield single(own, "variance_ratio", of.variance_ratio[place], reason)


def overlap_rows(pair: PairSet) -> Iterator[Row]:
    """How far the two groups overlap on their score: equipoise, common support, the c-statistic."""
    template = replace(pair.row(OVERLAP), conf_level=None, method="propensity score")
    if pair.score is None:
        for statistic in ("equipoise", "outside_support"):
            for group in pair.groups:
                yield single(replace(template, group=group), statistic, None, pair.reason)
        yield single(template, "c_statistic", None, pair.reason)
        return
    found = overlap(pair.score, pair.treated)
    for place, group in enumerate(pair.groups):
        yield single(replace(template, group=group), "equipoise", found.in_equipoise[place])
        yield single(replace(template, group=group), "outside_support", found.share_outside_support[place])
    # Where patients have a score of 0 or 1 the model has parted them; how well it does is then the reason itself.
    yield replace(single(template, "c_statistic", found.c_statistic), warning=pair.reason)


def gate_rows(template: Row, declared: Gate, pair: PairSet, table: BalanceTable | None) -> tuple[list[Row], str]:
    """Each declared criterion against its measure, and what a weighted estimate has to carry: empty if all are met."""
    thresholds = GateThresholds(declared.smd_below, declared.effective_n_at_least, declared.equipoise_at_least)
    found = None if pair.score is None else overlap(pair.score, pair.treated)
    unknown = Diagnostics(math.nan, math.nan, math.nan if found is None else found.equipoise)
    measured = unknown if table is None else Diagnostics.of(table, found)
    verdicts = gate(thresholds, measured).verdicts
    rows: list[Row] = []
    for verdict in verdicts:
        own = replace(
            template, analysis=GATE, term=verdict.criterion, margin=verdict.threshold, conf_level=None, n_event=None
        )
        statistic = _MEASURED[verdict.criterion]
        why = pair.reason or verdict.reason
        rows.append(single(own, statistic, verdict.measured, why))
        rows.append(replace(single(own, "met", float(verdict.met)), of=statistic))
    failed = [verdict for verdict in verdicts if not verdict.met]
    if not failed:
        return rows, ""
    return rows, Remark("fails-its-gate", {"why": tuple(_failure(verdict) for verdict in failed)})


def _failure(verdict: Verdict) -> Remark:
    if math.isnan(verdict.measured):
        return Remark(_UNKNOWN[verdict.criterion])
    return Remark(
        _MISSED[verdict.criterion], {"measured": round(abs(verdict.measured), 3), "threshold": verdict.threshold}
    )


def detectable_row(template: Row, pair: PairSet, weight: Floats, kept: NDArray[np.bool_] | None = None) -> Row:
    """The hazard ratio that the comparison would find, at its effective numbers; ``kept``: of these patients alone."""
    settings = pair.found.frame.settings
    who = np.ones(pair.treated.size, dtype=np.bool_) if kept is None else kept
    events = int(pair.happened[who].sum())
    found = weighted_power(
        weight[who],
        pair.treated[who],
        events,
        wanted_power=settings.detectable.power,
        conf_level=settings.conf_level,
    )
    template = replace(template, n_event=events)
    own = replace(
        template, analysis=GATE, method="schoenfeld", alternative="two-sided",
        convention=Remark("power-wanted", {"power": settings.detectable.power}),
    )  # fmt: skip
    return single(own, "detectable_hazard_ratio", found.hazard_ratio, Remark("no-events"))
