"""What the data show, in sentences: for every outcome and contrast what is shown, what is not, and how far apart groups
may still be.
"""

from __future__ import annotations

from atrisk.report.claims import hazard_sentence, judged_margins, margin_sentence, power_sentence
from atrisk.report.contrast_sentences import (
    adjusted_sentence,
    difference_sentence,
    proportionality_sentence,
    run_in,
)
from atrisk.report.document import Block, FigurePlace, Paragraph, Section
from atrisk.report.figures.forest_figure import margin_forests
from atrisk.report.row_index import Key
from atrisk.report.sections.outcomes import timed_outcomes
from atrisk.report.table_model import Line, Piece, line
from atrisk.report.tables.margins import margin_table, power_table
from atrisk.report.view import View
from atrisk.result.run_result import ComparisonFrame


def evidence_section(view: View) -> Section | None:
    """One part a comparison: sentences by outcome, then margins and power as tables."""
    parts = [part for frame in view.result.comparisons if (part := _part(view, frame)) is not None]
    if not parts:
        return None
    words = view.say(
        "A p value above 0.05 does not show that groups fare alike. Read how far apart the limits say they may be."
    )
    return Section(
        identifier="evidence",
        title=view.say("What the data show"),
        blocks=(Paragraph(line(words), "note"),),
        parts=tuple(parts),
    )


def _part(view: View, frame: ComparisonFrame) -> Section | None:
    blocks: list[Block] = []
    for outcome in timed_outcomes(view, frame):
        sentences = _sentences(view, frame, outcome)
        if sentences:
            blocks.append(Paragraph(line(*_heading(view, outcome), *_joined(sentences))))
    timed = timed_outcomes(view, frame)
    others = [judged for judged in judged_margins(view, frame.name) if judged.margin.outcome not in timed]
    blocks += [
        Paragraph(line(*_heading(view, judged.margin.outcome), *margin_sentence(view, judged))) for judged in others
    ]
    caption = view.say(
        "Effects with their limits against the declared margins (dashed); limits that reach the hatched side do not "
        "exclude an effect beyond the margin."
    )
    described = view.say("The same estimates stand in the table of margins.")
    blocks += [
        FigurePlace(name=figure.name, caption=caption, description=described) for figure in margin_forests(view, frame)
    ]
    blocks += [table for table in (margin_table(view, frame), power_table(view, frame)) if table is not None]
    if not blocks:
        return None
    title = view.say("Groups of the study") if frame.name == "main" else view.text(frame.label)
    return Section(identifier=f"evidence-{frame.name}", title=title, blocks=tuple(blocks))


def _heading(view: View, outcome: str) -> Line:
    """The outcome's name as a heading that runs into its sentences."""
    return line(run_in(view.say("{outcome}.").format(outcome=view.names.outcome(outcome))), " ")


def _joined(sentences: list[Line]) -> Line:
    """The sentences of one paragraph, a space between two."""
    return tuple(piece for each in sentences for piece in (*each, Piece(" ")))[:-1]


def _sentences(view: View, frame: ComparisonFrame, outcome: str) -> list[Line]:
    found: list[Line] = []
    cause = view.cause(frame, outcome)
    for contrast in frame.contrasts:
        ratio = view.rows.find(
            Key(
                analysis="cox",
                statistic="hazard_ratio",
                comparison=frame.name,
                outcome=outcome,
                contrast=contrast,
                cause=cause,
            )
        )
        if ratio is not None:
            further = (
                difference_sentence(view, frame, outcome, contrast),
                adjusted_sentence(view, frame, ratio),
                power_sentence(view, frame.name, outcome, contrast, cause),
            )
            found += [hazard_sentence(view, ratio), *(sentence for sentence in further if sentence)]
    proportionality = proportionality_sentence(view, frame, outcome)
    found += [proportionality] if proportionality else []
    found += [margin_sentence(view, judged) for judged in judged_margins(view, frame.name, outcome)]
    return found
