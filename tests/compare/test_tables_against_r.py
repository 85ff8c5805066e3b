"""Tests and intervals of tables against R beyond the reference set (oracle: another program; r/tables.R)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from atrisk.compare.contingency.fisher import fisher_exact
from atrisk.compare.contingency.mantel_haenszel import (
    cochran_mantel_haenszel,
    common_odds_ratio,
    common_risk_difference,
    exact_common_odds_ratio,
    exact_conditional_p_value,
    smallest_expected,
)
from atrisk.compare.location.wilcoxon import rank_sum
from atrisk.compare.multiplicity import adjust
from atrisk.summary.value_counts import ValueCounts
from tests.reference.loader import numbers

R = json.loads((Path(__file__).parent / "r" / "tables.json").read_text(encoding="utf-8"))


def near(computed: Any, expected: Any, rtol: float = 1e-9) -> None:
    np.testing.assert_allclose(np.asarray(computed, dtype=float), numbers(expected), rtol=rtol, atol=1e-14)


def each(name: str) -> list[Any]:
    return [pytest.param(entry, id=f"{name} {i}") for i, entry in enumerate(R[name])]


@pytest.mark.parametrize("entry", each("fisher"))
def test_fisher_of_larger_tables(entry: dict[str, Any]) -> None:
    near(fisher_exact(entry["table"]).p_value, entry["p"])


@pytest.mark.parametrize("entry", each("two_by_two"))
def test_conditional_odds_ratio(entry: dict[str, Any]) -> None:
    test = fisher_exact(entry["table"], conf_level=entry["conf_level"])
    near(test.p_value, entry["p"])
    assert test.odds_ratio is not None
    near(test.odds_ratio.estimate, entry["estimate"])
    near(test.odds_ratio.lower, entry["lower"])
    near(test.odds_ratio.upper, entry["upper"])


@pytest.mark.parametrize("method", ["holm", "bonferroni", "benjamini-hochberg"])
@pytest.mark.parametrize("entry", each("adjusted"))
def test_adjusted_p_values(entry: dict[str, Any], method: Any) -> None:
    np.testing.assert_allclose(adjust(numbers(entry["p"]), method), numbers(entry[method]), rtol=1e-14)


@pytest.mark.parametrize("entry", each("wilcoxon"))
def test_rank_sum(entry: dict[str, Any]) -> None:
    values = entry["a"] + entry["b"]
    counts = ValueCounts.of(values, [0] * len(entry["a"]) + [1] * len(entry["b"]), 2)
    test = rank_sum(counts)
    near(test.statistic, entry["w"])
    near(test.p_value, entry["p_default"], rtol=1e-12)
    near(rank_sum(counts, exact=False, continuity_correction=False).p_value, entry["p_uncorrected"], rtol=1e-12)


@pytest.mark.parametrize("entry", each("risk_difference"))
def test_common_risk_difference(entry: dict[str, Any]) -> None:
    effect = common_risk_difference(entry["tables"]).effect
    near([effect.estimate, effect.lower, effect.upper], [entry[k] for k in ("difference", "lower", "upper")], 1e-12)


def test_admissions() -> None:
    """R's UCBAdmissions, whose departments are the strata."""
    tables = R["risk_difference"][0]["tables"]
    expected = R["admissions_by_outcome"]
    near(cochran_mantel_haenszel(tables, continuity_correction=False).statistic, expected["statistic"], 1e-12)
    near(cochran_mantel_haenszel(tables).statistic, expected["corrected"], 1e-12)
    # R has admission in the rows and sex in the columns; the odds ratio is the same either way round.
    effect = common_odds_ratio(tables).effect
    near([effect.estimate, effect.lower, effect.upper], [expected[k] for k in ("odds_ratio", "lower", "upper")])
    near(exact_common_odds_ratio(tables).p_value, expected["exact_p"])
    near(exact_conditional_p_value(tables)[0], expected["exact_p"])
    # Of the 585 in department B 25 are women and 215 are rejected: 25 x 215 / 585 rejected women are expected.
    near(smallest_expected(tables), 25 * 215 / 585, 1e-12)
