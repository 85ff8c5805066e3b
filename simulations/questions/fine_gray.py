"""Do the limits of a Fine-Gray coefficient hold it where the subdistribution hazards are proportional in truth?"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from atrisk.estimate.competing_risks.fine_gray import FineGraySample, fine_gray
from simulations.draws import Draws, groups
from simulations.question import Outcome, Question, Simulated, held, methods

ROBUST, INVERSE = "robust variance", "inverse information"
FIRST = 0.4
COEFFICIENTS = (math.log(2.0), 0.5)


def _trial(draws: Draws, *, n: int, end: float) -> Outcome:
    """F_1(t; x) = 1 - (1 - p (1 - exp(-t)))^exp(x'b), the model of Fine and Gray 1999, section 5; limits of b_1.

    A patient has cause 1 with probability F_1(inf; x) = 1 - (1 - p)^exp(x'b); its time given the cause comes from
    F_1 by inversion. The other cause comes at hazard 1; patients are lost at times uniform up to `end`.
    """
    x = np.column_stack((groups(n // 2, n - n // 2).astype(np.float64), draws.normal(n)))
    power = np.exp(x @ np.array(COEFFICIENTS))
    ever = -np.expm1(power * math.log1p(-FIRST))
    first = draws.uniform(n) < ever
    share = draws.uniform(n) * ever
    reached = -np.expm1(np.log1p(-share) / power)
    of_first = -np.log1p(-reached / FIRST)
    time = np.where(first, of_first, draws.exponential(np.ones(n)))
    lost = end * draws.uniform(n)
    sample = FineGraySample(np.minimum(time, lost), np.where(lost < time, 0, np.where(first, 1, 2)), x)
    fit = fine_gray(sample, 1)
    reach = 1.959964 * math.sqrt(fit.inverse_information[0, 0])
    return {
        ROBUST: held(math.log(fit.lower[0]), math.log(fit.upper[0]), COEFFICIENTS[0]),
        INVERSE: held(fit.coef[0] - reach, fit.coef[0] + reach, COEFFICIENTS[0]),
    }


def _setting(name: str, n: int, end: float) -> Simulated:
    return Simulated(name, 4000, methods(ROBUST, INVERSE), partial(_trial, n=n, end=end))


QUESTION = Question(
    "fine_gray",
    "Fine-Gray model",
    "A binary and a normal covariate with subdistribution hazard ratios 2 and exp(0.5); cause 1 happens to 40% at 0. "
    "Limits of the first coefficient.",
    (
        _setting("100 patients, a third lost", 100, 3.0),
        _setting("300 patients, a third lost", 300, 3.0),
        _setting("300 patients, three fifths lost", 300, 1.0),
    ),
)
