"""Units (surgeons, centres) against what their patients' risks let expect: funnel limits and tail probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atrisk.compare.monitoring.cusum import monitored
from atrisk.errors import EstimationError
from atrisk.estimate.confidence_limits import require_conf_level
from atrisk.summary.codes import codes
from atrisk.summary.execution import Execution
from atrisk.summary.read_only import make_arrays_read_only

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

# The distribution of a unit's events needs the risks of its own patients alone.
EXECUTION: Final[Execution] = "mergeable"

COVERAGE = (0.95, 0.998)


@dataclass(frozen=True, slots=True, eq=False)
class Funnel:
    """U units in the order of their codes; arrays (U,), limits (K, U) for each of `coverage` (K,).

    `ratio`: observed over expected events, NaN where none are expected; `rate`: the ratio times the proportion of all
    patients with the event (indirectly standardised). If the risks hold: `lower`, `upper` the limits of the ratio
    around 1, `std_err` its standard error, `p_low`, `p_high` the probability of so few, and of so many events.
    """

    n: Codes
    observed: Codes
    expected: Floats
    ratio: Floats
    rate: Floats
    std_err: Floats
    lower: Floats
    upper: Floats
    p_low: Floats
    p_high: Floats
    coverage: Floats

    def __post_init__(self) -> None:
        make_arrays_read_only(self)


def funnel(event: ArrayLike, risk: ArrayLike, unit: ArrayLike, *, coverage: tuple[float, ...] = COVERAGE) -> Funnel:
    """Observed and expected events of each unit, with the exact limits that chance alone sets.

    Definition: O events among a unit's patients with risks p_i, E = sum p_i; if the risks hold O has the
    Poisson-binomial distribution of those p_i (binomial where all are alike). Limits: `limits_of_count` of that
    distribution over E. std_err = sqrt(sum p_i (1 - p_i)) / E.
    Source: Spiegelhalter 2005, Stat Med 24:1185, section 2 and appendix A.1.1; with the unit's own distribution in
    place of the Poisson one of its standardised ratios.
    `event` (n,), `risk` (n,): as `risk_adjusted_cusum`; without risk adjustment the proportion of all patients.
    `unit` (n,): codes from 0. Limits hold for one unit looked at: of 20 that are all alike one lies outside 95 %.
    Raises EstimationError for values outside their domains.
    """
    y, p = monitored(event, risk)
    of = codes("unit", unit, y.size)
    if not y.size:
        raise EstimationError("a funnel plot needs patients.")
    for level in coverage:
        require_conf_level(level)
    units = int(of.max()) + 1
    n, observed = np.bincount(of, minlength=units), np.bincount(of, y, minlength=units).astype(np.int64)
    expected = np.asarray(np.bincount(of, p, minlength=units), dtype=np.float64)
    spread = np.sqrt(np.bincount(of, p * (1 - p), minlength=units))
    tails = np.empty((2, units))
    counts = np.empty((len(coverage), 2, units))
    for code in range(units):
        chance = event_distribution(p[of == code])
        below = np.cumsum(chance)
        tails[:, code] = chance[: observed[code] + 1].sum(), chance[observed[code] :].sum()
        for place, level in enumerate(coverage):
            counts[place, :, code] = limits_of_count(below, level)
    over = np.divide(1.0, expected, out=np.full(units, np.nan), where=expected > 0)
    return Funnel(
        n=n.astype(np.int64),
        observed=observed,
        expected=expected,
        ratio=observed * over,
        rate=observed * over * float(y.mean()),
        std_err=spread * over,
        lower=counts[:, 0] * over,
        upper=counts[:, 1] * over,
        p_low=np.minimum(tails[0], 1.0),
        p_high=np.minimum(tails[1], 1.0),
        coverage=np.array(coverage),
    )


def binomial_funnel(proportion: float, n: ArrayLike, *, coverage: float = 0.95) -> tuple[Floats, Floats]:
    """Lower and upper limits of a proportion in units of n patients (U,): the curves of a funnel plot.

    Definition: `limits_of_count` of the binomial distribution, over n. Source: Spiegelhalter 2005, Stat Med 24:1185,
    appendix A.1.1. Raises EstimationError for a proportion outside [0, 1] and sizes that are not whole numbers from 1.
    """
    require_conf_level(coverage)
    sizes = codes("n", n, np.asarray(n).size, lowest=1)
    if not 0 <= proportion <= 1:
        raise EstimationError("the proportion of a funnel plot must lie between 0 and 1.")
    from scipy.special import bdtr

    limits = np.array(
        [limits_of_count(bdtr(np.arange(size + 1), size, proportion), coverage) for size in sizes]
    ).reshape(-1, 2)
    return limits[:, 0] / sizes, limits[:, 1] / sizes


def event_distribution(risk: Floats) -> Floats:
    """The probabilities (n + 1,) of 0 .. n events among patients with risks (n,): Poisson-binomial, by convolution."""
    found = np.zeros(risk.size + 1)
    found[0] = 1.0
    for size, p in enumerate(risk, start=1):
        found[1 : size + 1] = found[1 : size + 1] * (1 - p) + found[:size] * p
        found[0] *= 1 - p
    return found


def limits_of_count(below: Floats, coverage: float) -> tuple[float, float]:
    """Limits of a count from its distribution function (n + 1,), made continuous as in funnel plots.

    Definition: for q = (1 - coverage) / 2 and 1 - q, r the smallest count with F(r) >= q and the limit r - a,
    a = (F(r) - q) / (F(r) - F(r - 1)); not below 0.
    """
    tail = (1 - coverage) / 2

    def quantile(q: float) -> float:
        # Summed probabilities end a rounding error from 1.
        r = min(int(np.searchsorted(below, q)), below.size - 1)
        before = float(below[r - 1]) if r else 0.0
        return max(r - (float(below[r]) - q) / (float(below[r]) - before), 0.0) if below[r] > before else float(r)

    return quantile(tail), quantile(1 - tail)
