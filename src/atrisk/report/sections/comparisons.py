"""Section 6: the same patients compared on other groupings."""

from __future__ import annotations

from atrisk.report.document import Block, Paragraph, Section
from atrisk.report.sections.adjusted import adjusted_parts
from atrisk.report.sections.not_compared import found_later, not_compared_paragraph
from atrisk.report.sections.outcomes import surgical_blocks, time_to_event_part, timed_outcomes
from atrisk.report.table_model import line
from atrisk.report.tables.baseline import baseline_table
from atrisk.report.view import View
from atrisk.result.run_result import ComparisonFrame


def comparisons_section(view: View) -> Section | None:
    """One part a comparison, each opening with whom it leaves out."""
    parts = tuple(_part(view, frame) for frame in view.further)
    if not parts:
        return None
    return Section(identifier="comparisons", title=view.say("Further comparisons"), parts=parts)


def _part(view: View, frame: ComparisonFrame) -> Section:
    groups = "; ".join(
        f"{view.names.group(frame.name, code)} (n = {view.words.count(frame.n.get(code, 0))})" for code in frame.groups
    )
    blocks: list[Block] = [Paragraph(line(view.say("Groups: {groups}.").format(groups=groups)))]
    if frame.strata:
        strata = "; ".join(view.names.stratum(frame.name, code) for code in frame.strata)
        blocks.append(Paragraph(line(view.say("Compared within strata: {strata}.").format(strata=strata))))
    blocks += found_later(view, frame)
    outside = not_compared_paragraph(view, frame)
    if outside is not None:
        blocks.append(outside)
    blocks += [Paragraph(line(view.remark(words)), "note") for words in frame.left_out]
    declared = view.result.study.comparisons.get(frame.name)
    if declared is not None and declared.restrict_reason is not None:
        blocks.append(Paragraph(line(view.text(declared.restrict_reason)), "note"))
    table = baseline_table(view, frame)
    if table is not None:
        blocks.append(table)
    blocks += surgical_blocks(view, frame)
    return Section(
        identifier=f"comparison-{frame.name}",
        title=view.text(frame.label),
        blocks=tuple(blocks),
        parts=(
            *(time_to_event_part(view, frame, outcome) for outcome in timed_outcomes(view, frame)),
            *adjusted_parts(view, frame),
        ),
    )
