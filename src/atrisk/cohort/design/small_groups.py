"""Groups of so few patients that a comparison with them says little: often a code typed wrongly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from atrisk.cohort.grouping import Grouping
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark, Value

_RULE = "small-group"
_FEWEST = 5


def small_groups(groupings: Mapping[str, Grouping]) -> Iterator[Finding]:
    """A warning for each group of two to four patients; one of a single patient has a warning of its own."""
    for name, grouping in groupings.items():
        for position, code in enumerate(grouping.codes):
            count = int((grouping.index == position).sum())
            if 2 <= count < _FEWEST:
                values: dict[str, Value] = {"comparison": name, "group": grouping.labels[code], "count": count}
                yield Finding(
                    rule=_RULE,
                    severity=Severity.WARNS,
                    message=Remark(_RULE, values),
                    remedy=Remark(f"{_RULE}.remedy"),
                )
