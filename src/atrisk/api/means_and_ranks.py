"""Numbers of two or more groups over data frames: Kruskal-Wallis, Wilcoxon, t tests, analysis of variance."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from atrisk.api.answer import Answer, level_words
from atrisk.api.complete_rows import CompleteRows, Names, complete_rows
from atrisk.compare.interval import Interval
from atrisk.compare.location.analysis_of_variance import FTest, TTest, one_way, welch
from atrisk.compare.location.analysis_of_variance import t_test as _t_test
from atrisk.compare.location.hodges_lehmann import hodges_lehmann as _hodges_lehmann
from atrisk.compare.location.kruskal_wallis import KruskalWallisTest
from atrisk.compare.location.kruskal_wallis import kruskal_wallis as _kruskal_wallis
from atrisk.compare.location.wilcoxon import EXACT_BELOW, RankSumTest, rank_sum
from atrisk.errors import EstimationError
from atrisk.summary.moments import Moments
from atrisk.summary.value_counts import ValueCounts


def kruskal_wallis(data: Any, *, value: str, group: Names) -> Answer[KruskalWallisTest]:
    """The Kruskal-Wallis test of a number between groups.

    Definition and source: `kruskal_wallis` of the estimators. Rows with a missing value are left out and counted.
    """
    rows, values, code, groups = _read(data, value, group)
    test = _kruskal_wallis(ValueCounts.of(values, code, len(groups)))
    table = {"contrast": " / ".join(groups), "chi_squared": test.statistic, "df": test.df, "p": test.p_value}
    title = f"Kruskal-Wallis test of '{value}'"
    return Answer(title, test, table, ("midranks, corrected for ties",), rows.account, _why(test.reason))


def wilcoxon(
    data: Any, *, value: str, group: Names, exact: bool | None = None, continuity_correction: bool = True
) -> Answer[RankSumTest]:
    """The Wilcoxon rank-sum test of two groups, exact where R's wilcox.test is.

    Definition and source: `rank_sum`. Raises EstimationError unless the rows used hold two groups.
    """
    rows, values, code, groups = _read(data, value, group, two=True)
    counts = ValueCounts.of(values, code, 2)
    test = rank_sum(counts, exact=exact, continuity_correction=continuity_correction)
    table = {"contrast": f"{groups[0]} vs {groups[1]}", "w": test.statistic, "p": test.p_value}
    corrected = "with" if continuity_correction else "without"
    said = ("two-sided p", "exact" if test.exact else f"normal approximation {corrected} continuity correction")
    return Answer(f"Wilcoxon rank-sum test of '{value}'", test, table, said, rows.account, _why(test.reason))


def hodges_lehmann(
    data: Any, *, value: str, group: Names, exact: bool | None = None, conf_level: float = 0.95
) -> Answer[Interval]:
    """The shift between two groups, first minus second: the median of all differences between their values.

    Definition and source: `hodges_lehmann` of the estimators. `exact` None: exact limits where no value is tied and
    each group has fewer than 50, as R's wilcox.test; else by the normal approximation.
    Raises EstimationError unless the rows used hold two groups.
    """
    rows, values, code, groups = _read(data, value, group, two=True)
    counts = ValueCounts.of(values, code, 2)
    untied = np.unique(values).size == values.size
    chosen = bool(untied and int(counts.n.max()) < EXACT_BELOW) if exact is None else exact
    shift = _hodges_lehmann(counts, conf_level=conf_level, exact=chosen)
    table = {
        "contrast": f"{groups[0]} vs {groups[1]}",
        "shift": shift.estimate,
        "conf_low": shift.lower,
        "conf_high": shift.upper,
    }
    said = (f"{'exact' if chosen else 'approximate'} limits, {level_words(conf_level)}", "first minus second")
    return Answer(f"Hodges-Lehmann shift of '{value}'", shift, table, said, rows.account, _why(shift.reason))


def t_test(
    data: Any, *, value: str, group: Names, equal_variances: bool = False, conf_level: float = 0.95
) -> Answer[TTest]:
    """Welch's t test of two groups (Student's with `equal_variances`), first minus second.

    Definition and source: `t_test` of the estimators. Raises EstimationError unless the rows used hold two groups.
    """
    rows, values, code, groups = _read(data, value, group, two=True)
    test = _t_test(Moments.of(values, code, 2), equal_variances=equal_variances, conf_level=conf_level)
    table = {
        "contrast": f"{groups[0]} vs {groups[1]}",
        "difference": test.difference.estimate,
        "conf_low": test.difference.lower,
        "conf_high": test.difference.upper,
        "t": test.statistic,
        "df": test.df,
        "p": test.p_value,
    }
    name = "Student's" if equal_variances else "Welch's"
    said = (f"{name} t test", f"{level_words(conf_level)} limits", "two-sided p")
    return Answer(f"{name} t test of '{value}'", test, table, said, rows.account, _why(test.reason))


def analysis_of_variance(data: Any, *, value: str, group: Names, equal_variances: bool = True) -> Answer[FTest]:
    """One-way analysis of variance of a number between groups; Welch's without equal variances.

    Definition and source: `one_way` and `welch` of the estimators.
    """
    rows, values, code, groups = _read(data, value, group)
    moments = Moments.of(values, code, len(groups))
    test = one_way(moments) if equal_variances else welch(moments)
    table = {
        "contrast": " / ".join(groups),
        "f": test.statistic,
        "df_between": test.df_between,
        "df_within": test.df_within,
        "p": test.p_value,
    }
    said = ("equal variances" if equal_variances else "Welch: variances may differ",)
    return Answer(f"Analysis of variance of '{value}'", test, table, said, rows.account, _why(test.reason))


def _read(
    data: Any, value: str, group: Names, *, two: bool = False
) -> tuple[CompleteRows, NDArray[np.float64], NDArray[np.int64], tuple[str, ...]]:
    rows = complete_rows(data, {"value": value, "group": group})
    values = rows.numbers(value, "values to compare")
    code, groups = rows.codes(group)
    if len(groups) < 2 or (two and len(groups) != 2):
        wanted = "exactly two groups" if two else "at least two groups"
        raise EstimationError(f"the test needs {wanted}; the rows used hold {len(groups)}.")
    return rows, values, code, groups


def _why(reason: str) -> tuple[str, ...]:
    return (reason,) if reason else ()
