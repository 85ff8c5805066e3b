"""Two groups of an adjusted comparison and their propensity score: the basis of weights, matching and their gate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.balance.propensity import PropensityScore, propensity_score
from atrisk.estimate.generalized_linear.regression_sample import RegressionSample
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.adjusted.analysis_set import CONFOUNDERS, AnalysisSet
from atrisk.run.adjusted.covariates import BalanceColumns, balance_columns, design
from atrisk.study.adjustment import Adjustment

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PairSet:
    """The patients of two groups of an analysis set; the first group is the one called treated.

    ``members``: which patients of the set they are; of these ``treated`` (m,) and the ``sample`` of the score.
    ``score`` is None where it cannot be used, and ``reason`` says why.
    """

    found: AnalysisSet
    pair: tuple[int, int]
    members: Flags
    treated: Flags
    sample: RegressionSample | None
    score: PropensityScore | None
    reason: str

    @property
    def patients(self) -> Flags:
        """Which patients of the cohort they are."""
        patients = self.found.used.copy()
        patients[self.found.used] = self.members
        return patients

    @property
    def happened(self) -> Flags:
        """Which of them had the event."""
        return self.found.happened[self.members]

    @property
    def groups(self) -> tuple[str, str]:
        """The codes of the two groups."""
        first, second = (self.found.frame.groups[position] for position in self.pair)
        return first, second

    def columns(self) -> BalanceColumns:
        """The confounders of these patients, one by one."""
        return balance_columns(self.found.covariates, self.patients)

    def follow_up(self) -> FollowUpRows:
        """Their follow-up, one row a patient; the first group has code 0."""
        assert self.found.time is not None  # noqa: S101 - asked only of outcomes with follow-up; for the type checker
        entry = self.found.entry
        return FollowUpRows.of(
            self.found.time[self.members],
            self.happened.astype(np.int64),
            group=np.where(self.treated, 0, 1),
            entry=None if entry is None else entry[self.members],
        )

    def row(self, analysis: str) -> Row:
        """What all rows of this pair share."""
        return replace(
            self.found.row(CONFOUNDERS),
            analysis=analysis,
            contrast=self.found.frame.contrast(self.pair),
            n=int(self.members.sum()),
            n_event=int(self.happened.sum()),
        )


def pair_sets(found: AnalysisSet, adjustment: Adjustment) -> Iterator[PairSet]:
    """Every declared pair with its score, or why it has none."""
    frame = found.frame
    for pair in frame.pairs:
        if adjustment.pairs and frame.contrast(pair) not in adjustment.pairs:
            continue
        members = (found.group == pair[0]) | (found.group == pair[1])
        treated = found.group[members] == pair[0]
        plain = PairSet(
            found=found, pair=pair, members=members, treated=treated, sample=None, score=None,
            reason=Remark("no-patient"),
        )  # fmt: skip
        if treated.any() and not treated.all():
            plain = _scored(plain)
        yield plain


def _scored(pair: PairSet) -> PairSet:
    """The pair with its score; without one where the groups have no overlap by their make-up."""
    columns = design(pair.found.covariates, pair.patients).matrix
    sample = RegressionSample(outcome=pair.treated.astype(np.float64), covariates=columns)
    score = propensity_score(sample)
    certain = (score.score <= 0) | (score.score >= 1)
    reason = ""
    # A column that says nothing has a warning too, and takes nothing from the score.
    if score.fit.separated or certain.any():
        reason = _no_counterpart(pair) or Remark("score-separates")
    return replace(pair, sample=sample, score=score, reason=reason)


def _no_counterpart(pair: PairSet) -> str:
    """The levels that nobody of one of the groups has, in words; empty where every level is found in both."""
    found: list[Remark] = []
    for covariate in pair.found.covariates:
        if covariate.as_number:
            continue
        level = covariate.level[pair.patients]
        for position, code in enumerate(covariate.levels):
            counts = [int((level[own] == position).sum()) for own in (pair.treated, ~pair.treated)]
            if sum(counts) and not all(counts):
                lacking = pair.groups[0 if not counts[0] else 1]
                found.append(
                    Remark("level-of-one-group", {"group": lacking, "variable": covariate.name, "level": code})
                )
    return Remark("no-counterpart", {"levels": tuple(found)}) if found else ""
