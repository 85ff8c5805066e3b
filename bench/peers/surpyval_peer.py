"""SurPyval (MIT)."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib import metadata

import numpy as np
import surpyval

from bench.clock import Answer
from bench.cohort import Cohort
from bench.task import LANDMARKS

warnings.filterwarnings("ignore")


def version() -> str:
    """The version measured."""
    return metadata.version("surpyval")


def _kaplan_meier(data: Cohort) -> Callable[[], Answer]:
    groups = [data.group == g for g in np.unique(data.group)]

    def compute() -> Answer:
        values = []
        for mine in groups:
            values.extend(surpyval.KaplanMeier.fit(data.time[mine], c=1 - data.event[mine]).sf(np.array(LANDMARKS)))
        return {"estimate": values}

    return compute


def _cox(data: Cohort) -> Callable[[], Answer]:
    return lambda: {"coef": surpyval.CoxPH.fit(data.time, data.x, c=1 - data.event, tie_method="efron").params}


def _fine_gray(data: Cohort) -> Callable[[], Answer]:
    censored = (data.cause == 0).astype(int)
    cause = np.where(data.cause == 0, None, data.cause)
    return lambda: {"coef": surpyval.FineGray.fit(data.time, data.x, cause, c=censored, event=1).params}


TASKS = {"kaplan_meier": _kaplan_meier, "cox": _cox, "fine_gray": _fine_gray}
