"""Effects against declared margins, and what the events observed could have shown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from atrisk.compare.equivalence.hazard_ratio_power import detectable_hazard_ratio, events_needed, power
from atrisk.compare.equivalence.margin_test import MarginTest, equivalence, non_inferiority
from atrisk.compare.interval import Interval, not_estimable
from atrisk.errors import StudyError
from atrisk.estimate.confidence_limits import normal_quantile
from atrisk.result.remark import Remark
from atrisk.result.row import MAIN, Row, is_companion
from atrisk.run.frame import Frame
from atrisk.run.row_building import Estimate, single, with_companions
from atrisk.study.contrast import contrast
from atrisk.study.load import LoadedStudy
from atrisk.study.lock import NOT_PRE_SPECIFIED, PRE_SPECIFIED, Part
from atrisk.study.margin import Margin

MARGIN, POWER = "margin", "power"


@dataclass(frozen=True, slots=True)
class _Effect:
    """An effect of the group named first against the other, as a row of the main analysis has it."""

    row: Row
    interval: Interval
    std_error: float | None


def margin_rows(loaded: LoadedStudy, rows: Sequence[Row], statuses: Mapping[Part, str]) -> Iterator[Row]:
    """Each declared margin with the effect it is of, whether its limits keep clear of it, and the one-sided p value.

    ``statuses``: of every part of the study against its lock. The effect is that of the main analysis's own row, turned
    round where the contrast stands the other way there.
    Raises StudyError, with the line, for a margin whose effect no row gives.
    """
    margins = loaded.study.margins
    companions = {(row.estimate_id, row.statistic): row for row in rows if row.estimate_id and is_companion(row)}
    for name, margin in margins.items():
        effect = _effect(margin, rows, companions)
        if effect is None:
            raise StudyError([loaded.problem(("margins", name), *_not_found(margin, rows))])
        yield from _rows(name, margin, effect, statuses.get(("margins", name), ""))


def _effect(margin: Margin, rows: Iterable[Row], companions: Mapping[tuple[str, str], Row]) -> _Effect | None:
    found: dict[str, Row] = {}
    turned = contrast(margin.against, margin.of)
    for row in rows:
        if (row.specification, row.comparison, row.outcome, row.stratum, row.adjustment_set) != (
            MAIN, margin.comparison, margin.outcome, "", "",
        ):  # fmt: skip
            continue
        if row.statistic != margin.what.statistic or row.contrast not in (margin.contrast, turned):
            continue
        # Of competing events the first cause is the outcome's own.
        if margin.at is None or row.time == margin.at.days:
            found.setdefault(row.analysis, row)
    source = next((found[analysis] for analysis in margin.what.analyses if analysis in found), None)
    if source is None:
        return None
    value, low, high, error = (
        companion.value if companion is not None else None
        for companion in (
            source,
            *(companions.get((source.estimate_id, name)) for name in ("conf_low", "conf_high", "std_error")),
        )
    )
    level = source.conf_level or 0.95
    if value is None or low is None or high is None:
        missing = source.error or Remark("not-estimable")
        return _Effect(source, not_estimable(missing, conf_level=level, method=source.method), None)
    if source.contrast == turned:
        value, low, high = _turned((value, low, high), margin.what.scale)
    if error is None and margin.what.scale == "ratio":
        # Limits of a ratio are its logarithm's, so many standard errors to either side.
        error = (math.log(high) - math.log(low)) / (2 * normal_quantile(level))
    return _Effect(source, Interval(value, low, high, level, source.method), error)


def _turned(limited: tuple[float, float, float], scale: str) -> tuple[float, float, float]:
    value, low, high = limited
    return (-value, -high, -low) if scale == "difference" else (1 / value, 1 / high, 1 / low)


def _not_found(margin: Margin, rows: Iterable[Row]) -> tuple[str, str]:
    same = [row for row in rows if (row.comparison, row.outcome) == (margin.comparison, margin.outcome)]
    words = f"the study computes no {margin.measure} of '{margin.outcome}' for {margin.contrast}"
    if not same:
        return words, f"'{margin.outcome}' is no outcome of comparison '{margin.comparison}'."
    contrasts = dict.fromkeys(row.contrast for row in same if row.statistic == margin.what.statistic)
    if not contrasts:
        needed = {
            "restricted_mean": "Declare 'restricted_mean:' with its horizon for this outcome.",
            "survival": "An outcome with competing events has an 'incidence difference' instead.",
            "cumulative_incidence": "Only an outcome with competing events has one.",
        }
        return words, needed.get(margin.what.analyses[0], "It has another kind of outcome.")
    if margin.contrast not in contrasts and contrast(margin.against, margin.of) not in contrasts:
        return words, f"Compared are {', '.join(contrasts)}."
    return words, "'at:' must be one of the outcome's own times."


def _rows(name: str, margin: Margin, effect: _Effect, status: str) -> Iterator[Row]:
    low, high = margin.limits
    test = _test(margin, effect)
    source, interval = effect.row, effect.interval
    template = replace(
        source,
        row_id="",
        estimate_id="",
        order=0,
        analysis=MARGIN,
        term=name,
        contrast=margin.contrast,
        status=status if status == PRE_SPECIFIED else NOT_PRE_SPECIFIED,
        margin=high if math.isfinite(high) else low,
        alternative=margin.claim,
        family="",
        p_adjusted=None,
        note="",
    )
    estimate = Estimate(
        value=interval.estimate,
        low=interval.lower,
        high=interval.upper,
        std_error=effect.std_error,
        reason=interval.reason,
        limit_reason=interval.reason,
    )
    yield from with_companions(template, margin.what.statistic, estimate)
    of = replace(template, of=margin.what.statistic, unit="", warning="")
    yield single(of, "met", None if test.met is None else float(test.met), test.reason)
    if not math.isnan(test.p_value):
        yield replace(single(of, "p", test.p_value), method="test against the margin", convention="")


def _test(margin: Margin, effect: _Effect) -> MarginTest:
    low, high = margin.limits
    scale = margin.what.scale
    if margin.claim == "equivalence":
        return equivalence(effect.interval, low, high, scale=scale, std_err=effect.std_error)
    worse = margin.worse_side
    limit = high if worse == "higher" else low
    return non_inferiority(effect.interval, limit, worse=worse, scale=scale, std_err=effect.std_error)


def power_rows(frame: Frame, outcome: str, rows: Sequence[Row]) -> Iterator[Row]:
    """What a test of each pair could show with the events observed: the hazard ratio it finds with the declared power,
    its power for declared ratios, and the events that these would need.

    Schoenfeld's formula, of the patients and events of the pair's own log-rank test. Power is of declared effects,
    never of the one observed, which would only say the p value again.
    """
    declared = frame.settings.detectable
    sizes = dict(frame.sizes())
    tests = {
        row.contrast: row
        for row in rows
        if (row.comparison, row.analysis, row.outcome, row.statistic, row.stratum, row.specification)
        == (frame.name, "log_rank", outcome, "p", "", frame.specification)
    }
    for pair in frame.pairs:
        words = frame.contrast(pair)
        test = tests.get(words) or (tests.get(frame.all_groups) if len(frame.groups) == 2 else None)
        if test is None or not test.n_event:
            continue
        first, second = (sizes[frame.groups[position]] for position in pair)
        share, events, level = first / (first + second), test.n_event, frame.settings.conf_level
        template = replace(
            frame.row(POWER),
            outcome=outcome,
            cause=test.cause,
            contrast=words,
            method="schoenfeld",
            conf_level=level,
            n=test.n,
            n_event=test.n_event,
            alternative="two-sided",
        )
        wanted = replace(template, convention=Remark("power-wanted", {"power": declared.power}))
        found = detectable_hazard_ratio(events, share, wanted_power=declared.power, conf_level=level)
        yield single(wanted, "detectable_hazard_ratio", found)
        for ratio in declared.hazard_ratios:
            of_ratio = replace(template, term=f"{ratio:g}")
            yield single(of_ratio, "power", power(ratio, events, share, conf_level=level))
            needed = events_needed(ratio, share, wanted_power=declared.power, conf_level=level)
            yield single(replace(wanted, term=f"{ratio:g}"), "events_needed", needed)
