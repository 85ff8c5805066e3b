"""The numbers of patients must agree wherever they stand: flow, groups, tables, models and curves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from atrisk.errors import ReconciliationError
from atrisk.result.curve import Curve
from atrisk.result.row import MAIN, Row
from atrisk.run.account import DIVIDED, EVENT, SCANS, Account, Place, accounts_of
from atrisk.run.adjusted.imputed_regression import IMPUTATION
from atrisk.run.adjusted.missing_account import check_missing
from atrisk.run.adjusted.missingness import MISSINGNESS
from atrisk.run.adjusted.regression import COVARIATE, REGRESSION
from atrisk.run.adjusted.standardised import STANDARDISED
from atrisk.run.flow_rows import LEAVE_UNKNOWN
from atrisk.run.frame import Frame
from atrisk.run.margins import MARGIN
from atrisk.run.monitoring.charts import MONITORING, MONITORING_CURVES
from atrisk.run.non_proportional import PIECEWISE
from atrisk.run.not_compared import NOT_COMPARED
from atrisk.run.ordered import PROPORTIONAL_ODDS
from atrisk.run.reconcile_exposure import check_exposures
from atrisk.run.reconcile_monitoring import check_monitoring
from atrisk.run.sparse import SPARSE
from atrisk.run.time_dependent import EXPOSURE, LANDMARK, SIMON_MAKUCH
from atrisk.run.tipping_points import TIPPING

# Sums of expected events are sums of fractions, computed in two orders.
_ROUNDING = 1e-9
# Rows that say a number of patients themselves, or are about no patient.
_WITHOUT_N = {
    "n",
    "missing",
    "n_limit",
    "n_in_no_band",
    "n_event",
    "n_competing",
    "n_censored",
    "n_excluded",
    "n_entered_late",
    "n_after_censoring",
    "n_without_censoring_date",
    "n_one_index",
    "person_time",
    "potential_person_time",
}
# One model of all groups, whatever contrast a row of it is about.
_MODELS = {
    TIPPING,
    "cox",
    "fine_gray",
    "interval_hazard",
    "dating",
    PIECEWISE,
    SPARSE,
    PROPORTIONAL_ODDS,
    REGRESSION,
    COVARIATE,
}
# Held against the outcome's account by `check_exposures`.
_EXPOSED = (EXPOSURE, LANDMARK)
# Rows that are held to the patients elsewhere, or are about none.
_ELSEWHERE = (
    "flow",
    "published",
    "simulation",
    "corrections",
    MARGIN,
    NOT_COMPARED,
    MISSINGNESS,
    IMPUTATION,
    MONITORING,
    *_EXPOSED,
)
_AT_LANDMARK = ("n_at_risk", "n_event_before", "n_censored_before", "n_not_entered")


def reconcile(n: int, frames: Mapping[str, Frame], rows: Sequence[Row], curves: Sequence[Curve]) -> None:
    """Check that N of the flow = N of every table, model and curve + the exclusions stated beside it.

    ``n`` patients are in the cohort, which the flow must end with; those in no group of a comparison must have been
    counted by reason, in rows of their own. Every variable and outcome accounts, group by group and stratum by stratum,
    for all patients compared: recorded + missing, or followed + excluded, and those followed for events of every cause
    + censored. Every other row (survival, incidence, test, model, limit) must be about the patients recorded in the
    groups it names, no more and no fewer, and have their events. Raises ReconciliationError.
    """
    _check_flow(n, [row for row in rows if row.analysis == "flow"])
    ledger = _Ledger(frames=frames, accounts=accounts_of(rows))
    for frame in frames.values():
        compared, without = int(frame.inside.sum()), sum(frame.not_compared.values())
        words = f"comparison '{frame.name}' has {compared} patients in its groups and {without} with a reason outside"
        _require(frame.group.size == n == compared + without, f"{words}, of {n}")
        said = sum(row.value or 0.0 for row in rows if (row.analysis, row.comparison) == (NOT_COMPARED, frame.name))
        _require(said == without, f"comparison '{frame.name}' says that {said:g} are not compared, not {without}")
    ledger.check_accounts()
    check_missing(rows, frames)
    for row in rows:
        # What stands against a margin is a row checked here, named again, perhaps turned round.
        if row.analysis not in _ELSEWHERE:
            ledger.check_row(row)
    ledger.check_eras(rows)
    ledger.check_landmarks(rows)
    ledger.check_expected(rows)
    check_exposures(ledger.accounts, rows, curves)
    check_monitoring(int(frames[MAIN].inside.sum()), rows, curves)
    for curve in curves:
        if curve.kind not in (SIMON_MAKUCH, *MONITORING_CURVES):
            ledger.check_curve(curve)
    _check_published(rows)
    _check_margins(rows)
    _check_fifths(rows)


def _require(holds: bool, words: str) -> None:
    if not holds:
        raise ReconciliationError(words)


def _require_of(row: Row, holds: bool, words: str) -> None:
    """As `_require`, of a row: thousands are checked, so that a row is put into words only where the check fails."""
    if not holds:
        raise ReconciliationError(f"{_words(row)} {words}")


def _check_flow(n: int, rows: Iterable[Row]) -> None:
    """Every step begins with what the step before left, and the last one leaves the patients of the cohort."""
    steps: dict[str, dict[str, float]] = {}
    rules: dict[str, str] = {}
    for row in rows:
        steps.setdefault(row.term, {})[row.statistic] = row.value or 0.0
        rules[row.term] = row.note
    for term, step in steps.items():
        left = step["excluded"] + (step["unknown"] if rules[term] == LEAVE_UNKNOWN else 0.0)
        _require(not step["unknown"] or bool(rules[term]), f"step {term} of the flow has unknowns and no rule for them")
        _require(
            step["entered"] - left == step["remaining"],
            f"step {term} of the flow begins with {step['entered']:g}, loses {left:g} and leaves {step['remaining']:g}",
        )
    for (_, before), (term, step) in pairwise(steps.items()):
        for entered, remaining in (("entered", "remaining"), ("patients_entered", "patients_remaining")):
            _require(
                step[entered] == before[remaining],
                f"step {term} of the flow begins with {step[entered]:g}, the step before left {before[remaining]:g}",
            )
    for last in list(steps.values())[-1:]:
        for remaining in ("remaining", "patients_remaining"):
            _require(last[remaining] == n, f"the flow ends with {last[remaining]:g}, the cohort has {n}")


def _check_published(rows: Sequence[Row]) -> None:
    """A computed figure is the row it names."""
    values = {row.row_id: row.value for row in rows}
    for row in rows:
        if row.analysis == "published" and row.statistic == "computed":
            _require(row.value == values.get(row.text_value), f"published figure {row.term} is not the row it names")


def _check_margins(rows: Sequence[Row]) -> None:
    """What is held against a margin is of the patients and events of an effect of the main analysis."""
    known = {
        (row.comparison, row.outcome, row.statistic, row.time, row.n, row.n_event)
        for row in rows
        if row.analysis != MARGIN
    }
    for row in rows:
        if row.analysis == MARGIN:
            place = (row.comparison, row.outcome, row.of or row.statistic, row.time, row.n, row.n_event)
            _require(place in known, f"margin {row.term} is of {row.n} patients, and no effect of this outcome is")


def _check_fifths(rows: Sequence[Row]) -> None:
    """The groups in which a model's predictions are judged are all of its patients."""
    sizes = [row for row in rows if row.statistic == "group_size"]
    total = sum(row.value or 0.0 for row in sizes)
    _require(all(row.n == total for row in sizes), f"predictions are judged in {total:g} patients, not in the model's")


