"""Differences between the curves of two groups: survival, cumulative incidence and restricted means of each pair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from atrisk.compare.cumulative_incidence.incidence_difference import incidence_difference
from atrisk.compare.survival_difference import survival_difference
from atrisk.estimate.competing_risks.aalen_johansen import IncidenceCurve
from atrisk.estimate.survival_curve.kaplan_meier import SurvivalCurve
from atrisk.estimate.survival_curve.restricted_mean import (
    RestrictedMeanContrast,
    restricted_mean,
    restricted_mean_difference,
    restricted_mean_ratio,
)
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.frame import Frame
from atrisk.run.row_building import Estimate, single, with_companions

_BEYOND_ONE = Remark("beyond-follow-up-of-one-group")
_NO_ERROR = Remark("curve-at-0-or-1")


def survival_contrast_rows(
    frame: Frame, outcome: str, curves: Sequence[SurvivalCurve], landmarks: Sequence[float]
) -> Iterator[Row]:
    """The difference of survival of every declared pair at each landmark, with limits from those of both curves."""
    for pair in frame.pairs:
        first, second = (curves[position] for position in pair)
        template = _of_pair(frame, frame.row("survival"), outcome, pair, (first, second))
        found = survival_difference(first, second, landmarks) if landmarks else None
        for position, time in enumerate(landmarks if found is not None else ()):
            assert found is not None  # noqa: S101 - there are landmarks; for the type checker
            yield from with_companions(
                replace(template, time=time, method="difference of kaplan-meier curves"),
                "survival_difference",
                Estimate(
                    value=found.estimate[position],
                    low=found.lower[position],
                    high=found.upper[position],
                    std_error=found.std_err[position],
                    reason=_BEYOND_ONE,
                    limit_reason=_NO_ERROR if found.estimable[position] else _BEYOND_ONE,
                ),
            )


def incidence_contrast_rows(
    frame: Frame,
    outcome: str,
    causes: Sequence[str],
    curves: Sequence[IncidenceCurve],
    landmarks: Sequence[float],
) -> Iterator[Row]:
    """The difference of the cumulative incidence of every cause, of every declared pair at each landmark."""
    for pair in frame.pairs if landmarks else ():
        first, second = (curves[position] for position in pair)
        found = incidence_difference(first, second, landmarks)
        for index, cause in enumerate(causes):
            template = replace(
                frame.row("cumulative_incidence"),
                outcome=outcome,
                cause=cause,
                contrast=frame.contrast(pair),
                method="difference of aalen-johansen curves",
                convention=Remark("limits-from-both-curves", {"type": first.conf_type}),
                conf_level=first.conf_level,
                n=int(first.n + second.n),
                n_event=int(first.n_event[index].sum() + second.n_event[index].sum()),
            )
            for position, time in enumerate(landmarks):
                yield from with_companions(
                    replace(template, time=time),
                    "incidence_difference",
                    Estimate(
                        value=found.estimate[index, position],
                        low=found.lower[index, position],
                        high=found.upper[index, position],
                        std_error=found.std_err[index, position],
                        reason=_BEYOND_ONE,
                        limit_reason=_NO_ERROR if found.estimable[position] else _BEYOND_ONE,
                    ),
                )


def restricted_mean_rows(frame: Frame, outcome: str, curves: Sequence[SurvivalCurve], tau: float) -> Iterator[Row]:
    """The mean time free of the event up to ``tau`` days by group, and its difference and ratio of every pair.

    Nothing is carried forward: beyond the follow-up of a group neither its mean nor a contrast with it is estimable.
    """
    means = [restricted_mean(curve, tau) for curve in curves]
    for code, curve, mean in zip(frame.groups, curves, means, strict=True):
        template = replace(
            frame.row("restricted_mean"),
            outcome=outcome,
            group=code,
            time=tau,
            unit="days",
            method="area under kaplan-meier",
            conf_level=mean.conf_level,
            n=int(curve.n),
            n_event=int(curve.n_event.sum()),
        )
        estimate = Estimate(
            value=mean.estimate,
            low=mean.lower,
            high=mean.upper,
            std_error=mean.std_err,
            reason=Remark("beyond-follow-up"),
        )
        yield from with_companions(template, "restricted_mean", estimate)
    for pair in frame.pairs:
        first, second = (means[position] for position in pair)
        both = tuple(curves[position] for position in pair)
        template = _of_pair(frame, frame.row("restricted_mean"), outcome, pair, both)
        template = replace(template, time=tau, convention=Remark("variances-added"))
        difference = replace(template, unit="days", method="difference of restricted means")
        found = restricted_mean_difference(first, second)
        yield from _contrast(difference, "restricted_mean_difference", found)
        yield replace(
            single(difference, "p", found.p_value, found.reason),
            of="restricted_mean_difference",
            unit="",
            alternative="two-sided",
        )
        ratio = replace(template, method="ratio of restricted means")
        yield from _contrast(ratio, "restricted_mean_ratio", restricted_mean_ratio(first, second))


def _contrast(template: Row, statistic: str, found: RestrictedMeanContrast) -> Iterator[Row]:
    estimate = Estimate(
        value=found.estimate,
        low=found.lower,
        high=found.upper,
        std_error=found.std_err,
        reason=found.reason,
    )
    yield from with_companions(replace(template, warning=found.warning), statistic, estimate)


def _of_pair(frame: Frame, template: Row, outcome: str, pair: tuple[int, int], curves: Sequence[SurvivalCurve]) -> Row:
    return replace(
        template,
        outcome=outcome,
        contrast=frame.contrast(pair),
        convention=Remark("limits-from-both-curves", {"type": curves[0].conf_type}),
        conf_level=curves[0].conf_level,
        n=int(sum(curve.n for curve in curves)),
        n_event=int(sum(curve.n_event.sum() for curve in curves)),
    )
