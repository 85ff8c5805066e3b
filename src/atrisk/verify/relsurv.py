"""Answers the cases of relative survival under the rules of R's relsurv 2.2-9."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

import numpy as np

from atrisk.errors import DataError
from atrisk.estimate.relative_survival.net_survival import NetSurvivalOptions, net_survival, net_survival_at
from atrisk.estimate.relative_survival.rate_table import Demographics, RateTable, day_of
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows
from atrisk.verify.adapter import Adapter
from atrisk.verify.question import Level, Question

# relsurv counts the birthday of a table of the United States from 1960-01-01, and dates from 1970-01-01.
_ORIGIN_OF_BIRTHDAYS: Final = -3653.0


def curves(question: Question) -> Mapping[str, object]:
    """relsurv: net survival at chosen times, the last value carried on."""
    options = question.options
    used = question.complete(
        [str(options[name]) for name in ("time_days", "event", "age_days", "sex", "diagnosis_date")]
    )
    table = _rate_table(question)
    names = used.names("group")
    group, levels = used.codes(names)
    rows = FollowUpRows.of(used.numbers(str(options["time_days"])), used.happened().astype(np.int64), group=group)
    # `running`: the sums that relsurv does not set back between the cells of one interval.
    chosen = NetSurvivalOptions(
        method=options["method"],
        integration="running",
        conf_type=options.get("conf_type", "log"),
        conf_level=float(options.get("conf_level", 0.95)),
    )
    answer = []
    for level, curve in zip(levels, net_survival(rows, _people(used, table), table, options=chosen), strict=True):
        marks = net_survival_at(curve, options["times_days"], extend=True)
        answer.append(
            ({"label": _label(used, names, level)} if names else {})
            | {
                "time_days": marks.time,
                "n_risk": marks.n_at_risk,
                "net_surv": marks.estimate,
                "std_err": marks.std_err,
                "lower": marks.lower,
                "upper": marks.upper,
            }
        )
    return {"curves": answer}


def _label(question: Question, names: tuple[str, ...], level: Level) -> str:
    """The group as relsurv names it, by its indicator columns: a text column sex becomes `sexmale=0`, `sexmale=1`."""
    parts = []
    for name, mine in zip(names, level, strict=True):
        if name in question.numeric:
            parts.append(f"{name}={mine}")
        else:
            others = sorted(set(question.text(name)))[1:]
            parts += [f"{name}{other}={int(other == mine)}" for other in others]
    return ", ".join(parts)


def _rate_table(question: Question) -> RateTable:
    columns = question.rate_table
    if not {"age", "sex", "year", "daily_hazard"} <= set(columns):
        raise DataError(f"case {question.id}: the rate table needs the columns age, sex, year and daily_hazard.")
    age, year, hazard = ([float(cell) for cell in columns[name]] for name in ("age", "year", "daily_hazard"))
    return RateTable.of(age, columns["sex"], year, hazard)


def _people(question: Question, table: RateTable) -> Demographics:
    options = question.options
    sexes = question.text(str(options["sex"]))
    if not set(sexes) <= set(table.strata):
        raise DataError(f"case {question.id}: a sex of the patients is not in the rate table.")
    days = [day_of(date.fromisoformat(cell)) for cell in question.text(str(options["diagnosis_date"]))]
    people = Demographics.of(
        question.numbers(str(options["age_days"])), days, [table.strata.index(sex) for sex in sexes]
    )
    # R marks the tables in which the year changes on the birthday; the format knows them by their country.
    if str(options["rate_table"]).endswith("_us"):
        return people.aligned_to_birthdays(origin=_ORIGIN_OF_BIRTHDAYS)
    return people


ADAPTERS: Final[Mapping[str, Adapter]] = {"relsurv": curves}
OPTIONS: Final[Mapping[str, frozenset[str]]] = {
    "relsurv": frozenset(
        {"time_days", "event", "event_value", "age_days", "sex", "diagnosis_date", "rate_table", "method", "group"}
        | {"times_days", "conf_type", "conf_level"}
    )
}
