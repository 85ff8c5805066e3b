"""The log-rank family against R's survdiff (oracle: another program)."""

from __future__ import annotations

import itertools

import pytest

from atrisk.compare.log_rank import log_rank, log_rank_between
from atrisk.summary.event_counts import EventCounts
from tests.reference.loader import Case, cases_of, rows_of


def counts_of(case: Case) -> EventCounts:
    rows = rows_of(case)
    return EventCounts.of(rows.time, rows.cause, group=rows.group, stratum=rows.stratum)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in cases_of("logrank")])
def test_log_rank(case: Case) -> None:
    test = log_rank(counts_of(case), rho=case.options["rho"])
    for name, computed in {
        "n": test.n,
        "observed": test.observed,
        "expected": test.expected,
        "var": test.variance,
        "chisq": test.chi_squared,
        "df": test.df,
        "p": test.p_value,
    }.items():
        case.close(computed, case.expected[name], name)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in cases_of("logrank.pairwise")])
def test_pairwise(case: Case) -> None:
    levels = [level[0] for level in rows_of(case).group_levels]
    counts = counts_of(case)
    pairs = {(pair["a"], pair["b"]): pair for pair in case.expected["pairs"]}
    assert len(pairs) == len(levels) * (len(levels) - 1) // 2
    for (i, a), (j, b) in itertools.combinations(enumerate(levels), 2):
        test = log_rank_between(counts, i, j, rho=case.options["rho"])
        expected = pairs[a, b] if (a, b) in pairs else pairs[b, a]
        case.close(test.chi_squared, expected["chisq"], f"{a} against {b}")
        case.close(test.p_value, expected["p"], f"{a} against {b}")
