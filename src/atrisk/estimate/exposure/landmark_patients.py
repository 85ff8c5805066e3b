"""The patients of a landmark analysis: still at risk at a day, by their exposure as known then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.errors import EstimationError
from atrisk.estimate.exposure.exposure_spans import exposure_times
from atrisk.summary.codes import codes
from atrisk.summary.event_counts import entry_times, follow_up_times
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

EXECUTION: Final[Execution] = "mergeable"

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class LandmarkPatients:
    """Those at risk just after the landmark (m,): their `row` among the patients given, and `time` counted from it.

    `n_event_before` and `n_censored_before` left by the landmark, `n_not_entered` come under observation after it:
    these three and m make up all patients. `n_exposed_later` of the unexposed here are exposed after it.
    """

    row: Codes
    time: Floats
    cause: Codes
    exposed: Flags
    landmark: float
    n_event_before: int
    n_censored_before: int
    n_not_entered: int
    n_exposed_later: int

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def landmark_patients(
    time: ArrayLike, cause: ArrayLike, exposed_at: ArrayLike, landmark: float, *, entry: ArrayLike | None = None
) -> LandmarkPatients:
    """Whoever is followed beyond a landmark, exposed if the exposure began up to and on it, with time counted from it.

    Definition: kept where time > L and entry <= L; exposed where `exposed_at` <= L; follow-up time - L. Events and
    censorings on day L are before it, an exposure on day L is known. What happens to exposure afterwards is not used:
    the comparison is of the two groups as they were at L (a patient exposed later stays unexposed), and holds for those
    who reach L alone. L is declared before outcomes are read.
    Source: Anderson, Cain and Gelber 1983, J Clin Oncol 1:710; Dafni 2011, Circ Cardiovasc Qual Outcomes 4:363.
    Shapes: all (n,); `cause` 0 = censored, else the event or its cause; `exposed_at` NaN for the never exposed.
    Raises EstimationError for a landmark that is not finite or negative, and values outside their domains.
    """
    if not np.isfinite(landmark) or landmark < 0:
        raise EstimationError("a landmark must be finite and not negative.")
    times = follow_up_times(time)
    happened = codes("cause", cause, times.size)
    begins = exposure_times(exposed_at, times.size)
    entered = entry_times(entry, times)
    beyond = times > landmark
    here = beyond if entered is None else beyond & (entered <= landmark)
    with np.errstate(invalid="ignore"):
        exposed, later = begins <= landmark, begins > landmark
    return LandmarkPatients(
        row=np.flatnonzero(here),
        time=times[here] - landmark,
        cause=happened[here],
        exposed=exposed[here],
        landmark=float(landmark),
        n_event_before=int((~beyond & (happened > 0)).sum()),
        n_censored_before=int((~beyond & (happened == 0)).sum()),
        n_not_entered=int((beyond & ~here).sum()),
        n_exposed_later=int((here & later & (begins < times)).sum()),
    )
