"""The weight that a rank test gives to each time of an event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from atrisk.errors import EstimationError

Floats = NDArray[np.float64]
Kind = Literal["log-rank", "gehan", "tarone-ware", "peto-peto", "modified-peto", "fleming-harrington"]


@dataclass(frozen=True, slots=True)
class RankWeight:
    """A weight function w(t) of the numbers n at risk and d failing over all groups of a stratum.

    log-rank: 1. gehan: n (Gehan and Breslow; looks at early differences). tarone-ware: sqrt(n).
    peto-peto: S~(t) = prod_{s <= t} (1 - d / (n + 1)). modified-peto: S~(t) n / (n + 1) (Andersen).
    fleming-harrington: S(t-)^rho (1 - S(t-))^gamma, S the pooled Kaplan-Meier curve; rho = 1, gamma = 0 looks at
    early differences, rho = 0, gamma = 1 at late ones. `rho` and `gamma` belong to this kind alone.
    Source: Gehan 1965; Tarone and Ware 1977; Peto and Peto 1972; Andersen et al. 1982; Fleming and Harrington 1991,
    section 7.5. Raises EstimationError for an unknown kind, for a rho or gamma that is not finite and a negative gamma.
    """

    kind: Kind = "log-rank"
    rho: float = 0.0
    gamma: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            known = ", ".join(get_args(Kind))
            raise EstimationError(f"the rank test's weight '{self.kind}' is unknown; use one of {known}.")
        if not np.isfinite(self.rho) or not np.isfinite(self.gamma) or self.gamma < 0:
            raise EstimationError("rho and gamma of a rank test must be finite numbers, gamma not negative.")
        if self.kind != "fleming-harrington" and (self.rho != 0 or self.gamma != 0):
            raise EstimationError("rho and gamma belong to the Fleming-Harrington weights alone.")

    def at(self, n_event: Floats, n_at_risk: Floats) -> Floats:
        """The weights (T,) at the event times of one stratum, in order, from d and n (T,) over all groups."""
        d, n = n_event, n_at_risk
        if self.kind == "log-rank":
            return np.ones_like(n)
        if self.kind == "gehan":
            return n.astype(np.float64)
        if self.kind == "tarone-ware":
            return np.sqrt(n)
        if self.kind == "fleming-harrington":
            before = np.concatenate(([1.0], np.cumprod(1.0 - d / n)[:-1])) if d.size else d
            return np.asarray(before**self.rho * (1.0 - before) ** self.gamma)
        peto = np.cumprod(1.0 - d / (n + 1.0))
        return np.asarray(peto if self.kind == "peto-peto" else peto * n / (n + 1.0))


LOG_RANK = RankWeight()
