"""Tables, proportions, ranks, means and standardised differences against the R reference set (oracle: another
program).

Every case of every method below is run. What the package deliberately does not compute, or answers otherwise than R,
stands in NOT_COMPUTED and ANSWERED_OTHERWISE, with the reason, and nowhere else.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from atrisk.compare.analysis_of_variance import one_way, t_test, welch
from atrisk.compare.chi_squared import chi_squared
from atrisk.compare.fisher import fisher_exact
from atrisk.compare.interval import Interval
from atrisk.compare.kruskal_wallis import kruskal_wallis
from atrisk.compare.mantel_haenszel import (
    cochran_mantel_haenszel,
    common_odds_ratio,
    exact_common_odds_ratio,
)
from atrisk.compare.proportion import clopper_pearson, wilson
from atrisk.compare.risk_difference import newcombe_difference, odds_ratio, risk_ratio
from atrisk.compare.standardized_difference import (
    binary_difference,
    continuous_difference,
    multilevel_difference,
)
from atrisk.compare.trend import cochran_armitage
from atrisk.compare.wilcoxon import rank_sum
from atrisk.summary.moments import Moments
from atrisk.summary.value_counts import ValueCounts
from tests.reference.loader import Case, cases_of, dataset, numbers, same

NOT_COMPUTED = {
    "proportion.ci": {
        "wilson_continuity": "the score interval without correction is the one Newcombe's difference builds on",
        "agresti_coull_unclipped": "an approximation to Wilson's interval, which is computed",
        "wald_unclipped": "covers far below its level for the small counts of surgical outcomes",
        "jeffreys_raw_beta": "not among the intervals a study can ask for",
        "p_vs_half": "no study asks whether a risk is one half",
    },
    "proportion.two": {
        "wald_rd": "has no width at 0 of n; Newcombe's limits do not degenerate",
        "odds_ratio_haldane_half_all_cells": "adds patients nobody observed",
        "odds_ratio_midp": "the exact conditional limits are computed",
        "nnt": "the reciprocal of the difference: a matter of wording, not of estimation",
    },
    "ksample": {
        "p_exact_conditional_on_ties": "exact only without ties, as in wilcox.test",
        "hodges_lehmann": "needs all pairs of patients, which no additive summary holds",
        "hl_lower": "as hodges_lehmann",
        "hl_upper": "as hodges_lehmann",
    },
}

ANSWERED_OTHERWISE = {
    "mh-lung": "R stops at a stratum of one patient; it carries no information and is left out by name",
    "ktest-lung-wt.loss-ph.ecog": "R refuses a group of one value in every F test; only Welch's needs its variance",
    "twoprop-0-10-0-10": "R gives an odds ratio of 0 where nobody has the event; there is none to estimate",
    "twoprop-10-10-10-10": "as 0 of 10, and a risk ratio whose log limits have no width",
}

# R's root finder stops at 1e-4 absolutely; the same limits to full precision are in test_tables_against_r.py.
R_ROOT = 2e-2


def each(method: str) -> list[Any]:
    return [pytest.param(case, id=case.id) for case in cases_of(method)]


def near(case: Case, computed: Any, expected: Any, what: str) -> None:
    """Closer than the case's own hint where that is wide."""
    case.close(computed, expected, what, rtol=min(case.rtol, 1e-9))


def limits_agree(case: Case, computed: Interval, expected: dict[str, Any], what: str, rtol: float) -> None:
    pair = [computed.lower, computed.upper]
    case.close(pair, [expected["lower"], expected["upper"]], what, rtol=rtol)


def test_every_exception_names_a_case_or_a_quantity_that_exists() -> None:
    methods = ["table.mantel_haenszel", "ksample", "proportion.two"]
    assert set(ANSWERED_OTHERWISE) <= {case.id for case in cases_of(*methods)}
    for method, quantities in NOT_COMPUTED.items():
        given: set[str] = set()
        for case in cases_of(method):
            given |= set(case.expected)
            for part in case.expected.values():
                given |= set(part) if isinstance(part, dict) else set()
        assert set(quantities) <= given


