"""Tests between survival curves over data frames: the log-rank family, for trend, in pairs, by permutation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from atrisk.api.answer import Answer
from atrisk.api.complete_rows import Names
from atrisk.api.follow_up_columns import FollowUp, FollowUpColumns, read_follow_up, require_groups
from atrisk.api.level import Levels
from atrisk.compare.log_rank_family.log_rank import LogRankTest, weighted_log_rank
from atrisk.compare.log_rank_family.log_rank_trend import TrendTest
from atrisk.compare.log_rank_family.log_rank_trend import log_rank_trend as _log_rank_trend
from atrisk.compare.log_rank_family.max_combo import FOUR_WEIGHTS, MaxComboTest
from atrisk.compare.log_rank_family.max_combo import max_combo as _max_combo
from atrisk.compare.log_rank_family.pairwise_log_rank import PairwiseTests
from atrisk.compare.log_rank_family.pairwise_log_rank import pairwise_log_rank as _pairwise_log_rank
from atrisk.compare.log_rank_family.permutation_log_rank import PermutationTest
from atrisk.compare.log_rank_family.permutation_log_rank import permutation_log_rank as _permutation_log_rank
from atrisk.compare.log_rank_family.rank_weight import LOG_RANK, RankWeight
from atrisk.compare.multiplicity import Method


def log_rank(
    data: Any,
    *,
    time: str,
    event: str,
    group: Names,
    event_value: Levels | None = None,
    censored_value: Levels | None = None,
    entry: str | None = None,
    strata: Names | None = None,
    timefix: bool = True,
    weight: RankWeight = LOG_RANK,
) -> Answer[LogRankTest]:
    """The test of no difference between all groups; `weight`: any of the log-rank family.

    Definition, source and edges: `weighted_log_rank`. Columns and errors as in `kaplan_meier`.
    """
    columns = FollowUpColumns(
        time=time,
        event=event,
        event_value=event_value,
        censored_value=censored_value,
        group=group,
        entry=entry,
        strata=strata,
        timefix=timefix,
    )
    given = _compared(data, columns)
    test = weighted_log_rank(given.counts(), weight)
    summary = {
        "group": list(given.groups),
        "n": test.n,
        "n_event": test.observed,
        "expected": test.expected,
    }
    table = {
        "contrast": " / ".join(given.groups),
        "chi_squared": test.chi_squared,
        "df": test.df,
        "p": test.p_value,
    }
    notes = (*given.notes, f"chi squared {test.chi_squared:.6g} on {test.df} df, p = {test.p_value:.4g}")
    title = f"{_words(weight)} test of '{time}': {' / '.join(given.groups)}"
    return Answer(title, test, table, _said(given, strata), given.rows, notes, summary)


def log_rank_trend(
    data: Any,
    *,
    time: str,
    event: str,
    group: Names,
    event_value: Levels | None = None,
    censored_value: Levels | None = None,
    entry: str | None = None,
    strata: Names | None = None,
    timefix: bool = True,
    weight: RankWeight = LOG_RANK,
    scores: Sequence[float] | None = None,
) -> Answer[TrendTest]:
    """The test for trend over groups in the order of their labels, with `scores` 0, 1, 2, ... unless given.

    Definition and source: `log_rank_trend` of the estimators. Columns and errors as in `kaplan_meier`.
    """
    columns = FollowUpColumns(
        time=time,
        event=event,
        event_value=event_value,
        censored_value=censored_value,
        group=group,
        entry=entry,
        strata=strata,
        timefix=timefix,
    )
    given = _compared(data, columns)
    test = _log_rank_trend(weighted_log_rank(given.counts(), weight), scores)
    table = {
        "contrast": f"trend over {' < '.join(given.groups)}",
        "z": test.z,
        "chi_squared": test.chi_squared,
        "df": test.df,
        "p": test.p_value,
    }
    said = (*_said(given, strata), "z above 0 where higher scores fail earlier", "two-sided p")
    return Answer(f"{_words(weight)} test for trend of '{time}'", test, table, said, given.rows, given.notes)


def pairwise_log_rank(
    data: Any,
    *,
    time: str,
    event: str,
    group: Names,
    event_value: Levels | None = None,
    censored_value: Levels | None = None,
    entry: str | None = None,
    strata: Names | None = None,
    timefix: bool = True,
    weight: RankWeight = LOG_RANK,
    adjustment: Method = "holm",
) -> Answer[PairwiseTests]:
    """The test of every pair of groups, the others left out, with raw and adjusted p values.

    Definition and source: `pairwise_log_rank` of the estimators. Columns and errors as in `kaplan_meier`.
    """
    columns = FollowUpColumns(
        time=time,
        event=event,
        event_value=event_value,
        censored_value=censored_value,
        group=group,
        entry=entry,
        strata=strata,
        timefix=timefix,
    )
    given = _compared(data, columns)
    tests = _pairwise_log_rank(given.counts(), weight=weight, adjustment=adjustment)
    table = {
        "contrast": [f"{given.groups[i]} vs {given.groups[j]}" for i, j in tests.pairs],
        "chi_squared": [test.chi_squared for test in tests.tests],
        "df": [test.df for test in tests.tests],
        "p": tests.p_value,
        "p_adjusted": tests.p_adjusted,
    }
    said = (*_said(given, strata), f"p adjusted by {adjustment} for {len(tests.pairs)} pairs")
    return Answer(f"{_words(weight)} tests of '{time}' in pairs", tests, table, said, given.rows, given.notes)


def max_combo(
    data: Any,
    *,
    time: str,
    event: str,
    group: Names,
    event_value: Levels | None = None,
    censored_value: Levels | None = None,
    entry: str | None = None,
    strata: Names | None = None,
    timefix: bool = True,
    weights: Sequence[RankWeight] = FOUR_WEIGHTS,
) -> Answer[MaxComboTest]:
    """The strongest of several weighted log-rank tests of two groups, with a p value that knows of the choice.

    Definition and source: `max_combo` of the estimators. `weights` are rank weights, not case weights.
    """
    columns = FollowUpColumns(
        time=time,
        event=event,
        event_value=event_value,
        censored_value=censored_value,
        group=group,
        entry=entry,
        strata=strata,
        timefix=timefix,
    )
    given = _compared(data, columns)
    test = _max_combo(given.counts(), weights=weights)
    table = {
        "contrast": f"{given.groups[0]} vs {given.groups[1]}",
        "max_abs_z": test.statistic,
        "weight": _words(test.weights[test.strongest]) if test.strongest >= 0 else "",
        "p": test.p_value,
    }
    said = (*_said(given, strata), "two-sided p of the maximum", f"weights: {', '.join(map(_words, test.weights))}")
    return Answer(f"MaxCombo test of '{time}'", test, table, said, given.rows, given.notes)


def permutation_log_rank(
    data: Any,
    *,
    time: str,
    event: str,
    group: Names,
    seed: int,
    event_value: Levels | None = None,
    censored_value: Levels | None = None,
    strata: Names | None = None,
    timefix: bool = True,
    weight: RankWeight = LOG_RANK,
    replicates: int = 10_000,
) -> Answer[PermutationTest]:
    """The log-rank test with a permutation p value, exact where all arrangements can be counted.

    Definition and source: `permutation_log_rank` of the estimators. Columns and errors as in `kaplan_meier`.
    """
    columns = FollowUpColumns(
        time=time,
        event=event,
        event_value=event_value,
        censored_value=censored_value,
        group=group,
        strata=strata,
        timefix=timefix,
    )
    given = _compared(data, columns)
    test = _permutation_log_rank(given.counts(), seed=seed, replicates=replicates, weight=weight)
    table = {
        "contrast": " / ".join(given.groups),
        "chi_squared": test.chi_squared,
        "p": test.p_value,
        "std_error_p": test.std_error,
    }
    how = "all arrangements counted" if test.exact else f"{test.replicates} random arrangements, seed {seed}"
    notes = (*given.notes, test.reason) if test.reason else given.notes
    title = f"{_words(weight)} permutation test of '{time}'"
    return Answer(title, test, table, (*_said(given, strata), how), given.rows, notes)


def _compared(data: Any, columns: FollowUpColumns) -> FollowUp:
    given = read_follow_up(data, columns)
    require_groups(given)
    return given


def _said(given: FollowUp, strata: Names | None) -> tuple[str, ...]:
    stratified = (f"summed over {len(given.strata)} strata",) if strata is not None else ()
    return ("hypergeometric variance", *stratified, *given.conventions)


def _words(weight: RankWeight) -> str:
    if weight.kind == "fleming-harrington":
        return f"Fleming-Harrington({weight.rho:g}, {weight.gamma:g})"
    return {
        "log-rank": "Log-rank",
        "gehan": "Gehan",
        "tarone-ware": "Tarone-Ware",
        "peto-peto": "Peto-Peto",
        "modified-peto": "Modified Peto",
    }[weight.kind]
