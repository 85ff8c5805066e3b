"""lifelines (MIT)."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import lifelines
import numpy as np
import pandas as pd
from lifelines.statistics import multivariate_logrank_test

from bench.clock import Answer
from bench.cohort import Cohort
from bench.task import LANDMARKS

warnings.filterwarnings("ignore")


def version() -> str:
    """The version measured."""
    return str(lifelines.__version__)


def _frame(data: Cohort, *more: str) -> pd.DataFrame:
    frame = pd.DataFrame(data.x, columns=[f"x{j}" for j in range(1, data.x.shape[1] + 1)])
    for name in ("time", "event", *more):
        frame[name] = getattr(data, name)
    return frame


def _kaplan_meier(data: Cohort) -> Callable[[], Answer]:
    groups = [data.group == g for g in np.unique(data.group)]

    def compute() -> Answer:
        values = []
        for mine in groups:
            fit = lifelines.KaplanMeierFitter().fit(data.time[mine], data.event[mine])
            values.extend(fit.survival_function_at_times(LANDMARKS))
        return {"estimate": values}

    return compute


def _log_rank(data: Cohort) -> Callable[[], Answer]:
    return lambda: {"chi_squared": [multivariate_logrank_test(data.time, data.group, data.event).test_statistic]}


def _cox(data: Cohort) -> Callable[[], Answer]:
    frame = _frame(data)

    def compute() -> Answer:
        fit = lifelines.CoxPHFitter().fit(frame, "time", "event")
        return {"coef": fit.params_, "std_err": fit.standard_errors_}

    return compute


def _start_stop(data: Cohort) -> Callable[[], Answer]:
    frame = _frame(data, "entry")

    def compute() -> Answer:
        fit = lifelines.CoxPHFitter().fit(frame, "time", "event", entry_col="entry")
        return {"coef": fit.params_, "std_err": fit.standard_errors_}

    return compute


TASKS = {"kaplan_meier": _kaplan_meier, "log_rank": _log_rank, "cox": _cox, "start_stop": _start_stop}
