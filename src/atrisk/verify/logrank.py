"""Answers the cases of rank tests: k groups, weighted, trend, all pairs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from atrisk.compare.log_rank_family.log_rank import LogRankTest, log_rank, weighted_log_rank
from atrisk.compare.log_rank_family.log_rank_trend import log_rank_trend
from atrisk.compare.log_rank_family.pairwise_log_rank import pairwise_log_rank
from atrisk.compare.log_rank_family.rank_weight import LOG_RANK, Kind, RankWeight
from atrisk.compare.multiplicity import adjust
from atrisk.errors import EstimationError
from atrisk.summary.event_counts import EventCounts
from atrisk.verify.adapter import Adapter
from atrisk.verify.question import Level, Question, label

_KINDS: Final[Mapping[str, Kind]] = {
    "logrank": "log-rank",
    "gehan": "gehan",
    "tarone-ware": "tarone-ware",
    "peto-peto": "peto-peto",
    "modified-peto": "modified-peto",
    "fleming-harrington": "fleming-harrington",
}


def k_groups(question: Question) -> Mapping[str, object]:
    """logrank: the G-rho test of R's survdiff."""
    counts, groups = _counts(question)
    test = log_rank(counts, rho=_rho(question))
    return {
        "groups": [label(question.names("group"), level) for level in groups],
        "n": test.n,
        "observed": test.observed,
        "expected": test.expected,
        "var": test.variance,
        "chisq": test.chi_squared,
        "df": test.df,
        "p": test.p_value,
        "notes": _notes(test, question),
    }


def weighted(question: Question) -> Mapping[str, object]:
    """logrank.weighted: the other weights, with delayed entry where the case has it."""
    counts, groups = _counts(question)
    name = str(question.options["weight"])
    if name not in _KINDS:
        raise EstimationError(f"the rank test's weight '{name}' is unknown.")
    gamma = float(question.options.get("gamma", 0.0))
    test = weighted_log_rank(counts, RankWeight(_KINDS[name], rho=_rho(question), gamma=gamma))
    return {
        "groups": [", ".join(level) for level in groups],
        "observed": test.observed,
        "expected": test.expected,
        "weighted_o_minus_e": test.difference,
        "var": test.variance,
        "chisq": test.chi_squared,
        "df": test.df,
        "p": test.p_value,
        "notes": _notes(test, question),
    }


def trend(question: Question) -> Mapping[str, object]:
    """logrank.trend: the scores of ordered groups against observed minus expected."""
    counts, groups = _counts(question)
    test = log_rank_trend(log_rank(counts, rho=_rho(question)), question.options.get("scores"))
    return {
        "groups": [label(question.names("group"), level) for level in groups],
        "u": test.score,
        "v": test.variance,
        "z": test.z,
        "chisq": test.chi_squared,
        "df": test.df,
        "p": test.p_value,
    }


def pairwise(question: Question) -> Mapping[str, object]:
    """logrank.pairwise: every pair, and its p value adjusted in three ways."""
    counts, groups = _counts(question)
    rho = _rho(question)
    weight = LOG_RANK if rho == 0 else RankWeight("fleming-harrington", rho=rho)
    result = pairwise_log_rank(counts, weight=weight, adjustment="none")
    names = [", ".join(level) for level in groups]
    return {
        "pairs": [
            {"a": names[i], "b": names[j], "chisq": test.chi_squared, "p": test.p_value}
            for (i, j), test in zip(result.pairs, result.tests, strict=True)
        ],
        "p": result.p_value,
        "p_holm": adjust(result.p_value, "holm"),
        "p_bh": adjust(result.p_value, "benjamini-hochberg"),
        "p_bonferroni": adjust(result.p_value, "bonferroni"),
    }


def _counts(question: Question) -> tuple[EventCounts, tuple[Level, ...]]:
    used = question.complete()
    group, groups = used.codes(used.names("group"))
    stratum, _ = used.codes(used.names("strata"))
    time, entry = used.times()
    counts = EventCounts.of(time, used.happened().astype(np.int64), group=group, stratum=stratum, entry=entry)
    return counts, groups


def _rho(question: Question) -> float:
    return float(question.options.get("rho", 0.0))


def _notes(test: LogRankTest, question: Question) -> tuple[str, ...]:
    """What there is to say where R stops at a singular variance."""
    if question.options.get("timefix") is False:
        return ("times are compared exactly, as asked for",)
    expected = int(np.count_nonzero(test.expected > 0)) - 1
    if 0 < test.df < expected:
        return (f"not all groups are at risk together: {test.df} comparisons, not {expected}",)
    if test.df == 0:
        return ("no two groups are at risk together: no test",)
    return ("delayed entry: everyone is at risk from their entry on",) if question.options.get("entry") else ()


ADAPTERS: Final[Mapping[str, Adapter]] = {
    "logrank": k_groups,
    "logrank.weighted": weighted,
    "logrank.trend": trend,
    "logrank.pairwise": pairwise,
}
_COMMON: Final = frozenset({"time", "event", "event_value", "group", "strata", "rho", "timefix", "missing"})
OPTIONS: Final = {
    "logrank": _COMMON | {"entry"},
    "logrank.weighted": _COMMON | {"entry", "weight", "gamma"},
    "logrank.trend": _COMMON | {"entry", "scores"},
    "logrank.pairwise": _COMMON | {"entry"},
}
