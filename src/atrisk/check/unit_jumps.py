"""Numbers entered in another unit than the others of their column: cm among mm, mg/dL among µmol/L."""

# ruff: noqa: S608 (only quoted names and constants are put into SQL)

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from atrisk.check.cells import Rule, about_cell, about_column, cells_where, counts_where
from atrisk.check.sentinels import NUMBERS
from atrisk.check.values import is_age_or_duration
from atrisk.read.session import Session, literal, quote
from atrisk.read.table import Column, ColumnType, Table
from atrisk.result.finding import Finding, Severity
from atrisk.result.remark import Remark
from atrisk.study.model import Study
from atrisk.study.outcome import OutcomeFromStatus
from atrisk.study.starter_words import KEY, says
from atrisk.study.table import Variable

_RULE = Rule("another-unit", Severity.WARNS, Remark("another-unit.remedy"))
# Factors between units in use: cm and mm, g/dL and g/L (10), m and cm (100), L and mL (1000); a fraction and per cent;
# hours and minutes; mg/dL and µmol/L.
_PLAIN = (10.0, 100.0, 1000.0)
_PER_CENT, _DURATION, _BILIRUBIN, _CREATININE = (100.0,), (60.0,), (17.1,), (88.4,)
_UNITS = {
    10.0: "units-10",
    17.1: "units-17.1",
    60.0: "units-60",
    88.4: "units-88.4",
    100.0: "units-100",
    1000.0: "units-1000",
}
_FEWEST, _DISTINCT, _LEAST_COUNT = 30, 20, 5
_FALSE_A_COLUMN, _FAR_WITH_DECIMALS, _LEAST_SPREAD = 0.05, 1.0, 0.05
_BIN, _APART, _FEWEST_IN_GROUP, _LEAST_SHARE, _NEAR, _VALLEY = 0.05, 3.0, 10, 0.02, 0.35, 0.25


@dataclass(frozen=True, slots=True)
class _Logs:
    """The logarithms of a column's positive numbers: the 1st, 50th and 99th percentile, and a robust spread."""

    n: int
    low: float
    middle: float
    high: float
    spread: float
    mostly_whole: bool


def check_unit_jumps(tables: Mapping[str, Table], study: Study, session: Session) -> list[Finding]:
    """Numbers that lie where the column's others would lie in another unit.

    Looked at are the logarithms of a column's positive numbers, if there are thirty, twenty of them different, and they
    are no counts (whole numbers with a median below 5). Known
    factors are 100 for percentages, 60 for durations, 17.1 for bilirubin, 88.4 for creatinine, and else 10, 100 and
    1000. Times of outcomes, whose distribution is what the study asks, identifiers, and codes for "not recorded" are
    left out.
    Two heaps: where the split with the largest variance between its two sides (Otsu, IEEE Trans Syst Man Cybern
    1979;9:62-66) leaves heaps whose means are three pooled standard deviations apart (Ashman, Astron J
    1994;108:2348-2361: above 2 is clean), each of at least ten numbers and one in fifty, with a valley between them a
    quarter as high as the smaller, and the distance is a known factor within 40 %, the smaller heap is in question.
    Single numbers: those so many robust standard deviations (interquartile range / 1.349) from the median that 0.05 of
    a normal column's numbers would be, if a known factor brings them back between the 1st and the 99th percentile; one
    is enough for a number with a decimal fraction in a column of which 98 % are whole.
    """
    findings: list[Finding] = []
    times = {outcome.time.column for outcome in study.outcomes.values() if isinstance(outcome, OutcomeFromStatus)}
    for table in tables.values():
        for column in table.columns:
            if column.type not in (ColumnType.INTEGER, ColumnType.NUMBER):
                continue
            written = f"{table.name}.{column.name}"
            if column.name in (table.key, table.parent_key) or {column.name, written} & times:
                continue
            variable = study.variables.get(written, Variable())
            if variable.identifier or _is_identifier(session, table, column):
                continue
            words = f"{column.name} {variable.label or ''} {variable.unit or ''}".casefold()
            findings += _in_column(session, table, column.name, _factors(words))
    return findings


