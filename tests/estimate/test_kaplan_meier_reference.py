"""Kaplan-Meier curves, landmarks, quantiles and follow-up against R's survfit (oracle: another program)."""

from __future__ import annotations

import numpy as np
import pytest

from atrisk.estimate.kaplan_meier import kaplan_meier, quantile, reverse_kaplan_meier, survival_at
from atrisk.summary.event_counts import EventCounts, snap_times
from tests.reference.loader import Case, cases_of, rows_of

# The one place that names what is not done, and why.
NOT_SUPPORTED = {
    "km-kidney-cluster": "robust variance by cluster needs rows",
    "km-lung-weights-fractional-default": "robust variance under fractional weights is not built",
    "km-lung-weights-group": "robust variance under fractional weights is not built",
    "kml-lung-weights": "robust variance under fractional weights is not built",
} | {
    case.id: "Nelson-Aalen and Fleming-Harrington survival are not built"
    for case in cases_of("km.curve")
    if case.options["estimator"] != "kaplan-meier"
}


def supported(method: str) -> list:
    return [pytest.param(case, id=case.id) for case in cases_of(method) if case.id not in NOT_SUPPORTED]


def counts_of(case: Case) -> EventCounts:
    rows = rows_of(case)
    if rows.entry is None:
        time, entry = snap_times(rows.time), None
    else:
        entry, time = snap_times(np.stack([rows.entry, rows.time]))
    return EventCounts.of(time, rows.cause, group=rows.group, entry=entry, weight=rows.weight)


def options_of(case: Case) -> dict:
    return {"conf_type": case.options["conf_type"], "conf_level": case.options["conf_level"]}


@pytest.mark.parametrize("case", supported("km.curve"))
def test_curve(case: Case) -> None:
    curves = kaplan_meier(counts_of(case), **options_of(case))
    assert len(curves) == len(case.expected["curves"])
    for curve, expected in zip(curves, case.expected["curves"], strict=True):
        exits = np.flatnonzero(curve.n_event + curve.n_censored > 0)
        assert exits.size == expected["n_rows_total"]
        kept = exits[np.array(expected["row"]) - 1]
        if "weights" not in case.options:
            assert curve.n == expected["n"]
        for name, computed in {
            "time": curve.time,
            "n_risk": curve.n_at_risk,
            "n_event": curve.n_event,
            "n_censor": curve.n_censored,
            "surv": curve.survival,
            "std_err": curve.std_err,
            "cumhaz": curve.cumulative_hazard,
            "std_err_cumhaz": curve.std_err_cumulative_hazard,
            "lower": curve.lower,
            "upper": curve.upper,
        }.items():
            # Cases that differ only in conf_type repeat the limits alone.
            if name in expected or name in ("lower", "upper"):
                case.close(computed[kept], expected[name], name)


@pytest.mark.parametrize("case", supported("km.landmarks"))
def test_landmarks(case: Case) -> None:
    curves = kaplan_meier(counts_of(case), **options_of(case))
    rows = rows_of(case)
    for group, (curve, expected) in enumerate(zip(curves, case.expected["curves"], strict=True)):
        marks = survival_at(curve, case.options["times"], extend=True)
        case.close(marks.estimate, expected["surv"], "surv")
        case.close(marks.std_err, expected["std_err"], "std_err")
        case.close(marks.lower, expected["lower"], "lower")
        case.close(marks.upper, expected["upper"], "upper")
        case.close(marks.n_event, expected["cum_events"], "cum_events")
        if rows.entry is None:
            case.close(marks.n_at_risk, expected["n_risk"], "n_risk")
        else:
            # R reports the next exit's row, who entered in between included; we count who is at risk at t.
            at = marks.time[:, None]
            under_observation = (rows.group == group) & (rows.entry < at) & (rows.time >= at)
            np.testing.assert_array_equal(marks.n_at_risk, under_observation.sum(axis=1))
        strict = survival_at(curve, case.options["times"])
        within = strict.time <= curve.last_time
        np.testing.assert_array_equal(strict.estimable, within | (curve.survival[-1] == 0))
        assert np.all(np.isnan(strict.estimate[~strict.estimable]))


@pytest.mark.parametrize("case", supported("km.quantiles") + supported("km.reverse_followup"))
def test_quantiles(case: Case) -> None:
    estimate = reverse_kaplan_meier if case.options.get("reverse") else kaplan_meier
    curves = estimate(counts_of(case), **options_of(case))
    for curve, expected in zip(curves, case.expected["curves"], strict=True):
        found = [quantile(curve, probability) for probability in case.options["probs"]]
        case.close([q.estimate for q in found], expected["quantile"], "quantile")
        case.close([q.lower for q in found], expected["lower"], "lower")
        case.close([q.upper for q in found], expected["upper"], "upper")
        case.close(curve.n_event.sum(), expected["events"], "events")
