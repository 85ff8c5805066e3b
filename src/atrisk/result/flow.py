"""The numbers of the cohort flow: one step a criterion, counted in its own unit and in patients."""

from __future__ import annotations

from dataclasses import dataclass

from atrisk.study.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowStep:
    """A box of the flow diagram.

    ``entered`` rows came in; ``excluded`` failed the criterion, ``unknown`` could not be judged (``unknown_rule`` says
    whether those stay or leave), ``remaining`` go on: entered - excluded - (unknown, if excluded) = remaining.
    ``label`` is the reason printed for those who leave. ``kind`` is ``keep``, ``index`` (rows become patients; the rows
    that are not the index row are counted in ``excluded``) or ``start``. Of the rows that are not the index row,
    ``same_course`` belong to the course of treatment that began with it (second stages); None where the study declares
    no such course. ``left_out`` of the ``left_out_of`` rows of the patients' file were never among them, because the
    table's ``where:`` leaves them out; they stand at the start only.
    """

    number: int
    kind: str
    label: Text
    unit: str
    entered: int
    excluded: int
    unknown: int
    unknown_rule: str
    remaining: int
    patients_entered: int
    patients_remaining: int
    same_course: int | None = None
    left_out: int = 0
    left_out_of: int = 0
