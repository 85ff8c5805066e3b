"""The gate before an adjusted estimate: declared thresholds against what balance and overlap diagnostics measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from atrisk.compare.balance.overlap import Overlap
from atrisk.compare.balance.weighted_balance import BalanceTable
from atrisk.errors import EstimationError
from atrisk.summary.execution import Execution

EXECUTION: Final[Execution] = "mergeable"

Criterion = Literal["smd_below", "effective_n_at_least", "equipoise_at_least"]


@dataclass(frozen=True, slots=True)
class GateThresholds:
    """What must hold before an adjusted estimate may stand alone; None: not asked.

    `smd_below`: every standardised difference after weighting is smaller in size. `effective_n_at_least`: each
    group's effective sample size. `equipoise_at_least`: each group's share of patients with a preference score from
    0.3 to 0.7 (Walker 2013 asks for 0.5). Raises EstimationError for values that no cohort or every cohort meets.
    """

    smd_below: float = 0.1
    effective_n_at_least: float | None = None
    equipoise_at_least: float | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.smd_below) and self.smd_below > 0):
            raise EstimationError("the threshold of standardised differences must be above 0, for example 0.1.")
        if self.effective_n_at_least is not None and not (
            math.isfinite(self.effective_n_at_least) and self.effective_n_at_least > 0
        ):
            raise EstimationError("the least effective sample size must be above 0.")
        if self.equipoise_at_least is not None and not 0 < self.equipoise_at_least <= 1:
            raise EstimationError("the least share of patients in equipoise must lie between 0 and 1 (0.5, not 50).")


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """What was measured, of the worse group: `largest_smd` in size, `effective_n`, `equipoise`; NaN: not known."""

    largest_smd: float
    effective_n: float
    equipoise: float = math.nan

    @classmethod
    def of(cls, balance: BalanceTable, overlap: Overlap | None = None) -> Diagnostics:
        """The measures of a balance table after weighting and, where there is a score, of the overlap on it."""
        equipoise = math.nan if overlap is None else overlap.equipoise
        return cls(balance.largest_after, float(balance.effective_n.min()), equipoise)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one criterion is met: never where its measure is not known, as `reason` then says."""

    criterion: Criterion
    threshold: float
    measured: float
    met: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """The verdicts on the criteria that were declared, in the order of the thresholds."""

    verdicts: tuple[Verdict, ...]

    @property
    def met(self) -> bool:
        """Whether every criterion is met."""
        return all(verdict.met for verdict in self.verdicts)

    @property
    def failed(self) -> tuple[Verdict, ...]:
        """The verdicts that stand in the way."""
        return tuple(verdict for verdict in self.verdicts if not verdict.met)


def gate(thresholds: GateThresholds, diagnostics: Diagnostics) -> Gate:
    """Each declared criterion against its measure.

    Definition: |smd| < smd_below; effective n >= effective_n_at_least; equipoise >= equipoise_at_least. Criteria that
    were not declared have no verdict.
    """
    asked: list[tuple[Criterion, float | None, float]] = [
        ("smd_below", thresholds.smd_below, diagnostics.largest_smd),
        ("effective_n_at_least", thresholds.effective_n_at_least, diagnostics.effective_n),
        ("equipoise_at_least", thresholds.equipoise_at_least, diagnostics.equipoise),
    ]
    return Gate(
        tuple(_verdict(criterion, threshold, measured) for criterion, threshold, measured in asked if threshold)
    )


def _verdict(criterion: Criterion, threshold: float, measured: float) -> Verdict:
    if math.isnan(measured):
        return Verdict(criterion, threshold, measured, met=False, reason="could not be measured")
    met = abs(measured) < threshold if criterion == "smd_below" else measured >= threshold
    return Verdict(criterion, threshold, measured, met)
