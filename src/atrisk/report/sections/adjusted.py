"""The adjusted comparisons: what is asked, of whom, then each outcome unadjusted and adjusted side by side."""

from __future__ import annotations

from collections.abc import Iterator

from atrisk.report.document import Block, FigurePlace, Listing, Section
from atrisk.report.figures.love_figure import love_figures
from atrisk.report.sections.missing import missing_section
from atrisk.report.tables.adjusted import adjusted_outcomes, adjusted_table, covariate_table, declared_adjustment
from atrisk.report.tables.balance import balance_tables
from atrisk.report.tables.e_values import e_value_table
from atrisk.report.tables.gate import gate_table
from atrisk.report.tables.standardised import standardised_table
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
    """What is missing, then one part an outcome: what must hold, the estimates, and what they rest on."""
    missing = missing_section(view, frame)
    parts = [] if missing is None else [missing]
    parts += (
        Section(
            identifier=f"adjusted-{frame.name}-{outcome}".replace(".", "-"),
            title=view.names.outcome(outcome),
            blocks=tuple(_blocks(view, frame, outcome)),
        )
        for outcome in adjusted_outcomes(view, frame)
    )
    return tuple(parts)


def _blocks(view: View, frame: ComparisonFrame, outcome: str) -> Iterator[Block]:
    tables = (
        gate_table(view, frame, outcome),
        adjusted_table(view, frame, outcome),
        standardised_table(view, frame, outcome),
        e_value_table(view, frame, outcome),
        covariate_table(view, frame, outcome),
    )
    yield from (table for table in tables if table is not None)
    balance = balance_tables(view, frame, outcome)
    figures = love_figures(view, frame, outcome)
    yield from balance
    for figure in figures:
        yield FigurePlace(
            name=figure.name,
            caption=view.say(
                "{title}: hollow as the groups are, filled after adjustment. Dashed: the threshold of the gate."
            ).format(title=figure.title),
            description=view.say("The same differences stand in the table of balance."),
        )


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
