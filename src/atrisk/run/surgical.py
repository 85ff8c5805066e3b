"""Binary, ordinal and numeric outcomes by group as result rows; risk differences within strata where declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.contingency.breslow_day import breslow_day
from atrisk.compare.contingency.fisher import fisher_p_value
from atrisk.compare.contingency.mantel_haenszel import (
    cochran_mantel_haenszel,
    common_odds_ratio,
    common_risk_difference,
    exact_conditional_p_value,
    smallest_expected,
)
from atrisk.compare.interval import Interval, not_estimable
from atrisk.compare.location.hodges_lehmann import APPROXIMATE, EXACT, hodges_lehmann
from atrisk.compare.location.kruskal_wallis import kruskal_wallis
from atrisk.compare.location.relative_effect import relative_effect
from atrisk.compare.location.wilcoxon import rank_sum
from atrisk.compare.multiplicity import adjust
from atrisk.compare.proportions.proportion import clopper_pearson
from atrisk.compare.proportions.risk_difference import newcombe_difference
from atrisk.derive.variable import Values
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.baseline import rank_values
from atrisk.run.frame import Frame
from atrisk.run.mortality import mortality_rows
from atrisk.run.ordered import ordered_rows
from atrisk.run.row_building import Estimate, number, single, with_companions
from atrisk.run.stay import stay_rows
from atrisk.summary.cell_counts import CellCounts
from atrisk.summary.value_counts import ValueCounts, quantile


def surgical_rows(frame: Frame, values: Values) -> Iterator[Row]:
    """Rows of one outcome, by its kind: true/false, levels in order, or a number.

    A death has further rows, of all patients; so has a length of stay.
    With strata the groups are also described within each stratum, under its code.
    """
    yield from _rows_of(frame, values)
    if values.deaths:
        yield from mortality_rows(frame, values)
    yield from stay_rows(frame, values)
    for stratum in frame.strata:
        yield from _rows_of(frame.of_stratum(stratum), values)
    if frame.strata and _is_binary(values):
        yield from _stratified_rows(frame, values)


def _is_binary(values: Values) -> bool:
    return values.kind == "boolean"


def _rows_of(frame: Frame, values: Values) -> Iterator[Row]:
    if _is_binary(values):
        return _binary_rows(frame, values)
    if values.kind == "number":
        return _numeric_rows(frame, values)
    return _ordinal_rows(frame, values)


def _cells(frame: Frame, values: Values) -> CellCounts:
    return CellCounts.of(
        values.level[frame.inside],
        frame.group[frame.inside],
        n_groups=len(frame.groups),
        n_levels=len(values.levels),
    )


def _by_group(frame: Frame, cells: CellCounts) -> Iterator[tuple[str, NDArray[np.int64], int]]:
    table = cells.table
    yield "", table.sum(axis=0), int(cells.missing.sum())
    for position, code in enumerate(frame.groups):
        yield code, table[position], int(cells.missing[position])


def _interval(interval: Interval) -> Estimate:
    reason = interval.reason or ""
    return Estimate(
        value=interval.estimate, low=interval.lower, high=interval.upper, reason=reason, limit_reason=reason
    )


def _binary_rows(frame: Frame, values: Values) -> Iterator[Row]:
    template = replace(frame.row("binary"), outcome=values.name)
    level = frame.settings.conf_level
    cells = _cells(frame, values)
    true = values.levels.index("true")
    for code, counts, missing in _by_group(frame, cells):
        total, count = int(counts.sum()), int(counts[true])
        of_group = replace(template, group=code, n=total, numerator=float(count), denominator=float(total))
        yield single(of_group, "count", count)
        yield single(replace(template, group=code), "missing", missing)
        limits = clopper_pearson(count, total, conf_level=level)
        yield from with_companions(
            replace(of_group, method="clopper-pearson", conf_level=level), "proportion", _interval(limits)
        )
    table = cells.table
    totals, counts = table.sum(axis=1), table[:, true]
    for first, second in frame.pairs:
        difference = newcombe_difference(
            int(counts[first]), int(totals[first]), int(counts[second]), int(totals[second]), conf_level=level
        )
        yield from with_companions(
            replace(
                template,
                contrast=frame.contrast((first, second)),
                method="newcombe",
                conf_level=level,
                n=int(totals[first] + totals[second]),
                n_event=int(counts[first] + counts[second]),
            ),
            "risk_difference",
            _interval(difference),
        )
    yield from _tests(
        frame,
        replace(template, method="fisher"),
        lambda positions: fisher_p_value(table[list(positions)]),
        totals,
    )


def _tests(
    frame: Frame,
    template: Row,
    test: Callable[[tuple[int, ...]], tuple[float, str]],
    totals: NDArray[np.int64],
) -> Iterator[Row]:
    """The test of all groups first, then of the declared pairs with raw and adjusted p values."""
    everyone = tuple(range(len(frame.groups)))
    two_sided = replace(template, alternative="two-sided")
    p_value, reason = test(everyone)
    yield single(replace(two_sided, contrast=frame.all_groups, n=int(totals.sum())), "p", p_value, reason)
    if len(everyone) == 2:
        return
    found = [test(pair) for pair in frame.pairs]
    adjusted = adjust([p for p, _ in found], frame.multiplicity)
    for pair, (p_value, reason), p_adjusted in zip(frame.pairs, found, adjusted, strict=True):
        of_pair = replace(
            two_sided,
            contrast=frame.contrast(pair),
            n=int(totals[list(pair)].sum()),
            family=frame.family(template.outcome, template.method),
            p_adjusted=number(float(p_adjusted)),
        )
        yield single(of_pair, "p", p_value, reason)


def _ordinal_rows(frame: Frame, values: Values) -> Iterator[Row]:
    """Counts and proportions by level; rank tests take the levels in their declared order."""
    template = replace(frame.row("ordinal"), outcome=values.name)
    cells = _cells(frame, values)
    for code, counts, missing in _by_group(frame, cells):
        total = int(counts.sum())
        yield single(replace(template, group=code), "missing", missing)
        for position, name in enumerate(values.levels):
            of_level = replace(
                template,
                group=code,
                level=name,
                n=total,
                numerator=float(counts[position]),
                denominator=float(total),
            )
            count = int(counts[position])
            yield single(of_level, "count", count)
            conf_level = frame.settings.conf_level
            limited = clopper_pearson(count, total, conf_level=conf_level)
            exact = replace(of_level, method="clopper-pearson", conf_level=conf_level)
            yield from with_companions(exact, "proportion", _interval(limited))
    ranks = np.where(values.level >= 0, values.level, np.nan).astype(np.float64)
    yield from _rank_tests(frame, template, ranks, _relative_effect)
    yield from ordered_rows(frame, values, cells.table)


def _numeric_rows(frame: Frame, values: Values) -> Iterator[Row]:
    template = replace(frame.row("numeric"), outcome=values.name, unit=values.unit)
    for code, members in frame.members():
        numbers = values.numbers[members]
        known = numbers[~np.isnan(numbers)]
        counts = ValueCounts.of(known, np.zeros(known.size, dtype=np.int64), 1)
        of_group = replace(template, group=code, n=int(known.size))
        yield single(replace(template, group=code), "n", known.size)
        yield single(replace(template, group=code), "missing", numbers.size - known.size)
        for name, probability in (("q1", 0.25), ("median", 0.5), ("q3", 0.75)):
            value = float(quantile(counts, probability)[0])
            yield single(replace(of_group, convention=Remark("quantile-type-7")), name, value, Remark("no-value"))
    limited = (values.limit[frame.inside] != "").any()
    shift = _no_shift if limited else _shift
    yield from _rank_tests(frame, template, rank_values(values), shift)


def _shift(counts: ValueCounts, pair: tuple[int, int], exact: bool, level: float) -> tuple[str, Interval]:
    return "shift", hodges_lehmann(counts, first=pair[0], second=pair[1], conf_level=level, exact=exact)


def _no_shift(_counts: ValueCounts, _pair: tuple[int, int], exact: bool, level: float) -> tuple[str, Interval]:
    reason = Remark("values-are-limits")
    return "shift", not_estimable(reason, conf_level=level, method=EXACT if exact else APPROXIMATE)


def _relative_effect(counts: ValueCounts, pair: tuple[int, int], _exact: bool, level: float) -> tuple[str, Interval]:
    return "relative_effect", relative_effect(counts, first=pair[0], second=pair[1], conf_level=level)


# From this share of equal values on, a shift says less than how often one group's values are higher.
_TIED = 0.4


def _tied(counts: ValueCounts, pair: tuple[int, int], shift: Interval) -> str:
    """Why a shift says little: so many values are equal that it, or its limits, can hardly be anything but one number.

    The median of all differences is 0 as soon as more than half of the pairs are equal, whatever the rest.
    """
    both = counts.counts[list(pair)].sum(axis=0)
    if not both.size or not both.sum():
        return ""
    most = int(both.argmax())
    share = float(both[most] / both.sum())
    if share < _TIED and shift.lower != shift.upper:
        return ""
    return Remark("values-tied", {"share": share, "value": float(counts.values[most])})


# Below this expected count in a stratum the normal approximation of a test over strata is rough.
_SMALL = 5.0

# The estimate that belongs to a rank test, by its statistic's name.
RankEstimate = Callable[[ValueCounts, tuple[int, int], bool, float], tuple[str, Interval]]


def _rank_tests(frame: Frame, template: Row, ranked: NDArray[np.float64], estimate: RankEstimate) -> Iterator[Row]:
    """Kruskal-Wallis over all groups, then for each declared pair an estimate and Wilcoxon's rank-sum test."""
    n_groups = len(frame.groups)
    numbers, group = ranked[frame.inside], frame.group[frame.inside]
    totals = np.array([(~np.isnan(numbers[group == position])).sum() for position in range(n_groups)])

    counts = ValueCounts.of(numbers, group, n_groups)

    overall = kruskal_wallis(counts)
    two_sided = replace(template, alternative="two-sided", unit="")
    if n_groups > 2:
        known = replace(
            two_sided,
            contrast=frame.all_groups,
            method="kruskal-wallis",
            n=int(totals.sum()),
            df=float(overall.df),
        )
        yield single(known, "p", overall.p_value, overall.reason)
    found = [rank_sum(counts, first=pair[0], second=pair[1]) for pair in frame.pairs]
    adjusted = adjust([test.p_value for test in found], frame.multiplicity)
    for pair, test, p_adjusted in zip(frame.pairs, found, adjusted, strict=True):
        name, beside = estimate(counts, pair, test.exact, frame.settings.conf_level)
        of_pair = replace(
            template,
            contrast=frame.contrast(pair),
            method=beside.method,
            conf_level=beside.conf_level,
            unit=template.unit if name == "shift" else "",
            n=int(totals[list(pair)].sum()),
        )
        tied = _tied(counts, pair, beside) if name == "shift" else ""
        yield from with_companions(replace(of_pair, warning=tied), name, _interval(beside))
        if tied:
            name, beside = _relative_effect(counts, pair, test.exact, frame.settings.conf_level)
            yield from with_companions(replace(of_pair, unit="", method=beside.method), name, _interval(beside))
        row = replace(
            two_sided,
            contrast=frame.contrast(pair),
            method="wilcoxon",
            convention=Remark("exact" if test.exact else "normal-approximation"),
            n=int(totals[list(pair)].sum()),
            family=frame.family(template.outcome, "wilcoxon") if n_groups > 2 else "",
            p_adjusted=number(float(p_adjusted)) if n_groups > 2 else None,
        )
        yield single(row, "p", test.p_value, test.reason)


