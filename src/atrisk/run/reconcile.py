"""The numbers of patients must agree wherever they stand: flow, groups, tables and models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from atrisk.cohort.build import Cohort
from atrisk.result.row import Row
from atrisk.run.frame import Frame


class ReconciliationError(AssertionError):
    """Numbers of patients disagree between parts of one run: an error of the program, never of the data."""


def reconcile(cohort: Cohort, frames: Mapping[str, Frame], rows: Sequence[Row]) -> None:
    """Check that N of the flow = N of each table and model + the exclusions stated beside it.

    The last step of the flow leaves the patients of the cohort; every variable and outcome accounts, group by group,
    for all patients compared: recorded + missing, or with follow-up + excluded. Raises ReconciliationError.
    """
    if cohort.flow and cohort.flow[-1].remaining != cohort.n:
        raise ReconciliationError(f"the flow ends with {cohort.flow[-1].remaining} patients, the cohort has {cohort.n}")
    sizes = {(name, code): int(members.sum()) for name, frame in frames.items() for code, members in frame.members()}
    accounted: dict[tuple[str, ...], float] = {}
    for row in rows:
        parts = _parts(row)
        if parts and row.value is not None:
            key = (row.comparison, row.analysis, row.outcome or row.variable, row.group)
            accounted[key] = accounted.get(key, 0.0) + row.value
    for (comparison, analysis, what, group), n in accounted.items():
        expected = sizes[comparison, group]
        if n != expected:
            raise ReconciliationError(
                f"{analysis} of {what} accounts for {n:g} of {expected} patients in group '{group}' of {comparison}"
            )


def _parts(row: Row) -> bool:
    """Whether the row is one of those that together account for every patient of a group."""
    if row.stratum:
        return False
    return (
        (row.analysis == "follow_up" and row.statistic in ("n", "n_excluded"))
        or (row.analysis == "baseline" and row.statistic in ("n", "missing") and not row.level)
        or (row.analysis == "numeric" and row.statistic in ("n", "missing"))
        or (row.analysis == "ordinal" and row.statistic in ("count", "missing"))
    )
