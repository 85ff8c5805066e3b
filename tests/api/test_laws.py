"""Laws of the statistics over data frames, on random patients (Hypothesis): none of them rests on a computed value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import atrisk
from atrisk.compare.contingency.chi_squared import chi_squared
from atrisk.compare.contingency.fisher import fisher_exact
from atrisk.compare.cumulative_incidence.gray import gray
from atrisk.compare.location.analysis_of_variance import one_way, t_test, welch
from atrisk.compare.location.hodges_lehmann import hodges_lehmann
from atrisk.compare.location.kruskal_wallis import kruskal_wallis
from atrisk.compare.location.wilcoxon import rank_sum
from atrisk.compare.log_rank_family.log_rank import log_rank
from atrisk.compare.log_rank_family.max_combo import max_combo
from atrisk.compare.log_rank_family.pairwise_log_rank import pairwise_log_rank
from atrisk.estimate.competing_risks.aalen_johansen import aalen_johansen
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier, reverse_kaplan_meier
from atrisk.estimate.survival_curve.restricted_mean import restricted_mean
from atrisk.summary.cell_counts import CellCounts
from atrisk.summary.event_counts import EventCounts, Shape
from atrisk.summary.moments import Moments
from atrisk.summary.value_counts import ValueCounts

PATIENT = st.tuples(
    st.integers(1, 30), st.sampled_from([0, 1, 2]), st.sampled_from(["a", "b"]), st.integers(0, 9), st.integers(1, 3)
)
STATES = {0: "censored", 1: "relapse", 2: "death"}
SOME = settings(max_examples=40, deadline=None)


@st.composite
def cohorts(draw: st.DrawFn) -> dict[str, np.ndarray]:
    """Two groups with at least three patients and an event each, so that every statistic has something to say."""
    fixed = [
        (4, 1, "a", 3, 1),
        (9, 0, "a", 5, 1),
        (30, 2, "a", 1, 2),
        (2, 1, "b", 4, 1),
        (12, 2, "b", 0, 1),
        (30, 0, "b", 7, 3),
    ]
    rows = fixed + draw(st.lists(PATIENT, max_size=40))
    names = ("time", "event", "arm", "x", "copies")
    return {name: np.array([row[i] for row in rows]) for i, name in enumerate(names)}


def rows_of(data: dict[str, np.ndarray], at: np.ndarray) -> dict[str, np.ndarray]:
    return {name: values[at] for name, values in data.items()}


def died(data: dict[str, np.ndarray], **changed: Any) -> dict[str, Any]:
    return {**data, "dead": data["event"] > 0, **changed}


@SOME
@given(cohorts())
def test_relabelling_the_groups_flips_the_sign(data: dict) -> None:
    swapped = {**data, "arm": np.where(data["arm"] == "a", "b", "a")}
    for function, key in (
        (lambda df: atrisk.restricted_mean_contrasts(curves(df), tau=20), "difference"),
        (lambda df: atrisk.risk_contrasts(died(df), event="dead", group="arm"), "estimate"),
        (lambda df: atrisk.t_test(df, value="x", group="arm"), "difference"),
        (lambda df: atrisk.incidence_difference(incidence(df), [5, 20], limits="wald"), "difference"),
        (lambda df: atrisk.log_rank_trend(died(df), time="time", event="dead", group="arm"), "z"),
    ):
        one, other = (np.asarray(function(df).table[key]) for df in (data, swapped))
        np.testing.assert_allclose(one, -other, atol=1e-12)
    coef = [cox(df).table["coef"][1] for df in (data, swapped)]
    np.testing.assert_allclose(coef[0], -coef[1], atol=1e-8)


@SOME
@given(cohorts(), st.sampled_from([7.0, 1 / 365.25, 1000.0]))
def test_a_change_of_unit_scales_the_times(data: dict, unit: float) -> None:
    other = {**data, "time": data["time"] * unit}
    one, two = (atrisk.quantiles(curves(df)).table for df in (data, other))
    for name in ("quantile", "conf_low", "conf_high"):
        np.testing.assert_allclose(np.asarray(one[name]) * unit, two[name], rtol=1e-12)
    means = [atrisk.restricted_mean(curves(df), tau).table for df, tau in ((data, 25), (other, 25 * unit))]
    for name in ("restricted_mean", "std_error"):
        np.testing.assert_allclose(np.asarray(means[0][name]) * unit, means[1][name], rtol=1e-10)
    for name in ("coef", "std_error"):
        np.testing.assert_allclose(cox(data).table[name], cox(other).table[name], rtol=1e-7, atol=1e-9)


@SOME
@given(cohorts(), st.randoms())
def test_the_order_of_the_rows_changes_nothing(data: dict, random: Any) -> None:
    at = np.arange(data["time"].size)
    random.shuffle(at)
    shuffled = rows_of(data, at)
    for function in (curves, incidence, lambda df: atrisk.kruskal_wallis(df, value="x", group="arm")):
        one, other = function(data), function(shuffled)
        assert str(one) == str(other)
        np.testing.assert_equal(one.to_dict(), other.to_dict())
    np.testing.assert_allclose(cox(data).table["coef"], cox(shuffled).table["coef"], atol=1e-8)


@SOME
@given(cohorts())
def test_whole_weights_are_replications_where_that_is_true(data: dict) -> None:
    """Kaplan-Meier with Greenwood's variance and Breslow's Cox model; not Efron's, whose ties then differ."""
    again = rows_of(data, np.repeat(np.arange(data["time"].size), data["copies"]))
    weighted, replicated = curves(data, weights="copies"), curves(again)
    for name in ("time", "n_at_risk", "survival", "std_error", "conf_low"):
        np.testing.assert_allclose(weighted.table[name], replicated.table[name], rtol=1e-12)
    models = (cox(data, weights="copies", ties="breslow"), cox(again, ties="breslow"))
    for name in ("coef", "std_error"):
        np.testing.assert_allclose(models[0].table[name], models[1].table[name], rtol=1e-7, atol=1e-9)


