"""The numbers of patients of exposures that begin during follow-up must be those of the outcome they are related to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from atrisk.errors import ReconciliationError
from atrisk.result.curve import Curve
from atrisk.result.row import Row
from atrisk.run.account import EVENT, Account, Place
from atrisk.run.time_dependent import EXPOSED, EXPOSURE, LANDMARK, SIMON_MAKUCH, UNEXPOSED


def check_exposures(accounts: Mapping[Place, Account], rows: Iterable[Row], curves: Iterable[Curve]) -> None:
    """Exposed always, later, too late and never are all followed; exposed and unexposed events are all events.

    At a landmark: at risk + events + censored before it + not yet entered = all. Raises ReconciliationError.
    """
    named: dict[tuple[str, Place], list[Row]] = {}
    landmarks: dict[tuple[str, Place, float], list[Row]] = {}
    for row in rows:
        if row.analysis == EXPOSURE:
            named.setdefault((row.term, Place.of(row)), []).append(row)
        elif row.analysis == LANDMARK:
            landmarks.setdefault((row.term, Place.of(row), row.time_start or 0.0), []).append(row)
    drawn: dict[tuple[str, Place], dict[str, Curve]] = {}
    for curve in curves:
        if curve.kind == SIMON_MAKUCH:
            place = Place(curve.comparison, curve.stratum, "outcome", curve.outcome)
            drawn.setdefault((curve.cause, place), {})[curve.group] = curve
    for (name, place), own in named.items():
        _Exposure(name, place, accounts.get(place, Account()), own).check(drawn.get((name, place), {}))
    for (name, place, _landmark), own in landmarks.items():
        _check_landmark(f"landmark analysis of '{name}', {place}", accounts.get(place, Account()), own)


def _require(holds: bool, words: str) -> None:
    if not holds:
        raise ReconciliationError(words)


class _Exposure:
    """The rows of one exposure, and the outcome's account."""

    def __init__(self, name: str, place: Place, account: Account, rows: Sequence[Row]) -> None:
        self.words = f"exposure '{name}', {place}"
        self.rows = rows
        self.n = account.recorded.get("", math.nan)
        self.events = account.events.get(("", EVENT), math.nan)
        self.count = {row.level: row.value or 0.0 for row in rows if row.statistic == "count"}
        self.event = {row.level: row.value or 0.0 for row in rows if row.statistic == "n_event"}

    def check(self, curves: Mapping[str, Curve]) -> None:
        total, events = sum(self.count.values()), sum(self.event.values())
        _require(total == self.n, f"{self.words} accounts for {total:g} of {self.n:g} patients")
        _require(events == self.events, f"{self.words} has {events:g} events of {self.events:g}")
        always = self.count.get("always", 0.0)
        ever = {EXPOSED: always + self.count.get("changed", 0.0), UNEXPOSED: self.n - always}
        for row in self.rows:
            if row.statistic == "count":
                held = (row.numerator, row.denominator) == (row.value, self.n)
                _require(held, f"{self.words}: {row.numerator} of {row.denominator}, not {row.value} of {self.n:g}")
            if row.n is not None:
                wanted = (ever[row.level], self.event[row.level]) if row.level else (self.n, self.events)
                _require((row.n, row.n_event) == wanted, f"{self.words}: {row.statistic} of {row.n} patients")
        for level, curve in curves.items():
            found = (curve.n, curve.n_event.sum(), curve.n_event.sum() + curve.n_censored.sum())
            wanted_curve = (ever[level], self.event[level], ever[level])
            _require(found == wanted_curve, f"{self.words}: the curve of the {level} is of {curve.n} patients")


def _check_landmark(words: str, account: Account, rows: Sequence[Row]) -> None:
    at_risk = sum(row.value or 0.0 for row in rows if row.statistic == "n")
    later_events = sum(row.value or 0.0 for row in rows if row.statistic == "n_event")
    found = {row.statistic: row.value or 0.0 for row in rows if row.of == "hazard_ratio"}
    gone = found.get("n_event_before", math.nan) + found.get("n_censored_before", math.nan)
    total = at_risk + gone + found.get("n_not_entered", 0.0)
    n, events = account.recorded.get("", math.nan), account.events.get(("", EVENT), math.nan)
    _require(total == n, f"{words} accounts for {total:g} of {n:g} patients")
    if "n_not_entered" not in found:
        all_events = later_events + found["n_event_before"]
        _require(all_events == events, f"{words} has {all_events:g} events of {events:g}")
    for row in rows:
        if row.n is not None:
            held = (row.n, row.n_event) == (at_risk, later_events)
            _require(held, f"{words}: {row.statistic} is of {row.n} patients, not {at_risk:g}")
