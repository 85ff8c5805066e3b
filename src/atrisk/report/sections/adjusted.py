"""The adjusted comparisons: what is asked, of whom, then each outcome unadjusted and adjusted side by side."""

from __future__ import annotations

from collections.abc import Iterator

from atrisk.report.document import Block, Listing, Section
from atrisk.report.sections.missing import missing_section
from atrisk.report.tables.adjusted import adjusted_outcomes, adjusted_table, covariate_table, declared_adjustment
from atrisk.report.view import View
from atrisk.result.run_result import ComparisonFrame


def adjusted_section(view: View) -> Section | None:
    """The study's own groups, adjusted; None without an adjustment."""
    parts = adjusted_parts(view, view.main)
    if not parts:
        return None
    words = tuple(_estimand(view, view.main))
    blocks: tuple[Block, ...] = (Listing(words),) if words else ()
    return Section(identifier="adjusted", title=view.say("Adjusted comparisons"), blocks=blocks, parts=parts)


def adjusted_parts(view: View, frame: ComparisonFrame) -> tuple[Section, ...]:
    """What is missing, then one part an outcome."""
    missing = missing_section(view, frame)
    parts: list[Section] = [missing] if missing is not None else []
    for outcome in adjusted_outcomes(view, frame):
        tables = (adjusted_table(view, frame, outcome), covariate_table(view, frame, outcome))
        parts.append(
            Section(
                identifier=f"adjusted-{frame.name}-{outcome}".replace(".", "-"),
                title=view.names.outcome(outcome),
                blocks=tuple(table for table in tables if table is not None),
            )
        )
    return tuple(parts)


def _estimand(view: View, frame: ComparisonFrame) -> Iterator[str]:
    """What the adjusted comparison is of, as the study's author says it."""
    adjustment = declared_adjustment(view, frame)
    estimand = adjustment.estimand if adjustment is not None else None
    if estimand is None:
        return
    for name, text in (
        (view.say("Population"), estimand.population),
        (view.say("Contrast"), estimand.contrast),
        (view.say("Measure"), estimand.measure),
    ):
        if text is not None:
            yield f"{name}: {view.text(text)}"
    for event, strategy in estimand.intercurrent.items():
        yield view.say("{event}: {strategy}").format(event=event, strategy=view.text(strategy))
