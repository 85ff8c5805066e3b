"""Plants a listed set of defects into the tables of a simulated cohort, and says where each one is.

The tables are made first and held against their targets; defects come last and change nothing else. No patient gets
two of them, so that each can be looked for by itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from atrisk.simulate.cell_trap import CELL_TRAPS, Row
from atrisk.simulate.column_trap import COLUMN_TRAPS, Tables
from atrisk.simulate.spec import ImpossibleSpecError, Spec
from atrisk.simulate.stream import Stream
from atrisk.simulate.table import Table
from atrisk.simulate.written import index_operations, records

DEFECTS_NAME = "defects.csv"
_KEYS = {
    "patient": "patient_id",
    "operation": "op_id",
    "complication": "complication_id",
    "imaging": "scan_id",
    "treatment": "treatment_id",
}
_HUNG_ON = ("operation", "imaging", "treatment")


@dataclass(frozen=True, slots=True)
class Defect:
    """Where a defect stands: its table, the row's key, the column ("" for a whole row); whether the data show it."""

    table: str
    key: str
    column: str
    trap: str
    seen: bool


@dataclass(slots=True, eq=False)
class _Planting:
    """The tables on their way; ``index`` holds each eligible patient's index operation."""

    rows: dict[str, list[dict[str, str]]]
    index: Mapping[str, Mapping[str, str]]
    used: set[str]
    data_cut: dt.date

    def patient_of(self, row: Mapping[str, str]) -> str:
        if "patient_id" in row:
            return row["patient_id"]
        return next(each["patient_id"] for each in self.rows["operation"] if each["op_id"] == row["op_id"])


def plant(spec: Spec, tables: Mapping[str, Table], stream: Stream) -> tuple[dict[str, Table], Table]:
    """The tables with the defects of ``spec.defects`` planted, and the list of them as a table.

    Raises ImpossibleSpecError, at its place in the specification, where fewer patients fit a trap than are asked for.
    """
    rows = {name: records(table) for name, table in tables.items()}
    patients = {row["patient_id"]: row for row in rows["patient"]}
    index = index_operations(spec, tables["operation"], patients)
    planting = _Planting(rows, index, set(), spec.calendar.data_cut.date)
    found: list[Defect] = []
    wanted = spec.defects or {}
    # Patterns first: they write whole columns, in which single defects must then still stand.
    for trap in [name for name in wanted if name in COLUMN_TRAPS]:
        if wanted[trap] != 1:
            raise ImpossibleSpecError(("defects", trap), "is planted into a whole column, once.", "Write 1.")
        pattern = COLUMN_TRAPS[trap]
        pattern.change(Tables(rows, index, planting.data_cut))
        found.append(Defect(pattern.table, "", pattern.column, trap, seen=True))
    for trap, count in wanted.items():
        if trap in COLUMN_TRAPS:
            continue
        planted = list(_some(planting, trap, count, stream))
        if len(planted) < count:
            message = f"only {len(planted)} patients are left whom this defect fits."
            raise ImpossibleSpecError(("defects", trap), message, "Plant fewer.")
        found += planted
    changed = {
        name: Table(name, table.columns, tuple(tuple(row[column] for column in table.columns) for row in rows[name]))
        for name, table in tables.items()
    }
    listed = tuple((each.table, each.key, each.column, each.trap, "yes" if each.seen else "no") for each in found)
    return changed, Table("defects", ("table", "key", "column", "trap", "seen_in_data"), listed)


def _some(planting: _Planting, trap: str, count: int, stream: Stream) -> Iterator[Defect]:
    table = CELL_TRAPS[trap].table if trap in CELL_TRAPS else ROW_TRAPS[trap].table
    candidates = list(planting.rows[table])
    done = 0
    for position in stream.order(len(candidates)):
        if done == count:
            return
        own = candidates[position]
        name = planting.patient_of(own)
        if name in planting.used or name not in planting.index:
            continue
        patient = next(row for row in planting.rows["patient"] if row["patient_id"] == name)
        row = Row(own, planting.index[name], patient, planting.data_cut)
        if table == "operation" and own["op_id"] != row.operation["op_id"]:
            continue
        if trap in CELL_TRAPS:
            cell = CELL_TRAPS[trap]
            if not cell.fits(row):
                continue
            own[cell.column] = cell.write(row)
            yield Defect(table, own[_KEYS[table]], cell.column, trap, cell.seen)
        else:
            planted = ROW_TRAPS[trap].plant(planting, own, row)
            if planted is None:
                continue
            yield planted
        planting.used.add(name)
        done += 1


def _person_twice(planting: _Planting, own: dict[str, str], row: Row) -> Defect:
    """The patient under a second key, with the same operation and, as registers do, another centre."""
    key = f"{own['patient_id']}B"
    operation = dict(row.operation) | {"op_id": f"{key}-1", "patient_id": key}
    planting.rows["patient"].append(own | {"patient_id": key, "center": "WN" if own["center"] == "MAYO" else "MAYO"})
    planting.rows["operation"].append(operation)
    return Defect("patient", key, "birth_date", "person_twice", seen=True)


def _key_twice(planting: _Planting, own: dict[str, str], row: Row) -> Defect:
    del row
    planting.rows["treatment"].append(own | {"tx_type": "other"})
    return Defect("treatment", own["treatment_id"], "treatment_id", "key_twice", seen=True)


