"""How much of an effect rests on where patients were treated: within centres, by clusters, without each in turn."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial

from atrisk.derive.follow_up import FollowUp
from atrisk.derive.variable import Values
from atrisk.estimate.proportional_hazards.centres import CentreModels, LeftOut, centre_models, leave_one_out
from atrisk.estimate.proportional_hazards.cox_fit import CoxFit
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.divided.division import Division
from atrisk.run.divided.effects import hazard_effects, risk_effects
from atrisk.run.divided.observed import Flags, Observed, account_rows
from atrisk.run.frame import Frame
from atrisk.run.row_building import single

CENTRE = "centre"
WITHIN, CLUSTERED = "within centres", "centres as clusters"
# With fewer centres a variance by clusters has hardly any degrees of freedom (Cameron and Miller 2015, section VI).
_FEWEST = 5


def centre_rows(frame: Frame, division: Division, outcome: FollowUp | Values) -> Iterator[Row]:
    """The ratio with a baseline hazard for each centre, with limits by clusters, and the effect without each centre.

    Of an outcome that takes no time, the difference of risks without each centre alone.
    """
    observed = Observed.of(frame, outcome)
    whole = observed.row(CENTRE, division.variable)
    known = observed.used & division.known
    yield from account_rows(observed, whole, known, of=observed.used)
    if observed.timed:
        yield from _models(observed, division, known, whole)
    fits = cache(lambda reference: _left_out(observed, division, known, reference))
    for number, (_position, code, inside) in enumerate(division.members(known)):
        others = known & ~inside
        template = replace(whole, level=code, subgroup=f"{division.variable} <> {code}")
        yield from account_rows(observed, template, others, of=known)
        if observed.timed:
            named = replace(template, method=observed.hazard_method)
            yield from hazard_effects(observed, others, named, partial(_without, fits, number))
        else:
            yield from risk_effects(observed, others, template)


def _without(fits: Callable[[int], LeftOut], number: int, reference: int) -> CoxFit:
    return fits(reference).fits[number]


def _models(observed: Observed, division: Division, known: Flags, template: Row) -> Iterator[Row]:
    level = observed.frame.settings.conf_level

    @cache
    def models(reference: int) -> CentreModels:
        return centre_models(observed.sample(known, reference), division.part[known], conf_level=level)

    whole = models(observed.frame.reference)
    method = observed.hazard_method
    within = replace(template, method=f"{method}, {WITHIN}")
    yield from hazard_effects(observed, known, within, lambda reference: models(reference).stratified)
    clustered = replace(template, method=f"{method}, {CLUSTERED}", warning=whole.warning)
    if whole.n_centres < _FEWEST:
        yield from _too_few(observed, known, clustered, whole.n_centres)
        return
    yield from hazard_effects(observed, known, clustered, lambda reference: models(reference).clustered)


def _too_few(observed: Observed, known: Flags, template: Row, n_centres: int) -> Iterator[Row]:
    """No limits by so few clusters: of two centres they would be a hundredth of the true width."""
    why = Remark("too-few-centres", {"count": n_centres, "fewest": _FEWEST})
    counted = replace(template, warning="", n=int(known.sum()), n_event=int(observed.happened[known].sum()))
    for pair in observed.frame.pairs:
        yield single(replace(counted, contrast=observed.frame.contrast(pair)), "hazard_ratio", math.nan, why)


def _left_out(observed: Observed, division: Division, known: Flags, reference: int) -> LeftOut:
    sample = observed.sample(known, reference)
    return leave_one_out(sample, division.part[known], conf_level=observed.frame.settings.conf_level)
