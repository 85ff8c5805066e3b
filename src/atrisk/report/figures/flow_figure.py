"""What the flow diagram shows: boxes down the middle for those who stay, to the right for those who leave."""

from __future__ import annotations

from dataclasses import dataclass

from atrisk.report.figures.canvas import clean, shortened
from atrisk.report.tables.flow import leaving_the_index, left_out_words, step_words, unit_words
from atrisk.report.view import View
from atrisk.result.flow import FlowStep

_LONGEST_REASON, _LONGEST_GROUP = 160, 100


@dataclass(frozen=True, slots=True)
class FlowBox:
    """A box's text lines; ``leaving`` is the box beside the arrow that leads to it, empty for none."""

    staying: tuple[str, ...]
    leaving: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FlowFigure:
    """The diagram in words: boxes from the top, then one box a group."""

    name: str
    title: str
    boxes: tuple[FlowBox, ...]
    groups: tuple[tuple[str, str], ...]
    data: tuple[FlowStep, ...]
    footer: str


def flow_figure(view: View) -> FlowFigure | None:
    """The flow diagram of a run; None where the study file has no step."""
    steps = view.result.flow
    if not steps:
        return None
    boxes: list[FlowBox] = []
    first = steps[0]
    opening = view.say("In the data: {count}").format(count=_in_patients(view, first, first.entered))
    if first.kind == "start":
        reason = shortened(clean(step_words(view, first)), _LONGEST_REASON)
        opening = f"{reason}: {_in_patients(view, first, first.remaining)}"
    lines = [opening]
    if first.left_out:
        lines.append(left_out_words(view, first).format(count=view.words.count(first.left_out)))
    boxes.append(FlowBox(tuple(lines)))
    boxes += [_box(view, step) for step in steps if step.kind != "start"]
    frame = view.main
    groups = tuple(
        (
            shortened(clean(view.names.group("main", code)), _LONGEST_GROUP),
            f"n = {view.words.count(frame.n.get(code, 0))}",
        )
        for code in frame.groups
    )
    return FlowFigure(
        name="flow",
        title=view.say("Cohort flow"),
        boxes=tuple(boxes),
        groups=groups,
        data=steps,
        footer=view.banner,
    )


def _counted(view: View, step: FlowStep, count: int) -> str:
    return f"{view.words.count(count)} {unit_words(view, step.unit, count)}"


def _box(view: View, step: FlowStep) -> FlowBox:
    leaving = _leaving_index(view, step) if step.same_course is not None else _leaving(view, step)
    if step.kind == "index":
        staying = f"{view.words.count(step.remaining)} {unit_words(view, 'patient', step.remaining)}"
        return FlowBox((staying,), leaving)
    return FlowBox((_in_patients(view, step, step.remaining),), leaving)


def _in_patients(view: View, step: FlowStep, count: int) -> str:
    """So many rows of the step's unit, in so many patients."""
    rows = _counted(view, step, count)
    if step.unit == "patient":
        return rows
    patients = f"{view.words.count(step.patients_remaining)} {unit_words(view, 'patient', step.patients_remaining)}"
    return view.say("{rows} in {patients}").format(rows=rows, patients=patients)


def _leaving(view: View, step: FlowStep) -> tuple[str, ...]:
    """Why and how many leave, in the unit of the step, and how many patients have then none left."""
    # The reason is cut, never the number below it.
    lines = [shortened(clean(step_words(view, step)), _LONGEST_REASON)]
    counted = _counted(view, step, step.excluded)
    if step.unit != "patient" and step.kind == "keep":
        gone = step.patients_entered - step.patients_remaining
        leave = view.words.language.say_count("{count} patient leaves", "{count} patients leave", gone)
        counted = f"{counted}; {leave.format(count=view.words.count(gone))}"
    if step.excluded or not step.unknown:
        lines.append(counted)
    if step.unknown:
        words = (
            view.say("Unknown, left out: {count}")
            if step.unknown_rule == "exclude"
            else view.say("Unknown, kept: {count}")
        )
        lines.append(words.format(count=_counted(view, step, step.unknown)))
    return tuple(lines)


def _leaving_index(view: View, step: FlowStep) -> tuple[str, ...]:
    """The rows that are not the index row: later stages of its course of treatment, and the others."""
    stages, others = leaving_the_index(view, step)
    parts = (stages.format(count=view.words.count(step.same_course or 0)), others)
    return (
        shortened(clean(step_words(view, step)), _LONGEST_REASON),
        _counted(view, step, step.excluded),
        *(f"\N{BULLET} {part}" for part in parts),
    )


def flow_data(figure: FlowFigure) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """The diagram's numbers, step by step."""
    header = (
        "step",
        "kind",
        "label",
        "unit",
        "entered",
        "excluded",
        "unknown",
        "unknown_rule",
        "remaining",
        "patients_remaining",
        "same_course",
    )
    rows: list[tuple[object, ...]] = [
        (
            step.number,
            step.kind,
            str(step.label),
            step.unit,
            step.entered,
            step.excluded,
            step.unknown,
            step.unknown_rule,
            step.remaining,
            step.patients_remaining,
            step.same_course,
        )
        for step in figure.data
    ]
    return header, rows
