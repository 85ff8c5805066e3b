"""Cumulative incidence against R's survfit, by hand, against a slow jackknife, and its invariances."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.errors import EstimationError
from atrisk.estimate.aalen_johansen import aalen_johansen, cumulative_incidence_at
from atrisk.estimate.kaplan_meier import kaplan_meier
from atrisk.summary.event_counts import EventCounts, Shape
from tests.reference.loader import Case, cases_of, numbers, rows_of

# The one place that names what is not done, and why.
NOT_SUPPORTED = {"aj-mgus2-weights": "the jackknife under fractional weights needs rows"}
# R's jackknife under delayed entry needs who entered when and left when; ours is Greenwood's.
OTHER_VARIANCE = {"aj-mgus2-entry"}


def supported(method: str) -> list:
    return [pytest.param(case, id=case.id) for case in cases_of(method) if case.id not in NOT_SUPPORTED]


def counts_of(case: Case) -> tuple[EventCounts, list[str]]:
    rows = rows_of(case)
    states = list(case.options["event_map"].values())[1:]
    shape = Shape(n_groups=len(rows.group_levels), n_causes=len(states))
    return EventCounts.of(rows.time, rows.cause, group=rows.group, entry=rows.entry, shape=shape), states


def curves_of(case: Case):
    counts, states = counts_of(case)
    curves = aalen_johansen(counts, conf_type=case.options["conf_type"], conf_level=case.options["conf_level"])
    assert len(curves) == len(case.expected["curves"])
    return zip(curves, case.expected["curves"], strict=True), states


@pytest.mark.parametrize("case", supported("cif.aalen_johansen"))
def test_curve(case: Case) -> None:
    pairs, states = curves_of(case)
    for curve, expected in pairs:
        kept = np.array(expected["row"]) - 1
        assert curve.time.size == expected["n_rows_total"]
        case.close(curve.time[kept], expected["time"], "time")
        for name, computed in {"n_risk": curve.n_at_risk, "event_free": curve.event_free}.items():
            if name in expected:
                case.close(computed[kept], expected[name], name)
        for k, state in enumerate(states):
            for name, computed in {
                "n_event": curve.n_event,
                "cif": curve.incidence,
                "std_err": curve.std_err,
                "lower": curve.lower,
                "upper": curve.upper,
            }.items():
                if name in expected or name in ("lower", "upper"):
                    case.close(computed[k][kept], expected[name][state], f"{name} {state}")


@pytest.mark.parametrize("case", supported("cif.aalen_johansen_landmarks"))
def test_landmarks(case: Case) -> None:
    pairs, states = curves_of(case)
    for curve, expected in pairs:
        marks = cumulative_incidence_at(curve, case.options["times"], extend=True)
        case.close(marks.event_free, expected["event_free"], "event_free")
        if "entry" not in case.options:
            case.close(marks.n_at_risk, expected["n_risk"], "n_risk")
        for k, state in enumerate(states):
            case.close(marks.estimate[k], expected["cif"][state], f"cif {state}")
            if case.id in OTHER_VARIANCE:
                np.testing.assert_allclose(marks.std_err[k], numbers(expected["std_err"][state]), rtol=0.02)
                continue
            case.close(marks.std_err[k], expected["std_err"][state], f"std_err {state}")
            case.close(marks.lower[k], expected["lower"][state], f"lower {state}")
            case.close(marks.upper[k], expected["upper"][state], f"upper {state}")


def test_six_patients_by_hand() -> None:
    """docs/methods/aalen_johansen.md. Times 1..6 with causes 1, 2, 0, 1, 2, 0: S before each event is 1, 5/6,
    2/3, 4/9 with 6, 5, 3, 2 at risk, so F_1 = 1/6 at 1, 1/6 + 2/9 = 7/18 at 4; F_2 = 1/6 at 2, 7/18 at 5.
    Variance of F_1 at 1: (1/6)(5/6)/6 = 5/216; at 2 the same increment moves F_1 no more: F_1(2) - F_1(2) = 0."""
    (curve,) = aalen_johansen(EventCounts.of([1, 2, 3, 4, 5, 6], [1, 2, 0, 1, 2, 0]))
    np.testing.assert_allclose(curve.incidence[0], [1 / 6, 1 / 6, 1 / 6, 7 / 18, 7 / 18, 7 / 18], rtol=1e-14)
    np.testing.assert_allclose(curve.incidence[1], [0, 1 / 6, 1 / 6, 1 / 6, 7 / 18, 7 / 18], rtol=1e-14)
    np.testing.assert_allclose(curve.event_free, [5 / 6, 2 / 3, 2 / 3, 4 / 9, 2 / 9, 2 / 9], rtol=1e-14)
    np.testing.assert_allclose(curve.std_err[0, :3] ** 2, [5 / 216] * 3, rtol=1e-12)
    assert np.isnan(curve.lower[1, 0])
    marks = cumulative_incidence_at(curve, [0.5, 4.5, 7])
    np.testing.assert_allclose(marks.estimate[0], [0, 7 / 18, np.nan], rtol=1e-14)
    np.testing.assert_array_equal(marks.n_at_risk, [6, 2, 0])
    np.testing.assert_array_equal(marks.n_event, [[0, 2, 2], [0, 1, 2]])
    np.testing.assert_array_equal(marks.estimable, [True, True, False])


rows = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 2)), min_size=1, max_size=25)


def slow_jackknife(time: np.ndarray, cause: np.ndarray, k: int, t: float) -> float:
    """The standard error of F_k(t) from every patient's influence, by the derivative with respect to the
    patient's weight, taken as a difference (oracle: ourselves, slowly)."""

    def incidence(weight: np.ndarray) -> float:
        survival, total = 1.0, 0.0
        for s in sorted({float(v) for v in time if v <= t}):
            at_risk = weight[time >= s].sum()
            total += survival * weight[(time == s) & (cause == k)].sum() / at_risk
            survival *= 1 - weight[(time == s) & (cause > 0)].sum() / at_risk
        return total

    step, influence = 1e-5, []
    for i in range(time.size):
        up, down = np.ones(time.size), np.ones(time.size)
        up[i] += step
        down[i] -= step
        influence.append((incidence(up) - incidence(down)) / (2 * step))
    return math.sqrt(sum(u * u for u in influence))


