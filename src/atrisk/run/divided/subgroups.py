"""The effect within every declared subgroup, and whether it differs between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from atrisk.compare.interaction import InteractionTest, hazard_ratio_interaction, odds_ratio_interaction
from atrisk.derive.follow_up import FollowUp
from atrisk.derive.variable import Values
from atrisk.estimate.proportional_hazards.cox import cox
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.divided.division import Division
from atrisk.run.divided.effects import hazard_effects, risk_effects
from atrisk.run.divided.observed import Observed, account_rows
from atrisk.run.frame import Frame
from atrisk.run.row_building import single

SUBGROUP = "subgroup"


def subgroup_rows(frame: Frame, divisions: Sequence[Division], outcome: FollowUp | Values) -> Iterator[Row]:
    """Of every variable: who is divided by it, the effect in each of its parts, and the test of one effect in all."""
    observed = Observed.of(frame, outcome)
    for division in divisions:
        whole = observed.row(SUBGROUP, division.variable)
        known = observed.used & division.known
        yield from account_rows(observed, whole, known, of=observed.used)
        for _position, code, inside in division.members(known):
            template = replace(whole, level=code, subgroup=f"{division.variable} = {code}")
            yield from account_rows(observed, template, inside)
            yield from _effects(observed, inside, template)
        yield _interaction(observed, division, whole)


def _effects(observed: Observed, inside: np.ndarray, template: Row) -> Iterator[Row]:
    if not observed.timed:
        return risk_effects(observed, inside, template)
    level = observed.frame.settings.conf_level
    named = replace(template, method=observed.hazard_method)
    return hazard_effects(
        observed, inside, named, lambda reference: cox(observed.sample(inside, reference), conf_level=level)
    )


def _interaction(observed: Observed, division: Division, template: Row) -> Row:
    known = observed.used & division.known
    found = _test(observed, division, known)
    tested = replace(
        template,
        contrast=observed.frame.all_groups,
        method="likelihood ratio test of interaction",
        convention=Remark("efron-ties") if observed.timed else Remark("odds-ratios"),
        alternative="two-sided",
        n=int(known.sum()),
        n_event=int(observed.happened[known].sum()),
        df=float(found.test.df) if found.test.df else None,
    )
    return single(tested, "interaction_p", found.test.p_value, found.reason)


def _test(observed: Observed, division: Division, known: np.ndarray) -> InteractionTest:
    frame = observed.frame
    if observed.timed:
        return hazard_ratio_interaction(observed.sample(known, frame.reference), division.part[known])
    return odds_ratio_interaction(
        observed.happened[known],
        frame.group[known],
        division.part[known],
        stratum=frame.stratum[known] if frame.stratified else None,
    )
