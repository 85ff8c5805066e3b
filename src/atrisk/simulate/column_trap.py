"""Defects of a whole column or table: patterns that no single row shows."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from atrisk.simulate.cell_trap import Row

_MONTH = 365.25 / 12
_GRADES = ("I", "II", "IIIa", "IIIb", "IVa", "IVb", "V")
# The centre of which few patients come, so that what it does otherwise stands out.
_OTHER_CENTRE = "WN"


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """The rows of every table, which a trap changes, and each eligible patient's index operation."""

    rows: dict[str, list[dict[str, str]]]
    index: Mapping[str, Mapping[str, str]]
    data_cut: dt.date


@dataclass(frozen=True, slots=True)
class ColumnTrap:
    """``change`` plants the pattern into ``column`` of ``table`` (the column is empty for the table as such)."""

    table: str
    column: str
    change: Callable[[Tables], None]


def _throughout(table: str, column: str, write: Callable[[Row], str]) -> ColumnTrap:
    """A trap that writes a column anew, in every row of a patient who had an operation of the study."""

    def change(tables: Tables) -> None:
        patients = {row["patient_id"]: row for row in tables.rows["patient"]}
        for own in tables.rows[table]:
            name = own["patient_id"]
            if own[column] and name in tables.index:
                own[column] = write(Row(own, tables.index[name], patients[name], tables.data_cut))

    return ColumnTrap(table, column, change)


def _at_other_centre(column: str, text: str) -> Callable[[Row], str]:
    return lambda row: text if row.patient["center"] == _OTHER_CENTRE else row.own[column]


def _exchanged(row: Row) -> str:
    """Day and month exchanged, and dates lost of which that makes none."""
    year, month, day = row.own["birth_date"].split("-")
    return f"{year}-{day}-{month}" if int(day) <= 12 else ""


def _after_whole_months(row: Row) -> str:
    """A death known by the months survived, as far as it then still lies before the data cut."""
    operated, died = row.operation["op_date"], row.own["death_date"]
    days = (dt.date.fromisoformat(died) - dt.date.fromisoformat(operated)).days
    later = row.days(operated, round(math.ceil(days / _MONTH) * _MONTH))
    return later if later <= row.data_cut.isoformat() else died


def _in_centimetres(row: Row) -> str:
    size = row.own["lm_size_max"]
    return f"{int(size) / 10:g}" if row.patient["center"] == _OTHER_CENTRE else size


def _by_an_old_edition(row: Row) -> str:
    """Up to 2010 grades of an earlier habit: G1 up to a Ki-67 of 5 %."""
    ki67 = row.own["ki67"]
    number = ki67.replace(".", "", 1).isdigit()
    early = row.operation["op_date"] < "2011" and row.own["mitoses_2mm2"] == ""
    return "G1" if early and number and 3 <= float(ki67) <= 5 else row.own["grade_reported"]


def _worst_only(tables: Tables) -> None:
    """Of every operation's complications the gravest alone."""
    worst: dict[str, dict[str, str]] = {}
    for row in tables.rows["complication"]:
        kept = worst.setdefault(row["op_id"], row)
        if _GRADES.index(row["cd_grade"]) > _GRADES.index(kept["cd_grade"]):
            worst[row["op_id"]] = row
    tables.rows["complication"][:] = worst.values()


COLUMN_TRAPS: Mapping[str, ColumnTrap] = {
    "days_and_months_exchanged": _throughout("patient", "birth_date", _exchanged),
    "diagnoses_by_month": _throughout("patient", "date_dx_net", lambda row: row.own["date_dx_net"][:7] + "-01"),
    "deaths_by_month": _throughout("patient", "death_date", _after_whole_months),
    "times_rounded": _throughout("operation", "op_time", lambda row: str(round(int(row.own["op_time"]) / 15) * 15)),
    "sizes_of_a_centre_in_centimetres": _throughout("operation", "lm_size_max", _in_centimetres),
    "syndromes_of_a_centre_coded_otherwise": _throughout(
        "patient", "syndrome", _at_other_centre("syndrome", "hormonal")
    ),
    "mitoses_not_counted_at_a_centre": _throughout("patient", "mitoses_2mm2", _at_other_centre("mitoses_2mm2", "")),
    "grades_by_an_old_edition": _throughout("patient", "grade_reported", _by_an_old_edition),
    "worst_complication_only": ColumnTrap("complication", "", _worst_only),
}
