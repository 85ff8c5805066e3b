"""Which confounders and outcomes of an adjusted comparison are missing together, in whom, and what sets them apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.balance.missing_patterns import (
    IncompleteContrast,
    MissingPatterns,
    complete_and_incomplete,
    missing_patterns,
)
from atrisk.derive.follow_up import FollowUp
from atrisk.derive.variable import TRUTH, Values
from atrisk.estimate.imputation.column import Column
from atrisk.result.row import Row
from atrisk.run.adjusted.covariates import Covariate
from atrisk.run.frame import Frame
from atrisk.run.row_building import single

Flags = NDArray[np.bool_]

MISSINGNESS = "missingness"
# Patients who lack no value, and those who lack some: the `term` of a mean or share.
COMPLETE, INCOMPLETE = "complete", "incomplete"
# Names of variables missing together, in the text of a pattern's row.
BETWEEN_NAMES = "; "


def missingness_rows(
    frame: Frame, covariates: Sequence[Covariate], outcomes: Sequence[FollowUp | Values]
) -> Iterator[Row]:
    """How often each confounder and outcome is missing; where any is, the patterns and who has them.

    A number recorded as a limit is recorded. The rows' `n` is of the patients who have the variable.
    """
    inside = frame.inside
    known = {
        **{covariate.name: covariate.known[inside] for covariate in covariates},
        **{outcome.name: _outcome_known(outcome)[inside] for outcome in outcomes},
    }
    of_outcome = {outcome.name for outcome in outcomes}
    missing = ~np.column_stack(list(known.values()))
    found = missing_patterns(missing, group=frame.group[inside], n_groups=len(frame.groups))
    for place, name in enumerate(known):
        template = frame.row(MISSINGNESS)
        template = replace(template, outcome=name) if name in of_outcome else replace(template, variable=name)
        counts = (int(found.n_missing[place].sum()), *found.n_missing[place].tolist())
        for (code, size), count in zip(frame.sizes(), counts, strict=True):
            yield single(replace(template, group=code), "n", size - count)
            yield single(replace(template, group=code), "missing", count)
    if not found.incomplete.any():
        return
    yield from _pattern_rows(frame, found, tuple(known))
    columns = _columns(covariates, outcomes, inside)
    contrasts = complete_and_incomplete([column for _, column, _ in columns], found.incomplete)
    for (template, column, levels), contrast in zip(columns, contrasts, strict=True):
        # Where it is all that is missing, nobody who lacks something has it: there is nothing to compare.
        if not contrast.n_incomplete or not contrast.n_complete:
            continue
        filled = replace(frame.row(MISSINGNESS), variable=template.variable, outcome=template.outcome)
        yield from _contrast_rows(filled, column, levels, contrast)


def _outcome_known(outcome: FollowUp | Values) -> Flags:
    return ~np.isnan(outcome.time) if isinstance(outcome, FollowUp) else outcome.level >= 0


def _pattern_rows(frame: Frame, found: MissingPatterns, names: tuple[str, ...]) -> Iterator[Row]:
    """Patients of each group by what they lack; the names of that stand in ``text_value``, none for complete ones."""
    sizes = list(frame.sizes())
    for number, (pattern, count) in enumerate(zip(found.patterns, found.count, strict=True), start=1):
        lacking = BETWEEN_NAMES.join(name for name, lacks in zip(names, pattern, strict=True) if lacks)
        template = replace(frame.row(MISSINGNESS), term=str(number), text_value=lacking)
        for (code, size), n in zip(sizes, (int(count.sum()), *count.tolist()), strict=True):
            counted = replace(template, group=code, numerator=float(n), denominator=float(size))
            yield single(counted, "count", n)


_Named = tuple[Row, Column, tuple[str, ...]]


def _columns(covariates: Sequence[Covariate], outcomes: Sequence[FollowUp | Values], inside: Flags) -> list[_Named]:
    """Variables and events of those compared, as numbers or levels; those that nobody has are left out."""
    found: list[_Named] = []
    for covariate in covariates:
        if covariate.known[inside].any():
            template = Row(analysis=MISSINGNESS, statistic="", variable=covariate.name)
            found.append((template, column_of(covariate, inside), () if covariate.as_number else covariate.levels))
    for outcome in outcomes:
        known = _outcome_known(outcome)[inside]
        happened = outcome.cause == 1 if isinstance(outcome, FollowUp) else outcome.level
        levels = TRUTH if isinstance(outcome, FollowUp) else outcome.levels
        if known.any():
            template = Row(analysis=MISSINGNESS, statistic="", outcome=outcome.name)
            values = np.where(known, happened[inside].astype(np.float64), np.nan)
            found.append((template, Column(values, "levels"), levels))
    return found


def column_of(covariate: Covariate, patients: Flags) -> Column:
    """A covariate of these patients, of whom some have it, as it enters a model; missing values NaN."""
    if covariate.as_number:
        return Column(covariate.values.numbers[patients])
    level = covariate.level[patients]
    return Column(np.where(level >= 0, level.astype(np.float64), np.nan), "levels")


def _contrast_rows(
    template: Row, column: Column, levels: tuple[str, ...], contrast: IncompleteContrast
) -> Iterator[Row]:
    """Means, or shares of levels, of both kinds of patients, then the standardised difference."""
    for term, n, mean, shares in (
        (COMPLETE, contrast.n_complete, contrast.mean_complete, contrast.share_complete),
        (INCOMPLETE, contrast.n_incomplete, contrast.mean_incomplete, contrast.share_incomplete),
    ):
        of_term = replace(template, term=term, n=n)
        if column.kind == "number":
            yield single(of_term, "mean", mean)
            continue
        for level, share in zip(levels, shares, strict=False):
            if levels == TRUTH and level == TRUTH[0]:
                continue
            at_level = replace(of_term, level=level, denominator=float(n), numerator=float(round(share * n)))
            yield single(at_level, "proportion", share)
    method = "continuous" if column.kind == "number" else "binary" if contrast.share_complete.size <= 2 else "levels"
    difference = contrast.difference
    whole = replace(template, n=contrast.n_complete + contrast.n_incomplete, method=method)
    yield single(whole, "smd", difference.value, difference.reason)
