"""In which form the number of a statistic is printed: as a percentage, in points, as a ratio, a time, a p value."""

from __future__ import annotations

from collections.abc import Callable

from atrisk.report.tables.table_words import time_unit
from atrisk.report.view import View
from atrisk.result.row import Row

_PROPORTIONS = {"survival", "cumulative_incidence", "proportion", "risk", "power", "naive_incidence"} | {
    "survival_lowest",
    "survival_highest",
    "equipoise",
    "outside_support",
}
_DIFFERENCES = {"survival_difference", "incidence_difference", "risk_difference", "naive_excess"}
_TIMES = {"median", "restricted_mean", "restricted_mean_difference", "median_lowest", "median_highest"}
# Lengths of stay are told in days, whatever other times are told in.
STAY = "stay"
_COUNTS = {"n", "n_event", "count", "events_needed"}
# Numbers that may be negative or 0, with the decimals they are printed with.
_DECIMALS = {"smd": 3, "largest_smd": 3, "effective_n": 1}


def form_of(view: View, row: Row) -> Callable[[float], str]:
    """How the value of a row, and of its limits, is printed: times in the unit of their outcome, ratios with two
    decimals, differences of proportions in percentage points.
    """
    statistic = row.of or row.statistic
    if row.analysis == STAY and row.unit == "days":
        return lambda days: view.words.number(days, 0 if statistic == "median" else 1)
    if statistic in _PROPORTIONS:
        return view.words.percent
    if statistic in _DIFFERENCES:
        return view.words.points
    if statistic in _TIMES and row.unit == "days":
        unit = time_unit(view, row.outcome)
        return lambda days: view.words.duration(days, unit)
    if statistic in _COUNTS:
        return view.words.count
    if statistic in _DECIMALS:
        return lambda value: view.words.number(value, _DECIMALS[statistic])
    return view.words.ratio


def unit_words(view: View, row: Row) -> str:
    """The unit to be named where a row's number stands without one; empty for ratios and percentages."""
    statistic = row.of or row.statistic
    if statistic in _DIFFERENCES:
        return view.say("percentage points")
    if row.analysis == STAY and row.unit == "days":
        return view.words.unit_of_time("days")
    if statistic in _TIMES and row.unit == "days":
        return view.words.unit_of_time(time_unit(view, row.outcome))
    return ""
