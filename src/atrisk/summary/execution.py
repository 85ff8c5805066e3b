"""How a statistic can be computed when the patients are not all in one place."""

from __future__ import annotations

from typing import Literal

# mergeable: one additive summary, one round. rounds: additive sums asked for again at every iteration.
# rows: the patients' own rows side by side (ranks across sites, residuals, permutations).
# Every public estimator's module declares its own as EXECUTION, so that a plan can refuse before data are read.
Execution = Literal["mergeable", "rounds", "rows"]
