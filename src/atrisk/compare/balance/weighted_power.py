"""What a weighted comparison of hazards can show: the detectable hazard ratio at the effective numbers of events."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from numpy.typing import ArrayLike

from atrisk.compare.balance.propensity import effective_sample_size, treated_flags
from atrisk.compare.equivalence.hazard_ratio_power import detectable_hazard_ratio
from atrisk.errors import EstimationError
from atrisk.estimate.generalized_linear.regression_sample import finite_numbers
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "mergeable"


@dataclass(frozen=True, slots=True)
class WeightedPower:
    """Effective sizes of the weighted groups and the smallest hazard ratio above 1 that they find.

    `share` is that of the treated in the effective sample size. `reason` says why `hazard_ratio` is NaN.
    """

    effective_n_treated: float
    effective_n_untreated: float
    effective_events: float
    share: float
    hazard_ratio: float
    power: float
    conf_level: float
    reason: str = ""


def weighted_power(
    weight: ArrayLike, treated: ArrayLike, n_event: int, *, wanted_power: float = 0.8, conf_level: float = 0.95
) -> WeightedPower:
    """The hazard ratio that a weighted comparison detects with `wanted_power`.

    Definition: m_1 and m_0 Kish's effective sample sizes of the treated and the untreated, the effective number of
    events (m_1 + m_0) D / n with D of all n patients having the event, share m_1 / (m_1 + m_0); the detectable ratio
    is Schoenfeld's (1983) at these.
    Only the number of events of both groups together enters, so that the diagnostic can be looked at before any
    outcome is compared.
    Source: Kish 1965, section 8.2; Schoenfeld 1983, Biometrics 39:499.
    `weight` (n,): not negative; `treated` (n,); `n_event`: from 0 to n. Edges: without an event NaN with a reason.
    Raises EstimationError for weights, numbers of events, powers and levels outside their domains.
    """
    w, flags = finite_numbers("weights", weight), treated_flags(treated)
    if w.shape != flags.shape or not 0 <= n_event <= flags.size:
        raise EstimationError("each patient needs one weight, and the events are at most as many as the patients.")
    sizes = effective_sample_size(w[flags]), effective_sample_size(w[~flags])
    if math.isnan(sum(sizes)):
        raise EstimationError("a group has no patient with a weight above 0.")
    events, share = sum(sizes) * n_event / flags.size, sizes[0] / sum(sizes)
    reason = "" if n_event else "nobody has the event"
    detectable = (
        detectable_hazard_ratio(events, share, wanted_power=wanted_power, conf_level=conf_level)
        if n_event
        else math.nan
    )
    return WeightedPower(*sizes, events, share, detectable, wanted_power, conf_level, reason)
