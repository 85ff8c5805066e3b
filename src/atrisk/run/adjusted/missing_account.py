"""Whether what is said of missing values adds up: by group, by pattern, and beside what is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from atrisk.errors import ReconciliationError
from atrisk.result.row import Row
from atrisk.run.adjusted.imputed_regression import IMPUTATION
from atrisk.run.adjusted.missingness import BETWEEN_NAMES, MISSINGNESS
from atrisk.run.frame import Frame


@dataclass(slots=True, eq=False)
class _Counts:
    """What the rows of one comparison say: by variable or outcome and group, and by pattern and group."""

    recorded: dict[tuple[str, str], float] = field(default_factory=dict)
    missing: dict[tuple[str, str], float] = field(default_factory=dict)
    patterns: dict[str, dict[str, float]] = field(default_factory=dict)
    lacking: dict[str, tuple[str, ...]] = field(default_factory=dict)
    compared: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    differences: list[Row] = field(default_factory=list)
    of: list[tuple[str, float | None]] = field(default_factory=list)


def check_missing(rows: Iterable[Row], frames: Mapping[str, Frame]) -> None:
    """Check that recorded and missing are all, that patterns hold what is missing, and who is set beside whom.

    Raises ReconciliationError.
    """
    said: dict[str, _Counts] = {}
    imputed: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.analysis == MISSINGNESS:
            _enter(said.setdefault(row.comparison, _Counts()), row)
        elif row.analysis == IMPUTATION and row.variable:
            imputed.setdefault((row.comparison, row.variable), []).append(row)
    for (comparison, variable), own in imputed.items():
        _check_imputed(own, frames[comparison], f"comparison '{comparison}', '{variable}'")
    for comparison, counts in said.items():
        sizes = dict(frames[comparison].sizes())
        _check_counts(counts, sizes, f"comparison '{comparison}'")
        _check_patterns(counts, sizes, f"comparison '{comparison}'")


def _enter(counts: _Counts, row: Row) -> None:
    name = row.variable or row.outcome
    match row.statistic:
        case "n":
            counts.recorded[name, row.group] = row.value or 0.0
        case "missing":
            counts.missing[name, row.group] = row.value or 0.0
        case "count":
            _require(row.value == row.numerator, f"pattern {row.term} of what is missing has two counts")
            counts.of.append((row.group, row.denominator))
            counts.patterns.setdefault(row.term, {})[row.group] = row.value or 0.0
            counts.lacking[row.term] = tuple(row.text_value.split(BETWEEN_NAMES)) if row.text_value else ()
        case "smd":
            counts.differences.append(row)
        case _:
            _check_share(row)
            counts.compared.setdefault((name, row.level), {})[row.term] = row.n or 0


def _check_share(row: Row) -> None:
    if row.statistic == "proportion" and row.denominator and row.numerator is not None and row.value is not None:
        fair = row.denominator == row.n and abs(row.value - row.numerator / row.denominator) < 1e-12
        _require(fair, f"a share of '{row.variable or row.outcome}' is not its count of its patients")


def _check_counts(counts: _Counts, sizes: Mapping[str, int], words: str) -> None:
    for (name, group), n in counts.recorded.items():
        total = n + counts.missing.get((name, group), 0.0)
        _require(total == sizes[group], f"{words}: '{name}' is recorded or missing in {total:g}, of {sizes[group]}")
    everyone = {name: n for (name, group), n in counts.recorded.items() if not group}
    for (name, _), parts in counts.compared.items():
        total = sum(parts.values())
        _require(total == everyone[name], f"{words}: '{name}' is compared in {total:g} patients who have it")
    for row in counts.differences:
        name = row.variable or row.outcome
        _require(row.n == everyone[name], f"{words}: '{name}' differs between {row.n} patients, not {everyone[name]:g}")


def _check_patterns(counts: _Counts, sizes: Mapping[str, int], words: str) -> None:
    for group, denominator in counts.of:
        _require(denominator == sizes[group], f"{words}: a pattern is counted of {denominator} patients")
    for group, size in sizes.items() if counts.patterns else ():
        total = sum(pattern[group] for pattern in counts.patterns.values())
        _require(total == size, f"{words}: the patterns of what is missing hold {total:g} patients, of {size}")
    for (name, group), n in counts.missing.items():
        found = sum(pattern[group] for term, pattern in counts.patterns.items() if name in counts.lacking[term])
        _require(found == n, f"{words}: '{name}' is missing in {n:g} patients and in patterns of {found:g}")


def _check_imputed(rows: list[Row], frame: Frame, words: str) -> None:
    """Recorded and imputed are all, and every row is of one of them."""
    counts = {row.statistic: row.value or 0.0 for row in rows if row.statistic in ("n", "n_imputed", "n_limit")}
    recorded, imputed = counts["n"], counts["n_imputed"]
    compared = int(frame.inside.sum())
    _require(recorded + imputed == compared, f"{words}: {recorded:g} recorded and {imputed:g} imputed, of {compared}")
    _require(counts.get("n_limit", 0.0) <= imputed, f"{words}: more values within limits than imputed ones")
    for row in rows:
        expected = recorded if row.statistic.startswith("observed") else imputed
        fits = row.statistic in counts or row.n == expected
        _require(fits, f"{words}: {row.statistic} is of {row.n} patients, not {expected:g}")


def _require(holds: bool, words: str) -> None:
    if not holds:
        raise ReconciliationError(words)