def _row_twice(planting: _Planting, own: dict[str, str], row: Row) -> Defect:
    del row
    key = f"{own['scan_id']}B"
    planting.rows["imaging"].append(own | {"scan_id": key})
    return Defect("imaging", key, "", "row_twice", seen=True)


def _orphan(planting: _Planting, own: dict[str, str], row: Row) -> Defect:
    del planting, row
    own["op_id"] = "N9999-1"
    return Defect("complication", own["complication_id"], "op_id", "orphan", seen=True)


def _no_key(planting: _Planting, own: dict[str, str], row: Row) -> Defect:
    del planting, row
    own["treatment_id"] = ""
    return Defect("treatment", "", "treatment_id", "no_key", seen=True)


def _later_operation(days: int, trap: str) -> Callable[[_Planting, dict[str, str], Row], Defect | None]:
    """A further resection so many days later; the flow and the course account for it, and it is no defect."""

    def planted(planting: _Planting, own: dict[str, str], row: Row) -> Defect | None:
        date, stay = row.days(own["op_date"], days), row.days(own["op_date"], days + 7)
        if stay > row.patient["last_contact_date"] or date > planting.data_cut.isoformat():
            return None
        key = f"{own['op_id']}L"
        planting.rows["operation"].append(
            own | {"op_id": key, "op_date": date, "discharge_date": stay, "readmission_date": "",
                   "simultaneous_primary": "none"}
        )  # fmt: skip
        return Defect("operation", key, "op_date", trap, seen=False)

    return planted


def _lost(planting: _Planting, own: dict[str, str], row: Row) -> Defect | None:
    """Nothing is known of the patient after 150 days: rows dated later were never entered."""
    last = row.days(row.operation["op_date"], 150)
    dated = {"operation": "op_date", "imaging": "scan_date", "treatment": "tx_start"}
    name = own["patient_id"]
    if own["death_date"] or row.operation["readmission_date"] > last or row.operation["discharge_date"] > last:
        return None
    for table in _HUNG_ON:
        planting.rows[table][:] = [
            each for each in planting.rows[table] if each["patient_id"] != name or each[dated[table]] <= last
        ]
    own["last_contact_date"] = last
    return Defect("patient", name, "last_contact_date", "lost_early", seen=False)


def _death_on_the_day(planting: _Planting, own: dict[str, str], row: Row) -> Defect | None:
    """Died on the day of the operation: nothing of the patient is dated later."""
    name, day = own["patient_id"], row.operation["op_date"]
    if sum(each["patient_id"] == name for each in planting.rows["operation"]) > 1:
        return None
    for table in ("imaging", "treatment"):
        planting.rows[table][:] = [each for each in planting.rows[table] if each["patient_id"] != name]
    (operation,) = (each for each in planting.rows["operation"] if each["patient_id"] == name)
    own_operation = operation["op_id"]
    planting.rows["complication"][:] = [
        each for each in planting.rows["complication"] if each["op_id"] != own_operation
    ]
    operation |= {"discharge_date": day, "readmission_date": "", "followup_90_complete": "true"}
    own |= {"death_date": day, "last_contact_date": day, "death_cause": "periop", "primary_found_date": ""}
    key = f"{own_operation}D"
    planting.rows["complication"].append(
        {"complication_id": key, "op_id": own_operation, "cd_grade": "V", "cd_event": "haemorrhage", "cd_date": day,
         "isgls_grade": ""}
    )  # fmt: skip
    return Defect("patient", name, "death_date", "death_on_operation_day", seen=True)


def _earlier_resection(planting: _Planting, own: dict[str, str], row: Row) -> Defect | None:
    """A resection before the study's window: the index is not the patient's first."""
    if not "2000-03" < own["op_date"] < "2004":
        return None
    patient = next(each for each in planting.rows["patient"] if each["patient_id"] == own["patient_id"])
    if not patient["date_dx_net"] or not patient["date_dx_lm"]:
        return None
    for column, day in (("date_dx_net", "1999-08-02"), ("date_dx_lm", "1999-09-14")):
        patient[column] = min(patient[column], day)
    key = f"{own['op_id']}E"
    early = {"op_date": "1999-11-15", "discharge_date": "1999-11-23", "readmission_date": "",
             "simultaneous_primary": "none"}  # fmt: skip
    planting.rows["operation"].append(own | early | {"op_id": key})
    del row
    return Defect("operation", key, "op_date", "earlier_resection", seen=True)


@dataclass(frozen=True, slots=True)
class _RowTrap:
    """A defect that adds or takes rows; ``plant`` gives None where it does not fit."""

    table: str
    plant: Callable[[_Planting, dict[str, str], Row], Defect | None]


ROW_TRAPS: Mapping[str, _RowTrap] = {
    "person_twice": _RowTrap("patient", _person_twice),
    "key_twice": _RowTrap("treatment", _key_twice),
    "row_twice": _RowTrap("imaging", _row_twice),
    "orphan": _RowTrap("complication", _orphan),
    "no_key": _RowTrap("treatment", _no_key),
    "second_hepatectomy": _RowTrap("operation", _later_operation(400, "second_hepatectomy")),
    "two_stage": _RowTrap("operation", _later_operation(45, "two_stage")),
    "lost_early": _RowTrap("patient", _lost),
    "death_on_operation_day": _RowTrap("patient", _death_on_the_day),
    "earlier_resection": _RowTrap("operation", _earlier_resection),
}
