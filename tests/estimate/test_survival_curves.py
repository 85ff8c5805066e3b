"""Weighted and clustered curves: by hand, against a slow jackknife of our own, and at their edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.errors import EstimationError
from atrisk.estimate.survival_curve import influence
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.estimate.survival_curve.kaplan_meier import SurvivalCurve, kaplan_meier
from atrisk.estimate.survival_curve.survival_curves import survival_curves
from atrisk.summary.event_counts import EventCounts

ESTIMATORS = ("kaplan-meier", "nelson-aalen", "fleming-harrington")

patients = st.lists(
    st.tuples(
        st.integers(1, 9),  # exit
        st.integers(0, 8),  # entry, cut below the exit
        st.integers(0, 1),  # event
        st.sampled_from([0.25, 0.5, 1.0, 1.75]),
        st.integers(0, 3),  # cluster
    ),
    min_size=2,
    max_size=12,
)


def slow_survival(time, event, entry, weight, at, estimator) -> tuple[float, float]:
    """S and H at one time, straight from the definitions with loops over times."""
    survival, hazard = 1.0, 0.0
    for t in sorted({t for t, e in zip(time, event, strict=True) if e and t <= at}):
        risk = (entry < t) & (time >= t)
        failing = risk & (time == t) & (event == 1)
        n, d = weight[risk].sum(), weight[failing].sum()
        survival *= 0.0 if np.array_equal(risk, failing) else 1 - d / n
        if estimator == "fleming-harrington":
            number = int(failing.sum())
            hazard += sum(d / number / (n - k * d / number) for k in range(number))
        else:
            hazard += d / n
    return (survival if estimator == "kaplan-meier" else math.exp(-hazard)), hazard


@given(patients, st.sampled_from(ESTIMATORS), st.booleans())
@settings(deadline=None, max_examples=80)
def test_the_jackknife_is_the_sum_of_squared_derivatives(rows: list, estimator: str, many: bool) -> None:
    """The oracle perturbs the weight of every cluster in turn (central difference, h = 1e-5). `many`: by the
    running totals that large tables take, which leave rounding (1e-16, its root 1e-8) where all cancels."""
    time, entry, event, weight, cluster = (np.array(column) for column in zip(*rows, strict=True))
    entry = np.minimum(entry, time - 1)
    table = FollowUpRows.of(time, event, entry=entry, weight=weight, cluster=cluster)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(influence, "_WRITTEN_OUT", 0 if many else 10**6)
        (curve,) = survival_curves(table, estimator=estimator)
    h = 1e-5
    for i, at in enumerate(curve.time):
        values = slow_survival(time, event, entry, weight, at, estimator)
        np.testing.assert_allclose((curve.survival[i], curve.cumulative_hazard[i]), values, rtol=1e-12)
        squares = np.zeros(2)
        for each in np.unique(cluster):
            up, down = (np.where(cluster == each, weight * (1 + s * h), weight) for s in (1, -1))
            change = np.subtract(
                slow_survival(time, event, entry, up, at, estimator),
                slow_survival(time, event, entry, down, at, estimator),
            )
            squares += (change / (2 * h)) ** 2
        found = (curve.std_err[i], curve.std_err_cumulative_hazard[i])
        np.testing.assert_allclose(found, np.sqrt(squares), rtol=1e-6, atol=2e-7 if many else 1e-9)


def test_four_patients_by_hand() -> None:
    """Weights 2, 1, 1 (censored at 2), 1; events at 1, 2, 3. n = 5, 3, 1; d = 2, 1, 1:
    S = 3/5, 3/5 x 2/3 = 2/5, 0. dlogS/dw at 1: the failing -1/5 (= 1/3 x 0 - ..): f = Y (1/(n-d) - 1/n) - dN/(n-d)
    = 1/3 - 1/5 - 1/3 = -1/5 for the one who fails, 2/15 for the others; times their weights:
    (-2/5)^2 + 3 (2/15)^2 = 4/25 + 12/225 = 48/225, se = 3/5 sqrt(48)/15."""
    rows = FollowUpRows.of([1, 2, 2, 3], [1, 1, 0, 1], weight=[2, 1, 1, 1])
    (curve,) = survival_curves(rows, robust=True)
    np.testing.assert_allclose(curve.survival, [3 / 5, 2 / 5, 0], rtol=1e-14)
    assert curve.std_err[0] == pytest.approx(3 / 5 * math.sqrt(48) / 15, rel=1e-13)
    np.testing.assert_array_equal(curve.n_at_risk, [5, 3, 1])
    np.testing.assert_array_equal(curve.patients_at_risk, [4, 3, 1])
    assert curve.n == 4
    assert curve.robust
    assert curve.std_err[2] == 0
    assert math.isnan(curve.upper[2])


@given(patients)
@settings(deadline=None, max_examples=40)
def test_without_weights_the_jackknife_of_kaplan_meier_is_greenwoods(rows: list) -> None:
    """Known identity, for patients followed from the start."""
    time, _, event, _, _ = (np.array(column) for column in zip(*rows, strict=True))
    (robust,) = survival_curves(FollowUpRows.of(time, event), robust=True)
    (greenwood,) = kaplan_meier(EventCounts.of(time, event))
    known = greenwood.survival > 0
    np.testing.assert_allclose(robust.std_err[known], greenwood.std_err[known], rtol=1e-10, atol=1e-14)


def test_a_tie_of_three_among_five_by_hand() -> None:
    """Fleming-Harrington: 1/5 + 1/4 + 1/3 = 47/60, variance 1/25 + 1/16 + 1/9 = 769/3600; Nelson-Aalen 3/5."""
    counts = EventCounts.of([4, 4, 4, 6, 6], [1, 1, 1, 0, 0])
    (harrington,) = kaplan_meier(counts, estimator="fleming-harrington")
    (nelson,) = kaplan_meier(counts, estimator="nelson-aalen")
    np.testing.assert_allclose(harrington.cumulative_hazard, [47 / 60, 47 / 60], rtol=1e-14)
    np.testing.assert_allclose(harrington.std_err_cumulative_hazard[0], math.sqrt(769) / 60, rtol=1e-14)
    np.testing.assert_allclose(harrington.survival[0], math.exp(-47 / 60), rtol=1e-14)
    np.testing.assert_allclose(nelson.survival[0], math.exp(-3 / 5), rtol=1e-14)
    np.testing.assert_allclose(nelson.std_err[0], math.exp(-3 / 5) * math.sqrt(3) / 5, rtol=1e-14)


def test_robust_by_default_only_where_weights_are_fractions_or_clusters_are_given() -> None:
    time, event = [1, 2, 3], [1, 0, 1]
    assert not survival_curves(FollowUpRows.of(time, event, weight=[2, 1, 0]))[0].robust
    assert survival_curves(FollowUpRows.of(time, event, weight=[2, 1.5, 0]))[0].robust
    assert survival_curves(FollowUpRows.of(time, event, cluster=["a", "a", "b"]))[0].robust


def test_a_weight_of_zero_leaves_only_the_number_of_patients() -> None:
    (with_zero,) = survival_curves(FollowUpRows.of([1, 2, 2, 3], [1, 1, 1, 0], weight=[1, 0, 1, 1]))
    (without,) = survival_curves(FollowUpRows.of([1, 2, 3], [1, 1, 0]))
    np.testing.assert_allclose(with_zero.survival, without.survival, rtol=1e-14)
    np.testing.assert_array_equal(with_zero.patients_at_risk, [4, 3, 1])
    assert with_zero.n == 4


@pytest.mark.parametrize(
    "call",
    [
        lambda: FollowUpRows.of([1, -2], [1, 0]),
        lambda: FollowUpRows.of([1, np.nan], [1, 0]),
        lambda: FollowUpRows.of([1, 2], [1, 2]),
        lambda: FollowUpRows.of([1, 2], [1, 0], entry=[1, 0]),
        lambda: FollowUpRows.of([1, 2], [1, 0], weight=[-1, 1]),
        lambda: FollowUpRows.of([1, 2], [1, 0], weight=[np.inf, 1]),
        lambda: FollowUpRows.of([1, 2], [1, 0], cluster=[1]),
        lambda: survival_curves(FollowUpRows.of([1, 2], [1, 0]), estimator="breslow"),
        lambda: survival_curves(FollowUpRows.of([1, 2], [1, 0], cluster=[1, 1]), robust=False),
        lambda: kaplan_meier(EventCounts.of([1, 2], [1, 0], weight=[0.5, 1]), estimator="fleming-harrington"),
    ],
)
def test_arguments_outside_their_domain_are_refused(call) -> None:
    with pytest.raises(EstimationError):
        call()


@given(
    st.lists(st.tuples(st.integers(1, 6), st.integers(0, 1), st.integers(0, 2), st.integers(0, 5)), min_size=1),
    st.sampled_from(["kaplan-meier", "nelson-aalen", "fleming-harrington"]),
    st.booleans(),
)
@settings(deadline=None)
def test_without_weights_the_counts_give_what_the_rows_give(drawn: list, estimator: str, delayed: bool) -> None:
    """The short way of plain patients against the long one, which weights of 1 take."""
    span, event, group, entry = np.array(drawn).T
    joined = entry.astype(float) if delayed else None
    time = (span + entry).astype(float)
    plain = FollowUpRows.of(time, event, group=group, entry=joined)
    ones = FollowUpRows.of(time, event, group=group, entry=joined, weight=np.ones(time.size))
    for mine, other in zip(
        survival_curves(plain, estimator=estimator), survival_curves(ones, estimator=estimator), strict=True
    ):
        for name in SurvivalCurve.__slots__:
            np.testing.assert_array_equal(getattr(mine, name), getattr(other, name), err_msg=name)