@pytest.mark.parametrize("case", each("table.chisq"))
def test_chi_squared(case: Case) -> None:
    table, expected = case.expected["table"], case.expected
    corrected, plain = chi_squared(table), chi_squared(table, continuity_correction=False)
    for test, name in ((corrected, "continuity_corrected"), (plain, "uncorrected")):
        near(case, test.statistic, expected[name]["stat"], f"{name} statistic")
        near(case, test.df, expected[name]["df"], f"{name} df")
        near(case, test.p_value, expected[name]["p"], f"{name} p")
    near(case, plain.expected, expected["expected_counts"], "expected counts")
    near(case, plain.residuals, expected["pearson_residuals"], "residuals")
    near(case, plain.cramers_v, expected["cramers_v"], "Cramer's V")
    assert plain.small_expected == ("warnings" in expected)
    assert corrected.corrected == (np.shape(table) == (2, 2))
    assert not plain.corrected


@pytest.mark.parametrize("case", each("table.fisher"))
def test_fisher(case: Case) -> None:
    test, expected = fisher_exact(case.expected["table"]), case.expected
    near(case, test.p_value, expected["p"], "p")
    if "p_less" not in expected:
        assert test.odds_ratio is None
        assert math.isnan(test.p_less)
        return
    near(case, test.p_less, expected["p_less"], "p less")
    near(case, test.p_greater, expected["p_greater"], "p greater")
    assert test.odds_ratio is not None
    case.close(test.odds_ratio.estimate, expected["odds_ratio_conditional_mle"], "odds ratio", rtol=1e-3)
    limits_agree(case, test.odds_ratio, expected, "limits", R_ROOT)


@pytest.mark.parametrize("case", each("proportion.ci"))
def test_proportion(case: Case) -> None:
    x, n, conf_level = (case.options[name] for name in ("x", "n", "conf_level"))
    exact, score = clopper_pearson(x, n, conf_level=conf_level), wilson(x, n, conf_level=conf_level)
    assert exact.estimate == score.estimate == case.expected["estimate"]
    limits_agree(case, exact, case.expected["exact"], "Clopper-Pearson", 1e-11)
    limits_agree(case, score, case.expected["wilson"], "Wilson", 1e-11)


@pytest.mark.parametrize("case", each("proportion.two"))
def test_two_proportions(case: Case) -> None:
    x1, n1, x2, n2, conf_level = (case.options[name] for name in ("x1", "n1", "x2", "n2", "conf_level"))
    expected = case.expected
    difference = newcombe_difference(x1, n1, x2, n2, conf_level=conf_level)
    case.close(difference.estimate, expected["risk_difference"], "risk difference", rtol=1e-14)
    limits_agree(case, difference, expected["newcombe"], "Newcombe", 1e-11)

    table = [[x1, n1 - x1], [x2, n2 - x2]]
    uncorrected = chi_squared(table, continuity_correction=False)
    near(case, uncorrected.statistic, expected["chisq_uncorrected"]["stat"], "chi-squared")
    near(case, uncorrected.p_value, expected["chisq_uncorrected"]["p"], "chi-squared p")

    ratio = risk_ratio(x1, n1, x2, n2, conf_level=conf_level)
    ratio_of_odds = odds_ratio(x1, n1, x2, n2, conf_level=conf_level)
    case.close(ratio.estimate, expected["risk_ratio"]["estimate"], "risk ratio", rtol=1e-13)
    case.close(ratio_of_odds.estimate, expected["odds_ratio_woolf"]["estimate"], "odds ratio", rtol=1e-13)
    for computed, name in ((ratio, "risk_ratio"), (ratio_of_odds, "odds_ratio_woolf")):
        degenerate = name == "risk_ratio" and case.id == "twoprop-10-10-10-10"
        # R's own formula leaves one limit undefined beside an infinite one: neither is given here.
        if np.isfinite(numbers(list(expected[name].values()))).all() and not degenerate:
            limits_agree(case, computed, expected[name], name, 1e-11)
        else:
            assert math.isnan(computed.lower)
            assert math.isnan(computed.upper)
            assert computed.reason

    exact = fisher_exact(table, conf_level=conf_level)
    if case.id in ANSWERED_OTHERWISE:
        assert exact.odds_ratio is None
        assert exact.reason
        return
    assert exact.odds_ratio is not None
    case.close(exact.odds_ratio.estimate, expected["odds_ratio_exact"]["estimate"], "exact odds ratio", rtol=1e-3)
    limits_agree(case, exact.odds_ratio, expected["odds_ratio_exact"], "exact limits", R_ROOT)


