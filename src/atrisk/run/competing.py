"""Beside cumulative incidences: Gray's test, subdistribution hazard ratios, and what ignoring competing events says."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.cumulative_incidence.gray import GrayTest, gray
from atrisk.compare.multiplicity import adjust
from atrisk.estimate.competing_risks.aalen_johansen import IncidenceCurve, cumulative_incidence_at
from atrisk.estimate.competing_risks.fine_gray import FineGraySample, fine_gray
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier, survival_at
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.frame import Frame
from atrisk.run.group_model import indicators, ratio_rows
from atrisk.run.row_building import Estimate, number, single, with_companions
from atrisk.summary.event_counts import EventCounts

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

GRAY, FINE_GRAY, IGNORING = "gray", "fine_gray", "ignoring_competing"
SUBDISTRIBUTION_RATIO = "subdistribution_hazard_ratio"
_DELAYED = Remark("not-with-delayed-entry")


def gray_rows(frame: Frame, outcome: str, cause: str, counts: EventCounts) -> Iterator[Row]:
    """Gray's test of the incidence of the outcome's event: of all groups, then of each pair with its adjusted p."""
    template = replace(
        frame.row(GRAY),
        outcome=outcome,
        cause=cause,
        method="stratified gray" if frame.stratified else "gray",
        alternative="two-sided",
    )
    delayed = bool(np.any(counts.entries))
    yield from _gray_test(replace(template, contrast=frame.all_groups), counts, None if delayed else gray(counts, 1))
    if len(frame.groups) == 2:
        return
    tables = [counts.of_groups(*pair) for pair in frame.pairs]
    tests = [None if delayed else gray(table, 1) for table in tables]
    adjusted = adjust([math.nan if test is None else test.p_value for test in tests], frame.multiplicity)
    for pair, table, test, p_adjusted in zip(frame.pairs, tables, tests, adjusted, strict=True):
        of_pair = replace(
            template,
            contrast=frame.contrast(pair),
            note=Remark("two-groups-alone"),
            family=frame.family(outcome, "Gray pairs"),
            p_adjusted=number(float(p_adjusted)),
        )
        yield from _gray_test(of_pair, table, test)


def _gray_test(template: Row, counts: EventCounts, test: GrayTest | None) -> Iterator[Row]:
    """The rows of a test; ``test`` is None where patients come under observation late, which Gray's test has not."""
    known = replace(template, n=int(counts.n.sum()), n_event=int(counts.events[0].sum()))
    if test is None:
        yield single(known, "p", math.nan, _DELAYED)
        return
    reason = Remark("no-events-to-compare") if math.isnan(test.p_value) else ""
    known = replace(known, df=float(test.df) if test.df else None)
    yield single(replace(known, p_adjusted=None, family=""), "chi_squared", test.chi_squared, reason)
    yield single(known, "p", test.p_value, reason)


def subdistribution_rows(
    frame: Frame, outcome: str, cause: str, time: Floats, causes: Codes, *, group: Codes, delayed: bool
) -> Iterator[Row]:
    """The subdistribution hazard ratio of each contrast from one Fine-Gray model of all groups.

    Who had another event stays at risk, so that the ratio speaks of the cumulative incidence and not of a rate among
    those still free of every event. ``causes`` is 1 for the outcome's event. Strata and delayed entry have no such
    model here: the rows say so.
    """
    template = replace(
        frame.row(FINE_GRAY),
        outcome=outcome,
        cause=cause,
        method="fine-gray",
        convention=Remark("one-censoring-distribution"),
        n=int(time.size),
        n_event=int((causes == 1).sum()),
        note=Remark("one-fine-gray-model") if len(frame.groups) > 2 else "",
    )
    reason = ""
    if frame.stratified:
        reason = Remark("not-with-strata")
    elif delayed:
        reason = _DELAYED
    elif not (causes == 1).any():
        reason = Remark("no-events")
    if reason:
        for pair in frame.pairs:
            yield single(replace(template, contrast=frame.contrast(pair)), SUBDISTRIBUTION_RATIO, math.nan, reason)
        return
    sample = FineGraySample(time=time, cause=causes, covariates=indicators(frame, group))
    fit = fine_gray(sample, 1, conf_level=frame.settings.conf_level)
    warned = replace(template, warning=fit.warning or "")
    for pair in frame.pairs:
        yield from ratio_rows(frame, replace(warned, contrast=frame.contrast(pair)), fit, pair, SUBDISTRIBUTION_RATIO)


def ignoring_rows(
    frame: Frame,
    outcome: str,
    cause: str,
    incidences: Sequence[IncidenceCurve],
    counts: EventCounts,
    landmarks: Sequence[float],
) -> Iterator[Row]:
    """What 1 minus Kaplan-Meier would say if other events were taken for censoring, and by how much it is too high.

    Wrong on purpose: it gives what would happen if nobody could have another event. Never lower than the cumulative
    incidence (Aalen-Johansen), which is what does happen.
    """
    if not landmarks:
        return
    naive = kaplan_meier(
        counts.of_cause(1).over_strata(),
        conf_type=frame.settings.conf_type,
        conf_level=frame.settings.conf_level,
    )
    for code, curve, incidence in zip(frame.groups, naive, incidences, strict=True):
        marks, known = survival_at(curve, landmarks), cumulative_incidence_at(incidence, landmarks)
        template = replace(
            frame.row(IGNORING),
            outcome=outcome,
            group=code,
            cause=cause,
            method="1 - kaplan-meier",
            convention=Remark("limits-of-type", {"type": frame.settings.conf_type}),
            note=Remark("biased-upwards"),
            conf_level=curve.conf_level,
            n=int(curve.n),
            n_event=int(curve.n_event.sum()),
        )
        for position, time in enumerate(landmarks):
            at = replace(template, time=time)
            yield from with_companions(
                at,
                "naive_incidence",
                Estimate(
                    value=1 - marks.estimate[position],
                    low=1 - marks.upper[position],
                    high=1 - marks.lower[position],
                    std_error=marks.std_err[position],
                    reason=Remark("beyond-follow-up"),
                    limit_reason=Remark("limits-at-0-or-1" if marks.estimable[position] else "beyond-follow-up"),
                ),
            )
            excess = 1 - marks.estimate[position] - known.estimate[0, position]
            yield single(replace(at, conf_level=None), "naive_excess", excess, Remark("beyond-follow-up"))