def _is_identifier(session: Session, table: Table, column: Column) -> bool:
    """Whole numbers called an identifier, nearly all of them different: a hospital's numbers have no unit."""
    if column.type is not ColumnType.INTEGER or not says(column.name, KEY):
        return False
    name = quote(column.name)
    return bool(session.value(f"SELECT count(DISTINCT {name}) >= 0.9 * count({name}) FROM {table.relation}"))


def _factors(words: str) -> tuple[float, ...]:
    if "bili" in words:
        return _BILIRUBIN
    if "crea" in words or "krea" in words:
        return _CREATININE
    if "%" in words or "percent" in words or "pct" in words or "prozent" in words:
        return _PER_CENT
    return _DURATION if is_age_or_duration(words.replace("_", " ")) else _PLAIN


def _in_column(session: Session, table: Table, column: str, factors: Sequence[float]) -> Iterator[Finding]:
    logs = _logs(session, table, column)
    if logs is None:
        return
    heaps = _two_heaps(session, table, column, factors)
    if heaps is not None:
        split, factor, smaller_is_low, count = heaps
        message = Remark("another-unit-heap", {"count": count, "n": logs.n, "factor": factor, "units": _units(factor)})
        yield about_column(_RULE, table, column, message)
        sign = "<" if smaller_is_low else ">="
        condition = f"{_usable(column)} AND {_log(column)} {sign} {literal(split)}"
        yield from _cells(session, table, column, condition, factor, low=smaller_is_low)
        return
    yield from _single(session, table, column, logs, factors)


def _usable(column: str) -> str:
    name = f"t.{quote(column)}"
    # 9 is a common number too, and no unit makes it an outlier.
    codes = ", ".join(literal(float(code)) for code in NUMBERS if code > 9)
    return f"{name} > 0 AND {name} NOT IN ({codes})"


def _log(column: str) -> str:
    # The engine may look at a row before the condition that its number is positive.
    name = f"CAST(t.{quote(column)} AS DOUBLE)"
    return f"ln(CASE WHEN {name} > 0 THEN {name} END)"


def _logs(session: Session, table: Table, column: str) -> _Logs | None:
    name = f"t.{quote(column)}"
    n, distinct, quantiles, whole = session.rows(
        f"SELECT count(*), approx_count_distinct({name}), "
        f"quantile_cont({_log(column)}, [0.01, 0.25, 0.5, 0.75, 0.99]), "
        f"count(*) FILTER (WHERE {name} = trunc({name})) FROM {table.relation} t WHERE {_usable(column)}"
    )[0]
    if n < _FEWEST or distinct < _DISTINCT:
        return None
    low, lower, middle, upper, high = quantiles
    spread = max((upper - lower) / 1.349, _LEAST_SPREAD)
    mostly_whole = whole >= 0.98 * n
    # Counts of one, two or three have no shape on a logarithmic scale.
    if mostly_whole and middle < math.log(_LEAST_COUNT):
        return None
    return _Logs(int(n), low, middle, high, spread, mostly_whole)


