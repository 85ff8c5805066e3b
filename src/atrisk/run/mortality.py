"""Death by a day as result rows: 1 - Kaplan-Meier, and deaths over all operated with their best and worst bounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from atrisk.compare.interval import Interval
from atrisk.compare.proportions.risk_under_censoring import risk_by_day, risk_difference_by_day, risk_limits
from atrisk.derive.variable import Values
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier
from atrisk.result.row import Row
from atrisk.run.frame import Frame
from atrisk.run.row_building import Estimate, single, with_companions
from atrisk.summary.event_counts import EventCounts, Shape


def mortality_rows(frame: Frame, values: Values) -> Iterator[Row]:
    """Rows of death by a day, for everyone compared and by group, then the difference of each contrast.

    ``lowest`` takes all whose survival to the day is not known for alive, ``highest`` for dead: the truth lies between.
    ``risk`` is 1 - Kaplan-Meier at the day, in which they count for as long as they were followed; leaving them out
    would drop survivors alone and bias the risk upwards. Deaths in hospital have the two bounds only: a stay without a
    discharge has no day.
    """
    template = replace(frame.row("mortality"), outcome=values.name)
    died, unknown = values.level == values.levels.index("true"), values.level < 0
    for group, members in frame.members():
        n, deaths, short = int(members.sum()), int((members & died).sum()), int((members & unknown).sum())
        of_group = replace(template, group=group, n=n, denominator=float(n))
        yield single(replace(of_group, denominator=None), "short_follow_up", short)
        yield single(replace(of_group, numerator=float(deaths)), "lowest", deaths / n if n else None)
        yield single(replace(of_group, numerator=float(deaths + short)), "highest", (deaths + short) / n if n else None)
    if values.followed is None or values.window is None:
        return
    level = frame.settings.conf_level
    counts = EventCounts.of(
        values.followed[frame.inside],
        died[frame.inside].astype(np.int64),
        group=frame.group[frame.inside],
        shape=Shape(n_groups=len(frame.groups)),
    )
    curves = kaplan_meier(counts, conf_level=level)
    (everyone,) = kaplan_meier(counts.over_groups(), conf_level=level)
    risks = [risk_by_day(curve, values.window) for curve in (everyone, *curves)]
    for (group, n), found in zip(frame.sizes(), risks, strict=True):
        limits = risk_limits(found, conf_level=level)
        of_group = replace(
            template, group=group, n=n, n_event=int(found.n_event), conf_level=level, method=limits.method
        )
        yield from with_companions(replace(of_group, time=values.window), "risk", _estimate(limits))
    for first, second in frame.pairs:
        limits = risk_difference_by_day(risks[first + 1], risks[second + 1], conf_level=level)
        of_pair = replace(
            template,
            contrast=frame.contrast((first, second)),
            n=int(curves[first].n + curves[second].n),
            n_event=int(risks[first + 1].n_event + risks[second + 1].n_event),
            conf_level=level,
            method=limits.method,
            time=values.window,
        )
        yield from with_companions(of_pair, "risk_difference", _estimate(limits))


def _estimate(limits: Interval) -> Estimate:
    reason = limits.reason
    return Estimate(value=limits.estimate, low=limits.lower, high=limits.upper, reason=reason, limit_reason=reason)
