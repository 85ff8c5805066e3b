"""Every way in which one effect was computed, in one table: main analysis, alternatives, adjusted, without a centre."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from atrisk.report.table_model import Table, line
from atrisk.report.tables.adjusted import CONFOUNDERS, adjusted_effects, effect_label
from atrisk.report.tables.centres import CENTRE, centre_label
from atrisk.report.tables.estimates import EstimateLine, estimate_table
from atrisk.report.tables.subgroups import effects, whole_effect
from atrisk.report.tables.surgical_words import contrast_label
from atrisk.report.tables.table_words import table_name
from atrisk.report.view import View
from atrisk.result.row import Row
from atrisk.result.run_result import ComparisonFrame

# Fewer ways beside the main analysis than this need no table of their own.
_FEWEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """One way of computing an effect, in words; ``seen`` is the view in which its row's limits are found."""

    label: str
    row: Row
    seen: View
    main: bool = False


def specified_outcomes(view: View, frame: ComparisonFrame) -> tuple[str, ...]:
    """The outcomes of a comparison whose effect was computed in several ways."""
    return tuple(
        name
        for name in frame.outcomes
        if any(len(specifications(view, frame, name, contrast)) > _FEWEST for contrast in frame.contrasts)
    )


def specifications(view: View, frame: ComparisonFrame, outcome: str, contrast: str) -> tuple[Specification, ...]:
    """The main analysis, then every other way in the order declared; none is left out and none is chosen."""
    main = whole_effect(view, frame, outcome, contrast)
    if main is None:
        return ()
    found = [Specification(label=view.say("Main analysis"), row=main, seen=view, main=True)]
    found += _adjusted(view, frame, main)
    for name in view.alternatives:
        found += _of_alternative(view, frame, main, name)
    found += (
        Specification(label=centre_label(view, row), row=row, seen=view)
        for row in effects(view, frame, CENTRE, outcome)
        if row.contrast == contrast
    )
    return tuple(found)


def _adjusted(view: View, frame: ComparisonFrame, main: Row) -> Iterator[Specification]:
    """Adjusted effects on the scale of the main one: an odds ratio is no difference of risks."""
    for row in adjusted_effects(view, frame, main.outcome):
        if (row.contrast, row.statistic) == (main.contrast, main.statistic):
            yield Specification(label=effect_label(view, row), row=row, seen=view)


def _of_alternative(view: View, frame: ComparisonFrame, main: Row, name: str) -> Iterator[Specification]:
    seen = view.of_alternative(name)
    label = view.text(view.result.study.alternatives[name].label)
    row = whole_effect(seen, frame, main.outcome, main.contrast)
    if row is not None:
        yield Specification(label=label, row=row, seen=seen)
    for each in adjusted_effects(seen, frame, main.outcome):
        same = (each.contrast, each.statistic) == (main.contrast, main.statistic)
        if same and each.adjustment_set == CONFOUNDERS:
            words = view.say("The same, adjusted") if row is not None else view.say("{alternative}; adjusted")
            words = words.format(alternative=label)
            yield Specification(label=words, row=each, seen=seen)


def specification_table(view: View, frame: ComparisonFrame, outcome: str) -> Table | None:
    """Every contrast under every specification, with limits and patients; without p values, which would be a search."""
    lines: list[EstimateLine] = []
    for contrast in frame.contrasts:
        found = specifications(view, frame, outcome, contrast)
        if found:
            lines.append(EstimateLine(label=contrast_label(view, frame, contrast)))
            lines += [EstimateLine(label=each.label, row=each.row, seen=each.seen) for each in found]
    words = view.say(
        "In the order declared; every specification of the study file is shown and none is chosen. They share "
        "patients, so that their estimates are no independent confirmations of each other."
    )
    return estimate_table(
        view,
        lines,
        name=table_name(frame, "specifications", outcome),
        title=view.say("{outcome}: every specification").format(outcome=view.names.outcome(outcome)),
        stub=view.say("Contrast and specification"),
        notes=(line(words),),
    )
