"""Answers the cases of tables, proportions, ranks, means and standardised differences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.balance.standardized_difference import (
    StandardizedDifference,
    binary_difference,
    continuous_difference,
    multilevel_difference,
)
from atrisk.compare.contingency.chi_squared import ChiSquaredTest, chi_squared
from atrisk.compare.contingency.conditional_odds_ratio import mid_p_odds_ratio
from atrisk.compare.contingency.fisher import fisher_exact
from atrisk.compare.contingency.mantel_haenszel import (
    cochran_mantel_haenszel,
    common_odds_ratio,
    exact_common_odds_ratio,
)
from atrisk.compare.contingency.trend import cochran_armitage
from atrisk.compare.interval import Interval
from atrisk.compare.location.analysis_of_variance import FTest, TTest, one_way, t_test, welch
from atrisk.compare.location.hodges_lehmann import hodges_lehmann
from atrisk.compare.location.kruskal_wallis import kruskal_wallis
from atrisk.compare.location.wilcoxon import EXACT_BELOW, conditional_rank_sum_p_value, rank_sum
from atrisk.compare.proportions.proportion import (
    agresti_coull,
    binomial_test,
    clopper_pearson,
    jeffreys,
    wald,
    wilson,
    wilson_corrected,
)
from atrisk.compare.proportions.risk_difference import (
    haldane_odds_ratio,
    newcombe_difference,
    number_needed_to_treat,
    odds_ratio,
    risk_ratio,
    wald_difference,
)
from atrisk.summary.moments import Moments
from atrisk.summary.value_counts import ValueCounts, quantile
from atrisk.verify.adapter import Adapter
from atrisk.verify.case import Case
from atrisk.verify.kept_difference import KeptDifference, not_given, root_not_reached
from atrisk.verify.question import Question

Floats = NDArray[np.float64]

# What the note of a case's tolerance says of single statistics: pattern -> (the note's words, rtol, atol).
NOTED_TOLERANCES: Final[Mapping[str, tuple[str, float, float]]] = {
    "table.fisher/odds_ratio_conditional_mle": ("limits to about 1e-4..1e-6", 1e-4, 1e-4),
    "table.fisher/lower": ("limits to about 1e-4..1e-6", 1e-4, 1e-4),
    "table.fisher/upper": ("limits to about 1e-4..1e-6", 1e-4, 1e-4),
    "table.mantel_haenszel/exact_*": ("exact values to 1e-4", 1e-4, 1e-4),
    "proportion.two/odds_ratio_exact.*": ("odds_ratio_exact (conditional MLE) and midp to 1e-4", 1e-4, 1e-4),
    "proportion.two/odds_ratio_midp.*": ("odds_ratio_exact (conditional MLE) and midp to 1e-4", 1e-4, 1e-4),
}

_NO_EVENT = "the margins allow one table only: R's conditional estimate of 0 rests on nothing, and none is given"
_ONE_LIMIT = "the ratio is 0 or infinite: log limits do not exist, where R's formula leaves one of the two"
_NO_WIDTH = "every patient has an event: R's log limits have no width and say nothing; none are given"
_ROOT_FINDER = (
    "R's root finder stops within 1.2e-4 of the odds ratio, or of its inverse where that is below 1; ours goes to the "
    "last digits, and R with a tighter stop agrees with it (tests/compare/r)"
)


def chi_squared_test(question: Question) -> Mapping[str, object]:
    """table.chisq: Pearson's test with and without correction."""
    table = _table(question)
    corrected, plain = chi_squared(table), chi_squared(table, continuity_correction=False)

    def words(test: ChiSquaredTest) -> Mapping[str, object]:
        return {"stat": test.statistic, "df": test.df, "p": test.p_value}

    return {
        "table": table,
        "continuity_corrected": words(corrected),
        "uncorrected": words(plain),
        "expected_counts": plain.expected,
        "min_expected": plain.expected.min() if plain.expected.size else None,
        "pearson_residuals": plain.residuals,
        "cramers_v": plain.cramers_v,
        "notes": _small_expected(plain),
    }


def fisher_test(question: Question) -> Mapping[str, object]:
    """table.fisher: the exact test, and the conditional odds ratio of 2 x 2 tables."""
    table = _table(question)
    test = fisher_exact(table)
    answer: dict[str, object] = {"table": table, "p": test.p_value, "p_less": test.p_less}
    answer["p_greater"] = test.p_greater
    if test.odds_ratio is not None:
        answer["odds_ratio_conditional_mle"] = test.odds_ratio.estimate
        answer |= _limits(test.odds_ratio)
    return answer | {"notes": (test.reason,) if test.reason else ()}


