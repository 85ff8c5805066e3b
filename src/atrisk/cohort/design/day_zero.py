"""Events and censorings on the day from which follow-up counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from atrisk.derive.follow_up import FollowUp
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark

_RULE = "follow-up-of-no-day"


def follow_up_of_no_day(followed: Mapping[str, FollowUp]) -> Iterator[Finding]:
    """Outcomes with patients whose follow-up is 0 days: how many there are, and how many of them had an event."""
    for name, follow_up in followed.items():
        zero = follow_up.time == 0
        if zero.any():
            events = int((zero & (follow_up.cause > 0)).sum())
            yield Finding(
                rule=_RULE,
                severity=Severity.INFORMS,
                message=Remark(_RULE, {"outcome": name, "count": int(zero.sum()), "events": events}),
                remedy=Remark(f"{_RULE}.remedy"),
            )
