"""Does the permutation test keep its level where a group has hardly any events?"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from atrisk.compare.log_rank_family.log_rank import log_rank
from atrisk.compare.log_rank_family.permutation_log_rank import permutation_log_rank
from atrisk.summary.event_counts import EventCounts
from simulations.draws import Draws, followed, groups
from simulations.question import Claim, Outcome, Question, Simulated, methods, rejected

PERMUTATION, CHI_SQUARED = "log-rank, permutation", "log-rank, chi squared"
# With 199 shuffles a p value of 0.05 is the tenth of 200: the level is kept exactly, and a trial stays cheap.
SHUFFLES = 199


def _trial(draws: Draws, *, sizes: tuple[int, int], ends: tuple[float, float]) -> Outcome:
    """Hazard 1 in both groups; patients are lost at times uniform up to the end of their group."""
    group = groups(*sizes)
    lost = draws.uniform(group.size) * (ends[0] + (ends[1] - ends[0]) * group)
    time, event = followed(draws.exponential([1.0] * group.size), lost)
    seed = int(draws.whole(1, low=0, high=2**31)[0])
    counts = EventCounts.of(time, event, group=group)
    return {
        PERMUTATION: rejected(permutation_log_rank(counts, seed=seed, replicates=SHUFFLES).p_value),
        CHI_SQUARED: rejected(log_rank(counts).p_value),
    }


def _setting(
    name: str, sizes: tuple[int, int], ends: tuple[float, float], claims: Mapping[str, Claim] | None = None
) -> Simulated:
    both = methods(PERMUTATION, CHI_SQUARED, kind="size", claims=claims)
    return Simulated(name, 2000, both, partial(_trial, sizes=sizes, ends=ends))


QUESTION = Question(
    "permutation_log_rank",
    "Log-rank test by permutation",
    "No difference between the groups. All arrangements in the smallest setting, 199 shuffles elsewhere.",
    (
        _setting("490 against 32, some 14 events", (490, 32), (0.055, 0.055)),
        _setting(
            "7 against 7, some 9 events",
            (7, 7),
            (2.5, 2.5),
            {CHI_SQUARED: Claim(0.05, 0.09, "With nine events the statistic has not yet its limiting distribution.")},
        ),
        _setting(
            "490 against 32, some 14 events, the 32 followed a quarter as long",
            (490, 32),
            (0.058, 0.0145),
            {
                PERMUTATION: Claim(
                    0.05,
                    0.10,
                    "Shuffling exchanges the patients' follow-up, too: where the groups are not followed alike, their "
                    "arrangements are not equally probable.",
                )
            },
        ),
    ),
)