def groups_of_values(question: Question) -> Mapping[str, object]:
    """ksample: ranks, means and quantiles of two or more groups."""
    value = str(question.options["value"])
    used = question.complete([value, *question.names("group")])
    group, levels = used.codes(used.names("group"))
    values, k = used.numbers(value), len(levels)
    counts, moments = ValueCounts.of(values, group, k), Moments.of(values, group, k)
    ranks, equal, unequal = kruskal_wallis(counts), one_way(moments), welch(moments)
    answer: dict[str, object] = {
        "groups": [", ".join(level) for level in levels],
        "n": moments.n,
        "mean": moments.mean,
        "sd": np.sqrt(moments.variance),
        "median": quantile(counts, 0.5),
        "q1": quantile(counts, 0.25),
        "q3": quantile(counts, 0.75),
        "kruskal_wallis": {"stat": ranks.statistic, "df": ranks.df, "p": ranks.p_value},
        "anova": _f_test(equal),
        "welch_anova": _f_test(unequal),
    }
    if k == 2:
        answer |= _two_groups(counts, moments)
    notes = [f"{name}: {test.reason}" for name, test in (("one-way", equal), ("Welch", unequal)) if test.reason]
    if int(moments.n.min()) == 1 and not equal.reason:
        notes.append("a group of one value counts in the means of the one-way analysis of variance")
    return answer | {"notes": tuple(notes)}


def trend(question: Question) -> Mapping[str, object]:
    """table.trend: a linear trend of proportions over scores."""
    used = question.complete([str(question.options["event"]), *question.names("group")])
    group, levels = used.codes(used.names("group"))
    events = np.bincount(group[used.happened()], minlength=len(levels))
    n = np.bincount(group, minlength=len(levels))
    test = cochran_armitage(events, n, question.options["scores"])
    return {
        "levels": [", ".join(level) for level in levels],
        "events": events,
        "n": n,
        "chisq": test.statistic,
        "df": 1,
        "p": test.p_value,
        "notes": (test.reason,) if test.reason else (),
    }


def mantel_haenszel(question: Question) -> Mapping[str, object]:
    """table.mantel_haenszel: a common odds ratio over strata, its tests and limits."""
    options = question.options
    used = question.complete([str(options["event"]), str(options["exposure"]), *question.names("strata")])
    stratum, levels = used.codes(used.names("strata"))
    unexposed = ~used.equals(str(options["exposure"]), options["exposed_value"])
    cell = (stratum * 2 + unexposed) * 2 + ~used.happened()
    tables = np.bincount(cell, minlength=4 * len(levels)).reshape(-1, 2, 2)
    corrected = cochran_mantel_haenszel(tables)
    plain = cochran_mantel_haenszel(tables, continuity_correction=False)
    common, exact = common_odds_ratio(tables), exact_common_odds_ratio(tables)
    left_out = [", ".join(levels[i]) for i in common.strata_left_out]
    answer: dict[str, object] = {
        "exact_odds_ratio": exact.odds_ratio.effect.estimate,
        "exact_lower": exact.odds_ratio.effect.lower,
        "exact_upper": exact.odds_ratio.effect.upper,
    }
    return answer | {
        "strata": [", ".join(level) for level in levels],
        "tables": tables,
        "corrected": {"stat": corrected.statistic, "p": corrected.p_value},
        "uncorrected": {"stat": plain.statistic, "p": plain.p_value},
        "common_odds_ratio": common.effect.estimate,
        **_limits(common.effect),
        "exact_p": exact.p_value,
        "notes": (f"strata that carry no information are left out: {'; '.join(left_out)}",) if left_out else (),
    }


def proportion(question: Question) -> Mapping[str, object]:
    """proportion.ci: six intervals of one proportion."""
    x, n, level = (question.options[name] for name in ("x", "n", "conf_level"))
    exact = clopper_pearson(x, n, conf_level=level)
    return {
        "estimate": exact.estimate,
        "exact": {**_limits(exact), "p_vs_half": binomial_test(x, n)},
        "wilson": _limits(wilson(x, n, conf_level=level)),
        "wilson_continuity": _limits(wilson_corrected(x, n, conf_level=level)),
        "agresti_coull_unclipped": _limits(agresti_coull(x, n, conf_level=level)),
        "wald_unclipped": _limits(wald(x, n, conf_level=level)),
        "jeffreys_raw_beta": _limits(jeffreys(x, n, conf_level=level)),
        # R's prop.test warns of the normal approximation below 5 expected under a risk of one half.
        "notes": ("few patients: the exact limits do not rest on an approximation",) if n < 10 else (),
    }


