"""Do the log-rank tests for interval censored times keep their level, also with other visits in each group?"""

from __future__ import annotations

from functools import partial

import numpy as np

from atrisk.compare.log_rank_family.interval_log_rank import IntervalSample, Scores, interval_log_rank
from simulations.draws import Draws, groups
from simulations.question import Outcome, Question, Simulated, methods, rejected

SCORES: tuple[Scores, ...] = ("sun", "finkelstein")
NAMES = {"sun": "Sun's scores", "finkelstein": "Finkelstein's scores"}
SHUFFLES = 199
_VISITS = 12


def _trial(draws: Draws, *, sizes: tuple[int, int], gaps: tuple[float, float]) -> Outcome:
    """Hazard 1 in both groups; twelve visits, from half to one and a half times the group's gap apart."""
    group = groups(*sizes)
    time = draws.exponential(np.ones(group.size))
    gap = np.where(group == 1, gaps[1], gaps[0])[:, None]
    visits = np.cumsum(gap * (0.5 + draws.uniform((group.size, _VISITS))), axis=1)
    edges = np.column_stack((np.zeros(group.size), visits, np.full(group.size, np.inf)))
    rows, seen = np.arange(group.size), np.sum(visits < time[:, None], axis=1)
    sample = IntervalSample(edges[rows, seen], edges[rows, seen + 1], group)
    seed = int(draws.whole(1, low=0, high=2**31)[0])
    outcome: dict[str, bool | None] = {}
    for scores in SCORES:
        test = interval_log_rank(sample, scores=scores, permutations=SHUFFLES, seed=seed)
        outcome[NAMES[scores]] = rejected(test.p_value)
        outcome[f"{NAMES[scores]}, permutation"] = rejected(test.permutation_p_value)
    return outcome


def _setting(name: str, sizes: tuple[int, int], gaps: tuple[float, float]) -> Simulated:
    names = [name + how for name in NAMES.values() for how in ("", ", permutation")]
    return Simulated(name, 2000, methods(*names, kind="size"), partial(_trial, sizes=sizes, gaps=gaps))


QUESTION = Question(
    "interval_log_rank",
    "Log-rank tests for interval censored times",
    "No difference between the groups; the event is known to lie between two of twelve visits. Times are exponential "
    "with mean 1. 199 relabellings.",
    (
        _setting("50 against 50, visits 0.4 apart", (50, 50), (0.4, 0.4)),
        _setting("50 against 50, visits 0.2 and 0.8 apart", (50, 50), (0.2, 0.8)),
        _setting("80 against 20, visits 0.2 and 0.8 apart", (80, 20), (0.2, 0.8)),
        _setting("12 against 12, visits 0.4 apart", (12, 12), (0.4, 0.4)),
    ),
)
