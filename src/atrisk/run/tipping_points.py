"""What becomes of a hazard ratio when patients of one group fare otherwise after censoring, and where it turns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from atrisk.compare.delta_adjusted import (
    TippingPoint as Found,
)
from atrisk.compare.delta_adjusted import (
    censoring_bounds,
    delta_adjusted_hazard_ratio,
    tipping_point,
)
from atrisk.compare.interval import Interval
from atrisk.derive.follow_up import FollowUp
from atrisk.errors import EstimationError, StudyError
from atrisk.estimate.imputation.censored_outcome import AfterCensoring
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.frame import Frame
from atrisk.run.row_building import Estimate, single, with_companions
from atrisk.study.load import LoadedStudy
from atrisk.study.tipping_point import TippingPoint

TIPPING, BOUNDS = "tipping_point", "censoring_bounds"
# In which the turning delta is narrowed down: 5 per cent of the factor.
_TOLERANCE = 0.05


def tipping_rows(loaded: LoadedStudy, frame: Frame, followed: Mapping[str, FollowUp]) -> Iterator[Row]:
    """Every declared tipping point of the study's own groups.

    Raises StudyError, with its line, for an outcome that takes no time or has competing events, and for a pair that is
    not compared.
    """
    for name, declared in loaded.study.tipping_points.items():
        outcome = followed.get(declared.outcome)
        pairs = {frame.contrast(pair): pair for pair in frame.pairs}
        where, words = ("tipping_points", name), ""
        if outcome is None:
            key, words = "outcome", f"'{declared.outcome}' is no outcome that takes time"
        elif len(outcome.causes) > 1:
            key, words = "outcome", "after a competing event there is nothing to impute: name an outcome without any"
        elif str(declared.pair) not in pairs:
            key, words = "pair", f"'{declared.pair}' is not among the pairs compared: {', '.join(pairs)}"
        if outcome is None or words:
            raise StudyError([loaded.problem((*where, key), words, "Name one that is there.")])
        yield from _rows(frame, name, declared, outcome, pairs[str(declared.pair)])


def _rows(frame: Frame, name: str, declared: TippingPoint, outcome: FollowUp, pair: tuple[int, int]) -> Iterator[Row]:
    used = frame.inside & ~np.isnan(outcome.time)
    group, event = frame.group[used], (outcome.cause[used] == 1).astype(np.int64)
    entry = None if outcome.entry is None else outcome.entry[used]
    rows = FollowUpRows.of(outcome.time[used], event, group=group, entry=entry)
    moved = group == frame.groups.index(declared.moved)
    level = frame.settings.conf_level
    template = replace(
        frame.row(TIPPING), outcome=outcome.name, contrast=frame.contrast(pair), term=name, n=int(group.size),
        n_event=int(event.sum()), conf_level=level, method="cox, delta-adjusted",
        convention=Remark("efron-ties-and-rubins-rules", {"count": declared.m}),
    )  # fmt: skip

    def effect(delta: float) -> Interval:
        until = float(rows.time.max())
        assumed = AfterCensoring(moved, until=until, seed=declared.seed, delta=delta, m=declared.m)
        return delta_adjusted_hazard_ratio(rows, assumed, contrast=pair, conf_level=level)

    try:
        verdict = _verdict(effect(0.0))
        found = tipping_point(
            effect, declared.deltas, concluded=lambda interval: _verdict(interval) == verdict, tolerance=_TOLERANCE
        )
    except EstimationError as error:
        yield single(template, "hazard_ratio", math.nan, str(error))
    else:
        yield from _along(template, found)
    if declared.at is not None:
        yield from _bounds(template, rows, pair, declared.at.days)


def _verdict(interval: Interval) -> int:
    """On which side of 1 the limits lie; 0 where they include it."""
    return (interval.lower > 1) - (interval.upper < 1)


def _along(template: Row, found: Found) -> Iterator[Row]:
    """The ratio at every delta, then the factor at which what the limits say of 1 is another."""
    for delta, interval in zip(found.deltas, found.effects, strict=True):
        estimate = Estimate(
            value=interval.estimate, low=interval.lower, high=interval.upper, reason=interval.reason,
            limit_reason=interval.reason,
        )  # fmt: skip
        yield from with_companions(replace(template, level=f"{math.exp(delta):g}"), "hazard_ratio", estimate)
    bare = replace(template, conf_level=None)
    if found.turning is not None:
        yield single(bare, "turning_factor", math.exp(found.turning[1]))
    else:
        yield single(bare, "turning_factor", math.nan, found.reason)


def _bounds(template: Row, rows: FollowUpRows, pair: tuple[int, int], at: float) -> Iterator[Row]:
    """The difference of survival if all censored of one group die at once and the others live on, and the reverse."""
    own = np.isin(rows.group, pair)
    of_pair = replace(
        template, analysis=BOUNDS, time=at, n=int(own.sum()), n_event=int(rows.event[own].sum()),
        method="kaplan-meier, worst and best case", convention="",
    )  # fmt: skip
    both = censoring_bounds(rows, own, contrast=pair, at=at, conf_level=template.conf_level or 0.95)
    for level, found in zip(("lowest", "highest"), both, strict=True):
        reason = "" if found.estimable[0] else Remark("beyond-follow-up-of-one-group")
        estimate = Estimate(
            value=float(found.estimate[0]), low=float(found.lower[0]), high=float(found.upper[0]), reason=reason,
            limit_reason=reason,
        )  # fmt: skip
        yield from with_companions(replace(of_pair, level=level), "survival_difference", estimate)