def two_proportions(question: Question) -> Mapping[str, object]:
    """proportion.two: difference, ratio and odds ratio of two independent risks."""
    x1, n1, x2, n2, level = (question.options[name] for name in ("x1", "n1", "x2", "n2", "conf_level"))
    table = [[x1, n1 - x1], [x2, n2 - x2]]
    difference = newcombe_difference(x1, n1, x2, n2, conf_level=level)
    ratio = risk_ratio(x1, n1, x2, n2, conf_level=level)
    woolf = odds_ratio(x1, n1, x2, n2, conf_level=level)
    exact = fisher_exact(table, conf_level=level).odds_ratio
    test = chi_squared(table, continuity_correction=False)
    from_roots = {
        "odds_ratio_exact": _interval(exact),
        "odds_ratio_midp": _interval(mid_p_odds_ratio(table, conf_level=level)),
    }
    return {
        "p1": x1 / n1,
        "p2": x2 / n2,
        "risk_difference": difference.estimate,
        "newcombe": _limits(difference),
        "wald_rd": _limits(wald_difference(x1, n1, x2, n2, conf_level=level)),
        "risk_ratio": _interval(ratio),
        "odds_ratio_woolf": _interval(woolf),
        "odds_ratio_haldane_half_all_cells": _interval(haldane_odds_ratio(x1, n1, x2, n2, conf_level=level)),
        **from_roots,
        "chisq_uncorrected": {"stat": test.statistic, "p": test.p_value},
        "nnt": number_needed_to_treat(difference),
        "notes": _small_expected(test),
    }


def standardized_differences(question: Question) -> Mapping[str, object]:
    """smd: treated minus control for each variable, weighted where the case has weights."""
    return {"smd": {name: _smd(question, name, dict(kind)) for name, kind in question.options["variables"].items()}}


def _smd(question: Question, name: str, kind: dict[str, Any]) -> float:
    treatment = str(question.options["treatment"])
    used = question.complete([name, treatment])
    treated = used.equals(treatment, question.options["treated_value"])
    given = used.given("weights")
    weight = np.ones(used.n) if given is None else given
    if kind["type"] == "continuous":
        values = used.numbers(name)
        (m1, v1), (m0, v0) = (_weighted_moments(values[part], weight[part]) for part in (treated, ~treated))
        return continuous_difference(m1, v1, m0, v0).value
    if kind["type"] == "binary":
        one = used.equals(name, kind["one"])
        p1, p0 = (float(weight[part & one].sum() / weight[part].sum()) for part in (treated, ~treated))
        return binary_difference(p1, p0).value
    level, levels = used.codes(name)
    one_group, other = (
        np.bincount(level[part], weights=weight[part], minlength=len(levels)) for part in (treated, ~treated)
    )
    result: StandardizedDifference = multilevel_difference(one_group, other)
    return result.value


def _weighted_moments(values: Floats, weight: Floats) -> tuple[float, float]:
    """Mean and variance with reliability weights, as the reference defines them; n - 1 when all weights are 1."""
    total = float(weight.sum())
    mean = float(weight @ values) / total
    return mean, total / (total**2 - float(weight @ weight)) * float(weight @ (values - mean) ** 2)


def _two_groups(counts: ValueCounts, moments: Moments) -> Mapping[str, object]:
    corrected = rank_sum(counts, exact=False)
    plain = rank_sum(counts, exact=False, continuity_correction=False)
    ties = bool((counts.counts.sum(axis=0) > 1).any())
    ranks: dict[str, object] = {
        "w_first_group": corrected.statistic,
        "p_corrected": corrected.p_value,
        "p_uncorrected": plain.p_value,
        "ties": ties,
    }
    small = int(counts.n.max()) < EXACT_BELOW
    if not ties:
        shift = hodges_lehmann(counts)
        ranks |= {"p_exact": rank_sum(counts, exact=True).p_value, "hodges_lehmann": shift.estimate}
        ranks |= {"hl_lower": shift.lower, "hl_upper": shift.upper}
    # exactRankTests::wilcox.exact counts below 50 patients a group and approximates, uncorrected, above.
    ranks["p_exact_conditional_on_ties"] = conditional_rank_sum_p_value(counts) if small else plain.p_value
    return {
        "t_welch": _t_test(t_test(moments)),
        "t_student": _t_test(t_test(moments, equal_variances=True)),
        "wilcoxon": ranks,
    }


