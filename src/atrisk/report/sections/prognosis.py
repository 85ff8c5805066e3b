"""The prognostic model in one section: its variables, how well it predicts, and its calibration."""

from __future__ import annotations

from atrisk.report.document import Block, FigurePlace, Section
from atrisk.report.figures.calibration_figure import calibration_figure
from atrisk.report.tables.prognosis import performance_table, variables_table
from atrisk.report.view import View


def prognosis_section(view: View) -> Section | None:
    """None where no model is declared."""
    variables = variables_table(view)
    if variables is None:
        return None
    blocks: list[Block] = [variables]
    performance = performance_table(view)
    blocks += [performance] if performance is not None else []
    figure = calibration_figure(view)
    if figure is not None:
        caption = view.say(
            "Fifths of the patients by predicted risk: observed risk with limits against mean predicted risk, in the "
            "patients of the model itself. Dashed: predictions that hold."
        )
        described = view.say("The ratio of observed to predicted risk stands in the table above.")
        blocks.append(FigurePlace(name=figure.name, caption=caption, description=described))
    return Section(identifier="prognosis", title=view.say("Prognostic model"), blocks=tuple(blocks))
