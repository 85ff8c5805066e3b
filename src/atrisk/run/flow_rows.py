"""The numbers of the cohort flow as result rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from atrisk.result.flow import FlowStep
from atrisk.result.remark import Remark
from atrisk.result.row import MAIN, Row

LEAVE_UNKNOWN = Remark("unknown-exclude")
_RULES = {"exclude": LEAVE_UNKNOWN, "include": Remark("unknown-include")}


def flow_rows(flow: tuple[FlowStep, ...], specification: str = MAIN) -> Iterator[Row]:
    """Six rows a step, under its number in ``term``; more for rows of one course and those ``where:`` leaves out."""
    for step in flow:
        template = Row(
            analysis="flow",
            specification=specification,
            statistic="",
            term=str(step.number),
            unit=step.unit,
            method=step.kind,
            text_value=str(step.label),
            note=_RULES.get(step.unknown_rule, ""),
        )
        for statistic, count in (
            ("entered", step.entered),
            ("excluded", step.excluded),
            ("unknown", step.unknown),
            ("remaining", step.remaining),
            ("patients_entered", step.patients_entered),
            ("patients_remaining", step.patients_remaining),
        ):
            yield replace(template, statistic=statistic, value=float(count))
        if step.same_course is not None:
            yield replace(template, statistic="same_course", value=float(step.same_course))
        if step.left_out:
            yield replace(
                template,
                statistic="left_out",
                value=float(step.left_out),
                numerator=step.left_out,
                denominator=step.left_out_of,
            )
