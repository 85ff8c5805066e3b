"""Comparisons in which a group of the main comparison cannot take part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from atrisk.cohort.grouping import Grouping
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark, Value
from atrisk.study.model import Study

_RULE = "structural-non-positivity"
# Fewer expected, and none can be there by chance: with 5 expected that has a probability below 1 in 100.
_EXPECTED = 5.0


def never_together(study: Study, main: Grouping, others: Mapping[str, Grouping]) -> Iterator[Finding]:
    """A finding where nobody of a group of the main comparison is in a group of another one, and not by chance.

    Definition: a cell of the cross-table of both groupings is empty though at least 5 patients are expected in it were
    the two independent. The contrast does not exist for that group, and comparing all patients mixes the two questions:
    it warns, and informs where the comparison takes the main grouping as its strata, which leaves that group out.
    """
    for name, other in others.items():
        first = main.index
        everyone = (first >= 0) & (other.index >= 0)
        # Patients of strata that were left out are not in `other.index`: those are the informing case.
        stratified = study.comparisons[name].strata is not None and study.comparisons[name].strata == study.groups.by
        if stratified:
            for left_out in other.left_out:
                yield _finding(Severity.INFORMS, Remark(f"{_RULE}.left-out", {"comparison": name, "what": left_out}))
            continue
        n = int(everyone.sum())
        for position, group in enumerate(main.codes):
            for place, code in enumerate(other.codes):
                in_group, in_other = everyone & (first == position), everyone & (other.index == place)
                expected = float(in_group.sum()) * float(in_other.sum()) / n if n else 0.0
                if expected >= _EXPECTED and not (in_group & in_other).any():
                    values: dict[str, Value] = {
                        "comparison": name,
                        "group": main.labels[group],
                        "count": int(in_group.sum()),
                        "other": other.labels[code],
                    }
                    yield _finding(Severity.WARNS, Remark(_RULE, values))


def _finding(severity: Severity, message: Remark) -> Finding:
    return Finding(rule=_RULE, severity=severity, message=message, remedy=Remark(f"{_RULE}.remedy"))
