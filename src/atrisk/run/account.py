"""The account of the patients of one table: of every group, how many are recorded, missing, and had each event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from atrisk.result.row import Row

EVENT = "event"
SCANS = "scan_schedule"
STAY = "stay"
# Analyses whose rows say how many patients are recorded and how many are not; every other analysis rests on these.
ACCOUNTING = (
    "prognosis",
    "baseline",
    "follow_up",
    "binary",
    "ordinal",
    "numeric",
    "adjusted",
    "subgroup",
    "centre",
    SCANS,
    STAY,
)
# Analyses of patients divided by a variable, or of all but one part of them: their account is of the parts.
DIVIDED = ("subgroup", "centre")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a number stands: a comparison, a stratum of it ("" for all), a variable or an outcome, and for what it is
    adjusted ("" for nothing), which needs patients of its own; and by what variable the patients are divided, and which
    part of them it is about ("" for all of whom the variable is known).
    """

    comparison: str
    stratum: str
    kind: str
    name: str
    adjusted: str = ""
    divided_by: str = ""
    part: str = ""

    @classmethod
    def of(cls, row: Row) -> Place:
        """The place whose account a row rests on; a variable may stand in Table 1 and be an outcome besides."""
        if row.analysis == "baseline":
            return cls(row.comparison, row.stratum, "baseline", row.variable)
        if row.analysis == STAY:
            # A stay that ended by death has no length: patients of its own.
            return cls(row.comparison, row.stratum, STAY, row.outcome)
        if row.analysis == SCANS:
            return cls(row.comparison, row.stratum, "scans", row.variable)
        # One variable may divide into subgroups and centres: each has an account of its own.
        divided_by = f"{row.analysis} {row.variable}" if row.analysis in DIVIDED else ""
        return cls(row.comparison, row.stratum, "outcome", row.outcome, row.adjustment_set, divided_by, row.subgroup)

    @property
    def undivided(self) -> Place:
        """The same place of all patients, whatever the variable that divides them."""
        return replace(self, divided_by="", part="")

    def __str__(self) -> str:
        within = f", stratum '{self.stratum}'" if self.stratum else ""
        adjusted = f", adjusted for '{self.adjusted}'" if self.adjusted else ""
        divided = f", divided by '{self.divided_by}'" if self.divided_by else ""
        return f"{self.kind} '{self.name}', comparison '{self.comparison}'{within}{adjusted}{divided}"


@dataclass(slots=True, eq=False)
class Account:
    """Numbers of patients by group ("" for everyone compared); ``by_level`` counts them by group and level."""

    recorded: dict[str, float] = field(default_factory=dict)
    missing: dict[str, float] = field(default_factory=dict)
    in_no_band: dict[str, float] = field(default_factory=dict)
    limited: dict[str, float] = field(default_factory=dict)
    censored: dict[str, float] = field(default_factory=dict)
    events: dict[tuple[str, str], float] = field(default_factory=dict)
    by_level: dict[tuple[str, str], float] = field(default_factory=dict)

    def enter(self, row: Row) -> None:
        """Enter what a row of an accounting analysis says."""
        if row.value is None or (row.subgroup and row.analysis not in DIVIDED):
            return
        group, value = row.group, row.value
        match (row.analysis, row.statistic):
            case (
                "baseline"
                | "numeric"
                | "follow_up"
                | "adjusted"
                | "subgroup"
                | "centre"
                | "prognosis"
                | "scan_schedule"
                | "stay",
                "n",
            ):
                self.recorded[group] = value
            case (_, "missing" | "n_excluded"):
                self.missing[group] = value
            case ("baseline", "n_in_no_band"):
                self.in_no_band[group] = value
            case ("baseline", "n_limit"):
                self.limited[group] = value
            case ("follow_up" | "stay", "n_event" | "n_competing"):
                self.events[group, row.cause or EVENT] = value
            case ("adjusted" | "subgroup" | "centre" | "prognosis", "n_event"):
                # Under the cause too: rows of outcomes with competing events name it.
                self.events[group, row.cause or EVENT] = value
            case ("follow_up", "n_censored"):
                self.censored[group] = value
            case ("scan_schedule", "count"):
                self.events[group, EVENT] = value
            case ("binary", "count"):
                self.events[group, EVENT] = value
                self.recorded[group] = row.denominator or 0.0
            case ("ordinal", "count"):
                self.by_level[group, row.level] = value
                self.recorded[group] = self.recorded.get(group, 0.0) + value
            case ("baseline", "count"):
                self.by_level[group, row.level] = value

    def tables(self) -> Iterator[tuple[str, dict[str, float]]]:
        """Every kind of number by group, with its words: each must sum over the groups to everyone's."""
        yield "recorded", self.recorded
        yield "missing", self.missing
        yield "in no band", self.in_no_band
        yield "recorded only as a limit", self.limited
        yield "censored", self.censored
        for words, counts in (("with an event", self.events), ("at a level", self.by_level)):
            for name in dict.fromkeys(name for _group, name in counts):
                yield words, {group: count for (group, other), count in counts.items() if other == name}

    def ended(self, group: str) -> float:
        """How many of a group have an end of follow-up of any kind."""
        return self.censored.get(group, 0.0) + sum(count for (of, _), count in self.events.items() if of == group)


def accounts_of(rows: Iterable[Row]) -> dict[Place, Account]:
    """The account of every variable and outcome, in every comparison and stratum."""
    accounts: dict[Place, Account] = {}
    for row in rows:
        if row.analysis in ACCOUNTING:
            accounts.setdefault(Place.of(row), Account()).enter(row)
    return accounts
