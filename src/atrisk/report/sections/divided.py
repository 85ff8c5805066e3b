"""Subgroups and centres: the same comparison among some of the patients."""

from __future__ import annotations

from atrisk.report.document import Block, FigurePlace, Paragraph, Section
from atrisk.report.figures.divided_forest import divided_forests, divided_name
from atrisk.report.table_model import line
from atrisk.report.tables.centres import CENTRE, centre_table
from atrisk.report.tables.subgroups import SUBGROUP, divided_outcomes, effects, subgroup_table
from atrisk.report.view import View
from atrisk.result.run_result import ComparisonFrame


def subgroups_section(view: View) -> Section | None:
    """The declared subgroups of one comparison, how many there are, and that limits know nothing of their number."""
    declared = view.result.study.subgroups
    frame = _frame(view, declared.comparison) if declared is not None else None
    outcomes = divided_outcomes(view, frame, SUBGROUP) if frame is not None else ()
    if declared is None or frame is None or not outcomes:
        return None
    rows = [row for outcome in outcomes for row in effects(view, frame, SUBGROUP, outcome)]
    parts = len({(row.variable, row.level) for row in rows})
    words = view.say(
        "{parts} subgroups by {variables} were declared in the study file; all are shown, whatever came out. Their "
        "limits are not adjusted for their number ({effects} estimates). An effect in one subgroup beside none in "
        "another is no evidence that it differs between them; that is what the test of interaction asks."
    ).format(
        parts=view.words.count(parts),
        variables="; ".join(view.names.variable(name) for name in declared.by),
        effects=view.words.count(len(rows)),
    )
    return Section(
        identifier="subgroups",
        title=view.say("Subgroups"),
        blocks=(*_compared(view, frame), Paragraph(line(words))),
        parts=tuple(_part(view, frame, outcome, SUBGROUP) for outcome in outcomes),
    )


def centres_section(view: View) -> Section | None:
    """The comparison within centres, by clusters, and without each centre in turn."""
    declared = view.result.study.centre
    frame = _frame(view, declared.comparison) if declared is not None else None
    outcomes = divided_outcomes(view, frame, CENTRE) if frame is not None else ()
    if frame is None or not outcomes:
        return None
    words = view.say(
        "Within centres: each centre has its own baseline hazard, so that only patients of one centre are compared. By "
        "clusters: the estimate of the main analysis with limits that allow for patients of a centre being related. "
        "Without each centre in turn: how much rests on it."
    )
    return Section(
        identifier="centres",
        title=view.say("Centres"),
        blocks=(*_compared(view, frame), Paragraph(line(words))),
        parts=tuple(_part(view, frame, outcome, CENTRE) for outcome in outcomes),
    )


def _frame(view: View, name: str) -> ComparisonFrame | None:
    return view.names.frame(name)


def _compared(view: View, frame: ComparisonFrame) -> tuple[Paragraph, ...]:
    """Which comparison it is, where it is not that of the study's own groups."""
    return () if frame.name == "main" else (Paragraph(line(f"{view.text(frame.label)}.")),)


def _part(view: View, frame: ComparisonFrame, outcome: str, analysis: str) -> Section:
    name = divided_name(frame, analysis, outcome)
    blocks: list[Block] = []
    if any(figure.name == name for figure in divided_forests(view, frame)):
        caption = view.say("{outcome}: estimates with their limits; a line without a square could not be estimated.")
        described = view.say("The same estimates stand in the table that follows.")
        blocks.append(
            FigurePlace(name=name, caption=caption.format(outcome=view.names.outcome(outcome)), description=described)
        )
    table = subgroup_table(view, frame, outcome) if analysis == SUBGROUP else centre_table(view, frame, outcome)
    blocks += [table] if table is not None else []
    identifier = f"{analysis}-{frame.name}-{outcome}".replace(".", "-")
    return Section(identifier=identifier, title=view.names.outcome(outcome), blocks=tuple(blocks))
