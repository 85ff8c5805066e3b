"""The laws of the additive summaries of tables, for all three at once (property tests)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atrisk.errors import EstimationError
from atrisk.summary.cell_counts import CellCounts
from atrisk.summary.moments import Moments
from atrisk.summary.value_counts import ValueCounts

N_GROUPS, N_LEVELS, N_STRATA = 3, 4, 2


@dataclass(frozen=True)
class Patients:
    """Rows that every summary can be taken of."""

    value: np.ndarray
    level: np.ndarray
    group: np.ndarray
    stratum: np.ndarray

    def then(self, other: Patients) -> Patients:
        return Patients(
            np.concatenate([self.value, other.value]),
            np.concatenate([self.level, other.level]),
            np.concatenate([self.group, other.group]),
            np.concatenate([self.stratum, other.stratum]),
        )


def cells_of(patients: Patients) -> CellCounts:
    return CellCounts.of(
        patients.level,
        patients.group,
        n_groups=N_GROUPS,
        n_levels=N_LEVELS,
        stratum=patients.stratum,
        n_strata=N_STRATA,
    )


SUMMARIES: dict[str, tuple[Callable[[Patients], Any], Callable[[], Any]]] = {
    "moments": (lambda p: Moments.of(p.value, p.group, N_GROUPS), lambda: Moments.zero(N_GROUPS)),
    "value_counts": (lambda p: ValueCounts.of(p.value, p.group, N_GROUPS), lambda: ValueCounts.zero(N_GROUPS)),
    "cell_counts": (
        cells_of,
        lambda: CellCounts.zero(n_groups=N_GROUPS, n_levels=N_LEVELS, n_strata=N_STRATA),
    ),
}
FIELDS = {
    "moments": ("n", "mean", "centred_squares"),
    "value_counts": ("values", "counts", "missing"),
    "cell_counts": ("counts", "missing"),
}

values = st.one_of(
    st.floats(min_value=-1e6, max_value=1e6),
    st.sampled_from([0.1, 3.0, 1e6]),
    st.just(float("nan")),
)
row = st.tuples(
    values,
    st.integers(-1, N_LEVELS - 1),
    st.integers(0, N_GROUPS - 1),
    st.integers(0, N_STRATA - 1),
)


@st.composite
def cohorts(draw: st.DrawFn) -> Patients:
    rows = draw(st.lists(row, max_size=12))
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    integers = [np.array(column, dtype=np.int64) for column in columns[1:]]
    return Patients(np.array(columns[0], dtype=float), *integers)


def equal(name: str, a: Any, b: Any, *, exact: bool) -> None:
    # Sums of squares of values up to 1e6 carry rounding of about 1e-16 * 1e12.
    scale = 1e-3 if name == "moments" else 0.0
    for field in FIELDS[name]:
        one, two = getattr(a, field), getattr(b, field)
        if exact:
            np.testing.assert_array_equal(one, two, err_msg=field)
        else:
            np.testing.assert_allclose(one, two, rtol=1e-11, atol=scale, err_msg=field)


@pytest.mark.parametrize("name", SUMMARIES)
@given(a=cohorts(), b=cohorts(), c=cohorts())
def test_laws(name: str, a: Patients, b: Patients, c: Patients) -> None:
    of, zero = SUMMARIES[name]
    one, two, three = of(a), of(b), of(c)
    equal(name, one + zero(), one, exact=True)
    equal(name, zero() + one, one, exact=True)
    equal(name, one + two, two + one, exact=True)
    equal(name, (one + two) + three, one + (two + three), exact=name != "moments")
    equal(name, of(a.then(b)), one + two, exact=name != "moments")


@given(a=cohorts(), b=cohorts(), constant=st.floats(min_value=-1e9, max_value=1e9))
def test_spread_of_a_constant_is_exactly_zero(a: Patients, b: Patients, constant: float) -> None:
    parts = [Moments.of(np.full(len(part.group), constant), part.group, N_GROUPS) for part in (a, b, a, a)]
    total = parts[0] + parts[1] + (parts[2] + parts[3])
    np.testing.assert_array_equal(total.centred_squares, 0.0)


@given(patients=cohorts())
def test_moments_against_each_group_alone(patients: Patients) -> None:
    """Oracle: NumPy's mean and sample variance of the values of one group at a time."""
    moments = Moments.of(patients.value, patients.group, N_GROUPS)
    for group in range(N_GROUPS):
        own = patients.value[(patients.group == group) & ~np.isnan(patients.value)]
        assert moments.n[group] == len(own)
        if len(own) > 0:
            np.testing.assert_allclose(moments.mean[group], own.mean(), rtol=1e-11, atol=1e-9)
        else:
            assert np.isnan(moments.mean[group])
        if len(own) > 1:
            np.testing.assert_allclose(moments.variance[group], own.var(ddof=1), rtol=1e-11, atol=1e-3)
        else:
            assert np.isnan(moments.variance[group])
            assert np.isnan(moments.standard_deviation[group])


