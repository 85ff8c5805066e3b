"""Fisher's exact test against listing every table (oracle: ourselves, slowly), and its laws."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.compare.contingency import exact_table
from atrisk.compare.contingency.conditional_odds_ratio import two_by_two_distribution, two_sided_p_value
from atrisk.compare.contingency.fisher import fisher_exact
from atrisk.errors import EstimationError


def all_tables(rows: list[int], columns: list[int]) -> list[list[tuple[int, ...]]]:
    """Every table with these margins, column by column."""
    if len(columns) == 1:
        return [[tuple(rows)]]
    tables = []
    for cells in itertools.product(*(range(row + 1) for row in rows)):
        if sum(cells) == columns[0]:
            left = [row - cell for row, cell in zip(rows, cells, strict=True)]
            tables += [[cells, *rest] for rest in all_tables(left, columns[1:])]
    return tables


def probability(table: list[tuple[int, ...]], rows: list[int], columns: list[int]) -> Fraction:
    """The probability of a table given its margins, in whole numbers."""
    top = math.prod(math.factorial(margin) for margin in (*rows, *columns))
    cells = math.prod(math.factorial(cell) for column in table for cell in column)
    return Fraction(top, cells * math.factorial(sum(rows)))


def listed_p_value(table: np.ndarray) -> float:
    """The two-sided p value by listing; ties are exact, as the probabilities are fractions."""
    rows, columns = table.sum(axis=1).tolist(), table.sum(axis=0).tolist()
    observed = probability([tuple(column) for column in table.T.tolist()], rows, columns)
    every = [probability(other, rows, columns) for other in all_tables(rows, columns)]
    assert sum(every) == 1
    return float(sum(p for p in every if p <= observed))


@st.composite
def tables(draw: st.DrawFn, *, largest: int = 5, cells: int = 8) -> np.ndarray:
    n_rows = draw(st.integers(2, 4))
    n_columns = draw(st.integers(2, max(2, cells // n_rows)))
    one = st.integers(0, largest if n_rows * n_columns <= 6 else 3)
    return np.array(draw(st.lists(one, min_size=n_rows * n_columns, max_size=n_rows * n_columns))).reshape(
        n_rows, n_columns
    )


def estimable(table: np.ndarray) -> bool:
    return (table.sum(axis=1) > 0).sum() >= 2 and (table.sum(axis=0) > 0).sum() >= 2


@given(table=tables())
@settings(max_examples=80, deadline=None)
def test_p_value_is_that_of_the_listed_tables(table: np.ndarray) -> None:
    test = fisher_exact(table)
    if not estimable(table):
        assert math.isnan(test.p_value)
        assert test.reason
        return
    full = table[np.ix_(table.sum(axis=1) > 0, table.sum(axis=0) > 0)]
    assert test.p_value == pytest.approx(listed_p_value(full), rel=1e-11)


@pytest.mark.parametrize(
    "table",
    [
        pytest.param([[2, 1, 0, 1, 2], [0, 1, 2, 2, 0], [1, 0, 1, 0, 1]], id="3 x 5"),
        pytest.param([[1, 0, 2, 1, 0, 3], [2, 2, 0, 1, 3, 0]], id="2 x 6"),
        pytest.param([[1, 0, 1, 1, 0, 1, 2], [0, 2, 1, 0, 1, 0, 0]], id="2 x 7, three columns in a part"),
        pytest.param([[1, 0, 1, 0, 1], [0, 1, 1, 0, 0], [1, 0, 0, 2, 0], [0, 1, 0, 0, 1]], id="4 x 5"),
    ],
)
def test_wider_tables(table: list[list[int]]) -> None:
    assert fisher_exact(table).p_value == pytest.approx(listed_p_value(np.array(table)), rel=1e-11)


@given(table=tables(largest=30), data=st.data())
@settings(max_examples=40, deadline=None)
def test_order_and_orientation_do_not_matter(table: np.ndarray, data: st.DataObject) -> None:
    expected = fisher_exact(table).p_value
    rows = data.draw(st.permutations(range(table.shape[0])))
    columns = data.draw(st.permutations(range(table.shape[1])))
    assert fisher_exact(table[rows][:, columns]).p_value == pytest.approx(expected, rel=1e-10, nan_ok=True)
    assert fisher_exact(table.T).p_value == pytest.approx(expected, rel=1e-10, nan_ok=True)


@given(cells=st.lists(st.integers(0, 60), min_size=4, max_size=4), conf_level=st.sampled_from([0.8, 0.95]))
@settings(deadline=None)
def test_odds_ratio_of_relabelled_groups(cells: list[int], conf_level: float) -> None:
    """Exchanging the groups turns the odds ratio and its limits into their reciprocals."""
    table = np.array(cells).reshape(2, 2)
    one, other = fisher_exact(table, conf_level=conf_level), fisher_exact(table[::-1], conf_level=conf_level)
    if one.odds_ratio is None or other.odds_ratio is None:
        assert not estimable(table)
        return
    pairs = [
        (one.odds_ratio.estimate, other.odds_ratio.estimate),
        (one.odds_ratio.lower, other.odds_ratio.upper),
        (one.odds_ratio.upper, other.odds_ratio.lower),
    ]
    for a, b in pairs:
        assert a == pytest.approx(math.inf if b == 0.0 else 1.0 / b, rel=1e-9)
    assert one.p_less == pytest.approx(other.p_greater, rel=1e-10)


@pytest.mark.parametrize("size", [23, 41, 150])
def test_equal_groups_have_two_equal_tails(size: int) -> None:
    """By hand: with equal groups the distribution is symmetric, so the p value is twice the smaller tail (summed in
    whole numbers); the mirrored table ties with the observed one, whatever their last bits."""
    for events in range(1, size, 3):
        for a in range(events // 2 + 1):
            ways = [math.comb(size, x) * math.comb(size, events - x) for x in range(a + 1)]
            expected = min(1.0, 2 * sum(ways) / math.comb(2 * size, events))
            table = [[a, size - a], [events - a, size - events + a]]
            assert two_sided_p_value(two_by_two_distribution(np.array(table))) == pytest.approx(expected, rel=1e-10)


@given(cells=st.lists(st.integers(0, 40), min_size=4, max_size=4))
@settings(deadline=None)
def test_limits_solve_their_equations(cells: list[int]) -> None:
    """At the lower limit P(X >= x) is 0.025, at the upper P(X <= x) is; at the estimate E(X) = x. By direct sums."""
    table = np.array(cells).reshape(2, 2)
    ratio = fisher_exact(table).odds_ratio
    if ratio is None:
        return
    (a, b), (c, d) = table.tolist()
    support = range(max(0, a - d), min(a + b, a + c) + 1)
    ways = {x: math.comb(a + b, x) * math.comb(c + d, a + c - x) for x in support}

    def weights(psi: float) -> dict[int, Fraction]:
        total = sum(ways[x] * Fraction(psi) ** x for x in support)
        return {x: ways[x] * Fraction(psi) ** x / total for x in support}

    if ratio.lower > 0:
        assert float(sum(w for x, w in weights(ratio.lower).items() if x >= a)) == pytest.approx(0.025, rel=1e-9)
    if math.isfinite(ratio.upper):
        assert float(sum(w for x, w in weights(ratio.upper).items() if x <= a)) == pytest.approx(0.025, rel=1e-9)
    if 0 < ratio.estimate < math.inf:
        assert float(sum(x * w for x, w in weights(ratio.estimate).items())) == pytest.approx(a, rel=1e-9)


def test_tables_of_522_patients_need_few_steps() -> None:
    """Three groups by two levels is what a study asks most: its work stays below ten thousand steps."""
    table = [[10, 22], [120, 180], [60, 130]]
    assert math.isfinite(fisher_exact(table, work_limit=1e4).p_value)


def test_a_wide_sparse_table_of_522_patients_needs_few_steps() -> None:
    """A baseline table of three groups and five levels, as R's fisher.test has it (4.2.2; it reports to some 1e-12)."""
    table = [[25, 3, 4, 0, 0], [207, 32, 30, 11, 5], [150, 23, 18, 12, 2]]
    assert fisher_exact(table, work_limit=2e5).p_value == pytest.approx(0.903587136639, rel=2e-11)


