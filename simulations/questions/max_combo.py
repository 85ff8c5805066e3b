"""Does the MaxCombo test keep its level, and what does it win where hazards are not proportional?"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np

from atrisk.compare.log_rank_family.log_rank import log_rank
from atrisk.compare.log_rank_family.max_combo import max_combo
from atrisk.summary.event_counts import EventCounts
from simulations.draws import Draws, Floats, followed, groups
from simulations.question import Claim, Kind, Outcome, Question, Simulated, methods, rejected

MAX_COMBO, LOG_RANK = "MaxCombo", "log-rank"


def _trial(draws: Draws, *, sizes: tuple[int, int], change: float, hazards: tuple[float, float], end: float) -> Outcome:
    """Hazard 1 in the first group; in the second one hazard before the time of change and another after it.

    Patients are lost at times uniform from half of `end` to `end`.
    """
    group = groups(*sizes)
    cumulative = draws.exponential(np.ones(group.size))
    time = np.where(group == 1, _piecewise(cumulative, change, hazards), cumulative)
    counts = EventCounts.of(*followed(time, end * (0.5 + draws.uniform(group.size) / 2)), group=group)
    return {MAX_COMBO: rejected(max_combo(counts).p_value), LOG_RANK: rejected(log_rank(counts).p_value)}


def _piecewise(cumulative: Floats, change: float, hazards: tuple[float, float]) -> Floats:
    """The time at which a cumulative hazard is reached."""
    before, after = hazards
    return np.where(cumulative < before * change, cumulative / before, change + (cumulative - before * change) / after)


def _setting(
    name: str,
    trials: int,
    kind: Kind,
    sizes: tuple[int, int],
    *,
    hazards: tuple[float, float] = (1.0, 1.0),
    end: float = 3.0,
    claims: Mapping[str, Claim] | None = None,
) -> Simulated:
    both = methods(MAX_COMBO, LOG_RANK, kind=kind, claims=claims)
    return Simulated(name, trials, both, partial(_trial, sizes=sizes, change=0.4, hazards=hazards, end=end))


# Schoenfeld 1981, Biometrika 68:316: 129.3 events are expected, and sqrt(129.3) / 2 * log(1 / 0.6) - 1.96 = 0.944.
_SCHOENFELD = Claim(0.827, 0.827, "Schoenfeld's formula")

QUESTION = Question(
    "max_combo",
    "MaxCombo test",
    "Four Fleming-Harrington weights beside the log-rank test. Hazard 1 in the first group; that of the second changes "
    "at time 0.4, when a third of the first has had the event.",
    (
        _setting("50 against 50, no difference", 1000, "size", (50, 50)),
        _setting("490 against 32, no difference, some 14 events", 1000, "size", (490, 32), end=0.037),
        _setting(
            "80 against 80, hazard 0.6 throughout",
            400,
            "power",
            (80, 80),
            hazards=(0.6, 0.6),
            claims={LOG_RANK: _SCHOENFELD},
        ),
        _setting("80 against 80, late difference: 1, then 0.45", 400, "power", (80, 80), hazards=(1.0, 0.45)),
        _setting("80 against 80, crossing: 1.6, then 0.4", 400, "power", (80, 80), hazards=(1.6, 0.4)),
    ),
)