def test_moments_keep_their_digits_far_from_zero() -> None:
    """By hand: 1e9 + (1, 2, 3, 4) has variance 5/3; a sum of squares of 4e18 in doubles would lose it entirely."""
    moments = Moments.of([1e9 + 1, 1e9 + 2], [0, 0], 1) + Moments.of([1e9 + 3, 1e9 + 4], [0, 0], 1)
    np.testing.assert_allclose(moments.variance, [5 / 3], rtol=1e-14)
    assert moments.mean[0] == 1e9 + 2.5


@given(patients=cohorts())
def test_cells_against_counting_one_by_one(patients: Patients) -> None:
    cells = cells_of(patients)
    counts = np.zeros((N_STRATA, N_GROUPS, N_LEVELS), dtype=int)
    missing = np.zeros(N_GROUPS, dtype=int)
    for stratum, group, level in zip(patients.stratum, patients.group, patients.level, strict=True):
        if level == -1:
            missing[group] += 1
        else:
            counts[stratum, group, level] += 1
    np.testing.assert_array_equal(cells.counts, counts)
    np.testing.assert_array_equal(cells.missing, missing)
    np.testing.assert_array_equal(cells.table, counts[0] + counts[1])


@given(patients=cohorts())
def test_value_counts_give_the_values_back(patients: Patients) -> None:
    counts = ValueCounts.of(patients.value, patients.group, N_GROUPS)
    for group in range(N_GROUPS):
        own = patients.value[patients.group == group]
        rebuilt = np.repeat(counts.values, counts.counts[group])
        np.testing.assert_array_equal(rebuilt, np.sort(own[~np.isnan(own)]))
        assert counts.missing[group] == np.isnan(own).sum()
        assert counts.n[group] + counts.missing[group] == len(own)


@pytest.mark.parametrize("name", SUMMARIES)
def test_arrays_are_read_only(name: str) -> None:
    _, zero = SUMMARIES[name]
    for field in FIELDS[name]:
        assert not getattr(zero(), field).flags.writeable


def test_the_callers_arrays_stay_writable() -> None:
    n, mean, squares = np.array([1]), np.array([2.0]), np.array([0.0])
    moments = Moments(n, mean, squares)
    mean[0] = 5.0
    assert moments.mean[0] == 2.0


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda: Moments.of([1.0], [3], 3), id="group above the last"),
        pytest.param(lambda: Moments.of([1.0], [-1], 3), id="group below the first"),
        pytest.param(lambda: Moments.of([1.0], [0.5], 3), id="group not whole"),
        pytest.param(lambda: Moments.of([1.0, 2.0], [0], 3), id="unequal lengths"),
        pytest.param(lambda: Moments.of([float("inf")], [0], 3), id="infinite value"),
        pytest.param(lambda: Moments.of([1.0], [[0]], 3), id="codes in two dimensions"),
        pytest.param(lambda: Moments([1], [1.0, 2.0], [0.0]), id="fields of unequal shape"),
        pytest.param(lambda: Moments.zero(2) + Moments.zero(3), id="moments of unlike groups"),
        pytest.param(lambda: ValueCounts.of([float("-inf")], [0], 1), id="infinite value counted"),
        pytest.param(lambda: ValueCounts([2.0, 1.0], [[1, 1]], [0]), id="values not ascending"),
        pytest.param(lambda: ValueCounts([2.0], [[1, 1]], [0]), id="counts of another shape"),
        pytest.param(lambda: ValueCounts.zero(2) + ValueCounts.zero(3), id="value counts of unlike groups"),
        pytest.param(lambda: CellCounts.of([4], [0], n_groups=1, n_levels=4), id="level above the last"),
        pytest.param(lambda: CellCounts.of([-2], [0], n_groups=1, n_levels=4), id="level below missing"),
        pytest.param(lambda: CellCounts([[1]], [0]), id="cells of two dimensions"),
        pytest.param(
            lambda: CellCounts.zero(n_groups=1, n_levels=2) + CellCounts.zero(n_groups=1, n_levels=3),
            id="unlike levels",
        ),
    ],
)
def test_arguments_outside_the_domain(wrong: Callable[[], Any]) -> None:
    with pytest.raises(EstimationError):
        wrong()
