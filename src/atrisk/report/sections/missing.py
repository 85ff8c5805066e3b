"""What is missing in an adjusted comparison, before what is estimated without it."""

from __future__ import annotations

from atrisk.report.document import Block, FigurePlace, Paragraph, Section
from atrisk.report.figures.missing_figure import missing_figure
from atrisk.report.table_model import line
from atrisk.report.tables.imputation import imputation_table, imputation_words
from atrisk.report.tables.missingness import incomplete_table, missing_table, missingness_of
from atrisk.report.view import View
from atrisk.result.run_result import ComparisonFrame


def missing_section(view: View, frame: ComparisonFrame) -> Section | None:
    """The part on missing values of a comparison; None where it is not adjusted."""
    if not missingness_of(view, frame):
        return None
    tables = [table for table in (missing_table(view, frame), incomplete_table(view, frame)) if table is not None]
    blocks: list[Block] = [*tables[:1], *_figure(view, frame), *tables[1:]]
    imputed = imputation_table(view, frame)
    if imputed is not None:
        blocks += [Paragraph(line(imputation_words(view, frame))), imputed]
    if not tables:
        said = view.say("Every confounder and every adjusted outcome is recorded of all patients.")
        blocks.insert(0, Paragraph(line(said)))
    return Section(identifier=f"missing-{frame.name}", title=view.say("Missing values"), blocks=tuple(blocks))


def _figure(view: View, frame: ComparisonFrame) -> tuple[FigurePlace, ...]:
    figure = missing_figure(view, frame)
    if figure is None:
        return ()
    caption = view.say(
        "What is missing together: each column is a pattern, dark where a variable is not recorded, the commonest "
        "first; below it the patients who have it, by group."
    )
    if figure.not_shown:
        caption += " " + view.say("{count} rarer patterns are in the table alone.").format(
            count=view.words.count(figure.not_shown)
        )
    described = view.say("The same numbers stand in the table before it.")
    return (FigurePlace(name=figure.name, caption=caption, description=described),)
