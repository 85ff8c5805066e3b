"""Times of events that many patients share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from atrisk.derive.follow_up import FollowUp
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark

_RULE = "tied-events"
_SHARE, _FEWEST = 0.1, 20


def tied_events(followed: Mapping[str, FollowUp]) -> Iterator[Finding]:
    """Outcomes of which more than a tenth of at least twenty events fall on a day of follow-up that had one already."""
    for name, follow_up in followed.items():
        times = follow_up.time[follow_up.cause == 1]
        if times.size < _FEWEST:
            continue
        share = 1 - np.unique(times).size / times.size
        if share > _SHARE:
            yield Finding(
                rule=_RULE,
                severity=Severity.INFORMS,
                message=Remark(_RULE, {"outcome": name, "share": share, "n": int(times.size)}),
                remedy=Remark(f"{_RULE}.remedy"),
            )
