"""Survival curves of the unexposed and the exposed where exposure begins during follow-up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import ConfType
from atrisk.estimate.exposure.exposure_spans import ExposureSpans
from atrisk.estimate.survival_curve.kaplan_meier import SurvivalCurve, kaplan_meier
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "mergeable"


@dataclass(frozen=True, slots=True, eq=False)
class SimonMakuchCurves:
    """The curves of the two risk sets, which patients change between; time counts from time zero in both.

    With a `start`, both are of what happens after it. `n` counts whoever is at some time in the risk set. `warning`:
    that a curve fell to 0 while others were still to come, or is empty.
    """

    unexposed: SurvivalCurve
    exposed: SurvivalCurve
    start: float | None
    warning: str


def simon_makuch(
    spans: ExposureSpans, *, start: float | None = None, conf_type: ConfType = "log", conf_level: float = 0.95
) -> SimonMakuchCurves:
    """Kaplan-Meier curves of the changing risk sets of the unexposed and of the exposed.

    Definition: S_j(t) = prod over event times s in (start, t] of 1 - d_j(s) / n_j(s), with n_j(s) those who at s are
    under observation and unexposed (j = 0) or exposed (j = 1). The clock is not reset at exposure: everybody at risk at
    s is s days after time zero, so that both curves compare patients equally far from it. A curve from the day of
    exposure would compare different parts of the course, and those who lived long enough to be exposed with those who
    did not.
    Source: Simon and Makuch 1984, Stat Med 3:35, with `start` their landmark; Snapinn, Jiang and Iglewicz 2005,
    Am Stat 59:301. The hazards are those of the start-stop Cox model; its test is that of Mantel and Byar.
    Meaning: the survival of somebody who were (un)exposed all along from `start`, had exposure no memory; no group of
    patients has this curve.
    Edges: few are exposed early, and one of few who dies takes the curve far down, or to 0: then begin it at a later
    `start`; `warning` says when it reached 0 before its last patient came. Limits as in `kaplan_meier`.
    Raises EstimationError for a start that is not finite or negative, and as `kaplan_meier` does.
    """
    if start is not None and not (np.isfinite(start) and start >= 0):
        raise EstimationError("the start of Simon-Makuch curves must be finite and not negative.")
    unexposed, exposed = kaplan_meier(spans.counts(after=start), conf_type=conf_type, conf_level=conf_level)
    said = [_warning(curve, name) for curve, name in ((unexposed, "unexposed"), (exposed, "exposed"))]
    return SimonMakuchCurves(unexposed, exposed, start, "; ".join(text for text in said if text))


def _warning(curve: SurvivalCurve, name: str) -> str:
    if curve.n == 0:
        return f"nobody is {name} at any time"
    down = np.flatnonzero(curve.survival == 0)
    if down.size and down[0] < curve.time.size - 1:
        return f"the curve of the {name} falls to 0 when all then at risk have the event, and others come later"
    return ""
