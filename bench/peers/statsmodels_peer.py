"""statsmodels (BSD)."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import statsmodels
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from bench.clock import Answer
from bench.cohort import Cohort
from bench.task import LANDMARKS

warnings.filterwarnings("ignore")


def version() -> str:
    """The version measured."""
    return str(statsmodels.__version__)


def _kaplan_meier(data: Cohort) -> Callable[[], Answer]:
    groups = [data.group == g for g in np.unique(data.group)]

    def compute() -> Answer:
        values = []
        for mine in groups:
            fit = SurvfuncRight(data.time[mine], data.event[mine])
            steps = np.concatenate(([1.0], fit.surv_prob))
            values.extend(steps[np.searchsorted(fit.surv_times, LANDMARKS, side="right")])
        return {"estimate": values}

    return compute


def _log_rank(data: Cohort) -> Callable[[], Answer]:
    return lambda: {"chi_squared": [survdiff(data.time, data.event, data.group)[0]]}


def _cox(data: Cohort) -> Callable[[], Answer]:
    def compute() -> Answer:
        fit = PHReg(data.time, data.x, status=data.event, ties="efron").fit(disp=0)
        return {"coef": fit.params, "std_err": fit.bse}

    return compute


def _start_stop(data: Cohort) -> Callable[[], Answer]:
    # Whoever enters on the day of an event is at risk there for statsmodels, and not for R and us.
    entry = data.entry + 0.5

    def compute() -> Answer:
        fit = PHReg(data.time, data.x, status=data.event, entry=entry, ties="efron").fit(disp=0)
        return {"coef": fit.params, "std_err": fit.bse}

    return compute


TASKS = {"kaplan_meier": _kaplan_meier, "log_rank": _log_rank, "cox": _cox, "start_stop": _start_stop}
