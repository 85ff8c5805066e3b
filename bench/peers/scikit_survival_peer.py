"""scikit-survival (GPL-3): compared with, never a part of the package."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import sksurv
from sksurv.compare import compare_survival
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.nonparametric import kaplan_meier_estimator
from sksurv.util import Surv

from bench.clock import Answer
from bench.cohort import Cohort
from bench.task import LANDMARKS

warnings.filterwarnings("ignore")


def version() -> str:
    """The version measured."""
    return str(sksurv.__version__)


def _kaplan_meier(data: Cohort) -> Callable[[], Answer]:
    groups = [(data.event[mine] == 1, data.time[mine]) for mine in (data.group == g for g in np.unique(data.group))]

    def compute() -> Answer:
        values = []
        for event, time in groups:
            at, survival, _limits = kaplan_meier_estimator(event, time, conf_type="log-log")
            values.extend(np.concatenate(([1.0], survival))[np.searchsorted(at, LANDMARKS, side="right")])
        return {"estimate": values}

    return compute


def _log_rank(data: Cohort) -> Callable[[], Answer]:
    outcome = Surv.from_arrays(data.event == 1, data.time)
    return lambda: {"chi_squared": [compare_survival(outcome, data.group)[0]]}


def _cox(data: Cohort) -> Callable[[], Answer]:
    outcome = Surv.from_arrays(data.event == 1, data.time)
    return lambda: {"coef": CoxPHSurvivalAnalysis(ties="efron").fit(data.x, outcome).coef_}


TASKS = {"kaplan_meier": _kaplan_meier, "log_rank": _log_rank, "cox": _cox}
