"""Exposures that begin during follow-up, one part each."""

from __future__ import annotations

from atrisk.report.document import Block, FigurePlace, Section
from atrisk.report.figures.exposure_figure import exposure_figure
from atrisk.report.tables.time_dependent import exposed_table, exposure_ratio_table, exposure_survival_table
from atrisk.report.view import View
from atrisk.report.wording import FEW_AT_RISK


def time_dependent_section(view: View) -> Section | None:
    """Who was exposed when, both curves, ratio and test; None where no such exposure is declared."""
    parts = tuple(_part(view, name) for name in view.result.study.time_dependent)
    if not parts:
        return None
    return Section(identifier="time-dependent", title=view.say("Exposures that begin later"), parts=parts)


def _part(view: View, name: str) -> Section:
    blocks: list[Block | None] = [exposed_table(view, name)]
    figure = exposure_figure(view, name)
    if figure is not None:
        caption = view.say(
            "{outcome} (Simon-Makuch): patients change to the curve of the exposed on the day when exposure begins. "
            "Bands: pointwise {level} CI. Pale where fewer than {few} patients are at risk. Below: at risk just "
            "before, left (follow-up ended, or exposure began) and events before each time."
        ).format(
            outcome=figure.outcome,
            level=view.words.conf_level(figure.lines[0].curve.conf_level),
            few=FEW_AT_RISK,
        )
        described = view.say("Step curves by exposure; estimates at set times stand in the table that follows.")
        blocks.append(FigurePlace(name=figure.name, caption=caption, description=described))
    blocks += [exposure_survival_table(view, name), exposure_ratio_table(view, name)]
    return Section(
        identifier=f"exposure-{name}",
        title=view.text(view.result.study.time_dependent[name].label),
        blocks=tuple(block for block in blocks if block is not None),
    )
