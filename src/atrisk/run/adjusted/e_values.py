"""The E-value of every adjusted ratio: how strong confounding by something not adjusted for would have to be."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

from atrisk.compare.equivalence.e_value import Measure, e_value
from atrisk.compare.interval import Interval
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.row_building import single

# From this share of patients with the event on, a ratio of hazards or odds is not near the ratio of risks.
_COMMON = 0.15
_RATIOS = ("hazard_ratio", "odds_ratio")


def with_e_values(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows, and after them the E-value of each ratio among them and that of its limit nearer to 1."""
    given = list(rows)
    yield from given
    limits = {(row.estimate_id, row.statistic): row for row in given if row.estimate_id}
    for row in given:
        if row.statistic in _RATIOS and row.value is not None:
            yield from _of(row, *(limits.get((row.estimate_id, name)) for name in ("conf_low", "conf_high")))


def _of(row: Row, low: Row | None, high: Row | None) -> Iterator[Row]:
    common = bool(row.n) and (row.n_event or 0) / (row.n or 1) >= _COMMON
    ends = [end.value if end is not None and end.value is not None else math.nan for end in (low, high)]
    assert row.value is not None  # noqa: S101 - asked only of ratios with a value; for the type checker
    found = e_value(
        Interval(row.value, ends[0], ends[1], row.conf_level or 0.95, row.method), measure=_measure(row, common=common)
    )
    template = replace(
        row, of=row.statistic, estimate_id="", note="",
        convention=Remark("e-value-common" if common else "e-value-rare"),
    )  # fmt: skip
    yield single(replace(template, conf_level=None), "e_value", found.estimate, found.reason)
    yield single(template, "e_value_limit", found.limit, found.reason)


def _measure(row: Row, *, common: bool) -> Measure:
    if not common:
        return "risk ratio"
    return "hazard ratio, common outcome" if row.statistic == "hazard_ratio" else "odds ratio, common outcome"
