"""Breslow-Day tests, shifts and relative effects against R (oracle: another program; r/strata_and_shifts.R)."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from atrisk.compare.contingency.breslow_day import breslow_day
from atrisk.compare.location.hodges_lehmann import hodges_lehmann
from atrisk.compare.location.relative_effect import relative_effect
from atrisk.compare.location.wilcoxon import rank_sum
from atrisk.errors import EstimationError
from atrisk.summary.value_counts import ValueCounts

R = json.loads((Path(__file__).parent / "r" / "strata_and_shifts.json").read_text(encoding="utf-8"))


def two_groups(a: list[float], b: list[float]) -> ValueCounts:
    return ValueCounts.of([*a, *b], [0] * len(a) + [1] * len(b), 2)


@pytest.mark.parametrize("entry", R["homogeneity"])
def test_breslow_day(entry: dict[str, Any]) -> None:
    found = breslow_day(entry["tables"])
    assert (found.odds_ratio, found.breslow_day) == pytest.approx((entry["odds_ratio"], entry["breslow_day"]), rel=1e-9)
    assert (found.statistic, found.p_value) == pytest.approx((entry["tarone"], entry["p"]), rel=1e-9)
    assert found.df == len(entry["tables"]) - 1


def test_breslow_day_by_hand() -> None:
    """[[2, 1], [1, 2]] and its mirror image have the odds ratios 4 and 1/4, together (4/6 + 1/6) / (1/6 + 4/6) = 1.
    Under 1 each has 3 * 3 / 6 = 3/2 events in row 1 with variance 1 / (4 / (3/2)) = 3/8: 2 (1/2)^2 / (3/8) = 4/3. The
    deviations 1/2 and -1/2 sum to 0, so that Tarone's correction takes nothing away; p = erfc(sqrt(2/3))."""
    found = breslow_day([[[2, 1], [1, 2]], [[1, 2], [2, 1]]])
    assert found.breslow_day == pytest.approx(4 / 3, rel=1e-12)
    assert found.statistic == pytest.approx(4 / 3, rel=1e-12)
    assert found.p_value == pytest.approx(math.erfc(math.sqrt(2 / 3)), rel=1e-12)


def test_tarones_correction_by_hand() -> None:
    """[[3, 1], [1, 3]] and [[1, 1], [1, 1]]: psi = (9/8 + 1/4) / (1/8 + 1/4) = 11/3. With all four margins equal to m
    the odds ratio of e events is (e / (m - e))^2, so that e = m sqrt(psi) / (1 + sqrt(psi)), 1/V = 2/e + 2/(m - e)."""
    psi = Fraction(9, 8) + Fraction(1, 4), Fraction(1, 8) + Fraction(1, 4)
    root = math.sqrt(psi[0] / psi[1])
    deviations, variances = [], []
    for a, m in ((3, 4), (1, 2)):
        e = m * root / (1 + root)
        deviations.append(a - e)
        variances.append(1 / (2 / e + 2 / (m - e)))
    plain = sum(d * d / v for d, v in zip(deviations, variances, strict=True))
    found = breslow_day([[[3, 1], [1, 3]], [[1, 1], [1, 1]]])
    assert found.breslow_day == pytest.approx(plain, rel=1e-12)
    assert found.statistic == pytest.approx(plain - sum(deviations) ** 2 / sum(variances), rel=1e-12)


def test_strata_that_say_nothing_are_left_out_and_one_alone_is_no_test() -> None:
    informative = [[[2, 1], [1, 2]], [[1, 2], [2, 1]]]
    with_empty = breslow_day([informative[0], [[0, 3], [0, 5]], informative[1]])
    assert with_empty.strata_left_out == (1,)
    assert with_empty.statistic == breslow_day(informative).statistic
    for tables in ([informative[0]], [[[0, 3], [0, 5]]], [[[0, 3], [2, 5]], [[0, 4], [1, 3]]]):
        found = breslow_day(tables)
        assert math.isnan(found.p_value)
        assert found.reason
    with pytest.raises(EstimationError):
        breslow_day([[1, 2], [3, 4]])


def test_breslow_day_knows_no_order_of_groups_events_or_strata() -> None:
    tables = R["homogeneity"][2]["tables"]
    expected = breslow_day(tables).statistic
    assert breslow_day([table[::-1] for table in tables]).statistic == pytest.approx(expected, rel=1e-10)
    assert breslow_day([[row[::-1] for row in table] for table in tables]).statistic == pytest.approx(
        expected, rel=1e-10
    )
    assert breslow_day(tables[::-1]).statistic == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("entry", R["shift"])
def test_shift_with_ties(entry: dict[str, Any]) -> None:
    found = hodges_lehmann(two_groups(entry["a"], entry["b"]), conf_level=entry["conf_level"], exact=False)
    expected = [entry[name] for name in ("estimate", "lower", "upper")]
    assert [found.estimate, found.lower, found.upper] == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("entry", R["effect"])
def test_relative_effect(entry: dict[str, Any]) -> None:
    counts = two_groups(entry["a"], entry["b"])
    found = relative_effect(counts, conf_level=entry["conf_level"])
    expected = [entry[name] for name in ("estimate", "lower", "upper")]
    assert [found.estimate, found.lower, found.upper] == pytest.approx(expected, rel=1e-9)
    pairs = len(entry["a"]) * len(entry["b"])
    assert found.estimate == pytest.approx(rank_sum(counts).statistic / pairs, rel=1e-12)


def test_relative_effect_by_hand() -> None:
    """1, 2 against 2, 3: of four pairs none is larger and one tied, 1/8. Placements 0 and 1/4 of the one, 3/4 and 1 of
    the other, each with variance 1/32: se = sqrt(1/32), on the logit scale se / (7/64)."""
    found = relative_effect(two_groups([1, 2], [2, 3]))
    assert found.estimate == pytest.approx(1 / 8, rel=1e-12)
    width = 1.959963984540054 * math.sqrt(1 / 32) / (7 / 64)
    assert found.upper == pytest.approx(1 / (1 + 7 * math.exp(-width)), rel=1e-12)
    turned = relative_effect(two_groups([1, 2], [2, 3]), first=1, second=0)
    assert (turned.estimate, turned.lower) == pytest.approx((7 / 8, 1 - found.upper), rel=1e-12)


def test_relative_effect_edges() -> None:
    for a, b, estimate in (([1, 1], [2, 2], 0.0), ([2, 2], [2, 2], 0.5), ([1], [1, 2], 0.25)):
        found = relative_effect(two_groups(a, b))
        assert found.estimate == estimate
        assert math.isnan(found.lower)
        assert found.reason
    assert math.isnan(relative_effect(two_groups([], [1])).estimate)
    with pytest.raises(EstimationError):
        relative_effect(two_groups([1], [2]), first=0, second=0)
