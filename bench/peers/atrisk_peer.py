"""This package."""

from __future__ import annotations

from collections.abc import Callable

# Needed for many patients alone: the warm-up on a few would leave its loading to what is measured.
import scipy.sparse  # noqa: F401

import atrisk
from atrisk.compare.log_rank_family.log_rank import log_rank
from atrisk.compare.log_rank_family.permutation_log_rank import permutation_log_rank
from atrisk.compare.restricted_mean_permutation import permutation_restricted_mean
from atrisk.estimate.competing_risks.fine_gray import FineGraySample, fine_gray
from atrisk.estimate.proportional_hazards.cox import cox
from atrisk.estimate.proportional_hazards.cox_sample import CoxSample
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier, survival_at
from atrisk.estimate.survival_curve.restricted_mean_bootstrap import bootstrap_restricted_mean
from atrisk.summary.event_counts import EventCounts
from bench.clock import Answer
from bench.cohort import Cohort
from bench.task import LANDMARKS

_REPLICATES, _SEED = 10_000, 1
# Days up to which restricted means are taken.
_TAU = 3650.0


def version() -> str:
    """The version measured."""
    return atrisk.__version__


def _kaplan_meier(data: Cohort) -> Callable[[], Answer]:
    def compute() -> Answer:
        curves = kaplan_meier(EventCounts.of(data.time, data.event, group=data.group))
        at = [survival_at(curve, LANDMARKS) for curve in curves]
        return {name: [v for one in at for v in getattr(one, name)] for name in ("estimate", "lower", "upper")}

    return compute


def _log_rank(data: Cohort) -> Callable[[], Answer]:
    return lambda: {"chi_squared": [log_rank(EventCounts.of(data.time, data.event, group=data.group)).chi_squared]}


def _cox(data: Cohort) -> Callable[[], Answer]:
    def compute() -> Answer:
        fit = cox(CoxSample(data.time, data.event, data.x))
        return {"coef": fit.coef, "std_err": fit.std_err}

    return compute


def _start_stop(data: Cohort) -> Callable[[], Answer]:
    def compute() -> Answer:
        fit = cox(CoxSample(data.time, data.event, data.x, entry=data.entry))
        return {"coef": fit.coef, "std_err": fit.std_err}

    return compute


def _fine_gray(data: Cohort) -> Callable[[], Answer]:
    def compute() -> Answer:
        fit = fine_gray(FineGraySample(data.time, data.cause, data.x), 1)
        return {"coef": fit.coef, "std_err": fit.std_err}

    return compute


def _permutation_log_rank(data: Cohort) -> Callable[[], Answer]:
    def compute() -> Answer:
        counts = EventCounts.of(data.time, data.event, group=data.group)
        return {"p_value": [permutation_log_rank(counts, seed=_SEED, replicates=_REPLICATES).p_value]}

    return compute


def _bootstrap_restricted_mean(data: Cohort) -> Callable[[], Answer]:
    def compute() -> Answer:
        counts = EventCounts.of(data.time, data.event, group=data.group)
        results = bootstrap_restricted_mean(counts, _TAU, seed=_SEED, replicates=_REPLICATES)
        return {"std_err": [result.std_err for result in results]}

    return compute


def _permutation_restricted_mean(data: Cohort) -> Callable[[], Answer]:
    def compute() -> Answer:
        counts = EventCounts.of(data.time, data.event, group=data.group)
        return {"p_value": [permutation_restricted_mean(counts, _TAU, seed=_SEED, replicates=_REPLICATES).p_value]}

    return compute


TASKS = {
    "kaplan_meier": _kaplan_meier,
    "log_rank": _log_rank,
    "cox": _cox,
    "start_stop": _start_stop,
    "fine_gray": _fine_gray,
    "permutation_log_rank": _permutation_log_rank,
    "bootstrap_restricted_mean": _bootstrap_restricted_mean,
    "permutation_restricted_mean": _permutation_restricted_mean,
}
