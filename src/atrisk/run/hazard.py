"""Hazard ratios of the declared contrasts from one Cox model of the groups."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.proportional_hazards import proportional_hazards
from atrisk.estimate.proportional_hazards.cox import CoxFit, CoxSample, cox
from atrisk.result.remark import Remark, both
from atrisk.result.row import Row
from atrisk.run.frame import Frame
from atrisk.run.group_model import indicators, ratio_rows
from atrisk.run.row_building import single

Floats = NDArray[np.float64]

# Below this p value of the test of proportional hazards a hazard ratio carries a warning.
DOUBTFUL = 0.05
# A group with fewer events than this for its parameter makes estimates and limits of the model unsure (Peduzzi 1995).
FEW_EVENTS = 10
NOT_PROPORTIONAL = Remark("not-proportional")
_ONE_MODEL = Remark("one-model")


def hazard_rows(
    frame: Frame,
    outcome: str,
    time: Floats,
    event: NDArray[np.bool_],
    *,
    group: NDArray[np.int64],
    stratum: NDArray[np.int64],
    entry: Floats | None = None,
    cause: str,
) -> Iterator[Row]:
    """Hazard ratio, limits and Wald p of each contrast, and the test of proportional hazards.

    One model holds an indicator for every group but the reference, so that a contrast A vs B is exp(b_A - b_B) with
    variance V_AA + V_BB - 2 V_AB. Ties by Efron's method; with strata each stratum has a baseline hazard of its own.
    ``entry`` is when each patient came under observation, where not all were from the start.
    """
    method = ("stratified " if frame.stratified else "") + ("cause-specific cox" if cause else "cox")
    template = replace(
        frame.row("cox"),
        outcome=outcome,
        cause=cause,
        method=method,
        convention=Remark("efron-ties"),
        n=int(time.size),
        n_event=int(event.sum()),
        note=_ONE_MODEL if len(frame.groups) > 2 else "",
    )
    if not event.any():
        for pair in frame.pairs:
            yield single(
                replace(template, contrast=frame.contrast(pair)), "hazard_ratio", math.nan, Remark("no-events")
            )
        return
    sample = CoxSample(
        time=time,
        event=event,
        covariates=indicators(frame, group),
        stratum=stratum if frame.stratified else None,
        entry=entry,
    )
    fit = cox(sample, conf_level=frame.settings.conf_level)
    proportionality = _proportionality_row(replace(template, contrast=frame.all_groups, note=""), sample, fit)
    doubtful = proportionality.value is not None and proportionality.value < DOUBTFUL
    warning = both(fit.warning or "", NOT_PROPORTIONAL if doubtful else "")
    warned = replace(template, warning=both(warning, _few_events(frame, group[event])))
    for pair in frame.pairs:
        yield from ratio_rows(frame, replace(warned, contrast=frame.contrast(pair)), fit, pair, "hazard_ratio")
    yield proportionality


def _few_events(frame: Frame, group: NDArray[np.int64]) -> str:
    """A warning that names the groups with few events, ``group`` being the group of each event; empty without such."""
    events = np.bincount(group, minlength=len(frame.groups))
    few = tuple(code for code, count in zip(frame.groups, events, strict=True) if count < FEW_EVENTS)
    return Remark("few-events", {"few": FEW_EVENTS, "groups": few}) if few else ""


def _proportionality_row(template: Row, sample: CoxSample, fit: CoxFit) -> Row:
    """The score test of proportional hazards over all groups, on the Kaplan-Meier scale of time."""
    if not fit.converged or np.isnan(fit.std_err).any():
        return single(template, "proportional_hazards_p", math.nan, Remark("model-not-estimated"))
    test = proportional_hazards(sample, fit)
    known = replace(template, df=float(test.all_terms.df), convention=Remark("kaplan-meier-transform"))
    return single(replace(known, method="score test"), "proportional_hazards_p", test.all_terms.p_value)
