"""Do tests of a constant hazard ratio keep their level, and do limits within periods hold the ratio?"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from atrisk.compare.hazard_ratio_over_time.piecewise import piecewise_hazard_ratios
from atrisk.compare.hazard_ratio_over_time.smoothed import smoothed_coefficient
from atrisk.compare.hazard_ratio_over_time.time_function import time_varying_hazard_ratio
from atrisk.compare.proportional_hazards import proportional_hazards
from atrisk.estimate.proportional_hazards.cox import CoxSample, cox
from simulations.draws import Draws, followed, groups
from simulations.question import Claim, Outcome, Question, Simulated, held, methods, rejected

RATIO, WALD = "equal within periods, likelihood ratio", "equal within periods, Wald"
SLOPE, SLOPE_RATIO = "no slope in log t, Wald", "no slope in log t, likelihood ratio"
SCORE = "score test (km)"
EARLY, LATE = "hazard ratio in the first period", "hazard ratio in the second period"
CURVE = "smoothed hazard ratio at the cut"
CUT = 0.5


def _trial(draws: Draws, *, sizes: tuple[int, int], early: float, late: float) -> Outcome:
    """Hazard 1 in the first group; in the second `early` up to the cut and `late` after; lost uniformly up to 2.5."""
    group = groups(*sizes)
    failing = draws.exponential(np.ones(group.size))
    moved = np.where(failing < CUT * early, failing / early, CUT + (failing - CUT * early) / late)
    time, event = followed(np.where(group == 1, moved, failing), 2.5 * draws.uniform(group.size))
    sample = CoxSample(time, event > 0, group[:, None].astype(np.float64))
    fit = cox(sample)
    if not np.isfinite(fit.std_err[0]):
        return {}
    apart = piecewise_hazard_ratios(sample, [CUT])
    along = time_varying_hazard_ratio(sample, [CUT])
    smooth = smoothed_coefficient(sample, fit, [CUT])
    # What the smooth curve should hold at a jump is no one number.
    curve = {CURVE: held(smooth.lower[0], smooth.upper[0], math.log(early))} if early == late else {}
    return curve | {
        RATIO: rejected(apart.likelihood_ratio_test.p_value),
        WALD: rejected(apart.wald_test.p_value),
        SLOPE: rejected(along.slope_test.p_value),
        SLOPE_RATIO: rejected(along.likelihood_ratio_test.p_value),
        SCORE: rejected(proportional_hazards(sample, fit).terms[0].p_value),
        EARLY: held(apart.lower[0, 0], apart.upper[0, 0], early),
        LATE: held(apart.lower[1, 0], apart.upper[1, 0], late),
    }


_TESTS = (SCORE, RATIO, WALD, SLOPE, SLOPE_RATIO)


def _constant(sizes: tuple[int, int], ratio: float, claims: dict[str, Claim] | None = None) -> Simulated:
    return Simulated(
        f"{sizes[0]} against {sizes[1]}, hazard ratio {ratio:g} throughout",
        1000,
        methods(*_TESTS, kind="size", claims=claims) + methods(EARLY, LATE, CURVE, claims=claims),
        partial(_trial, sizes=sizes, early=ratio, late=ratio),
    )


QUESTION = Question(
    "hazard_ratio_over_time",
    "Hazard ratios that change with time",
    f"Hazard 1 in the first group, patients lost at uniform times up to 2.5; periods are cut at {CUT:g}.",
    (
        _constant((100, 100), 1.0),
        _constant((490, 32), 0.6),
        Simulated(
            "100 against 100, hazard ratio 0.4, then 1.5",
            1000,
            methods(*_TESTS, kind="power") + methods(EARLY, LATE),
            partial(_trial, sizes=(100, 100), early=0.4, late=1.5),
        ),
    ),
)
