"""Answers the cases of rank tests: k groups, weighted, trend, all pairs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.log_rank_family.log_rank import LogRankTest, log_rank, weighted_log_rank
from atrisk.compare.log_rank_family.log_rank_trend import log_rank_trend
from atrisk.compare.log_rank_family.pairwise_log_rank import pairwise_log_rank
from atrisk.compare.log_rank_family.rank_weight import LOG_RANK, Kind, RankWeight
from atrisk.compare.multiplicity import adjust
from atrisk.errors import EstimationError
from atrisk.summary.event_counts import EventCounts
from atrisk.verify.adapter import Adapter
from atrisk.verify.case import Case
from atrisk.verify.kept_difference import KeptDifference, at_most, not_given
from atrisk.verify.question import Level, Question, label

Floats = NDArray[np.float64]
_KINDS: Final[Mapping[str, Kind]] = {
    "logrank": "log-rank",
    "gehan": "gehan",
    "tarone-ware": "tarone-ware",
    "peto-peto": "peto-peto",
    "modified-peto": "modified-peto",
    "fleming-harrington": "fleming-harrington",
}


_ADJUSTED: Final = ("p_holm", "p_bh", "p_bonferroni")


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
    as_one = np.where(np.isnan(result.p_value), 1.0, result.p_value)
    return {
        "imitated": _adjusted(as_one),
        "pairs": [
            {"a": names[i], "b": names[j], "chisq": test.chi_squared, "p": test.p_value}
            for (i, j), test in zip(result.pairs, result.tests, strict=True)
        ],
        "p": result.p_value,
        **_adjusted(result.p_value),
    }


def _adjusted(p: Floats) -> dict[str, Floats]:
    return {
        "p_holm": adjust(p, "holm"),
        "p_bh": adjust(p, "benjamini-hochberg"),
        "p_bonferroni": adjust(p, "bonferroni"),
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
_NOTHING_TO_COMPARE: Final = (
    "only one group is at risk at the events, so that there is nothing to compare: R writes chi-squared 0 and p = 1, "
    "ours gives no test"
)
_NOT_ONE_OF_THEM: Final = (
    "pairs without a test count in R's adjustment with p = 1; ours adjusts for the tests there are"
)
_NO_DEGREE: Final = "without a comparison there is no degree of freedom; the reference writes 1 beside a variance of 0"


def _no_degree(case: Case) -> bool:
    return case.expected.get("df") == 0


def _no_pair(case: Case) -> bool:
    return any(pair.get("chisq") in (0, None) for pair in case.expected.get("pairs", ()))


KEPT_DIFFERENCES: Final = (
    *(
        KeptDifference(f"{method}/{name}", _NOTHING_TO_COMPARE, not_given, _no_degree)
        for method in ("logrank", "logrank.weighted")
        for name in ("chisq", "p")
    ),
    *(
        KeptDifference(f"logrank.pairwise/{name}", _NOTHING_TO_COMPARE, not_given, _no_pair)
        for name in ("pairs*.chisq", "pairs*.p", "p")
    ),
    *(KeptDifference(f"logrank.pairwise/{name}", _NOT_ONE_OF_THEM, None, _no_pair) for name in _ADJUSTED),
    KeptDifference("logrank.trend/df", _NO_DEGREE, at_most(1.0), lambda case: case.expected.get("v") == 0),
)
OPTIONS: Final = {
    "logrank": _COMMON | {"entry"},
    "logrank.weighted": _COMMON | {"entry", "weight", "gamma"},
    "logrank.trend": _COMMON | {"entry", "scores"},
    "logrank.pairwise": _COMMON | {"entry"},
}
