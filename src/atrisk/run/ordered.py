"""An outcome with ordered levels as odds ratios: one of all thresholds, each one's own, and whether one will do."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.contingency.ordered_odds import OrderedOdds, ordered_odds
from atrisk.compare.proportions.risk_difference import odds_ratio
from atrisk.derive.variable import Values
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.frame import Frame
from atrisk.run.group_model import untested_ratio_rows
from atrisk.run.row_building import Estimate, single, with_companions

PROPORTIONAL_ODDS, THRESHOLD_ODDS = "proportional_odds", "threshold_odds"
# Below this expected count the approximation by chi-squared is rough.
_SMALL = 5.0
_NOT_PROPORTIONAL = 0.05


def ordered_rows(frame: Frame, values: Values, table: NDArray[np.int64]) -> Iterator[Row]:
    """Odds ratios of a higher level from one model of all groups; of all compared, each threshold's own beside them.

    No p value of a ratio: the rank-sum test is that of the same hypothesis. What is tested is whether the ratio is the
    same at every threshold. ``table`` counts groups by levels.
    """
    n = int(table.sum())
    template = replace(
        frame.row(PROPORTIONAL_ODDS),
        outcome=values.name,
        method="proportional odds",
        n=n,
        note=Remark("one-proportional-odds-model") if len(frame.groups) > 2 else "",
    )
    reason = _reason(table)
    if reason:
        for pair in frame.pairs:
            yield single(replace(template, contrast=frame.contrast(pair)), "odds_ratio", math.nan, reason)
        return
    found = ordered_odds(table, reference=frame.reference, conf_level=frame.settings.conf_level)
    tested = list(_test(frame, template, found))
    differs = any(
        row.statistic == "proportional_odds_p" and row.value is not None and row.value < _NOT_PROPORTIONAL
        for row in tested
    )
    warning = found.fit.warning or (Remark("odds-not-proportional") if differs else "")
    for pair in frame.pairs:
        of_pair = replace(template, contrast=frame.contrast(pair), warning=warning)
        yield from untested_ratio_rows(frame, of_pair, found.fit, pair, "odds_ratio")
    yield from tested
    if not frame.within:
        yield from _thresholds(frame, values, table)


def _reason(table: NDArray[np.int64]) -> str:
    """Why there is no model; empty where there is one."""
    if not (table.sum(axis=1) > 0).all():
        return Remark("no-patient")
    return Remark("one-level") if (table.sum(axis=0) > 0).sum() < 2 else ""


def _test(frame: Frame, template: Row, found: OrderedOdds) -> Iterator[Row]:
    """Whether the odds ratios are the same at every threshold: nothing is tested where there is only one."""
    if not found.df:
        return
    occupied = found.expected[:, found.expected.sum(axis=0) > 0]
    sparse = bool((occupied < _SMALL).any())
    tested = replace(
        template,
        method="pearson, proportional odds",
        contrast=frame.all_groups,
        df=float(found.df),
        note="",
        warning=Remark("small-expected-at-levels") if sparse else "",
    )
    yield single(tested, "chi_squared", found.chi_squared, found.reason)
    yield replace(single(tested, "proportional_odds_p", found.p_value, found.reason), alternative="two-sided")


def _thresholds(frame: Frame, values: Values, table: NDArray[np.int64]) -> Iterator[Row]:
    """The odds ratio of this level or a higher one, for every level above the lowest that somebody has."""
    occupied = np.flatnonzero(table.sum(axis=0) > 0)
    higher, totals = table[:, ::-1].cumsum(axis=1)[:, ::-1], table.sum(axis=1)
    level = frame.settings.conf_level
    for first, second in frame.pairs:
        template = replace(
            frame.row(THRESHOLD_ODDS),
            outcome=values.name,
            contrast=frame.contrast((first, second)),
            method="woolf",
            conf_level=level,
            n=int(totals[first] + totals[second]),
        )
        for at in occupied[1:]:
            one, other = (int(higher[group, at]) for group in (first, second))
            ratio = odds_ratio(one, int(totals[first]), other, int(totals[second]), conf_level=level)
            # A ratio of nothing or of infinity is said, not printed as a number.
            known = not math.isnan(ratio.lower)
            reason = "" if known else Remark("threshold-empty")
            yield from with_companions(
                replace(template, level=values.levels[at]),
                "odds_ratio",
                Estimate(
                    value=ratio.estimate if known else math.nan,
                    low=ratio.lower,
                    high=ratio.upper,
                    reason=reason,
                    limit_reason=reason,
                ),
            )