def _single(session: Session, table: Table, column: str, logs: _Logs, factors: Sequence[float]) -> Iterator[Finding]:
    name = f"CAST(t.{quote(column)} AS DOUBLE)"
    log = _log(column)
    far = f"(({logs.middle!r} - {log}) / {logs.spread!r})"
    limit = -NormalDist().inv_cdf(_FALSE_A_COLUMN / logs.n)
    below = f"{far} >= {limit!r}"
    if logs.mostly_whole:
        below = f"({below} OR ({far} >= {_FAR_WITH_DECIMALS!r} AND {name} <> trunc({name})))"
    above = f"{far} <= {-limit!r}"
    asked: list[tuple[str, float, bool]] = []
    for condition, sign in ((below, 1), (above, -1)):
        for factor in factors:
            moved = f"({log} + {sign * math.log(factor)!r})"
            # Of several factors that bring a number back, the likely one brings it nearest to the median.
            others = [f"abs({log} + {sign * math.log(other)!r} - {logs.middle!r})" for other in factors]
            nearest = f"abs({moved} - {logs.middle!r}) = least({', '.join(others)})"
            where = (
                f"{_usable(column)} AND {condition} AND {moved} BETWEEN {logs.low!r} AND {logs.high!r} AND {nearest}"
            )
            asked.append((where, factor, sign > 0))
    for (where, factor, low), count in zip(
        asked, counts_where(session, table, [where for where, _, _ in asked]), strict=True
    ):
        if count:
            yield from _cells(session, table, column, where, factor, low=low)


def _cells(
    session: Session, table: Table, column: str, condition: str, factor: float, *, low: bool
) -> Iterator[Finding]:
    code = "another-unit-low" if low else "another-unit-high"
    message = Remark(code, {"factor": factor, "units": _units(factor)})
    for cell in cells_where(session, table, column, condition):
        yield about_cell(_RULE, table, column, cell, message)


def _units(factor: float) -> Remark:
    return Remark(_UNITS[factor])


def _two_heaps(
    session: Session, table: Table, column: str, factors: Sequence[float]
) -> tuple[float, float, bool, int] | None:
    """Where two heaps part (as a logarithm), the factor between them, whether the smaller is the lower, its size."""
    log = _log(column)
    bins = session.rows(
        f"SELECT CAST(floor({log} / {_BIN}) AS BIGINT), count(*), sum({log}), sum({log} * {log}) "
        f"FROM {table.relation} t WHERE {_usable(column)} GROUP BY 1 ORDER BY 1"
    )
    total = [sum(values) for values in zip(*((count, first, second) for _, count, first, second in bins), strict=True)]
    best: tuple[float, int, tuple[float, float, float]] | None = None
    below = [0.0, 0.0, 0.0]
    for position, (_, count, first, second) in enumerate(bins[:-1]):
        below = [below[0] + count, below[1] + first, below[2] + second]
        above = total[0] - below[0]
        between = below[0] * above * (below[1] / below[0] - (total[1] - below[1]) / above) ** 2
        if best is None or between > best[0]:
            best = (between, position, (below[0], below[1], below[2]))
    if best is None:
        return None
    _, position, (n_low, sum_low, squares_low) = best
    n_high, sum_high, squares_high = total[0] - n_low, total[1] - sum_low, total[2] - squares_low
    distance = sum_high / n_high - sum_low / n_low
    variance = (_variance(n_low, sum_low, squares_low) + _variance(n_high, sum_high, squares_high)) / 2
    smaller = min(n_low, n_high)
    if smaller < max(_FEWEST_IN_GROUP, _LEAST_SHARE * total[0]):
        return None
    if distance < _APART * math.sqrt(max(variance, _BIN**2)):
        return None
    # Half way between the heaps, not at the edge of one: the valley would else be looked for on a narrow heap itself.
    split = (bins[position][0] + 1 + bins[position + 1][0]) * _BIN / 2
    middle = sum_low / n_low if n_low <= n_high else sum_high / n_high
    if _within(bins, split) > _VALLEY * _within(bins, middle):
        return None
    factor = min(factors, key=lambda each: abs(math.log(each) - distance))
    if abs(math.log(factor) - distance) > _NEAR:
        return None
    return split, factor, n_low <= n_high, int(smaller)


def _within(bins: Sequence[tuple[int, int, float, float]], middle: float) -> int:
    """How many numbers lie in the bins within a quarter of a logarithm of ``middle``."""
    return sum(count for number, count, _, _ in bins if abs((number + 0.5) * _BIN - middle) <= _VALLEY)


def _variance(n: float, total: float, squares: float) -> float:
    return squares / n - (total / n) ** 2