def _stratified_rows(frame: Frame, values: Values) -> Iterator[Row]:
    """Mantel-Haenszel risk difference and odds ratio of each pair over the strata, and the test of no association."""
    level = frame.settings.conf_level
    cells = CellCounts.of(
        values.level[frame.inside],
        frame.group[frame.inside],
        stratum=frame.stratum[frame.inside],
        n_groups=len(frame.groups),
        n_levels=len(values.levels),
        n_strata=len(frame.strata),
    )
    order = [values.levels.index("true"), values.levels.index("false")]
    for pair in frame.pairs:
        tables = cells.counts[:, list(pair)][:, :, order]
        template = replace(
            frame.row("stratified"),
            outcome=values.name,
            contrast=frame.contrast(pair),
            n=int(tables.sum()),
            n_event=int(tables[:, :, 0].sum()),
            note=Remark("strata-used", {"used": frame.strata}),
        )
        with_level = replace(template, conf_level=level)
        for name, common in (
            ("risk_difference", common_risk_difference(tables, conf_level=level)),
            ("odds_ratio", common_odds_ratio(tables, conf_level=level)),
        ):
            yield from with_companions(replace(with_level, method=common.effect.method), name, _interval(common.effect))
        test = cochran_mantel_haenszel(tables)
        known = replace(
            template,
            method="cochran-mantel-haenszel",
            convention=Remark("continuity-corrected") if test.corrected else "",
            alternative="two-sided",
        )
        sparse = smallest_expected(tables) < _SMALL
        if sparse:
            known = replace(known, warning=Remark("small-expected-counts-in-strata"))
            exact_p, reason = exact_conditional_p_value(tables)
            yield single(
                replace(template, method="exact conditional", alternative="two-sided"), "exact_p", exact_p, reason
            )
        yield single(known, "p", test.p_value, test.reason)
        same = breslow_day(tables)
        homogeneity = replace(
            template,
            method="breslow-day",
            convention=Remark("tarone-correction"),
            df=float(same.df) if same.df else None,
            note=_used_strata(frame, same.strata_left_out),
        )
        yield single(homogeneity, "homogeneity_p", same.p_value, same.reason)


def _used_strata(frame: Frame, left_out: tuple[int, ...]) -> str:
    """The strata a test rests on, and those that say nothing because a group or an outcome is empty there."""
    used = tuple(code for position, code in enumerate(frame.strata) if position not in left_out)
    if not left_out:
        return Remark("strata-used", {"used": used})
    without = tuple(frame.strata[position] for position in left_out)
    return Remark("strata-used-and-left-out", {"used": used, "left_out": without})
