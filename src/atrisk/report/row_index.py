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
    subgroup: str = ""
    term: str = ""
    adjustment_set: str = ""


_NAMES = tuple(name for name in Key.__dataclass_fields__ if name != "method")


def _key(row: Row) -> Key:
    return Key(**{name: getattr(row, name) for name in _NAMES})


@dataclass(frozen=True, slots=True, eq=False)
class RowIndex:
    """The rows in order, found by key or, as companions, by the estimate they qualify."""

    rows: Sequence[Row]
    by_key: dict[Key, list[Row]] = field(default_factory=lambda: defaultdict(list))
    by_estimate: dict[tuple[str, str], Row] = field(default_factory=dict)
    by_family: dict[tuple[str, str, str, str], list[Row]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, rows: Sequence[Row]) -> RowIndex:
        """Index the rows.

        Raises ValueError where two rows claim to be the same limit or count of one estimate: a number in the report
        could then stand beside the limits of another.
        """
        index = cls(rows)
        for row in rows:
            if is_companion(row):
                qualified = (row.estimate_id, row.statistic)
                if qualified in index.by_estimate:
                    raise ValueError(f"two rows say {row.statistic} of one estimate of {row.analysis} {row.outcome}")
                index.by_estimate[qualified] = row
                continue
            index.by_key[_key(row)].append(row)
            index.by_family[row.comparison, row.analysis, row.outcome, row.stratum].append(row)
        return index

    def find(self, key: Key) -> Row | None:
        """The row of ``key``, None where there is none; without a method the first of those that differ in it alone.

        Raises ValueError where several rows fit otherwise: none of them may then be shown as the one.
        """
        rows = [row for row in self.by_key.get(replace(key, method=""), ()) if key.method in ("", row.method)]
        if len({row.method for row in rows}) < len(rows):
            raise ValueError(f"{len(rows)} rows are {key}")
        return rows[0] if rows else None

    def family(self, comparison: str, analysis: str, outcome: str, stratum: str = "") -> Sequence[Row]:
        """Every row, companions aside, of one analysis of one outcome (baseline rows have none)."""
        return self.by_family.get((comparison, analysis, outcome, stratum), ())

    def companion(self, row: Row, statistic: str) -> Row | None:
        """The limit, standard error or count that qualifies ``row``."""
        return self.by_estimate.get((row.estimate_id, statistic)) if row.estimate_id else None
