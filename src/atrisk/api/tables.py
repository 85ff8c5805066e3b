"""Tables of counts over data frames: chi-squared, Fisher, trend, Mantel-Haenszel, proportions and their differences."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from atrisk.api.answer import Answer, level_words, stacked
from atrisk.api.complete_rows import CompleteRows, Names, chosen_level, complete_rows
from atrisk.api.level import Level
from atrisk.compare.contingency.breslow_day import HomogeneityTest
from atrisk.compare.contingency.breslow_day import breslow_day as _breslow_day
from atrisk.compare.contingency.chi_squared import ChiSquaredTest
from atrisk.compare.contingency.chi_squared import chi_squared as _chi_squared
from atrisk.compare.contingency.fisher import FisherTest, fisher_exact
from atrisk.compare.contingency.mantel_haenszel import (
    CochranMantelHaenszelTest,
    CommonEffect,
    cochran_mantel_haenszel,
    common_odds_ratio,
    common_risk_difference,
)
from atrisk.compare.contingency.trend import TrendTest
from atrisk.compare.contingency.trend import cochran_armitage as _cochran_armitage
from atrisk.compare.interval import Interval
from atrisk.compare.proportions.miettinen_nurminen import (
    miettinen_nurminen_difference,
    miettinen_nurminen_odds_ratio,
    miettinen_nurminen_ratio,
)
from atrisk.compare.proportions.proportion import (
    agresti_coull,
    clopper_pearson,
    jeffreys,
    wald,
    wilson,
    wilson_corrected,
)
from atrisk.compare.proportions.risk_difference import (
    newcombe_difference,
    odds_ratio,
    risk_ratio,
    wald_difference,
)
from atrisk.errors import EstimationError

Counts = NDArray[np.int64]
ProportionLimits = Literal["exact", "wilson", "wilson corrected", "agresti-coull", "wald", "jeffreys"]
RiskContrast = Literal[
    "newcombe difference",
    "wald difference",
    "miettinen-nurminen difference",
    "risk ratio",
    "miettinen-nurminen ratio",
    "odds ratio",
    "miettinen-nurminen odds ratio",
]

_LIMITS: Final[dict[str, Callable[..., Interval]]] = {
    "exact": clopper_pearson,
    "wilson": wilson,
    "wilson corrected": wilson_corrected,
    "agresti-coull": agresti_coull,
    "wald": wald,
    "jeffreys": jeffreys,
}
_CONTRASTS: Final[dict[str, Callable[..., Interval]]] = {
    "newcombe difference": newcombe_difference,
    "wald difference": wald_difference,
    "miettinen-nurminen difference": miettinen_nurminen_difference,
    "risk ratio": risk_ratio,
    "miettinen-nurminen ratio": miettinen_nurminen_ratio,
    "odds ratio": odds_ratio,
    "miettinen-nurminen odds ratio": miettinen_nurminen_odds_ratio,
}


def chi_squared(
    data: Any, *, group: Names, outcome: Names, continuity_correction: bool = True
) -> Answer[ChiSquaredTest]:
    """Pearson's chi-squared test of a group against an outcome; 2 x 2 tables corrected as R's chisq.test.

    Definition and source: `chi_squared` of the estimators. Rows with a missing value are left out and counted.
    """
    rows, counts, _, _ = _cross(data, group, outcome)
    test = _chi_squared(counts, continuity_correction=continuity_correction)
    table = {"chi_squared": test.statistic, "df": test.df, "p": test.p_value, "cramers_v": test.cramers_v}
    small = ("an expected count is below 5: the approximation may be poor",) if test.small_expected else ()
    said = ("Yates's correction" if test.corrected else "no continuity correction",)
    return Answer(
        _title("Chi-squared test", group, outcome), test, table, said, rows.account, (*small, *_why(test.reason))
    )


def fisher(data: Any, *, group: Names, outcome: Names, conf_level: float = 0.95) -> Answer[FisherTest]:
    """Fisher's exact test of a group against an outcome; the conditional odds ratio with limits for 2 x 2 tables.

    Definition and source: `fisher_exact`. Raises EstimationError for a missing column.
    """
    rows, counts, _, _ = _cross(data, group, outcome)
    test = fisher_exact(counts, conf_level=conf_level)
    table: dict[str, Any] = {"p": test.p_value}
    said = ["two-sided p: tables not more probable than the observed one"]
    if test.odds_ratio is not None:
        table |= {
            "odds_ratio": test.odds_ratio.estimate,
            "conf_low": test.odds_ratio.lower,
            "conf_high": test.odds_ratio.upper,
        }
        said.append(f"conditional odds ratio, exact limits, {level_words(conf_level)}")
    title = _title("Fisher's exact test", group, outcome)
    return Answer(title, test, table, tuple(said), rows.account, _why(test.reason))


def cochran_armitage(
    data: Any,
    *,
    group: Names,
    event: str,
    event_value: Level | None = None,
    scores: Sequence[float] | None = None,
) -> Answer[TrendTest]:
    """The Cochran-Armitage test for a trend of proportions over the groups in order, scores 1, 2, 3, ... by default.

    Definition and source: `cochran_armitage` of the estimators.
    """
    rows, events, totals, groups = _risks(data, group, event, event_value)
    given = np.arange(1, len(groups) + 1) if scores is None else np.asarray(scores, dtype=np.float64)
    if given.shape != (len(groups),):
        raise EstimationError(f"scores: one for each of the {len(groups)} groups.")
    test = _cochran_armitage(events, totals, given)
    table = {"contrast": f"trend over {' < '.join(groups)}", "chi_squared": test.statistic, "df": 1, "p": test.p_value}
    said = ("two-sided p", "no continuity correction")
    return Answer(f"Trend of '{event}'", test, table, said, rows.account, _why(test.reason))


def mantel_haenszel(
    data: Any,
    *,
    exposure: str,
    event: str,
    strata: Names,
    exposed_value: Level | None = None,
    event_value: Level | None = None,
    continuity_correction: bool = True,
    conf_level: float = 0.95,
) -> Answer[tuple[CochranMantelHaenszelTest, CommonEffect, CommonEffect]]:
    """The test of a common effect over strata, with the common odds ratio and risk difference, exposed against not.

    Definition and source: `cochran_mantel_haenszel`, `common_odds_ratio`, `common_risk_difference`.
    """
    rows, tables, labels = _stratified(data, (exposure, exposed_value), (event, event_value), strata)
    test = cochran_mantel_haenszel(tables, continuity_correction=continuity_correction)
    ratio, difference = (
        common_odds_ratio(tables, conf_level=conf_level),
        common_risk_difference(tables, conf_level=conf_level),
    )
    table = {
        "statistic": ["odds_ratio", "risk_difference"],
        "value": [ratio.effect.estimate, difference.effect.estimate],
        "conf_low": [ratio.effect.lower, difference.effect.lower],
        "conf_high": [ratio.effect.upper, difference.effect.upper],
        "chi_squared": [test.statistic] * 2,
        "p": [test.p_value] * 2,
    }
    notes = _left_out(labels, test)
    said = (
        "corrected" if test.corrected else "not corrected",
        f"{level_words(conf_level)} limits",
        "exposed against not",
    )
    title = f"Mantel-Haenszel: '{event}' by '{exposure}' over {len(labels)} strata"
    return Answer(title, (test, ratio, difference), table, said, rows.account, (*notes, *_why(test.reason)))


def breslow_day(
    data: Any,
    *,
    exposure: str,
    event: str,
    strata: Names,
    exposed_value: Level | None = None,
    event_value: Level | None = None,
) -> Answer[HomogeneityTest]:
    """The Breslow-Day test, with Tarone's correction, that the odds ratio is the same in all strata.

    Definition and source: `breslow_day` of the estimators. Columns as in `mantel_haenszel`.
    """
    rows, tables, labels = _stratified(data, (exposure, exposed_value), (event, event_value), strata)
    test = _breslow_day(tables)
    table = {
        "contrast": f"odds ratio over {test.n_strata_used} strata",
        "odds_ratio": test.odds_ratio,
        "chi_squared": test.statistic,
        "df": test.df,
        "p": test.p_value,
    }
    said = ("Tarone's correction", "common odds ratio of Mantel and Haenszel")
    title = f"Homogeneity of the odds ratio of '{event}' by '{exposure}' over {len(labels)} strata"
    return Answer(title, test, table, said, rows.account, (*_left_out(labels, test), *_why(test.reason)))


def proportions(
    data: Any,
    *,
    event: str,
    group: Names | None = None,
    event_value: Level | None = None,
    limits: ProportionLimits = "exact",
    conf_level: float = 0.95,
) -> Answer[tuple[Interval, ...]]:
    """The proportion with an event in each group, with limits.

    Definitions: `clopper_pearson` (exact), `wilson`, `wilson_corrected`, `agresti_coull`, `wald`, `jeffreys`.
    """
    method = _chosen(_LIMITS, limits, "limits")
    rows, events, totals, groups = _risks(data, group, event, event_value)
    found = tuple(method(int(x), int(n), conf_level=conf_level) for x, n in zip(events, totals, strict=True))
    table = {
        "group": list(groups),
        "n_event": events,
        "n": totals,
        "proportion": [one.estimate for one in found],
        "conf_low": [one.lower for one in found],
        "conf_high": [one.upper for one in found],
    }
    said = (f"{limits} limits, {level_words(conf_level)}",)
    return Answer(f"Proportions of '{event}'", found, table, said, rows.account)


def risk_contrasts(
    data: Any,
    *,
    event: str,
    group: Names,
    event_value: Level | None = None,
    contrast: RiskContrast = "newcombe difference",
    conf_level: float = 0.95,
) -> Answer[tuple[Interval, ...]]:
    """The risks of every pair of groups against each other, first minus (or over) second, with limits.

    Definitions: `newcombe_difference`, `wald_difference`, `risk_ratio`, `odds_ratio`, `miettinen_nurminen_*`.
    """
    method = _chosen(_CONTRASTS, contrast, "contrast")
    rows, events, totals, groups = _risks(data, group, event, event_value)
    pairs = list(itertools.combinations(range(len(groups)), 2))
    if not pairs:
        raise EstimationError("a comparison needs at least two groups; the rows used hold 1.")
    risks = [(int(x), int(n)) for x, n in zip(events, totals, strict=True)]
    found = tuple(method(*risks[i], *risks[j], conf_level=conf_level) for i, j in pairs)
    table = stacked(
        [
            {
                "contrast": f"{groups[i]} vs {groups[j]}",
                "estimate": one.estimate,
                "conf_low": one.lower,
                "conf_high": one.upper,
                "reason": one.reason,
            }
            for (i, j), one in zip(pairs, found, strict=True)
        ]
    )
    said = (f"{contrast}, {level_words(conf_level)} limits",)
    return Answer(f"Risks of '{event}' in pairs", found, table, said, rows.account)


def _stratified(
    data: Any, exposure: tuple[str, Level | None], event: tuple[str, Level | None], strata: Names
) -> tuple[CompleteRows, Counts, tuple[str, ...]]:
    """A 2 x 2 table for each stratum, rows exposed and not, columns event and none: (strata, 2, 2)."""
    rows = complete_rows(data, {"exposure": exposure[0], "event": event[0], "strata": strata})
    exposed = chosen_level(rows, *exposure, "exposed_value")
    happened = chosen_level(rows, *event, "event_value")
    stratum, labels = rows.codes(strata)
    cell = (stratum * 2 + ~exposed) * 2 + ~happened
    return rows, np.bincount(cell, minlength=4 * len(labels)).reshape(-1, 2, 2).astype(np.int64), labels


def _left_out(labels: tuple[str, ...], test: CochranMantelHaenszelTest | HomogeneityTest) -> tuple[str, ...]:
    names = "; ".join(labels[i] for i in test.strata_left_out)
    return (f"strata that carry no information are left out: {names}",) if names else ()


def _cross(data: Any, group: Names, outcome: Names) -> tuple[CompleteRows, Counts, tuple[str, ...], tuple[str, ...]]:
    rows = complete_rows(data, {"group": group, "outcome": outcome})
    (row, groups), (column, levels) = rows.codes(group), rows.codes(outcome)
    cells = np.bincount(row * len(levels) + column, minlength=len(groups) * len(levels))
    return rows, cells.reshape(len(groups), len(levels)).astype(np.int64), groups, levels


def _risks(
    data: Any, group: Names | None, event: str, event_value: Level | None
) -> tuple[CompleteRows, Counts, Counts, tuple[str, ...]]:
    """Events and numbers of rows in each group."""
    rows = complete_rows(data, {"event": event, "group": group})
    happened = chosen_level(rows, event, event_value, "event_value")
    code, groups = rows.codes(group)
    events, totals = (np.bincount(part, minlength=len(groups)) for part in (code[happened], code))
    return rows, events.astype(np.int64), totals.astype(np.int64), groups


def _chosen(methods: dict[str, Callable[..., Interval]], name: str, argument: str) -> Callable[..., Interval]:
    if name not in methods:
        raise EstimationError(f"{argument} '{name}' is unknown; use one of {', '.join(methods)}.")
    return methods[name]


def _title(test: str, group: Names, outcome: Names) -> str:
    return f"{test} of {outcome!r} by {group!r}"


def _why(reason: str) -> tuple[str, ...]:
    return (reason,) if reason else ()
