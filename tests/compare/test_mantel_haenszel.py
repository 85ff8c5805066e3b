"""Common effects over strata: closed forms by hand, strata without information, and laws."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.compare.contingency.fisher import fisher_exact
from atrisk.compare.contingency.mantel_haenszel import (
    cochran_mantel_haenszel,
    common_odds_ratio,
    common_risk_difference,
    exact_common_odds_ratio,
)
from atrisk.errors import EstimationError

stratum = st.lists(st.integers(0, 15), min_size=4, max_size=4)
strata = st.lists(stratum, min_size=1, max_size=5).map(lambda tables: np.array(tables).reshape(-1, 2, 2))


def test_one_stratum_of_equal_groups() -> None:
    """By hand: with n in both groups, w = n/2, P = -n d/4, Q = n (p q' + p' q)/4 (q = 1 - p), so Sato's variance
    is (p q' + p' q - d^2)/n, which is (p q + p' q')/n, the simple variance. 12 and 6 of 20: d = 0.3 and
    var = (0.6 * 0.4 + 0.3 * 0.7)/20 = 0.0225."""
    effect = common_risk_difference([[[12, 8], [6, 14]]]).effect
    half = 1.959963984540054 * 0.15
    assert effect.estimate == pytest.approx(0.3, rel=1e-14)
    assert (effect.lower, effect.upper) == pytest.approx((0.3 - half, 0.3 + half), rel=1e-13)
    assert effect.method == "Mantel-Haenszel, Sato"


def test_two_strata_by_hand() -> None:
    """Strata (4 of 10, 2 of 10) and (3 of 5, 6 of 20): w = 5 and 4, differences 0.2 and 0.3, so
    RD = (5 * 0.2 + 4 * 0.3) / 9 = 2.2/9. OR: R = 4*8/20 + 3*14/25 = 3.28, S = 6*2/20 + 2*6/25 = 1.08."""
    tables = [[[4, 6], [2, 8]], [[3, 2], [6, 14]]]
    assert common_risk_difference(tables).effect.estimate == pytest.approx(2.2 / 9, rel=1e-14)
    assert common_odds_ratio(tables).effect.estimate == pytest.approx(3.28 / 1.08, rel=1e-14)


def test_a_stratum_of_one_group_is_left_out_by_name() -> None:
    used = [[4, 6], [2, 8]]
    tables = [[[3, 4], [0, 0]], used, [[0, 0], [0, 9]]]
    for computed, alone in (
        (common_risk_difference(tables), common_risk_difference([used])),
        (common_odds_ratio(tables), common_odds_ratio([used])),
        (exact_common_odds_ratio(tables).odds_ratio, exact_common_odds_ratio([used]).odds_ratio),
    ):
        assert computed.strata_left_out == (0, 2)
        assert computed.n_strata_used == 1
        assert computed.effect == alone.effect
    test = cochran_mantel_haenszel(tables)
    assert test.strata_left_out == (0, 2)
    assert test.statistic == cochran_mantel_haenszel([used]).statistic


def test_a_stratum_without_events_says_something_about_a_difference_only() -> None:
    """By hand: (4 of 10, 2 of 10) and (0 of 10, 0 of 10): RD = (5 * 0.2 + 5 * 0) / 10 = 0.1; the odds ratio is
    that of the first stratum, 32/12."""
    tables = [[[4, 6], [2, 8]], [[0, 10], [0, 10]]]
    difference = common_risk_difference(tables)
    assert difference.strata_left_out == ()
    assert difference.effect.estimate == pytest.approx(0.1, rel=1e-14)
    ratio = common_odds_ratio(tables)
    assert ratio.strata_left_out == (1,)
    assert ratio.effect.estimate == pytest.approx(32 / 12, rel=1e-14)


def test_the_correction_never_exceeds_the_deviation() -> None:
    """By hand, [[3, 4], [2, 3]]: a - E = 3 - 35/12 = 1/12, below 0.5, so it is not corrected;
    V = 7 * 5 * 5 * 7 / (144 * 11), X^2 = (1/144) / V = 11/1225."""
    assert cochran_mantel_haenszel([[[3, 4], [2, 3]]]).statistic == pytest.approx(11 / 1225, rel=1e-12)


def test_nothing_left_gives_no_number() -> None:
    tables = [[[3, 4], [0, 0]]]
    assert math.isnan(cochran_mantel_haenszel(tables).p_value)
    assert math.isnan(exact_common_odds_ratio(tables).p_value)
    for result in (common_risk_difference(tables), common_odds_ratio(tables)):
        assert math.isnan(result.effect.estimate)
        assert result.effect.reason
        assert result.n_strata_used == 0


def test_no_width_is_no_limit() -> None:
    """Nobody with an event in either group: the difference is 0 and its estimated variance 0, which is no limit."""
    effect = common_risk_difference([[[0, 10], [0, 10]]]).effect
    assert effect.estimate == 0.0
    assert math.isnan(effect.lower)
    assert effect.reason


def test_an_empty_cell_in_every_stratum() -> None:
    effect = common_odds_ratio([[[0, 10], [4, 10]], [[0, 3], [1, 3]]]).effect
    assert effect.estimate == 0.0
    assert math.isnan(effect.upper)
    assert effect.reason
    assert common_odds_ratio([[[4, 0], [4, 10]]]).effect.estimate == math.inf


@given(tables=strata)
@settings(deadline=None)
def test_relabelled_groups(tables: np.ndarray) -> None:
    """Exchanging the groups turns the difference's sign, inverts the odds ratio and leaves the tests as they are."""
    other = tables[:, ::-1]
    one, two = common_risk_difference(tables).effect, common_risk_difference(other).effect
    assert (one.lower, one.estimate, one.upper) == pytest.approx(
        (-two.upper, -two.estimate, -two.lower), abs=1e-12, nan_ok=True
    )
    one, two = common_odds_ratio(tables).effect, common_odds_ratio(other).effect
    if one.estimate > 0 and math.isfinite(one.estimate):
        assert (one.lower, one.estimate, one.upper) == pytest.approx(
            (1 / two.upper, 1 / two.estimate, 1 / two.lower), rel=1e-10
        )
    for test in (cochran_mantel_haenszel, exact_common_odds_ratio):
        assert test(tables).p_value == pytest.approx(test(other).p_value, rel=1e-9, nan_ok=True)