@SOME
@given(cohorts())
def test_incidences_and_event_free_survival_sum_to_one_and_stay_below_one_minus_kaplan_meier(data: dict) -> None:
    found = incidence(data)
    for place, curve in enumerate(found.result):
        np.testing.assert_allclose(curve.incidence.sum(axis=0) + curve.event_free, 1.0, atol=1e-12)
        for cause in (1, 2):
            alone = {**data, "alone": data["event"] == cause}
            single = atrisk.kaplan_meier(alone, time="time", event="alone", group="arm").result[place]
            assert np.all(curve.incidence[cause - 1] <= 1 - single.survival + 1e-12)


@SOME
@given(cohorts(), st.lists(st.integers(0, 3), min_size=50, max_size=50))
def test_chunks_add_up_to_the_whole_for_every_mergeable_summary(data: dict, chunk: list[int]) -> None:
    """The statistics of summed summaries are those of all patients: counts exactly, moments up to rounding."""
    arm = (data["arm"] == "b").astype(np.int64)
    part = np.array(chunk)[: arm.size]
    chunks = [np.flatnonzero(part == k) for k in range(4)]
    shape = Shape(n_groups=2, n_causes=2)

    def counts(at: np.ndarray) -> EventCounts:
        return EventCounts.of(data["time"][at], data["event"][at], group=arm[at], shape=shape)

    every = np.arange(arm.size)
    added, whole = sum((counts(at) for at in chunks), EventCounts.zero(shape)), counts(every)
    for estimator in (kaplan_meier, reverse_kaplan_meier, aalen_johansen, log_rank, max_combo, pairwise_log_rank):
        same(estimator(added), estimator(whole))
    same(gray(added, 1), gray(whole, 1))
    same(restricted_mean(kaplan_meier(added)[0], 20), restricted_mean(kaplan_meier(whole)[0], 20))

    def cells(at: np.ndarray) -> CellCounts:
        return CellCounts.of(data["event"][at], arm[at], n_groups=2, n_levels=3)

    tables = [sum((cells(at) for at in chunks), CellCounts.zero(n_groups=2, n_levels=3)), cells(every)]
    np.testing.assert_array_equal(tables[0].counts, tables[1].counts)
    for test in (chi_squared, fisher_exact):
        same(test(tables[0].counts[0]), test(tables[1].counts[0]))

    values = [sum((ValueCounts.of(data["x"][at], arm[at], 2) for at in chunks), ValueCounts.zero(2))]
    values.append(ValueCounts.of(data["x"], arm, 2))
    for test in (kruskal_wallis, rank_sum, hodges_lehmann):
        same(test(values[0]), test(values[1]))

    moments = [sum((Moments.of(data["x"][at], arm[at], 2) for at in chunks), Moments.zero(2))]
    moments.append(Moments.of(data["x"], arm, 2))
    for test in (t_test, one_way, welch):
        same(test(moments[0]), test(moments[1]), rtol=1e-9)


def same(one: Any, other: Any, *, rtol: float = 0.0) -> None:
    """Every number of two results alike."""
    assert type(one) is type(other)
    if isinstance(one, tuple):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            same(a, b, rtol=rtol)
    elif hasattr(one, "__dataclass_fields__"):
        for name in one.__dataclass_fields__:
            same(getattr(one, name), getattr(other, name), rtol=rtol)
    elif isinstance(one, float | np.ndarray):
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol)
    else:
        assert one == other


def curves(data: dict, **more: Any) -> atrisk.SurvivalCurves:
    return atrisk.kaplan_meier(died(data), time="time", event="dead", group="arm", **more)


def incidence(data: dict) -> atrisk.IncidenceCurves:
    return atrisk.cumulative_incidence(data, time="time", event="event", event_map=STATES, group="arm")


def cox(data: dict, **more: Any) -> atrisk.CoxModel:
    covariates = ["x", atrisk.Factor("arm", reference="a")]
    return atrisk.cox(died(data), time="time", event="dead", covariates=covariates, **more)


def test_a_law_that_is_not_one_is_seen() -> None:
    """Efron's weights are not replications: were they, the comparison above could not fail."""
    data = {"time": np.array([5, 5, 8, 9]), "event": np.array([1, 1, 1, 0]), "x": np.array([0.0, 1, 1, 0])}
    data |= {"arm": np.array(["a", "b", "b", "a"]), "copies": np.array([3, 1, 2, 2])}
    again = rows_of(data, np.repeat(np.arange(4), data["copies"]))
    one, other = (
        atrisk.cox(died(df), time="time", event="dead", covariates="x", weights=weights, variance="model")
        for df, weights in ((data, "copies"), (again, None))
    )
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(one.table["coef"], other.table["coef"], rtol=1e-7)