@given(table=tables())
@settings(max_examples=40, deadline=None)
def test_the_parts_a_table_is_computed_in_do_not_matter(table: np.ndarray) -> None:
    """A few partly filled tables extended at a time, down to one, give what all of them at once give."""
    expected = fisher_exact(table).p_value
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact_table, "_AT_ONCE", 1)
        assert fisher_exact(table).p_value == pytest.approx(expected, rel=1e-12, nan_ok=True)


def test_beyond_the_limit_there_is_no_number() -> None:
    test = fisher_exact(np.eye(5, dtype=int) * 8 + 8, work_limit=2e5)
    assert math.isnan(test.p_value)
    assert "more than 2e+05 steps" in test.reason


def test_a_p_value_far_below_one_keeps_its_digits() -> None:
    """By hand: of the tables with margins 20 twice and 20 twice, the two with empty diagonals are the least
    probable, 1 / C(40, 20) each; for three groups of 20 the 3! such tables have 20!^6 / (60! 20!^3) each."""
    assert fisher_exact([[20, 0], [0, 20]]).p_value == pytest.approx(2 / math.comb(40, 20), rel=1e-12)
    expected = Fraction(6 * math.factorial(20) ** 3, math.factorial(60))
    assert fisher_exact(np.diag([20, 20, 20])).p_value == pytest.approx(float(expected), rel=1e-12)


@pytest.mark.parametrize("table", [[1, 2, 3], [[1, -2], [3, 4]], [[1.5, 2], [3, 4]], [["a", "b"], ["c", "d"]]])
def test_what_is_no_table_of_counts(table: Any) -> None:
    with pytest.raises(EstimationError):
        fisher_exact(table)


def test_conf_level_in_percent_is_refused() -> None:
    with pytest.raises(EstimationError):
        fisher_exact([[1, 2], [3, 4]], conf_level=95)