def values_by_group(case: Case) -> tuple[np.ndarray, np.ndarray, int]:
    """The values (NaN where missing) and group codes of a case, the groups in R's order."""
    table, levels = dataset(str(case.dataset)), case.expected["groups"]
    (group_column,) = case.options["group"]
    kept = [
        (value, levels.index(group))
        for value, group in zip(table[case.options["value"]], table[group_column], strict=True)
        if group != ""
    ]
    values = np.array([float(value) if value else np.nan for value, _ in kept])
    return values, np.array([code for _, code in kept]), len(levels)


@pytest.mark.parametrize("case", each("ksample"))
def test_groups_of_values(case: Case) -> None:
    values, group, n_groups = values_by_group(case)
    counts, moments = ValueCounts.of(values, group, n_groups), Moments.of(values, group, n_groups)
    expected = case.expected
    ranks = kruskal_wallis(counts)
    near(case, ranks.statistic, expected["kruskal_wallis"]["stat"], "H")
    near(case, ranks.df, expected["kruskal_wallis"]["df"], "H df")
    near(case, ranks.p_value, expected["kruskal_wallis"]["p"], "H p")
    for test, name in ((one_way(moments), "anova"), (welch(moments), "welch_anova")):
        if case.id in ANSWERED_OTHERWISE and name == "anova":
            assert math.isfinite(test.p_value)
            continue
        near(case, test.statistic, expected[name]["f"], name)
        near(case, test.df_between, expected[name]["df1"], f"{name} df1")
        near(case, test.df_within, expected[name]["df2"], f"{name} df2")
        near(case, test.p_value, expected[name]["p"], f"{name} p")
        assert bool(test.reason) == (expected[name]["f"] is None)
    if n_groups == 2:
        two_groups(case, counts, moments)


def two_groups(case: Case, counts: ValueCounts, moments: Moments) -> None:
    expected = case.expected
    for name, equal_variances in (("t_welch", False), ("t_student", True)):
        test = t_test(moments, equal_variances=equal_variances)
        near(case, test.statistic, expected[name]["t"], name)
        near(case, test.df, expected[name]["df"], f"{name} df")
        near(case, test.p_value, expected[name]["p"], f"{name} p")
        near(case, test.difference.estimate, expected[name]["diff_first_minus_second"], f"{name} difference")
        limits_agree(case, test.difference, expected[name], f"{name} limits", 1e-9)
    ranks = expected["wilcoxon"]
    corrected = rank_sum(counts, exact=False)
    near(case, corrected.statistic, ranks["w_first_group"], "W")
    near(case, corrected.p_value, ranks["p_corrected"], "W p corrected")
    plain = rank_sum(counts, exact=False, continuity_correction=False)
    near(case, plain.p_value, ranks["p_uncorrected"], "W p uncorrected")
    exact = rank_sum(counts, exact=True)
    if ranks["ties"]:
        assert math.isnan(exact.p_value)
        assert exact.reason
    elif "p_exact" in ranks:
        near(case, exact.p_value, ranks["p_exact"], "W p exact")


@pytest.mark.parametrize("case", each("table.trend"))
def test_trend(case: Case) -> None:
    expected = case.expected
    test = cochran_armitage(expected["events"], expected["n"], case.options["scores"])
    near(case, test.statistic, expected["chisq"], "chi-squared")
    near(case, test.p_value, expected["p"], "p")


