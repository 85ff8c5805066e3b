"""Reads the quantities back from the rows as written, so that agreement holds of the files and not of a draft.

What a study of the files has to do is done here in its plainest form: the first resection within the window, well
differentiated, of unknown, small-intestinal or pancreatic primary; whole days between written dates.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import numpy as np

from atrisk.simulate.agreement import (
    Codes,
    Flags,
    baseline_quantities,
    progression_quantities,
    surgical_quantities,
    survival_quantities,
)
from atrisk.simulate.roster import GROUPS
from atrisk.simulate.spec import Spec
from atrisk.simulate.surgery import MAJOR_CODES, SEVERE_GRADES
from atrisk.simulate.table import Table

Record = dict[str, str]
PROGRESSED = ("progression", "new lesion")


def written_quantities(spec: Spec, tables: Mapping[str, Table]) -> dict[str, float]:
    """Every quantity of `agreement`, computed from the text of the five tables."""
    patients = {row["patient_id"]: row for row in records(tables["patient"])}
    index = index_operations(spec, tables["operation"], patients)
    group = np.array([GROUPS.index(patients[name]["primary_site"]) for name in index])
    operations = list(index.values())
    died, end = _survival(index, patients)
    event, event_days = _hepatic(index, patients, records(tables["imaging"]))
    worst = _severe(index, records(tables["complication"]))
    followed = np.array([row["followup_90_complete"] == "true" for row in operations])
    found: dict[str, float] = {}
    found |= baseline_quantities(
        group,
        np.array([int(row["lm_number"].removeprefix(">=")) for row in operations]),
        np.array([int(row["lm_size_max"]) for row in operations]),
        np.array([_ki67(patients[name]["ki67"]) for name in index]),
    )
    found |= survival_quantities(group, end, died)
    found |= progression_quantities(group, event_days, event)
    found |= surgical_quantities(
        group,
        np.array([not set(MAJOR_CODES).isdisjoint(row["resections"].split(";")) for row in operations]),
        worst,
        followed,
    )
    return found


def _ki67(text: str) -> float:
    """The value for tests by ranks: "<1" lies below 1."""
    if text.startswith("<"):
        return float(np.nextafter(float(text[1:]), -np.inf))
    return float(text or "nan")


def records(table: Table) -> list[Record]:
    """The rows of a table by column name."""
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def index_operations(spec: Spec, table: Table, patients: Mapping[str, Record]) -> dict[str, Record]:
    """The index operation of each eligible patient, in the order of the table."""
    window = spec.calendar.window
    index: dict[str, Record] = {}
    for row in sorted(records(table), key=lambda row: row["op_date"]):
        patient = patients[row["patient_id"]]
        inside = window.first <= datetime.date.fromisoformat(row["op_date"]) <= window.last
        eligible = patient["differentiation"] == "well" and patient["primary_site"] in GROUPS
        if inside and eligible and row["resected"] == "true":
            index.setdefault(row["patient_id"], row)
    return index


def _days(first: str, second: str) -> int:
    return (datetime.date.fromisoformat(second) - datetime.date.fromisoformat(first)).days


def _survival(index: Mapping[str, Record], patients: Mapping[str, Record]) -> tuple[Flags, Codes]:
    died = np.array([patients[name]["death_date"] != "" for name in index])
    ends = [patients[name]["death_date"] or patients[name]["last_contact_date"] for name in index]
    days = [_days(row["op_date"], end) for row, end in zip(index.values(), ends, strict=True)]
    return died, np.array(days, dtype=np.int64)


def _hepatic(index: Mapping[str, Record], patients: Mapping[str, Record], scans: list[Record]) -> tuple[Flags, Codes]:
    first_seen: dict[str, int] = {}
    last_scan: dict[str, int] = {}
    for scan in scans:
        name = scan["patient_id"]
        day = _days(index[name]["op_date"], scan["scan_date"]) if name in index else 0
        if day > 0:
            last_scan[name] = max(day, last_scan.get(name, 0))
            if scan["hepatic_status"] in PROGRESSED:
                first_seen[name] = min(day, first_seen.get(name, day))
    events, days = [], []
    for name, operation in index.items():
        death = patients[name]["death_date"]
        deaths = [_days(operation["op_date"], death)] if death else []
        seen = [first_seen[name]] if name in first_seen else []
        events.append(bool(deaths or seen))
        days.append(min(deaths + seen) if deaths or seen else last_scan[name])
    return np.array(events), np.array(days, dtype=np.int64)


def _severe(index: Mapping[str, Record], complications: list[Record]) -> Flags:
    patient_of = {row["op_id"]: name for name, row in index.items()}
    severe = set()
    for event in complications:
        name = patient_of.get(event["op_id"])
        if name is None or event["cd_grade"] not in SEVERE_GRADES:
            continue
        if _days(index[name]["op_date"], event["cd_date"]) <= 90:
            severe.add(name)
    return np.array([name in severe for name in index])
