"""Table 1 as rows: what is known of each variable by group, standardised differences, opt-in tests."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from atrisk.compare.balance.standardized_difference import (
    binary_difference,
    continuous_difference,
    expected_by_chance,
    multilevel_difference,
)
from atrisk.compare.contingency.chi_squared import chi_squared
from atrisk.compare.contingency.fisher import fisher_p_value
from atrisk.compare.location.kruskal_wallis import kruskal_wallis
from atrisk.derive.variable import Values
from atrisk.result.remark import Remark
from atrisk.result.row import Row
from atrisk.run.frame import Codes, Frame
from atrisk.run.row_building import single
from atrisk.summary.cell_counts import CellCounts
from atrisk.summary.moments import Moments
from atrisk.summary.value_counts import ValueCounts, maximum, minimum, quantile

# Steps an exact test of a baseline table may take, about half a second; beyond, the chi-squared test is given and says
# so. A table that is not far from what its margins lead to expect takes a hundredth of that.
_FISHER_WORK = 2e6
_LIMITS = Remark("values-are-limits")
_NO_VALUE = Remark("no-value")


def baseline_rows(frame: Frame, variables: Sequence[Values], *, p_values: bool) -> Iterator[Row]:
    """Rows of every variable, in the order declared."""
    for values in variables:
        template = replace(frame.row("baseline"), variable=values.name, unit=values.unit)
        if values.kind == "number":
            yield from _number_rows(frame, template, values, p_values=p_values)
        else:
            yield from _level_rows(frame, template, values.levels, values.level)
            if values.one_index is not None:
                for code, members in frame.members():
                    yield single(replace(template, group=code), "n_one_index", int((members & values.one_index).sum()))
            if p_values:
                yield _levels_test_row(frame, template, values)


def rank_values(values: Values) -> NDArray[np.float64]:
    """The numbers as tests by ranks take them: "<1" just below 1 and ">10" just above 10, in the order they have."""
    numbers = values.numbers.copy()
    below, above = values.limit == "<", values.limit == ">"
    numbers[below] = np.nextafter(numbers[below], -np.inf)
    numbers[above] = np.nextafter(numbers[above], np.inf)
    return numbers


def _number_rows(frame: Frame, template: Row, values: Values, *, p_values: bool) -> Iterator[Row]:
    numbers, group = values.numbers[frame.inside], frame.group[frame.inside]
    limit = values.limit[frame.inside]
    limited = limit != ""
    n_groups = len(frame.groups)
    for code, members in (
        ("", np.ones(group.size, dtype=bool)),
        *((c, group == g) for g, c in enumerate(frame.groups)),
    ):
        yield from _describe(replace(template, group=code), numbers[members], limit[members])
    moments = Moments.of(numbers, group, n_groups)
    for pair in frame.pairs:
        of_pair = replace(template, contrast=frame.contrast(pair), n=int(moments.n[list(pair)].sum()))
        if limited.any():
            yield single(replace(of_pair, method="continuous"), "smd", math.nan, _LIMITS)
        else:
            (first, second), variance = pair, moments.variance
            difference = continuous_difference(
                float(moments.mean[first]), float(variance[first]), float(moments.mean[second]), float(variance[second])
            )
            yield single(replace(of_pair, method="continuous"), "smd", difference.value, difference.reason)
    if p_values:
        ranked = rank_values(values)[frame.inside]
        test = kruskal_wallis(ValueCounts.of(ranked, group, n_groups))
        known = replace(
            template,
            contrast=frame.all_groups,
            method="kruskal-wallis",
            alternative="two-sided",
            n=int((~np.isnan(ranked)).sum()),
            df=float(test.df),
        )
        yield single(known, "p", test.p_value, test.reason)
    if values.bands is not None and values.band is not None:
        in_no_band = ~np.isnan(values.numbers) & (values.band < 0)
        yield from _level_rows(frame, template, values.bands, values.band, in_no_band=in_no_band)


def _describe(template: Row, numbers: NDArray[np.float64], limit: NDArray[np.str_]) -> Iterator[Row]:
    """Number recorded and missing, moments and quantiles (R's type 7) of one group.

    A quantile that rests on a value recorded only as a limit is itself a limit; ``text_value`` says so (">=10").
    """
    recorded = ~np.isnan(numbers)
    known, limited = numbers[recorded], limit != ""
    none = np.zeros(known.size, dtype=np.int64)
    n_limit = int(limited.sum())
    moments, counts = Moments.of(known, none, 1), ValueCounts.of(known, none, 1)
    with_n = replace(
        template, n=int(known.size), note=Remark("recorded-as-limit", {"count": n_limit}) if n_limit else ""
    )
    yield single(template, "n", known.size)
    yield single(template, "missing", numbers.size - known.size)
    if n_limit:
        yield single(template, "n_limit", n_limit)
    yield single(with_n, "mean", math.nan if n_limit else float(moments.mean[0]), _LIMITS if n_limit else _NO_VALUE)
    deviation = float(np.sqrt(moments.variance[0])) if known.size > 1 else math.nan
    yield single(
        with_n, "sd", math.nan if n_limit else deviation, _LIMITS if n_limit else Remark("fewer-than-two-values")
    )
    for name, probability in (("q1", 0.25), ("median", 0.5), ("q3", 0.75)):
        value = float(quantile(counts, probability)[0])
        sign = limit_at(known, limit[recorded], probability)
        words = f"{sign}{value:g}" if sign else ""
        yield single(replace(with_n, convention=Remark("quantile-type-7"), text_value=words), name, value, _NO_VALUE)
    for name, value in (("min", float(minimum(counts)[0])), ("max", float(maximum(counts)[0]))):
        sign = extreme_sign(known, limit[recorded], largest=name == "max")
        yield single(replace(with_n, text_value=f"{sign}{value:g}" if sign else ""), name, value, _NO_VALUE)


def limit_at(numbers: NDArray[np.float64], limit: NDArray[np.str_], probability: float) -> str:
    """The sign of a quantile that rests on a value recorded only as a limit, else the empty text.

    Type 7 rests on the order statistics around (n - 1) p; at one number, "<" and "<=" come before values known exactly
    and ">" and ">=" after them.
    """
    if not numbers.size:
        return ""
    side = np.where(np.char.startswith(limit, "<"), -1, np.where(np.char.startswith(limit, ">"), 1, 0))
    ordered = limit[np.lexsort((side, numbers))]
    place = (numbers.size - 1) * probability
    return str(ordered[math.floor(place)] or ordered[math.ceil(place)])


def extreme_sign(numbers: NDArray[np.float64], limit: NDArray[np.str_], *, largest: bool) -> str:
    """The sign of the smallest or largest value where it is only a limit, else the empty text.

    Where a patient is known only to be below 5 and the smallest number is an exact 3, nobody knows whether the smallest
    value is 3: it is at most 3 ("<=").
    """
    own = limit_at(numbers, limit, 1.0 if largest else 0.0)
    outward = ">" if largest else "<"
    if own.startswith(outward):
        return own
    return f"{outward}=" if np.char.startswith(limit, outward).any() else ""


def _level_rows(
    frame: Frame,
    template: Row,
    levels: tuple[str, ...],
    level: Codes,
    *,
    in_no_band: NDArray[np.bool_] | None = None,
) -> Iterator[Row]:
    """Counts and proportions of each level among those recorded; a true/false variable shows its true level.

    The bands of a number share its variable: how many are recorded has then already been said, and only those that no
    band holds are still to be counted.
    """
    unbanded = {} if in_no_band is None else {code: int(in_no_band[of].sum()) for code, of in frame.members()}
    cells = CellCounts.of(
        level[frame.inside], frame.group[frame.inside], n_groups=len(frame.groups), n_levels=len(levels)
    )
    table = cells.table
    shown = ("true",) if set(levels) == {"true", "false"} else levels
    for code, counts, missing in (
        ("", table.sum(axis=0), int(cells.missing.sum())),
        *((c, table[g], int(cells.missing[g])) for g, c in enumerate(frame.groups)),
    ):
        total = int(counts.sum())
        if in_no_band is None:
            yield single(replace(template, group=code), "n", total)
            yield single(replace(template, group=code), "missing", missing)
        elif unbanded[code]:
            yield single(replace(template, group=code), "n_in_no_band", unbanded[code])
        for name in shown:
            count = int(counts[levels.index(name)])
            of_level = replace(template, group=code, level=name, numerator=float(count), denominator=float(total))
            yield single(of_level, "count", count)
            yield single(of_level, "proportion", count / total if total else math.nan, _NO_VALUE)
    for pair in frame.pairs:
        of_pair = replace(template, contrast=frame.contrast(pair), n=int(table[list(pair)].sum()))
        yield _levels_difference_row(of_pair, table[list(pair)], levels, binary=shown != levels)
        if shown == levels:
            by_chance = expected_by_chance(table[pair[0]], table[pair[1]])
            yield single(replace(of_pair, method="levels"), "smd_by_chance", by_chance.value, by_chance.reason)


def _levels_difference_row(template: Row, table: Codes, levels: tuple[str, ...], *, binary: bool) -> Row:
    if not binary:
        multilevel = multilevel_difference(table[0], table[1])
        return single(replace(template, method="levels"), "smd", multilevel.value, multilevel.reason)
    counts, totals = table[:, levels.index("true")], table.sum(axis=1)
    first, second = (float(counts[g] / totals[g]) if totals[g] else math.nan for g in (0, 1))
    difference = binary_difference(first, second)
    return single(replace(template, method="binary"), "smd", difference.value, difference.reason)


def _levels_test_row(frame: Frame, template: Row, values: Values) -> Row:
    cells = CellCounts.of(
        values.level[frame.inside],
        frame.group[frame.inside],
        n_groups=len(frame.groups),
        n_levels=len(values.levels),
    )
    return level_test_row(replace(template, contrast=frame.all_groups), cells.table)


def level_test_row(template: Row, table: Codes) -> Row:
    """The test of a groups x levels table.

    Fisher's exact test for a variable of two levels and wherever a count below 5 is expected, if the bound on its work
    allows; Pearson's chi-squared test otherwise. The row names the test taken.
    """
    total = int(table.sum())
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / max(total, 1)
    occupied = expected[:, table.sum(axis=0) > 0]
    known = replace(template, n=total, alternative="two-sided")
    small = total and bool((occupied < 5).any())
    if total and (table.shape[1] == 2 or small):
        p_value, reason = fisher_p_value(table, work_limit=_FISHER_WORK)
        if not reason:
            return single(replace(known, method="fisher"), "p", p_value)
        known = replace(known, note=reason)
    if small:
        known = replace(known, warning=Remark("small-expected-counts"))
    pearson = chi_squared(table)
    return single(replace(known, method="chi-squared", df=float(pearson.df)), "p", pearson.p_value, pearson.reason)
