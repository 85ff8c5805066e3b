"""The effect of each declared pair among some of the patients: a hazard ratio or a difference of risks, with limits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.proportions.risk_difference import newcombe_difference
from atrisk.estimate.proportional_hazards.cox_fit import CoxFit
from atrisk.result.remark import Remark, both
from atrisk.result.row import Row
from atrisk.run.divided.observed import Observed
from atrisk.run.row_building import Estimate, single, with_companions

Flags = NDArray[np.bool_]


def hazard_effects(observed: Observed, among: Flags, template: Row, fitted: Callable[[int], CoxFit]) -> Iterator[Row]:
    """The hazard ratio of every pair from a model of all groups.

    ``fitted`` gives the model in which a group is the reference, with the columns of `Observed.sample`. The reference
    is the pair's second group: where any other had nobody, the ratio would silently be against a third one.
    """
    frame = observed.frame
    present = set(np.unique(frame.group[among]).tolist())
    whole = present == set(range(len(frame.groups)))
    known = replace(
        template,
        convention=Remark("efron-ties"),
        conf_level=frame.settings.conf_level,
        n=int(among.sum()),
        n_event=int(observed.happened[among].sum()),
    )
    fits: dict[int, CoxFit] = {}
    for pair in frame.pairs:
        of_pair = replace(known, contrast=frame.contrast(pair))
        reason = _without_ratio(observed, among, pair)
        if reason:
            yield single(of_pair, "hazard_ratio", math.nan, reason)
            continue
        if pair[1] not in fits:
            fits[pair[1]] = fitted(pair[1])
        fit = fits[pair[1]]
        at = observed.columns(pair[1]).index(pair[0])
        ratio = float(fit.hazard_ratio[at])
        finite = math.isfinite(ratio) and ratio > 0
        why = "" if finite else fit.warning or Remark("not-estimable")
        # Of a group with nobody here the model says that its column is constant: it is no pair's.
        warned = replace(of_pair, warning=both(template.warning, fit.warning or "" if finite and whole else ""))
        estimate = Estimate(
            value=ratio if finite else math.nan,
            low=float(fit.lower[at]) if finite else math.nan,
            high=float(fit.upper[at]) if finite else math.nan,
            reason=why,
            limit_reason=why,
        )
        yield from with_companions(warned, "hazard_ratio", estimate)


def _without_ratio(observed: Observed, among: Flags, pair: tuple[int, int]) -> str:
    """Why a pair can have no finite ratio; empty where it can."""
    n, events = zip(*(_counted(observed, among, position) for position in pair), strict=True)
    if not all(n):
        return Remark("nobody-in-a-group")
    if not any(events):
        return Remark("no-events")
    return "" if all(events) else Remark("no-event-in-a-group")


def risk_effects(observed: Observed, among: Flags, template: Row) -> Iterator[Row]:
    """The difference of risks of every pair, with Newcombe's limits."""
    frame = observed.frame
    level = frame.settings.conf_level
    for pair in frame.pairs:
        n, events = zip(*(_counted(observed, among, position) for position in pair), strict=True)
        of_pair = replace(
            template, contrast=frame.contrast(pair), method="newcombe", conf_level=level, n=sum(n), n_event=sum(events)
        )
        if not all(n):
            yield single(of_pair, "risk_difference", math.nan, Remark("nobody-in-a-group"))
            continue
        found = newcombe_difference(events[0], n[0], events[1], n[1], conf_level=level)
        estimate = Estimate(value=found.estimate, low=found.lower, high=found.upper, reason=found.reason or "")
        yield from with_companions(of_pair, "risk_difference", estimate)


def _counted(observed: Observed, among: Flags, position: int) -> tuple[int, int]:
    members = among & (observed.frame.group == position)
    return int(members.sum()), int(observed.happened[members].sum())
