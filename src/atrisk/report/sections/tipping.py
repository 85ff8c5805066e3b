"""Tipping points: how far what is assumed of patients after censoring would have to go."""

from __future__ import annotations

from atrisk.report.document import Block, FigurePlace, Section
from atrisk.report.figures.tipping_figure import tipping_figures
from atrisk.report.tables.tipping import tipping_table
from atrisk.report.view import View


def tipping_section(view: View) -> Section | None:
    """A table and a figure for each declared tipping point; None where none is declared."""
    figures = {figure.name: figure for figure in tipping_figures(view)}
    blocks: list[Block] = []
    for name, declared in view.result.study.tipping_points.items():
        table = tipping_table(view, name)
        if table is not None:
            blocks.append(table)
        figure = figures.get(f"tipping-{name}")
        if figure is not None:
            described = view.say("The same estimates stand in the table before it.")
            moved = view.say("Assumed of: {group}.").format(group=view.names.group("main", declared.moved))
            caption = f"{figure.title}. {moved}"
            blocks.append(FigurePlace(name=figure.name, caption=caption, description=described))
    if not blocks:
        return None
    return Section(identifier="tipping", title=view.say("If censored patients fare otherwise"), blocks=tuple(blocks))