@given(rows)
@settings(deadline=None, max_examples=40)
def test_standard_errors_are_the_infinitesimal_jackknife(patients: list) -> None:
    time, cause = np.array(patients).T
    (curve,) = aalen_johansen(EventCounts.of(time, cause, shape=Shape(n_causes=2)))
    for k in (1, 2):
        for i, t in enumerate(curve.time):
            # A difference quotient of step 1e-5 carries an error of about 1e-9 in each influence.
            assert curve.std_err[k - 1, i] == pytest.approx(slow_jackknife(time, cause, k, t), abs=1e-7)


@given(rows)
@settings(deadline=None)
def test_incidences_and_survival_sum_to_one(patients: list) -> None:
    time, cause = np.array(patients).T
    counts = EventCounts.of(time, cause, shape=Shape(n_causes=2))
    (curve,) = aalen_johansen(counts)
    (overall,) = kaplan_meier(counts)
    np.testing.assert_allclose(curve.incidence.sum(axis=0) + curve.event_free, 1, rtol=1e-12)
    np.testing.assert_allclose(curve.event_free, overall.survival, rtol=1e-12, atol=1e-15)
    for k in (1, 2):
        (alone,) = kaplan_meier(counts.of_cause(k))
        assert np.all(curve.incidence[k - 1] <= 1 - alone.survival + 1e-12)


@given(rows)
@settings(deadline=None)
def test_one_cause_gives_one_minus_kaplan_meier_with_its_standard_error(patients: list) -> None:
    time, cause = np.array(patients).T
    counts = EventCounts.of(time, np.minimum(cause, 1))
    (curve,), (km,) = aalen_johansen(counts), kaplan_meier(counts)
    np.testing.assert_allclose(curve.incidence[0], 1 - km.survival, rtol=1e-12, atol=1e-14)
    alive = km.survival > 0
    np.testing.assert_allclose(curve.std_err[0][alive], km.std_err[alive], rtol=1e-7, atol=1e-9)


def test_relabelling_the_causes_permutes_the_curves() -> None:
    time, cause = np.array([3, 1, 4, 1, 5, 9, 2, 6]), np.array([1, 2, 0, 1, 2, 0, 1, 2])
    (curve,) = aalen_johansen(EventCounts.of(time, cause))
    (other,) = aalen_johansen(EventCounts.of(time, np.array([0, 2, 1])[cause]))
    np.testing.assert_array_equal(curve.incidence, other.incidence[::-1])
    np.testing.assert_array_equal(curve.std_err, other.std_err[::-1])


def test_a_group_without_patients_and_fractional_weights() -> None:
    (empty,) = aalen_johansen(EventCounts.zero(Shape(n_causes=2)))
    assert np.all(np.isnan(cumulative_incidence_at(empty, [1.0], extend=True).estimate))
    with pytest.raises(EstimationError):
        aalen_johansen(EventCounts.of([1.0], [1], weight=[0.5]))
