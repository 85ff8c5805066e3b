"""The quantities that a draw is held against, each computed with the package's own estimators.

One function a block. They yield in the order in which a failing draw is found out soonest, so that the rest need
not be computed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.contingency.fisher import fisher_p_value
from atrisk.compare.location.kruskal_wallis import kruskal_wallis
from atrisk.compare.log_rank_family.log_rank import log_rank, log_rank_between
from atrisk.estimate.survival_curve.kaplan_meier import kaplan_meier, quantile, survival_at
from atrisk.simulate.roster import DAYS_PER_MONTH, GROUPS
from atrisk.simulate.target import Target
from atrisk.summary.cell_counts import CellCounts
from atrisk.summary.event_counts import EventCounts, Shape
from atrisk.summary.value_counts import ValueCounts

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Quantities = Iterator[tuple[str, float]]

TEN_YEARS = 3652.5


def meets(target: Target, value: float) -> bool:
    """Whether a computed quantity meets its target; what could not be computed does not."""
    if target.published is not None and target.within is not None:
        return abs(value - target.published) <= target.within
    if target.published is not None and target.within_factor is not None:
        return target.published / target.within_factor <= value <= target.published * target.within_factor
    if target.below is not None:
        return value < target.below
    return target.above is not None and value > target.above


def baseline_quantities(group: Codes, lm_number: Codes, lm_size: Codes, ki67: Floats) -> Quantities:
    """Kruskal-Wallis p over the three groups, and the mean of UP less the mean of the others.

    group: 0 UP, 1 SI, 2 P. lm_number: ">=10" is 10. ki67: "<1" is any value below 1, NaN where
    not recorded. Shapes: one a patient.
    """
    unknown = group == 0
    for name, values in (("lm_size", lm_size), ("lm_number", lm_number)):
        yield f"{name}_p", kruskal_wallis(ValueCounts.of(values, group, 3)).p_value
        yield f"{name}_difference", float(values[unknown].mean() - values[~unknown].mean())
    yield "ki67_p", kruskal_wallis(ValueCounts.of(ki67, group, 3)).p_value


def survival_quantities(group: Codes, days: Codes, died: Flags) -> Quantities:
    """90-day mortality, survival at 10 years of 365.25 days, and two-group log-rank p values.

    days: from the operation to death or last contact. Who was alive when last seen within 90 days is left out of
    the 90-day mortality.
    """
    early = died & (days <= 90)
    yield "mortality_90", float(early.sum() / (early | (days >= 90)).sum())
    counts = EventCounts.of(days, died, group=group, shape=Shape(n_groups=3))
    for name, curve in zip(GROUPS, kaplan_meier(counts), strict=True):
        yield f"survival_10_years_{name}", float(survival_at(curve, TEN_YEARS).estimate[0])
    yield "survival_p_SI_UP", log_rank_between(counts, 0, 1).p_value
    yield "survival_p_P_UP", log_rank_between(counts, 0, 2).p_value


def progression_quantities(group: Codes, days: Codes, event: Flags) -> Quantities:
    """Medians (months of 365.25/12 days) and three-group log-rank p of hepatic progression-free survival.

    days: to the first of the scan that shows hepatic progression and death, else to the last scan.
    """
    counts = EventCounts.of(days, event, group=group, shape=Shape(n_groups=3))
    for name, curve in zip(GROUPS, kaplan_meier(counts), strict=True):
        yield f"hepatic_pfs_median_{name}", quantile(curve).estimate / DAYS_PER_MONTH
    yield "hepatic_pfs_p", log_rank(counts).p_value


def surgical_quantities(group: Codes, major: Flags, severe: Flags, followed: Flags) -> Quantities:
    """Three-group Fisher exact p values, and the share with severe morbidity of those followed for 90 days."""
    unknown = group == 0
    yield "severe_morbidity", float(severe[followed].mean())
    yield "major_difference", float(major[unknown].mean() - major[~unknown].mean())
    yield "major_p", _fisher(group, major)
    yield "severe_morbidity_p", _fisher(group[followed], severe[followed])


def _fisher(group: Codes, happened: Flags) -> float:
    table = CellCounts.of(happened.astype(np.int64), group, n_groups=3, n_levels=2).table
    return fisher_p_value(table)[0]
