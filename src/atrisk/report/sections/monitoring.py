"""Monitoring: the charts of one outcome over the operations, and its funnel over units."""

from __future__ import annotations

from atrisk.report.document import Block, FigurePlace, Section
from atrisk.report.figures.monitoring_figure import chart_figure, funnel_figure
from atrisk.report.tables.monitoring import monitoring_table, units_table
from atrisk.report.view import View


def monitoring_section(view: View) -> Section | None:
    """The declared monitoring; None without one."""
    declared = view.result.study.monitoring
    table = monitoring_table(view, declared) if declared is not None else None
    if declared is None or table is None:
        return None
    blocks: list[Block] = []
    charts, funnel, units = chart_figure(view), funnel_figure(view), units_table(view, declared)
    if charts is not None:
        caption = view.say(
            "Above: risk-adjusted CUSUM, its limit dashed, signals marked. Below: expected less observed (VLAD), which "
            "rises while fewer than expected have the outcome; shaded: two standard deviations, for one time chosen "
            "beforehand. Operations stand by their number, not their date."
        )
        described = view.say("The numbers of the charts stand in the table that follows.")
        blocks.append(FigurePlace(name=charts.name, caption=caption, description=described))
    blocks.append(table)
    if funnel is not None:
        caption = view.say(
            "Units by their number of operations: observed over expected times the share of all with the outcome. "
            "Solid and dashed: limits of chance for patients with the risk of all."
        )
        described = view.say("Each unit's own limits stand in the table that follows.")
        blocks.append(FigurePlace(name=funnel.name, caption=caption, description=described))
    if units is not None:
        blocks.append(units)
    return Section(identifier="monitoring", title=view.say("Monitoring"), blocks=tuple(blocks))
