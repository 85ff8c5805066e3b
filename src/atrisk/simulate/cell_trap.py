"""Defects of one cell: which cells a trap fits, and what it writes there.

Every trap is one of those that clinical tables are known for. A trap's cell is chosen so that the defect is one: a
size in cm is planted only where it leaves a decimal fraction among whole millimetres, a late scan only where there is
a death.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Record = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table with the rows it belongs to; ``operation`` and ``patient`` may be the row itself."""

    own: Record
    operation: Record
    patient: Record
    data_cut: dt.date

    def days(self, text: str, days: int) -> str:
        """A date so many days later."""
        return (dt.date.fromisoformat(text) + dt.timedelta(days=days)).isoformat()


def _always(row: Row) -> bool:
    del row
    return True


@dataclass(frozen=True, slots=True)
class CellTrap:
    """``write`` gives the text of the cell ``column``; ``seen`` says whether the data alone show the defect."""

    table: str
    column: str
    write: Callable[[Row], str]
    fits: Callable[[Row], bool] = _always
    seen: bool = True


def _filled(column: str) -> Callable[[Row], bool]:
    return lambda row: row.own[column] != ""


def _day_may_be_month(row: Row) -> bool:
    born = row.own["birth_date"]
    return int(born[8:]) <= 12 and born[8:] != born[5:7]


def _in_centimetres(row: Row) -> str:
    return f"{int(row.own['lm_size_max']) / 10:g}"


def _leaves_a_fraction(row: Row) -> bool:
    size = int(row.own["lm_size_max"])
    return 20 < size < 80 and size % 10 != 0


def _grade_apart(row: Row) -> bool:
    return row.own["ki67"].replace(".", "").isdigit() and float(row.own["ki67"]) > 21 and row.own["mitoses_2mm2"] == ""


def _is_group(*groups: str) -> Callable[[Row], bool]:
    return lambda row: row.patient["primary_site"] in groups


def _dead(row: Row) -> bool:
    return row.patient["death_date"] != ""


CELL_TRAPS: Mapping[str, CellTrap] = {
    # Dates in the wrong order, one of each kind.
    "diagnosis_after_operation": CellTrap(
        "patient", "date_dx_lm", lambda row: row.days(row.operation["op_date"], 30), _filled("date_dx_lm")
    ),
    "death_before_operation": CellTrap(
        "patient", "death_date", lambda row: row.days(row.operation["op_date"], -20), _dead
    ),
    "discharge_before_operation": CellTrap(
        "operation", "discharge_date", lambda row: row.days(row.own["op_date"], -3), _filled("discharge_date")
    ),
    "complication_before_operation": CellTrap(
        "complication", "cd_date", lambda row: row.days(row.operation["op_date"], -2), _filled("cd_date")
    ),
    "scan_after_death": CellTrap(
        "imaging", "scan_date", lambda row: row.days(row.patient["death_date"], 40),
        lambda row: _dead(row) and row.patient["death_date"] < "2021-01-01",
    ),
    "death_before_last_contact": CellTrap(
        "patient", "last_contact_date", lambda row: row.days(row.own["death_date"], 60),
        lambda row: _dead(row) and row.own["death_date"] < "2021-01-01",
    ),
    "after_data_cut": CellTrap("imaging", "scan_date", lambda row: row.days(row.data_cut.isoformat(), 200)),
    # Dates that are none, or not what they seem.
    "impossible_day": CellTrap("operation", "discharge_date", lambda row: f"{row.own['op_date'][:4]}-02-30"),
    "century_early": CellTrap("patient", "birth_date", lambda row: str(int(row.own["birth_date"][:4]) - 100)
                              + row.own["birth_date"][4:]),
    "century_late": CellTrap("patient", "birth_date", lambda row: str(int(row.own["birth_date"][:4]) + 100)
                             + row.own["birth_date"][4:]),
    "missing_code_date": CellTrap("patient", "birth_date", lambda _row: "1900-01-01"),
    "day_and_month_exchanged": CellTrap(
        "patient", "birth_date",
        lambda row: "-".join((row.own["birth_date"][:4], row.own["birth_date"][8:], row.own["birth_date"][5:7])),
        _day_may_be_month, seen=False,
    ),
    "partial_date": CellTrap(
        "patient", "date_dx_lm", lambda row: row.own["date_dx_lm"][:7], lambda row: len(row.own["date_dx_lm"]) == 10
    ),
    "date_not_entered": CellTrap("imaging", "scan_date", lambda _row: ""),
    "status_not_entered": CellTrap("imaging", "hepatic_status", lambda _row: ""),
    # Numbers in another unit, codes for "not recorded", and cells that are no numbers.
    "size_in_centimetres": CellTrap("operation", "lm_size_max", _in_centimetres, _leaves_a_fraction),
    "blood_loss_in_litres": CellTrap(
        "operation", "ebl", lambda row: f"{int(row.own['ebl']) / 1000:g}", lambda row: 200 <= int(row.own["ebl"]) < 1000
    ),
    "per_cent_as_fraction": CellTrap(
        "operation", "cytoreduction_pct", lambda row: f"{int(row.own['cytoreduction_pct']) / 100:g}",
        lambda row: 50 < int(row.own["cytoreduction_pct"] or 0) < 100,
    ),
    "missing_code_number": CellTrap("patient", "mitoses_2mm2", lambda _row: "999"),
    "negative_number": CellTrap("operation", "op_time", lambda row: f"-{row.own['op_time']}"),
    "span_for_number": CellTrap("patient", "ki67", lambda _row: "3-5%"),
    "word_for_number": CellTrap("operation", "bmi", lambda _row: "n/a"),
    "decimal_comma": CellTrap("operation", "bmi", lambda _row: "27,5"),
    "missing_word": CellTrap("patient", "death_cause", lambda _row: "unk", _filled("death_cause")),
    # Codes.
    "unknown_code": CellTrap("patient", "sex", lambda _row: "X"),
    "other_case": CellTrap("patient", "center", lambda row: row.own["center"].lower()),
    "unknown_grade": CellTrap("complication", "cd_grade", lambda _row: "III"),
    # Contradictions.
    "unknown_primary_resected": CellTrap("patient", "primary_resected", lambda _row: "before", _is_group("UP")),
    "unknown_primary_simultaneous": CellTrap(
        "operation", "simultaneous_primary", lambda _row: "bowel", _is_group("UP")
    ),
    "resection_without_code": CellTrap(
        "operation", "resections", lambda _row: "", lambda row: row.own["resected"] == "true"
    ),
    "grade_discordant": CellTrap("patient", "grade_reported", lambda _row: "G1", _grade_apart),
    # What no look at the data can tell.
    "primary_found_later": CellTrap(
        "patient", "primary_found_date", lambda row: row.days(row.operation["op_date"], 200),
        lambda row: _is_group("UP")(row) and row.own["primary_found_date"] == "",
    ),
    "another_plausible_number": CellTrap(
        "operation", "op_time", lambda row: str(int(row.own["op_time"]) + 37), seen=False
    ),
    "ninety_days_not_searched": CellTrap(
        "operation", "followup_90_complete", lambda _row: "false",
        lambda row: row.own["followup_90_complete"] == "true", seen=False,
    ),
}  # fmt: skip
