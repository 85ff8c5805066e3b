"""Do the limits of a difference of cumulative incidences hold it, and which variance belongs to which data?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial

import numpy as np

from atrisk.compare.cumulative_incidence.incidence_difference import incidence_difference
from atrisk.estimate.competing_risks.aalen_johansen import (
    CompetingRisksRows,
    IncidenceCurve,
    aalen_johansen,
    aalen_johansen_of_rows,
)
from atrisk.summary.event_counts import EventCounts, Shape
from simulations.draws import Codes, Draws, Floats, groups
from simulations.question import Claim, Outcome, Question, Simulated, held, methods

SQUARE_AND_ADD, WALD = "square-and-add of log-log limits", "Wald limits"
COUNTS, ROWS, CLUSTERS = "variance of counts", "jackknife of rows", "jackknife of pairs"
TIME = 1.0
SHARES = (0.6, 0.4)


def _truth(hazards: tuple[float, float]) -> float:
    """First less second group: a share of all events, which come at a constant hazard."""
    first, second = (share * -math.expm1(-hazard * TIME) for share, hazard in zip(SHARES, hazards, strict=True))
    return first - second


def _caused(draws: Draws, group: Codes, hazards: tuple[float, float]) -> tuple[Floats, Codes]:
    """The times of events and their causes, 1 or 2."""
    time = draws.exponential(np.array(hazards)[group])
    return time, np.where(draws.uniform(group.size) < np.array(SHARES)[group], 1, 2)


def _held(curves: tuple[IncidenceCurve, ...], truth: float, *, wald: bool = False) -> bool | None:
    found = incidence_difference(curves[0], curves[1], [TIME], limits="wald" if wald else "square-and-add")
    return held(found.lower[0, 0], found.upper[0, 0], truth)


def _trial(draws: Draws, *, sizes: tuple[int, int], hazards: tuple[float, float]) -> Outcome:
    """A quarter is lost by the time of the comparison."""
    group = groups(*sizes)
    time, cause = _caused(draws, group, hazards)
    lost = draws.exponential(np.full(group.size, 1 / 3.5))
    counts = EventCounts.of(
        np.minimum(time, lost), np.where(lost < time, 0, cause), group=group, shape=Shape(n_groups=2, n_causes=2)
    )
    curves, truth = aalen_johansen(counts, conf_type="log-log"), _truth(hazards)
    return {SQUARE_AND_ADD: _held(curves, truth), WALD: _held(curves, truth, wald=True)}


def _late(draws: Draws, *, n: int, hazards: tuple[float, float]) -> Outcome:
    """Half enter at the start, the others at times uniform up to half the time of the comparison, if still well."""
    group = groups(n, n)
    time, cause = _caused(draws, group, hazards)
    entry = np.maximum(0.0, draws.uniform(group.size) - 0.5)
    lost = entry + draws.exponential(np.full(group.size, 1 / 3.5))
    there = time > entry
    end, why = np.minimum(time, lost)[there], np.where(lost < time, 0, cause)[there]
    counts = EventCounts.of(end, why, group=group[there], entry=entry[there], shape=Shape(n_groups=2, n_causes=2))
    rows = CompetingRisksRows(end, why, group[there], entry=entry[there])
    truth = _truth(hazards)
    return {
        COUNTS: _held(aalen_johansen(counts, conf_type="log-log"), truth),
        ROWS: _held(aalen_johansen_of_rows(rows, n_causes=2, conf_type="log-log"), truth),
    }


def _paired(draws: Draws, *, n: int, hazards: tuple[float, float]) -> Outcome:
    """Pairs of one group, of which two in three share time and cause: each patient alone is as before."""
    pair_group = groups(n, n)
    time, cause = (np.repeat(values, 2) for values in _caused(draws, pair_group, hazards))
    group = np.repeat(pair_group, 2)
    own_time, own_cause = _caused(draws, group, hazards)
    apart = np.repeat(draws.uniform(pair_group.size) > 2 / 3, 2)
    time, cause = np.where(apart, own_time, time), np.where(apart, own_cause, cause)
    lost = draws.exponential(np.full(group.size, 1 / 3.5))
    end, why = np.minimum(time, lost), np.where(lost < time, 0, cause)
    together = CompetingRisksRows(end, why, group, cluster=np.repeat(np.arange(pair_group.size), 2))
    alone, truth = CompetingRisksRows(end, why, group), _truth(hazards)
    return {
        CLUSTERS: _held(aalen_johansen_of_rows(together, n_causes=2, conf_type="log-log"), truth),
        ROWS: _held(aalen_johansen_of_rows(alone, n_causes=2, conf_type="log-log"), truth),
    }


_SHORT = Claim(
    0.85,
    0.95,
    "The incidence of a small group is skewed, and its standard error small where the incidence happens to be: plain "
    "limits do not reach far enough towards higher incidences.",
)
_SILENT = Claim(
    0.95,
    1.0,
    "A tenth of the trials have no event in the small group and so no limits: those in which limits would miss most.",
)


def _setting(
    name: str, sizes: tuple[int, int], hazards: tuple[float, float], claims: Mapping[str, Claim] | None = None
) -> Simulated:
    both = methods(SQUARE_AND_ADD, WALD, claims=claims)
    return Simulated(name, 4000, both, partial(_trial, sizes=sizes, hazards=hazards))


QUESTION = Question(
    "incidence_difference",
    "Difference of cumulative incidences",
    "Two causes with constant hazards, a quarter of the patients lost by the time of the comparison. The variance of "
    "counts is the jackknife where nobody enters late; with late entries it is Greenwood's, and the jackknife needs "
    "rows.",
    (
        _setting("60 against 60, incidences 0.24 and 0.25", (60, 60), (0.5, 1.0)),
        _setting("20 against 20, incidences 0.24 and 0.25", (20, 20), (0.5, 1.0), {WALD: _SHORT}),
        _setting("490 against 32, incidences 0.24 and 0.25", (490, 32), (0.5, 1.0), {WALD: _SHORT}),
        _setting(
            "490 against 32, incidences 0.04 and 0.08",
            (490, 32),
            (0.07, 0.223),
            {SQUARE_AND_ADD: _SILENT, WALD: _SILENT},
        ),
        Simulated(
            "60 against 60, half of the patients enter late",
            2000,
            methods(COUNTS, ROWS),
            partial(_late, n=60, hazards=(0.5, 1.0)),
        ),
        Simulated(
            "60 against 60 pairs of patients who are alike",
            2000,
            methods(
                CLUSTERS,
                ROWS,
                claims={ROWS: Claim(0.85, 0.95, "It takes the two patients of a pair for independent.")},
            ),
            partial(_paired, n=60, hazards=(0.5, 1.0)),
        ),
    ),
)
