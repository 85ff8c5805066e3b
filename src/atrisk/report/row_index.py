"""Result rows found by what they are of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from atrisk.result.row import Row, is_companion


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What a row is of, as far as a table needs to say."""

    analysis: str
    statistic: str
    comparison: str = "main"
    outcome: str = ""
    variable: str = ""
    level: str = ""
    group: str = ""
    contrast: str = ""
    stratum: str = ""
    cause: str = ""
    time: float | None = None
    method: str = ""


def _key(row: Row) -> Key:
    return Key(
        analysis=row.analysis,
        statistic=row.statistic,
        comparison=row.comparison,
        outcome=row.outcome,
        variable=row.variable,
        level=row.level,
        group=row.group,
        contrast=row.contrast,
        stratum=row.stratum,
        cause=row.cause,
        time=row.time,
    )


@dataclass(frozen=True, slots=True, eq=False)
class RowIndex:
    """The rows in order, found by key or, as companions, by the estimate they qualify."""

    rows: Sequence[Row]
    by_key: dict[Key, Row] = field(default_factory=dict)
    by_estimate: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    by_family: dict[tuple[str, str, str, str], list[Row]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, rows: Sequence[Row]) -> RowIndex:
        """Index the rows; a key without a method finds the first of several that differ in method alone.

        Raises ValueError where two rows claim to be the same limit or count of one estimate: a number in the report
        could then stand beside the limits of another.
        """
        index = cls(rows)
        for row in rows:
            if is_companion(row):
                qualified = (row.estimate_id, row.stratum, row.statistic)
                if qualified in index.by_estimate:
                    raise ValueError(f"two rows say {row.statistic} of one estimate of {row.analysis} {row.outcome}")
                index.by_estimate[qualified] = row
                continue
            key = _key(row)
            index.by_key.setdefault(key, row)
            index.by_key.setdefault(replace(key, method=row.method), row)
            index.by_family[row.comparison, row.analysis, row.outcome, row.stratum].append(row)
        return index

    def find(self, key: Key) -> Row | None:
        """The row of ``key``, None where there is none."""
        return self.by_key.get(key)

    def family(self, comparison: str, analysis: str, outcome: str, stratum: str = "") -> Sequence[Row]:
        """Every row, companions aside, of one analysis of one outcome (baseline rows have none)."""
        return self.by_family.get((comparison, analysis, outcome, stratum), ())

    def companion(self, row: Row, statistic: str) -> Row | None:
        """The limit, standard error or count that qualifies ``row``."""
        return self.by_estimate.get((row.estimate_id, row.stratum, statistic)) if row.estimate_id else None