def _table(question: Question) -> NDArray[np.int64]:
    if "table" in question.options:
        return np.asarray(question.options["table"], dtype=np.int64)
    row, column = str(question.options["row"]), str(question.options["column"])
    used = question.complete([row, column])
    (rows, row_levels), (columns, column_levels) = used.codes(row), used.codes(column)
    shape = (len(row_levels), len(column_levels))
    return np.bincount(rows * shape[1] + columns, minlength=shape[0] * shape[1]).reshape(shape)


def _small_expected(test: ChiSquaredTest) -> tuple[str, ...]:
    if test.reason:
        return (test.reason,)
    return ("an expected count is below 5: the approximation may be poor",) if test.small_expected else ()


def _f_test(test: FTest) -> Mapping[str, object]:
    return {"f": test.statistic, "df1": test.df_between, "df2": test.df_within, "p": test.p_value}


def _t_test(test: TTest) -> Mapping[str, object]:
    numbers = {"t": test.statistic, "df": test.df, "p": test.p_value}
    return {**numbers, "diff_first_minus_second": test.difference.estimate, **_limits(test.difference)}


def _limits(interval: Interval) -> dict[str, object]:
    return {"lower": interval.lower, "upper": interval.upper}


def _interval(interval: Interval | None) -> dict[str, object]:
    if interval is None:
        return {"estimate": None, "lower": None, "upper": None}
    return {"estimate": interval.estimate, **_limits(interval)}


ADAPTERS: Final[Mapping[str, Adapter]] = {
    "table.chisq": chi_squared_test,
    "table.fisher": fisher_test,
    "ksample": groups_of_values,
    "table.trend": trend,
    "table.mantel_haenszel": mantel_haenszel,
    "proportion.ci": proportion,
    "proportion.two": two_proportions,
    "smd": standardized_differences,
}
_TABLE: Final = frozenset({"table", "row", "column"})
OPTIONS: Final = {
    "table.chisq": _TABLE,
    "table.fisher": _TABLE,
    "ksample": frozenset({"value", "group"}),
    "table.trend": frozenset({"event", "event_value", "group", "scores"}),
    "table.mantel_haenszel": frozenset({"event", "event_value", "exposure", "exposed_value", "strata"}),
    "proportion.ci": frozenset({"x", "n", "conf_level"}),
    "proportion.two": frozenset({"x1", "n1", "x2", "n2", "conf_level"}),
    "smd": frozenset({"treatment", "treated_value", "variables", "weights", "missing"}),
}


def _one_ratio_limit(case: Case) -> bool:
    """Whether a risk or an odds ratio is 0 or infinite."""
    x1, n1, x2, n2 = (case.question.options[name] for name in ("x1", "n1", "x2", "n2"))
    return 0 in (x1, x2, n1 - x1, n2 - x2)


def _all_or_none(case: Case) -> bool:
    """Whether both groups have the event throughout, or nobody has."""
    x1, n1, x2, n2 = (case.question.options[name] for name in ("x1", "n1", "x2", "n2"))
    return (x1, x2) in ((0, 0), (n1, n2))


KEPT_DIFFERENCES: Final = (
    *(
        KeptDifference(name, _ROOT_FINDER, root_not_reached)
        for name in (
            *("table.fisher/odds_ratio_conditional_mle", "table.fisher/lower", "table.fisher/upper"),
            *("table.mantel_haenszel/exact_odds_ratio", "table.mantel_haenszel/exact_lower"),
            *("table.mantel_haenszel/exact_upper", "proportion.two/odds_ratio_exact.*"),
            "proportion.two/odds_ratio_midp.*",
        )
    ),
    KeptDifference("proportion.two/odds_ratio_exact.*", _NO_EVENT, not_given, _all_or_none),
    *(
        KeptDifference(f"proportion.two/risk_ratio.{end}", _NO_WIDTH, not_given, _all_or_none)
        for end in ("lower", "upper")
    ),
    *(
        KeptDifference(f"proportion.two/{name}.{end}", _ONE_LIMIT, not_given, _one_ratio_limit)
        for name in ("risk_ratio", "odds_ratio_woolf")
        for end in ("lower", "upper")
    ),
)
