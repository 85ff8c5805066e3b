"""Sections 2 and 3: how the patients came to be compared, and who they were."""

from __future__ import annotations

from atrisk.report.document import Block, FigurePlace, Paragraph, Section
from atrisk.report.figures.flow_figure import flow_figure
from atrisk.report.sections.not_compared import found_later, not_compared_paragraph
from atrisk.report.table_model import line
from atrisk.report.tables.baseline import baseline_table
from atrisk.report.tables.flow import flow_table
from atrisk.report.view import View


def flow_section(view: View) -> Section:
    """The flow diagram and the table of every step."""
    figure, table = flow_figure(view), flow_table(view)
    blocks: list[Block] = []
    if figure is not None:
        blocks.append(
            FigurePlace(
                name=figure.name,
                caption=view.say("Cohort flow: from the data to the patients compared."),
                description=view.say("The same numbers stand in the table of steps below the figure."),
            )
        )
    if table is not None:
        blocks.append(table)
    if not blocks:
        blocks.append(
            Paragraph(line(view.say("The study file sets no criteria: every patient in the data is compared.")))
        )
    blocks += found_later(view, view.main)
    outside = not_compared_paragraph(view, view.main)
    if outside is not None:
        blocks.append(outside)
    return Section(identifier="flow", title=view.say("Cohort flow"), blocks=tuple(blocks))


def baseline_section(view: View) -> Section | None:
    """Table 1; None where none was asked for."""
    table = baseline_table(view, view.main)
    if table is None:
        return None
    return Section(identifier="baseline", title=view.say("Baseline by group"), blocks=(table,))
