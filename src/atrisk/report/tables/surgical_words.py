"""What the tables of surgical outcomes share: which outcomes, which strata, how rows are named."""

from __future__ import annotations

from atrisk.report.view import View
from atrisk.result.run_result import ComparisonFrame
from atrisk.study.contrast import all_groups


def surgical_outcomes(view: View, frame: ComparisonFrame, analysis: str) -> tuple[str, ...]:
    """The outcomes of one kind (``binary``, ``ordinal``, ``numeric``) in the order of their rows."""
    return tuple(
        dict.fromkeys(row.outcome for row in view.rows.rows if (row.comparison, row.analysis) == (frame.name, analysis))
    )


def surgical_name(frame: ComparisonFrame, kind: str) -> str:
    """The name of a table's file, after the comparison where that is not the main one."""
    return kind if frame.name == "main" else f"{frame.name}-{kind}"


def strata(view: View, frame: ComparisonFrame, analysis: str, outcome: str) -> tuple[str, ...]:
    """The empty code (all strata together), then each stratum that has rows of this outcome."""
    return ("", *(code for code in frame.strata if view.rows.family(frame.name, analysis, outcome, code)))


def stratum_label(view: View, frame: ComparisonFrame, stratum: str) -> str:
    """A stratum's label."""
    return view.names.stratum(frame.name, stratum) if stratum else view.say("All strata together")


def contrast_label(view: View, frame: ComparisonFrame, contrast: str) -> str:
    """A contrast in labels; that of all groups says so."""
    label = view.names.contrast(frame.name, contrast)
    if contrast == all_groups(frame.groups) and len(frame.groups) > 2:
        return view.say("All groups: {groups}").format(groups=label)
    return label


def row_label(view: View, frame: ComparisonFrame, contrast: str, stratum_words: str) -> str:
    """How a row of a contrast is headed: by the contrast, after the stratum; by the stratum alone where the table's
    title already names the one contrast there is.
    """
    if not stratum_words:
        return contrast_label(view, frame, contrast)
    if len(frame.groups) == 2:
        return stratum_words
    return f"{stratum_words}: {contrast_label(view, frame, contrast)}"


def with_contrast(view: View, frame: ComparisonFrame, title: str) -> str:
    """A table's title, with the contrast where there are strata and only one contrast, so that every p has one."""
    if not frame.strata or len(frame.groups) != 2:
        return title
    return f"{title}: {contrast_label(view, frame, frame.contrasts[0])}"