@pytest.mark.parametrize("case", each("table.mantel_haenszel"))
def test_mantel_haenszel(case: Case) -> None:
    expected = case.expected
    if case.id in ANSWERED_OTHERWISE:
        # ecog 0 to 3 of the lung data by sex 2 and 1, dead and alive; the last stratum is one man.
        tables = strata_of(case)
        assert tables.sum(axis=(1, 2)).tolist() == [63, 113, 50, 1]
        for result in (common_odds_ratio(tables), cochran_mantel_haenszel(tables)):
            assert result.strata_left_out == (3,)
            assert result.n_strata_used == 3
        without = common_odds_ratio(tables[:3]).effect
        assert common_odds_ratio(tables).effect == without
        return
    tables = np.array(expected["tables"])
    for name, correction in (("corrected", True), ("uncorrected", False)):
        test = cochran_mantel_haenszel(tables, continuity_correction=correction)
        near(case, test.statistic, expected[name]["stat"], name)
        near(case, test.p_value, expected[name]["p"], f"{name} p")
    common = common_odds_ratio(tables)
    near(case, common.effect.estimate, expected["common_odds_ratio"], "common odds ratio")
    limits_agree(case, common.effect, expected, "limits", 1e-9)
    exact = exact_common_odds_ratio(tables)
    near(case, exact.p_value, expected["exact_p"], "exact p")
    effect = exact.odds_ratio.effect
    case.close(effect.estimate, expected["exact_odds_ratio"], "exact odds ratio", rtol=1e-3)
    limits = {"lower": expected["exact_lower"], "upper": expected["exact_upper"]}
    limits_agree(case, effect, limits, "exact limits", 1e-3)


def strata_of(case: Case) -> np.ndarray:
    """Tables of exposure (yes, no) by event (yes, no) in each stratum, from the data."""
    table, options = dataset(str(case.dataset)), case.options
    (stratum_column,) = options["strata"]
    rows = [
        row
        for row in zip(table[options["exposure"]], table[options["event"]], table[stratum_column], strict=True)
        if "" not in row
    ]
    strata = sorted({row[2] for row in rows})
    tables = np.zeros((len(strata), 2, 2), dtype=int)
    for exposure, event, stratum in rows:
        exposed, happened = same(exposure, options["exposed_value"]), same(event, options["event_value"])
        tables[strata.index(stratum), int(not exposed), int(not happened)] += 1
    return tables


@pytest.mark.parametrize("case", each("smd"))
def test_standardized_difference(case: Case) -> None:
    table, options = dataset(str(case.dataset)), case.options
    treatment = table[options["treatment"]]
    weight = np.array([float(w) for w in table[options["weights"]]] if "weights" in options else [1.0] * len(treatment))
    for name, variable in options["variables"].items():
        known = np.array([a != "" and y != "" for a, y in zip(treatment, table[name], strict=True)])
        treated = np.array([same(a, options["treated_value"]) for a in treatment])
        cells = np.array(table[name])
        parts = [(cells[known & treated], weight[known & treated]), (cells[known & ~treated], weight[known & ~treated])]
        if variable["type"] == "continuous":
            (m1, v1), (m0, v0) = (weighted_moments(y.astype(float), w) for y, w in parts)
            result = continuous_difference(m1, v1, m0, v0)
        elif variable["type"] == "binary":
            shares = [w[[same(cell, variable["one"]) for cell in y]].sum() / w.sum() for y, w in parts]
            result = binary_difference(*shares)
        else:
            levels = sorted(set(cells[known]))
            result = multilevel_difference(*([w[y == level].sum() for level in levels] for y, w in parts))
        assert not result.reason
        case.close(result.value, case.expected["smd"][name], name)


def weighted_moments(y: np.ndarray, w: np.ndarray) -> tuple[float, float]:
    """Mean and variance with reliability weights, as the reference defines them; n - 1 when all weights are 1."""
    mean = (w @ y) / w.sum()
    return mean, w.sum() / (w.sum() ** 2 - (w**2).sum()) * (w @ (y - mean) ** 2)
