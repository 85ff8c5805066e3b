"""The section of alternatives: every declared one beside the main analysis, none selected."""

from __future__ import annotations

from atrisk.report.document import Block, FigurePlace, Paragraph, Section
from atrisk.report.figures.specification_figure import specification_figures, specification_name
from atrisk.report.table_model import line
from atrisk.report.tables.sensitivity import declared_table, sensitivity_tables
from atrisk.report.tables.specifications import specification_table, specified_outcomes
from atrisk.report.view import View
from atrisk.result.run_result import ComparisonFrame


def sensitivity_section(view: View) -> Section | None:
    """A table of all alternatives for every comparison they bear on, and every effect in every way it was computed;
    None where nothing was computed in several ways.
    """
    tables = sensitivity_tables(view)
    declared = declared_table(view)
    parts = tuple(_specified(view, frame) for frame in view.result.comparisons if specified_outcomes(view, frame))
    if declared is None:
        title = view.say("Every specification")
        return Section(identifier="sensitivity", title=title, parts=parts) if parts else None
    words = view.say(
        "Each line takes one decision of the study otherwise, as its study file declares; all else is as in the main "
        "analysis. Every alternative declared is shown, whatever it gives, and none replaces the main analysis."
    )
    return Section(
        identifier="sensitivity",
        title=view.say("Alternative decisions"),
        blocks=(Paragraph(line(words)), *tables, declared),
        parts=parts,
    )


def _specified(view: View, frame: ComparisonFrame) -> Section:
    """Every effect of a comparison in every way it was computed, as figures and tables."""
    blocks: list[Block] = []
    drawn = {figure.name for figure in specification_figures(view, frame)}
    for outcome in specified_outcomes(view, frame):
        name = specification_name(frame, outcome)
        if name in drawn:
            caption = view.say(
                "{outcome}: every specification in the order declared, with limits. Diamond: the main analysis."
            ).format(outcome=view.names.outcome(outcome))
            described = view.say("The same estimates stand in the table that follows.")
            blocks.append(FigurePlace(name=name, caption=caption, description=described))
        table = specification_table(view, frame, outcome)
        blocks += [table] if table is not None else []
    title = view.say("Every specification")
    if frame.name != "main":
        title = view.say("{comparison}: every specification").format(comparison=view.text(frame.label))
    return Section(identifier=f"specifications-{frame.name}", title=title, blocks=tuple(blocks))
