"""Exposures that begin during follow-up, against R (another program; r/time_dependent_exposure.R), by hand, by laws."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atrisk.compare.hazard_ratio_over_time.piecewise import piecewise_hazard_ratios
from atrisk.compare.log_rank_family.log_rank import log_rank
from atrisk.compare.log_rank_family.mantel_byar import mantel_byar
from atrisk.errors import EstimationError
from atrisk.estimate.exposure.exposure_spans import ExposureSpans, exposure_spans
from atrisk.estimate.exposure.landmark_patients import landmark_patients
from atrisk.estimate.exposure.simon_makuch import simon_makuch
from atrisk.estimate.proportional_hazards.cox import cox
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier
from atrisk.summary.event_counts import EventCounts, Shape

HERE = Path(__file__).parent
R = json.loads((HERE / "r" / "time_dependent_exposure.json").read_text(encoding="utf-8"))
NEVER = math.nan


def transplants() -> dict[str, Any]:
    """One entry a patient from R's spans: follow-up, death, day of transplantation, age and earlier surgery."""
    found: dict[str, dict[str, float]] = {}
    with (HERE.parent / "reference" / "data" / "heart.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            mine = found.setdefault(row["id"], {"exposed_at": NEVER})
            mine["age"], mine["surgery"] = float(row["age"]), float(row["surgery"])
            mine["time"], mine["event"] = float(row["stop"]), float(row["event"])
            if row["transplant"] == "1":
                mine["exposed_at"] = float(row["start"])
    return {name: np.array([one[name] for one in found.values()]) for name in next(iter(found.values()))}


HEART = transplants()


def heart() -> ExposureSpans:
    return exposure_spans(HEART["time"], HEART["event"], HEART["exposed_at"])


def test_the_start_stop_model_is_that_of_r() -> None:
    fit = cox(heart().cox_sample(np.column_stack((HEART["age"], HEART["surgery"]))))
    assert fit.coef == pytest.approx(R["cox"]["coef"], rel=1e-8)
    assert fit.std_err == pytest.approx(R["cox"]["std_err"], rel=1e-9)
    assert [fit.loglik_null, fit.loglik] == pytest.approx(R["cox"]["loglik"], rel=1e-12)


def test_the_effect_of_the_exposure_within_periods_is_that_of_r() -> None:
    found = piecewise_hazard_ratios(heart().cox_sample(HEART["age"][:, None]), [60, 180])
    assert found.fit.coef == pytest.approx(R["periods"]["coef"], rel=1e-8)
    assert found.fit.std_err == pytest.approx(R["periods"]["std_err"], rel=1e-9)
    assert found.likelihood_ratio_test.statistic == pytest.approx(R["periods"]["lr"], rel=1e-8)


@pytest.mark.parametrize("start", [None, 60.0])
def test_simon_makuch_curves_are_those_of_r(start: float | None) -> None:
    found = simon_makuch(heart(), start=start)
    for curve, expected in zip((found.unexposed, found.exposed), R["curves"][f"{start or 0:.0f}"], strict=True):
        failing = curve.n_event > 0
        assert curve.time[failing].tolist() == expected["time"]
        assert curve.survival[failing] == pytest.approx(expected["surv"], rel=1e-10)
        assert curve.n_at_risk[failing].tolist() == expected["n"]
        assert curve.std_err[failing] == pytest.approx(expected["std_err"], rel=1e-9)
    assert found.warning == ""


@pytest.mark.parametrize("start", [None, 60.0])
def test_mantel_byar_is_its_formula(start: float | None) -> None:
    expected = R["mantel_byar"][f"{start or 0:.0f}"]
    found = mantel_byar(heart(), start=start)
    assert found.observed[1] == expected["observed"]
    assert found.expected[1] == pytest.approx(expected["expected"], rel=1e-12)
    assert found.variance[1, 1] == pytest.approx(expected["variance"], rel=1e-12)
    assert found.chi_squared == pytest.approx(expected["chi_squared"], rel=1e-10)
    assert found.p_value == pytest.approx(expected["p"], rel=1e-9)


@pytest.mark.parametrize("landmark", [30, 90])
def test_landmark_analyses_are_those_of_r(landmark: int) -> None:
    expected = R["landmark"][str(landmark)]
    found = landmark_patients(HEART["time"], HEART["event"], HEART["exposed_at"], landmark)
    test = log_rank(EventCounts.of(found.time, found.cause, group=found.exposed.astype(int)))
    assert test.n.tolist() == expected["n"]
    assert test.observed.tolist() == expected["observed"]
    assert test.expected == pytest.approx(expected["expected"], rel=1e-12)
    assert test.chi_squared == pytest.approx(expected["chi_squared"], rel=1e-9)


def test_boundaries_by_hand() -> None:
    """Exposed on day 0, on day 3, on the day of the event, after the end, never, before time zero."""
    spans = exposure_spans([5, 5, 5, 5, 5, 5], [1, 1, 1, 0, 0, 1], [0, 3, 5, 9, NEVER, -2])
    assert spans.row.tolist() == [0, 1, 1, 2, 3, 4, 5]
    assert spans.entry.tolist() == [-1, -1, 3, -1, -1, -1, -1]
    assert spans.time.tolist() == [5, 3, 5, 5, 5, 5, 5]
    assert spans.event.tolist() == [True, False, True, True, False, False, True]
    assert spans.exposed.tolist() == [True, False, True, False, False, False, True]
    assert (spans.n_always, spans.n_changed, spans.n_too_late, spans.n_never) == (2, 1, 2, 1)


def test_delayed_entry_by_hand() -> None:
    """Under observation from day 4: exposed on day 4 or before is exposed throughout, on day 6 from just after it."""
    spans = exposure_spans([9, 9], [1, 0], [4, 6], entry=[4, 4])
    assert spans.entry.tolist() == [4, 4, 6]
    assert spans.time.tolist() == [9, 6, 9]
    assert spans.exposed.tolist() == [True, False, True]


def test_curves_and_test_by_hand() -> None:
    """A (unexposed) dies at 2; B is exposed at 1, dies at 3; C is exposed at 2, followed to 5; D, never, dies at 4.

    Unexposed at 2: A, C, D of whom A dies (2/3), at 4 D alone (0). Exposed at 3: B and C (1/2).
    Mantel-Byar: at 2 one of four is exposed, at 3 two of three, at 4 one of two: E = 1/4 + 2/3 + 1/2, O = 1,
    V = 3/16 + 2/9 + 1/4.
    """
    spans = exposure_spans([2, 3, 5, 4], [1, 1, 0, 1], [NEVER, 1, 2, NEVER])
    found = simon_makuch(spans)
    unexposed, exposed = (curve.survival[curve.n_event > 0].tolist() for curve in (found.unexposed, found.exposed))
    assert unexposed == pytest.approx([2 / 3, 0])
    assert exposed == pytest.approx([1 / 2])
    test = mantel_byar(spans)
    assert test.observed.tolist() == [2, 1]
    assert test.expected[1] == pytest.approx(17 / 12)
    assert test.variance[1, 1] == pytest.approx(95 / 144)
    assert test.chi_squared == pytest.approx((5 / 12) ** 2 / (95 / 144))


def test_a_curve_that_ends_too_early_is_said() -> None:
    """B, alone in the risk set of the exposed, dies at 2; C is exposed at 4 and lives on."""
    spans = exposure_spans([9, 2, 9], [0, 1, 0], [NEVER, 1, 4])
    assert "the exposed falls to 0" in simon_makuch(spans).warning
    assert simon_makuch(spans, start=4).warning == ""
    assert "nobody is exposed" in simon_makuch(exposure_spans([4], [1], [NEVER])).warning


patients = st.lists(
    st.tuples(st.integers(0, 12), st.booleans(), st.one_of(st.none(), st.integers(-3, 15))), min_size=1, max_size=25
)


@settings(max_examples=150, deadline=None)
@given(patients)
def test_spans_keep_every_patient_day_and_event(rows: list[tuple[int, bool, int | None]]) -> None:
    time, event = np.array([r[0] for r in rows], dtype=float), np.array([r[1] for r in rows])
    exposed_at = np.array([NEVER if r[2] is None else r[2] for r in rows], dtype=float)
    spans = exposure_spans(time, event, exposed_at)
    assert spans.n_always + spans.n_changed + spans.n_too_late + spans.n_never == time.size
    assert spans.row.size == time.size + spans.n_changed
    assert np.bincount(spans.row, weights=spans.event, minlength=time.size).tolist() == event.astype(float).tolist()
    assert np.bincount(spans.row, weights=spans.time - spans.entry).tolist() == (time + 1).tolist()
    # Slowly: who is at risk and exposed just before each day, counted patient by patient.
    counts = spans.counts()
    for place, day in enumerate(counts.time):
        at_risk = time >= day
        exposed = at_risk & ((exposed_at <= 0) | (exposed_at < day))
        assert counts.at_risk[0, :, place].tolist() == [(at_risk & ~exposed).sum(), exposed.sum()]


@settings(max_examples=100, deadline=None)
@given(patients, st.integers(0, 12))
def test_landmark_patients_slowly(rows: list[tuple[int, bool, int | None]], landmark: int) -> None:
    found = landmark_patients(
        [r[0] for r in rows], [r[1] for r in rows], [NEVER if r[2] is None else r[2] for r in rows], landmark
    )
    kept = [place for place, row in enumerate(rows) if row[0] > landmark]
    assert found.row.tolist() == kept
    assert found.time.tolist() == [rows[place][0] - landmark for place in kept]
    exposures = [rows[place][2] for place in kept]
    assert found.exposed.tolist() == [day is not None and day <= landmark for day in exposures]
    assert found.row.size + found.n_event_before + found.n_censored_before + found.n_not_entered == len(rows)
    # The landmark's exposed are the spans' exposed just after it.
    spans = exposure_spans([r[0] for r in rows], [r[1] for r in rows], [NEVER if r[2] is None else r[2] for r in rows])
    there = (spans.entry <= landmark) & (spans.time > landmark)
    assert spans.row[there].tolist() == kept
    assert spans.exposed[there].tolist() == found.exposed.tolist()


def test_without_ties_mantel_byar_is_the_score_test_of_the_start_stop_model() -> None:
    rng = np.random.default_rng(4)
    time, event = rng.permutation(60) + 1.0, rng.random(60) < 0.6
    spans = exposure_spans(time, event, np.where(rng.random(60) < 0.5, time * rng.random(60), NEVER))
    assert mantel_byar(spans).chi_squared == pytest.approx(cox(spans.cox_sample()).score_test.statistic, rel=1e-10)
    stratum = np.arange(60) % 3
    found = mantel_byar(spans, stratum=stratum).chi_squared
    assert found == pytest.approx(cox(spans.cox_sample(stratum=stratum)).score_test.statistic, rel=1e-10)


@settings(max_examples=50, deadline=None)
@given(patients)
def test_an_exposure_of_time_zero_is_a_group(rows: list[tuple[int, bool, int | None]]) -> None:
    time, event = np.array([r[0] for r in rows], dtype=float), np.array([r[1] for r in rows]).astype(int)
    group = np.array([r[2] is not None for r in rows])
    spans = exposure_spans(time, event, np.where(group, 0.0, NEVER))
    table = EventCounts.of(time, event, group=group.astype(int), shape=Shape(n_groups=2))
    for found, expected in zip(
        (simon_makuch(spans).unexposed, simon_makuch(spans).exposed), kaplan_meier(table), strict=True
    ):
        assert found.time.tolist() == expected.time.tolist()
        assert found.survival.tolist() == expected.survival.tolist()
        assert found.n == expected.n
    assert mantel_byar(spans).chi_squared == pytest.approx(log_rank(table).chi_squared, nan_ok=True)


def test_landmark_with_delayed_entry_leaves_later_comers_out() -> None:
    found = landmark_patients([9, 9, 3], [2, 0, 1], [1, NEVER, 2], 4, entry=[1, 5, 0])
    assert found.row.tolist() == [0]
    assert found.cause.tolist() == [2]
    assert (found.n_event_before, found.n_censored_before, found.n_not_entered) == (1, 0, 1)


@pytest.mark.parametrize(
    "call",
    [
        lambda: exposure_spans([1, 2], [1, 0], [1]),
        lambda: exposure_spans([1, 2], [1, 2], [NEVER, 1]),
        lambda: exposure_spans([1, 2], [1, 0], [math.inf, 1]),
        lambda: exposure_spans([1, -2], [1, 0], [NEVER, 1]),
        lambda: exposure_spans([1, 2], [1, 0], [NEVER, 1]).counts(stratum=[0]),
        lambda: exposure_spans([1, 2], [1, 0], [NEVER, 1]).cox_sample(np.ones((3, 1))),
        lambda: exposure_spans([1, 2], [1, 0], [NEVER, 1]).cox_sample([1, 2]),
        lambda: landmark_patients([1, 2], [1, 0], [NEVER, 1], -1),
        lambda: landmark_patients([1, 2], [1, 0], [NEVER, 1], math.nan),
        lambda: simon_makuch(exposure_spans([1, 2], [1, 0], [NEVER, 1]), start=-1),
    ],
)
def test_broken_input_is_refused(call: Any) -> None:
    with pytest.raises(EstimationError):
        call()
