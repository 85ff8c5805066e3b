"""Where a group has few events: penalised hazard ratios with profile limits and permutation tests beside the usual."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from atrisk.compare.log_rank_family.permutation_log_rank import PermutationTest, permutation_log_rank
from atrisk.compare.multiplicity import adjust
from atrisk.derive.follow_up import FollowUp
from atrisk.estimate.proportional_hazards.firth_cox import firth_cox
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.followed import Followed
from atrisk.run.frame import Frame
from atrisk.run.group_model import others
from atrisk.run.hazard import FEW_EVENTS
from atrisk.run.row_building import Estimate, number, single, with_companions
from atrisk.summary.event_counts import EventCounts

SPARSE, PERMUTATION = "sparse", "permutation_log_rank"
_SEED = 20_240_601
_NOTE = Remark("few-events-rule", {"few": FEW_EVENTS})


def sparse_rows(frame: Frame, outcome: FollowUp) -> Iterator[Row]:
    """Nothing where every group has ten events or more for the one parameter that the model spends on it.

    Else events of each group, the ratio of each pair by Firth's penalised likelihood, which is
    finite also where a group has none, and the log-rank test by permutation, which needs no large sample.
    """
    followed = Followed.of(frame, outcome)
    events = np.bincount(followed.group[followed.event], minlength=len(frame.groups))
    if not events.sum() or events.min() >= FEW_EVENTS:
        return
    template = followed.row(frame, SPARSE, _NOTE)
    sizes = np.bincount(followed.group, minlength=len(frame.groups))
    for position, code in enumerate(frame.groups):
        of_group = replace(template, group=code, n=int(sizes[position]), n_event=int(events[position]))
        yield single(of_group, "events_per_parameter", float(events[position]))
    for pair in frame.pairs:
        yield from _firth_rows(frame, followed, replace(template, contrast=frame.contrast(pair)), pair)
    yield from _permutation_rows(frame, followed)


def _firth_rows(frame: Frame, followed: Followed, template: Row, pair: tuple[int, int]) -> Iterator[Row]:
    """The model is fitted with the pair's second group as the reference: the limits are of a coefficient's profile."""
    fit = firth_cox(followed.sample(frame, pair[1]), conf_level=frame.settings.conf_level)
    column = others(replace(frame, reference=pair[1])).index(pair[0])
    reason = "" if math.isfinite(fit.coef[column]) else fit.warning or Remark("not-estimable")
    known = replace(
        template,
        method="stratified firth cox" if frame.stratified else "firth cox",
        convention=Remark("profile-limits"),
        warning=fit.warning or "",
        conf_level=frame.settings.conf_level,
    )
    yield from with_companions(
        known,
        "hazard_ratio",
        Estimate(
            value=float(fit.hazard_ratio[column]) if not reason else math.nan,
            low=float(fit.lower[column]) if not reason else math.nan,
            high=float(fit.upper[column]) if not reason else math.nan,
            reason=reason,
        ),
    )
    p = fit.tests[column].p_value if not reason else math.nan
    yield replace(single(replace(known, conf_level=None), "p", p, reason), alternative="two-sided")


def _permutation_rows(frame: Frame, followed: Followed) -> Iterator[Row]:
    """The test of all groups, then of each pair with its adjusted p value."""
    counts = followed.counts(frame)
    template = replace(
        followed.row(frame, PERMUTATION, _NOTE),
        method="stratified permutation log-rank" if frame.stratified else "permutation log-rank",
        alternative="two-sided",
    )
    delayed = followed.entry is not None
    yield _tested(replace(template, contrast=frame.all_groups), counts, None if delayed else _test(counts))
    if len(frame.groups) == 2:
        return
    tables = [counts.of_groups(*pair) for pair in frame.pairs]
    tests = [None if delayed else _test(table) for table in tables]
    adjusted = adjust([math.nan if test is None else test.p_value for test in tests], frame.multiplicity)
    for pair, table, test, p_adjusted in zip(frame.pairs, tables, tests, adjusted, strict=True):
        of_pair = replace(
            template,
            contrast=frame.contrast(pair),
            family=frame.family(followed.outcome, "permutation log-rank pairs"),
            p_adjusted=number(float(p_adjusted)),
        )
        yield _tested(of_pair, table, test)


def _test(counts: EventCounts) -> PermutationTest:
    return permutation_log_rank(counts, seed=_SEED)


def _tested(template: Row, counts: EventCounts, test: PermutationTest | None) -> Row:
    known = replace(template, n=int(counts.n.sum()), n_event=int(counts.events.sum()))
    if test is None:
        return single(known, "p", math.nan, Remark("not-with-delayed-entry"))
    how = Remark("all-arrangements", {"number": test.replicates})
    if not test.exact:
        how = Remark("random-arrangements", {"number": test.replicates, "seed": test.seed})
    reason = Remark("no-events-to-compare") if math.isnan(test.p_value) else ""
    return single(replace(known, convention=how), "p", test.p_value, reason)