@dataclass(frozen=True, slots=True, eq=False)
class _Ledger:
    """The groups of every comparison, and what is accounted for of every variable and outcome."""

    frames: Mapping[str, Frame]
    accounts: Mapping[Place, Account]

    def check_accounts(self) -> None:
        for place, account in self.accounts.items():
            if place.divided_by:
                self._check_divided(place, account)
            sizes = dict(self.frames[place.comparison].of_stratum(place.stratum).sizes())
            for group, size in sizes.items() if not place.divided_by else ():
                found = account.recorded.get(group, math.nan) + account.missing.get(group, math.nan)
                who = f"in group '{group}'" if group else "compared"
                _require(found == size, f"{place} accounts for {found:g} of {size} patients {who}")
            for words, by_group in account.tables():
                parts = sum(count for group, count in by_group.items() if group)
                total = by_group.get("", math.nan if by_group else 0.0)
                _require(parts == total, f"{place}: {parts:g} {words} in the groups, {total:g} altogether")
            for group in account.censored:
                ended, n = account.ended(group), account.recorded.get(group, math.nan)
                _require(ended == n, f"{place}, group '{group}': {ended:g} had an event or were censored, of {n:g}")
            self._check_levels(place, account)
            self._check_strata(place, account)

    def _check_levels(self, place: Place, account: Account) -> None:
        """All levels together are all recorded; of yes and no only yes is shown."""
        if {level for _, level in account.by_level} == {"true"}:
            return
        for group in {group for group, _ in account.by_level}:
            counted = sum(count for (of, _), count in account.by_level.items() if of == group)
            n = account.recorded.get(group, math.nan) - account.in_no_band.get(group, 0.0)
            _require(counted == n, f"{place}, group '{group}': {counted:g} at the levels, of {n:g}")

    def _check_strata(self, place: Place, account: Account) -> None:
        """Where an outcome is described by stratum, the strata together are all that are compared."""
        within = [
            other
            for at, other in self.accounts.items()
            if at.stratum and not place.stratum and replace(at, stratum="") == place
        ]
        for group, n in account.recorded.items() if within else ():
            found = sum(other.recorded.get(group, 0.0) for other in within)
            _require(found == n, f"{place}, group '{group}': {found:g} recorded in the strata, {n:g} altogether")

    def _check_divided(self, place: Place, account: Account) -> None:
        """The parts of a variable are all of whom it is known, these and the others all recorded; without one part of
        the patients are those of whom it is known without it.
        """
        whole = self.accounts.get(place.undivided, Account())
        known = self.accounts.get(replace(place, part=""), Account())
        of = known if place.part else whole
        for group, n in of.recorded.items() if account.missing else ():
            found = account.recorded.get(group, math.nan) + account.missing.get(group, math.nan)
            _require(found == n, f"{place}, group '{group}': {found:g} recorded or left out, of {n:g}")
        if place.part:
            return
        # Only what was recorded of a part says nothing of those left out: the parts are all of the patients.
        parts = [
            other
            for at, other in self.accounts.items()
            if at.part and replace(at, part="") == place and not other.missing
        ]
        for group, n in account.recorded.items() if parts else ():
            found = sum(other.recorded.get(group, math.nan) for other in parts)
            _require(found == n, f"{place}, group '{group}': {found:g} in the parts, {n:g} altogether")
        for key, total in account.events.items() if parts else ():
            found = sum(other.events.get(key, math.nan) for other in parts)
            _require(found == total, f"{place}: {found:g} events in the parts, {total:g} altogether")

    def _account(self, row: Row) -> Account:
        account = self.accounts.get(Place.of(row))
        _require_of(row, account is not None, "rests on no account of its patients")
        assert account is not None  # noqa: S101 - said above; for the type checker
        return account

    def check_row(self, row: Row) -> None:
        """A row is about the patients recorded in the groups it names, and their events."""
        if row.analysis == SCANS and row.subgroup:
            return  # held against each other by `check_eras`
        account, groups = self._account(row), self._groups(row)
        recorded = sum(account.recorded.get(group, math.nan) for group in groups)
        if row.level or row.method == "levels":
            recorded -= sum(account.in_no_band.get(group, 0.0) for group in groups)
        known = row.n is not None or row.denominator is not None or row.statistic in _WITHOUT_N
        _require_of(row, known, "does not say of how many patients")
        if row.analysis == "mortality":
            # Of all patients: those of whom it is not known count for as long as they were followed, or as a bound.
            recorded += sum(account.missing.get(group, math.nan) for group in groups)
        if row.n is not None:
            _require_of(row, row.n == recorded, f"is of {row.n} patients, not of {recorded:g}")
        if row.n_event is not None:
            events = sum(account.events.get((group, row.cause or EVENT), math.nan) for group in groups)
            _require_of(row, row.n_event == events, f"has {row.n_event} events, not {events:g}")
        if row.statistic == "observed":
            events = account.events.get((row.group, row.cause or EVENT), math.nan)
            _require_of(row, row.value == events, f"is {row.value}, not {events:g}")
        if row.denominator is not None:
            self._check_fraction(row, account, recorded)

    def _check_fraction(self, row: Row, account: Account, recorded: float) -> None:
        _require_of(row, row.denominator == recorded, f"is of {row.denominator}, not {recorded:g}")
        if row.analysis == "mortality":
            count = account.events.get((row.group, EVENT), math.nan)
            count += account.missing.get(row.group, math.nan) if row.statistic == "highest" else 0.0
            _require_of(row, row.numerator == count, f"has the numerator {row.numerator}, not {count:g}")
            return
        key = (row.group, row.level) if row.level else (row.group, EVENT)
        count = (account.by_level if row.level else account.events).get(key, math.nan)
        _require_of(row, row.numerator == count, f"has the numerator {row.numerator}, not {count:g}")
        if row.statistic == "proportion" and row.value is not None and row.denominator:
            _require_of(row, row.value == count / row.denominator, f"is not {count:g} of {row.denominator:g}")

    def _groups(self, row: Row) -> tuple[str, ...]:
        """The groups a row is about: a model, whatever its contrast, is of all of them."""
        frame = self.frames[row.comparison]
        model = row.analysis in _MODELS or (row.analysis in DIVIDED and "hazard_ratio" in (row.statistic, row.of))
        # What everybody would have had in one group is of everybody.
        if (model and not row.group) or row.analysis == STANDARDISED or row.contrast == frame.all_groups:
            return frame.groups
        if not row.contrast:
            return (row.group,)
        for pair in frame.pairs:
            if frame.contrast(pair) == row.contrast:
                return (frame.groups[pair[0]], frame.groups[pair[1]])
        raise ReconciliationError(f"{_words(row)} compares groups that are not there")

    def check_landmarks(self, rows: Iterable[Row]) -> None:
        """At a landmark: at risk + not yet entered + events before it, of every cause, + censored before it = all."""
        at: dict[tuple[Place, str, float], dict[str, list[float]]] = {}
        for row in rows:
            if row.statistic in _AT_LANDMARK and row.time is not None:
                found = at.setdefault((Place.of(row), row.group, row.time), {})
                found.setdefault(row.statistic, []).append(row.value if row.value is not None else math.nan)
        for (place, group, time), found in at.items():
            n, gone = self.accounts[place].recorded.get(group, math.nan), sum(found["n_event_before"])
            waiting = found.get("n_not_entered", [0.0] * len(found["n_at_risk"]))
            for at_risk, censored, later in zip(found["n_at_risk"], found["n_censored_before"], waiting, strict=True):
                words = f"{place}, group '{group}', day {time:g}: {at_risk:g} at risk, {gone:g} events and "
                words += f"{censored:g} censored before, {later:g} not yet entered, of {n:g}"
                _require(at_risk + gone + censored + later == n, words)

    def check_eras(self, rows: Iterable[Row]) -> None:
        """The eras together have the patients, and the patients with a long gap, of all; each its own denominators."""
        by_place: dict[Place, dict[str, dict[str, Row]]] = {}
        for row in rows:
            if row.analysis == SCANS and row.subgroup:
                by_place.setdefault(Place.of(row), {}).setdefault(row.level, {})[row.statistic] = row
        for place, eras in by_place.items():
            account = self.accounts.get(place, Account())
            for statistic, total in (
                ("n", account.recorded.get("")),
                ("missing", account.missing.get("")),
                ("count", account.events.get(("", EVENT))),
            ):
                found = sum(of[statistic].value or 0.0 for of in eras.values() if statistic in of)
                _require(found == total, f"{place}: {found:g} {statistic} in the eras, {total} altogether")
            for of in eras.values():
                n, count = of["n"].value, of["count"].value
                for statistic in ("count", "proportion"):
                    held = (of[statistic].numerator, of[statistic].denominator) == (count, n)
                    _require_of(of[statistic], held, f"is not {count} of {n}")
                share, whole = of["proportion"].value, n or math.nan
                known = share is None or share == (count or 0.0) / whole
                _require_of(of["proportion"], known, f"is not {count} of {n}")
                _require_of(of["median"], of["median"].n == n, f"is of {of['median'].n} patients, not {n}")

    def check_expected(self, rows: Iterable[Row]) -> None:
        """A log-rank test expects as many events, over all groups, as there were."""
        sums: dict[Place, list[float]] = {}
        for row in rows:
            if row.analysis == "log_rank" and row.statistic in ("observed", "expected"):
                difference = (row.value or 0.0) if row.statistic == "observed" else -(row.value or 0.0)
                sums.setdefault(Place.of(row), []).append(difference)
        for place, differences in sums.items():
            scale = max(1.0, math.fsum(abs(each) for each in differences))
            total = math.fsum(differences)
            _require(abs(total) <= _ROUNDING * scale, f"{place}: {total:g} more events observed than expected")

    def check_curve(self, curve: Curve) -> None:
        """A curve is of the patients recorded, and ends with all their events and censorings."""
        place = Place(curve.comparison, curve.stratum, "outcome", curve.outcome)
        account = self.accounts.get(place, Account())
        n, events = account.recorded.get(curve.group), account.events.get((curve.group, curve.cause or EVENT))
        words = f"{place}, curve of group '{curve.group}'"
        _require(curve.n == n, f"{words} is of {curve.n} patients, not {n}")
        _require(curve.n_event.sum() == events, f"{words} has {curve.n_event.sum():g} events, not {events}")
        censored = account.censored.get(curve.group)
        _require(curve.n_censored.sum() == censored, f"{words} has {curve.n_censored.sum():g} censored, not {censored}")


def _words(row: Row) -> str:
    """A row in words, without its value and its level, which may be a patient's."""
    parts: Iterator[tuple[str, object]] = (
        (name, getattr(row, name)) for name in ("cause", "group", "contrast", "term", "time", "method")
    )
    named = ", ".join(f"{name} '{value}'" for name, value in parts if value not in ("", None))
    return f"{row.analysis} {row.statistic} of {Place.of(row)}" + (f" ({named})" if named else "")
