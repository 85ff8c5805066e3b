"""Exposures that begin during follow-up: start-stop Cox model, Simon-Makuch curves, Mantel-Byar test, landmarks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.log_rank_family.mantel_byar import mantel_byar
from atrisk.derive.follow_up import FollowUp
from atrisk.estimate.exposure.exposure_spans import ExposureSpans, exposure_spans
from atrisk.estimate.exposure.landmark_patients import landmark_patients
from atrisk.estimate.exposure.simon_makuch import SimonMakuchCurves, simon_makuch
from atrisk.estimate.proportional_hazards.cox import CoxFit, CoxSample, cox
from atrisk.estimate.survival_curve.kaplan_meier import survival_at
from atrisk.result.curve import Curve
from atrisk.result.remark import Remark, both
from atrisk.result.row import Row
from atrisk.run.frame import Frame
from atrisk.run.hazard import FEW_EVENTS
from atrisk.run.row_building import Estimate, single, with_companions

Floats = NDArray[np.float64]

EXPOSURE, LANDMARK, SIMON_MAKUCH = "time_dependent", "landmark", "simon_makuch"
EXPOSED, UNEXPOSED = "exposed", "unexposed"
CONTRAST = f"{EXPOSED} vs {UNEXPOSED}"


@dataclass(frozen=True, slots=True, eq=False)
class ExposedFollowUp:
    """An exposure by its name with the outcome's follow-up, the day it begins, and landmarks, all in days."""

    name: str
    followed: FollowUp
    day: Floats
    at: tuple[float, ...]
    landmarks: tuple[float, ...]


def exposure_rows(frame: Frame, exposure: ExposedFollowUp) -> Iterator[Row]:
    """Of all compared: who was exposed when, both curves, the test and the ratio; then every landmark analysis."""
    spans, group = _spans(frame, exposure)
    n, events = int(group.size), int(spans.event.sum())
    template = replace(frame.row(EXPOSURE), outcome=exposure.followed.name, term=exposure.name)
    yield from _count_rows(template, spans, n)
    curves = simon_makuch(spans, conf_type=frame.settings.conf_type, conf_level=frame.settings.conf_level)
    yield from _curve_rows(template, curves, exposure.at)
    compared = replace(template, contrast=CONTRAST, n=n, n_event=events, convention=Remark("unexposed-until-its-day"))
    test = mantel_byar(spans)
    tested = replace(compared, method="mantel-byar", alternative="two-sided", df=float(test.df) if test.df else None)
    reason = Remark("no-events-to-compare")
    yield single(tested, "chi_squared", test.chi_squared, reason)
    yield single(tested, "p", test.p_value, reason)
    few = _few_events(int(spans.event[spans.exposed].sum()), int(spans.event[~spans.exposed].sum()))
    for method, stratum in (("start-stop cox", None), ("start-stop cox by group", group)):
        fit = cox(spans.cox_sample(stratum=stratum), conf_level=frame.settings.conf_level) if events else None
        yield from _ratio_rows(replace(compared, method=method), fit, Estimate(value=math.nan), few)
    for landmark in exposure.landmarks:
        yield from _landmark_rows(frame, exposure, landmark)


def exposure_curves(frame: Frame, exposure: ExposedFollowUp) -> Iterator[Curve]:
    """The Simon-Makuch curves; ``cause`` names the exposure, and a change is a censoring among the unexposed."""
    spans, _group = _spans(frame, exposure)
    curves = simon_makuch(spans, conf_type=frame.settings.conf_type, conf_level=frame.settings.conf_level)
    for level, curve in ((UNEXPOSED, curves.unexposed), (EXPOSED, curves.exposed)):
        yield Curve(
            comparison=frame.name,
            outcome=exposure.followed.name,
            kind=SIMON_MAKUCH,
            group=level,
            cause=exposure.name,
            n=int(curve.n),
            time=curve.time,
            n_at_risk=curve.n_at_risk,
            n_event=curve.n_event,
            n_censored=curve.n_censored,
            estimate=curve.survival,
            std_error=curve.std_err,
            conf_low=curve.lower,
            conf_high=curve.upper,
            conf_level=curve.conf_level,
            conf_type=curve.conf_type,
        )


def _used(frame: Frame, exposure: ExposedFollowUp) -> NDArray[np.bool_]:
    return frame.inside & ~np.isnan(exposure.followed.time)


def _spans(frame: Frame, exposure: ExposedFollowUp) -> tuple[ExposureSpans, NDArray[np.int64]]:
    used, followed = _used(frame, exposure), exposure.followed
    entry = None if followed.entry is None else followed.entry[used]
    happened = (followed.cause[used] == 1).astype(np.int64)
    return exposure_spans(followed.time[used], happened, exposure.day[used], entry=entry), frame.group[used]


