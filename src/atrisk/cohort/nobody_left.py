"""The finding about a cohort from which every patient was taken away: which step took the last ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from atrisk.result.finding import Finding, Severity
from atrisk.result.flow import FlowStep
from atrisk.result.remark import Remark
from atrisk.study.cohort import Index, Keep
from atrisk.study.load import LoadedStudy


def nobody_left(flow: Sequence[FlowStep], loaded: LoadedStudy, file: str) -> Iterator[Finding]:
    """A blocking finding where the flow ends with nobody; none where somebody is left.

    ``file`` holds the rows that the flow starts from. The step is named by its reason and its line in the study file,
    with the rows it judged: how many failed it, and for how many it was unknown and the study file leaves these out.
    """
    emptied = next((step for step in flow if step.remaining == 0), None)
    if emptied is None:
        return
    if emptied.kind == "start":
        message, remedy = Remark("nobody-to-start", {"file": file}), Remark("nobody-to-start.remedy")
    else:
        unknown = emptied.unknown if emptied.unknown_rule == "exclude" else 0
        message = Remark(
            "nobody-left",
            {
                "reason": emptied.label,
                "line": _line(loaded, emptied),
                "count": emptied.entered,
                "excluded": emptied.excluded,
                "unknown": unknown,
            },
        )
        remedy = Remark("nobody-left.remedy")
    yield Finding(rule="nobody-left", severity=Severity.BLOCKS, message=message, remedy=remedy)


def _line(loaded: LoadedStudy, step: FlowStep) -> int:
    """Where the step stands in the study file; the flow numbers its steps from 2, after the start."""
    steps = [place for place, each in enumerate(loaded.study.cohort) if isinstance(each, Keep | Index)]
    return loaded.problem(("cohort", steps[step.number - 2]), "").line or 0
