"""Do the profile limits of a penalised Cox model hold the hazard ratio with few events?"""

from __future__ import annotations

import math
from functools import partial

from atrisk.estimate.proportional_hazards.cox import cox
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.estimate.proportional_hazards.firth_cox import firth_cox
from simulations.draws import Draws, followed, groups
from simulations.question import Outcome, Question, Simulated, held, methods

PROFILE, WALD = "Firth, profile limits", "maximum likelihood, Wald limits"


def _trial(draws: Draws, *, sizes: tuple[int, int], hazard_ratio: float, end: float) -> Outcome:
    """Hazards 1 and the ratio; patients are lost at times uniform up to `end`."""
    group = groups(*sizes)
    time, event = followed(draws.exponential(hazard_ratio ** group.astype(float)), end * draws.uniform(group.size))
    sample = CoxSample(time, event > 0, group[:, None].astype(float))
    penalised, plain = firth_cox(sample), cox(sample)
    return {
        PROFILE: held(penalised.lower[0], penalised.upper[0], hazard_ratio),
        WALD: None if math.isinf(plain.coef[0]) else held(plain.lower[0], plain.upper[0], hazard_ratio),
    }


def _setting(name: str, sizes: tuple[int, int], hazard_ratio: float, end: float) -> Simulated:
    trial = partial(_trial, sizes=sizes, hazard_ratio=hazard_ratio, end=end)
    return Simulated(name, 1000, methods(PROFILE, WALD), trial)


QUESTION = Question(
    "firth_cox",
    "Cox model with Firth's penalty",
    "Two groups, exponential times, one coefficient. Maximum likelihood has no limits where all events fall in one "
    "group (monotone likelihood), which is where the penalty is needed.",
    (
        _setting("30 against 30, ratio 2, some 20 events", (30, 30), 2.0, 0.6),
        _setting("30 against 30, ratio 4, some 8 events", (30, 30), 4.0, 0.12),
        _setting("490 against 32, ratio 2, some 14 events", (490, 32), 2.0, 0.05),
    ),
)