def _count_rows(template: Row, spans: ExposureSpans, n: int) -> Iterator[Row]:
    """How many patients were exposed from the start, later, too late to count, never; events and time by exposure."""
    for level, count in (
        ("always", spans.n_always),
        ("changed", spans.n_changed),
        ("too late", spans.n_too_late),
        ("never", spans.n_never),
    ):
        yield single(replace(template, level=level, numerator=float(count), denominator=float(n)), "count", count)
    for level, rows in ((UNEXPOSED, ~spans.exposed), (EXPOSED, spans.exposed)):
        of_level = replace(template, level=level)
        yield single(of_level, "n_event", int(spans.event[rows].sum()))
        days = float((spans.time[rows] - np.maximum(spans.entry[rows], 0.0)).sum())
        yield replace(single(of_level, "person_time", days), unit="days")


def _curve_rows(template: Row, curves: SimonMakuchCurves, at: tuple[float, ...]) -> Iterator[Row]:
    for level, curve in ((UNEXPOSED, curves.unexposed), (EXPOSED, curves.exposed)):
        marks = survival_at(curve, at) if at and curve.n else None
        for position, time in enumerate(at):
            of_curve = replace(
                template, level=level, time=time, method="simon-makuch", n=int(curve.n), warning=curves.warning,
                n_event=int(curve.n_event.sum()), conf_level=curve.conf_level,
                convention=Remark("limits-of-type", {"type": curve.conf_type}),
            )  # fmt: skip
            if marks is None:
                yield single(of_curve, "survival", math.nan, Remark("no-patient"))
                continue
            yield from with_companions(
                of_curve,
                "survival",
                Estimate(
                    value=marks.estimate[position],
                    low=marks.lower[position],
                    high=marks.upper[position],
                    std_error=marks.std_err[position],
                    reason=Remark("beyond-follow-up"),
                    limit_reason=Remark("limits-at-0-or-1" if marks.estimable[position] else "beyond-follow-up"),
                ),
            )


def _few_events(n_exposed: int, n_unexposed: int) -> str:
    """A warning that names the states with fewer events than the one parameter asks for; empty without such."""
    counted = ((EXPOSED, n_exposed), (UNEXPOSED, n_unexposed))
    few = tuple(state for state, events in counted if events < FEW_EVENTS)
    return Remark("few-events", {"few": FEW_EVENTS, "groups": few}) if few else ""


def _ratio_rows(template: Row, fit: CoxFit | None, beside: Estimate, few: str) -> Iterator[Row]:
    """The ratio of the first column with limits and Wald p; ``beside`` brings the counts that stand beside it."""
    estimated = fit is not None and not np.isnan(fit.std_err[0])
    why = "" if estimated else (fit.warning or Remark("not-estimable")) if fit is not None else Remark("no-events")
    known = replace(template, warning=both((fit.warning or "") if fit is not None else "", few))
    estimate = replace(
        beside,
        value=float(fit.hazard_ratio[0]) if fit is not None and estimated else math.nan,
        low=float(fit.lower[0]) if fit is not None and estimated else math.nan,
        high=float(fit.upper[0]) if fit is not None and estimated else math.nan,
        reason=why,
        limit_reason=why,
    )
    level = fit.conf_level if fit is not None else None
    yield from with_companions(replace(known, conf_level=level), "hazard_ratio", estimate)
    p = float(fit.p_value[0]) if fit is not None and estimated else math.nan
    yield replace(single(known, "p", p, why), alternative="two-sided")


def _landmark_rows(frame: Frame, exposure: ExposedFollowUp, landmark: float) -> Iterator[Row]:
    """Those followed beyond the landmark, by their exposure up to and on it, with time counted from it."""
    used, followed = _used(frame, exposure), exposure.followed
    here = landmark_patients(
        followed.time[used],
        (followed.cause[used] == 1).astype(np.int64),
        exposure.day[used],
        landmark,
        entry=None if followed.entry is None else followed.entry[used],
    )
    event = here.cause == 1
    template = replace(frame.row(LANDMARK), outcome=followed.name, term=exposure.name, time_start=landmark)
    for level, mine in ((UNEXPOSED, ~here.exposed), (EXPOSED, here.exposed)):
        yield single(replace(template, level=level), "n", int(mine.sum()))
        yield single(replace(template, level=level), "n_event", int(event[mine].sum()))
    yield single(template, "n_exposed_later", here.n_exposed_later)
    compared = replace(
        template, contrast=CONTRAST, method="cox from the landmark", convention=Remark("known-at-the-landmark"),
        n=int(here.row.size), n_event=int(event.sum()),
    )  # fmt: skip
    both = here.exposed.any() and not here.exposed.all()
    fit = None
    if event.any() and both:
        sample = CoxSample(here.time, event, here.exposed[:, None].astype(np.float64))
        fit = cox(sample, conf_level=frame.settings.conf_level)
    yield from _ratio_rows(
        compared,
        fit,
        Estimate(
            value=math.nan,
            n_event_before=float(here.n_event_before),
            n_censored_before=float(here.n_censored_before),
            n_not_entered=float(here.n_not_entered) if followed.entry is not None else None,
        ),
        _few_events(int(event[here.exposed].sum()), int(event[~here.exposed].sum())),
    )
