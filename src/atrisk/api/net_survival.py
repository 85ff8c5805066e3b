"""Net (relative) survival against a rate table, over data frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as calendar_date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atrisk.api.answer import Answer, level_words, stacked
from atrisk.api.complete_rows import CompleteRows, Names, complete_rows
from atrisk.api.follow_up_columns import FollowUpColumns, read_follow_up
from atrisk.api.level import Levels
from atrisk.estimate.relative_survival.net_survival import NetLandmarks, NetSurvivalCurve, NetSurvivalOptions
from atrisk.estimate.relative_survival.net_survival import net_survival as _net_survival
from atrisk.estimate.relative_survival.net_survival import net_survival_at as _net_survival_at
from atrisk.estimate.relative_survival.rate_table import Demographics, RateTable
from atrisk.estimate.survival_curve.follow_up_rows import FollowUpRows

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class NetSurvivalCurves(Answer[tuple[NetSurvivalCurve, ...]]):
    """The net survival of each group in `groups`."""

    groups: tuple[str, ...] = ()


def net_survival(
    data: Any,
    *,
    time: str,
    event: str,
    age: str,
    sex: str,
    date: str,
    rate_table: Any,
    event_value: Levels | None = None,
    censored_value: Levels | None = None,
    group: Names | None = None,
    years_from_birthdays: bool = False,
    options: NetSurvivalOptions | None = None,
) -> NetSurvivalCurves:
    """The net survival of each group: survival if the disease were the only cause of death.

    Definition, source and edges: `net_survival` of the estimators. `time` and `age` (at the start of follow-up) in
    days; `date` of that start, as dates or texts such as 2021-06-30; `sex`, or any other stratum of the table.
    `rate_table`: a RateTable, or a data frame with the columns age (years), sex, year and daily_hazard.
    `years_from_birthdays`: the table's years change on birthdays, as those of the United States in R.
    Raises EstimationError as `kaplan_meier` does, and for a sex that the table does not have.
    """
    columns = FollowUpColumns(
        time=time,
        event=event,
        event_value=event_value,
        censored_value=censored_value,
        group=group,
        others={"age": age, "sex": sex, "date": date},
    )
    given = read_follow_up(data, columns)
    table = rate_table if isinstance(rate_table, RateTable) else _rate_table(rate_table)
    people = _people(given.complete, table, age, sex, date)
    chosen = options or NetSurvivalOptions()
    rows = FollowUpRows.of(given.time, given.cause, group=given.group)
    curves = _net_survival(
        rows, people.aligned_to_birthdays() if years_from_birthdays else people, table, options=chosen
    )
    parts = []
    for label, curve in zip(given.groups, curves, strict=True):
        parts.append(
            {
                "group": [label] * curve.time.size,
                "time": curve.time,
                "n_at_risk": curve.n_at_risk,
                "n_event": curve.n_event,
                "net_survival": curve.survival,
                "std_error": curve.std_err,
                "conf_low": curve.lower,
                "conf_high": curve.upper,
            }
        )
    summary = {
        "group": list(given.groups),
        "n": [curve.n for curve in curves],
        "n_event": [float(curve.n_event.sum()) for curve in curves],
        "net_survival_then": [float(curve.survival[-1]) for curve in curves],
    }
    said = (
        chosen.method,
        f"{chosen.conf_type} limits, {level_words(chosen.conf_level)}, not cut at 1",
        "the table's years change on birthdays" if years_from_birthdays else "the table's years change on 1 January",
        *given.conventions,
    )
    title = f"Net survival of '{time}'"
    return NetSurvivalCurves(title, curves, stacked(parts), said, given.rows, given.notes, summary, given.groups)


def net_survival_at(
    curves: NetSurvivalCurves, times: Sequence[float], *, extend: bool = False
) -> Answer[tuple[NetLandmarks, ...]]:
    """Net survival at chosen times in days; NaN beyond the last follow-up unless `extend`.

    Definition and edges: `net_survival_at` of the estimators.
    """
    marks = tuple(_net_survival_at(curve, times, extend=extend) for curve in curves.result)
    parts = []
    for label, mark in zip(curves.groups, marks, strict=True):
        parts.append(
            {
                "group": [label] * mark.time.size,
                "time": mark.time,
                "net_survival": mark.estimate,
                "std_error": mark.std_err,
                "conf_low": mark.lower,
                "conf_high": mark.upper,
                "n_at_risk": mark.n_at_risk,
            }
        )
    title = f"{curves.title} at chosen times"
    return Answer(title, marks, stacked(parts), curves.conventions, curves.rows, curves.notes)


def _rate_table(data: Any) -> RateTable:
    rows = complete_rows(data, {"rate_table": ("age", "sex", "year", "daily_hazard")})
    code, levels = rows.codes("sex")
    age, year, hazard = (rows.numbers(name, "a rate table's columns") for name in ("age", "year", "daily_hazard"))
    return RateTable.of(age, [levels[i] for i in code], year, hazard)


def _people(rows: CompleteRows, table: RateTable, age: str, sex: str, date: str) -> Demographics:
    days_of_life = rows.numbers(age, "ages in days")
    rows.refuse_where(days_of_life < 0, age, "an age must not be negative.")
    code, levels = rows.codes(sex)
    known = np.array([level in table.strata for level in levels])
    rows.refuse_where(~known[code], sex, f"the rate table knows only {', '.join(table.strata)}.")
    place = np.array([table.strata.index(level) for level in levels])
    return Demographics.of(days_of_life, _days(rows, date), place[code])


def _days(rows: CompleteRows, name: str) -> Floats:
    """Days since 1970-01-01 of a column of dates, or of texts that are dates."""
    column = rows.columns[name]
    if column.kind not in ("date", "text"):
        column.refuse(int(rows.at[0]), "the start of follow-up must be dates, or texts such as 2021-06-30.")
    if column.values.dtype.kind == "M":
        return np.asarray(column.values[rows.at].astype("datetime64[D]"), dtype=np.float64)
    days = []
    for row in rows.at.tolist():
        cell = column.values[row]
        try:
            days.append(calendar_date.fromisoformat(cell) if isinstance(cell, str) else cell)
        except ValueError:
            column.refuse(row, "a text that is no date such as 2021-06-30.")
    return np.array(days, dtype="datetime64[D]").astype(np.float64)
