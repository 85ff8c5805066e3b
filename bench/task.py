"""What is compared: the tasks, their sizes, and the ratios to reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ROWS = 1_000_000
FEWER_ROWS = 20_000
# Days at which survival is compared.
LANDMARKS = (365.0, 1825.0, 3650.0)
OURS, R, CMPRSK = "atrisk", "R survival", "R cmprsk"
LIFELINES, SURPYVAL, SCIKIT_SURVIVAL, STATSMODELS = "lifelines", "surpyval", "scikit-survival", "statsmodels"


@dataclass(frozen=True, slots=True)
class Task:
    """One computation. `columns`: how many numbers a patient it reads; `peers`: who does it too; `targets`: the
    least ratio of a peer's time to ours; `memory`: the most memory, as a multiple of the input."""

    key: str
    title: str
    rows: int
    columns: int
    peers: tuple[str, ...]
    targets: Mapping[str, float] = field(default_factory=dict)
    memory: float | None = None
    seconds: float | None = None


TASKS = (
    Task(
        "kaplan_meier",
        "Kaplan-Meier with limits, 3 groups",
        ROWS,
        3,
        (R, LIFELINES, SURPYVAL, SCIKIT_SURVIVAL, STATSMODELS),
        {R: 25.0, LIFELINES: 10.0},
        2.5,
    ),
    Task(
        "log_rank",
        "log-rank test, 3 groups",
        ROWS,
        3,
        (R, LIFELINES, SCIKIT_SURVIVAL, STATSMODELS),
        {R: 25.0, LIFELINES: 4.0},
        2.5,
    ),
    Task(
        "cox",
        "Cox (Efron), 10 covariates",
        ROWS,
        12,
        (R, LIFELINES, SURPYVAL, SCIKIT_SURVIVAL, STATSMODELS),
        {R: 15.0, LIFELINES: 8.0},
        2.5,
    ),
    Task("start_stop", "Cox (Efron), delayed entry", ROWS, 13, (R, LIFELINES, STATSMODELS), {R: 5.0}, 2.5),
    Task("fine_gray", "Fine-Gray, 10 covariates", FEWER_ROWS, 12, (CMPRSK, R, SURPYVAL), {CMPRSK: 50.0}),
    Task("permutation_log_rank", "10,000 permutations of a log-rank test, 3 groups", 522, 3, (), seconds=2.0),
    Task("bootstrap_restricted_mean", "10,000 bootstraps of the RMST, 3 groups", 522, 3, (), seconds=2.0),
    Task("permutation_restricted_mean", "10,000 permutations of the RMST, 3 groups", 522, 3, (), seconds=2.0),
)
