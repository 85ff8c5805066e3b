"""How many patients of the cohort stand outside a comparison, and why, as result rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.frame import Frame

NOT_COMPARED = "not_compared"


def not_compared_rows(frame: Frame) -> Iterator[Row]:
    """A row for each reason that holds for somebody, under its code in ``term``; of several the first counts."""
    template = frame.row(NOT_COMPARED)
    for reason, count in frame.not_compared.items():
        if count:
            yield replace(template, statistic="n", term=reason, value=float(count), note=Remark(reason))