@given(tables=strata, order=st.randoms(use_true_random=False))
def test_order_of_strata_does_not_matter(tables: np.ndarray, order: Any) -> None:
    shuffled = list(range(len(tables)))
    order.shuffle(shuffled)
    for method in (common_odds_ratio, common_risk_difference):
        one, two = method(tables).effect, method(tables[shuffled]).effect
        assert (one.estimate, one.lower) == pytest.approx((two.estimate, two.lower), rel=1e-12, abs=1e-14, nan_ok=True)


@given(table=stratum)
@settings(deadline=None)
def test_one_stratum_is_the_simple_exact_test(table: list[int]) -> None:
    """The exact test of one stratum is Fisher's."""
    simple = fisher_exact(np.array(table).reshape(2, 2))
    stratified = exact_common_odds_ratio([np.array(table).reshape(2, 2)])
    assert stratified.p_value == pytest.approx(simple.p_value, rel=1e-10, nan_ok=True)
    if simple.odds_ratio is not None:
        assert stratified.odds_ratio.effect.estimate == pytest.approx(simple.odds_ratio.estimate, rel=1e-9)


@pytest.mark.parametrize("tables", [[[1, 2], [3, 4]], [[[1, 2, 3], [3, 4, 5]]], [[[1, -2], [3, 4]]]])
def test_other_shapes_are_refused(tables: Any) -> None:
    with pytest.raises(EstimationError):
        common_odds_ratio(tables)
