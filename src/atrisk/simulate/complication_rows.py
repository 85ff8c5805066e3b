"""The complication table: one row an event, none where nothing happened."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from atrisk.simulate.patient_rows import patient_id
from atrisk.simulate.spec import Spec
from atrisk.simulate.special import Draw, Special
from atrisk.simulate.stream import Stream
from atrisk.simulate.surgery import SEVERE_GRADES
from atrisk.simulate.table import Table, iso, written_table

COLUMNS = ("complication_id", "op_id", "cd_grade", "cd_event", "cd_date", "isgls_grade")
GRADED_EVENTS = ("bile leak", "liver failure")
LATE_EVENT = "biliary stricture"


def complication_table(
    spec: Spec, draw: Draw, special: Special, first_operation: Mapping[int, str], stream: Stream
) -> Table:
    """The worst event of each operation, lesser events beside it, and the late ones.

    first_operation names the operation of each patient's first resection.
    """
    rules, size = spec.surgery, draw.roster.size
    minor = stream.choose(rules.minor_events.shares, size)
    severe = stream.choose(rules.severe_events.shares, size)
    fatal = stream.choose(rules.fatal_events.shares, size)
    day = np.clip(np.rint(6 * np.exp(0.6 * stream.normal(size))), 1, 60).astype(np.int64)
    beside = stream.happens(0.3, size)
    beside_event = stream.choose({"ileus": 0.4, "wound infection": 0.3, "urinary infection": 0.3}, size)
    beside_day = stream.whole(size, low=2, high=9)
    records: list[dict[str, str]] = []

    def add(i: int, grade: str, event: str, after: int) -> None:
        after = min(after, int(draw.survival.end[i]))
        records.append(
            {
                "complication_id": f"C{len(records) + 1:05d}",
                "op_id": first_operation[i],
                "cd_grade": grade,
                "cd_event": event,
                "cd_date": iso(draw.roster.op_day[i] + after),
                "isgls_grade": _isgls(grade) if event in GRADED_EVENTS else "",
            }
        )

    for i in range(size):
        grade = str(draw.surgery.grade[i])
        if grade == "V":
            add(i, grade, str(fatal[i]), int(draw.survival.end[i]))
        elif grade in SEVERE_GRADES:
            add(i, grade, str(severe[i]), int(day[i]))
        elif grade != "none":
            add(i, grade, str(minor[i]), int(day[i]))
        if beside[i] and grade not in ("none", "I") and beside_event[i] != minor[i]:
            add(i, "I" if grade == "II" else "II", str(beside_event[i]), int(beside_day[i]))
        if i in special.late_complication:
            add(i, "IIIa", LATE_EVENT, special.late_complication[i])
        if i in special.repeat:
            _add_repeat(draw, special, first_operation, i, records)
    return written_table("complication", COLUMNS, records)


def _add_repeat(
    draw: Draw, special: Special, first_operation: Mapping[int, str], i: int, records: list[dict[str, str]]
) -> None:
    """One in four repeat hepatectomies has a severe complication of its own, which is not one of the first."""
    if list(special.repeat).index(i) % 4:
        return
    patient, place = first_operation[i].rsplit("-", 1)
    records.append(
        {
            "complication_id": f"C{len(records) + 1:05d}",
            "op_id": f"{patient}-{int(place) + 1}",
            "cd_grade": "IIIa",
            "cd_event": "pleural effusion",
            "cd_date": iso(draw.roster.op_day[i] + special.repeat[i] + 6),
            "isgls_grade": "",
        }
    )


def first_resection_ids(draw: Draw, special: Special) -> dict[int, str]:
    """The op_id of each patient's first resection: the second operation where an aborted one came before."""
    return {i: f"{patient_id(i)}-{2 if i in special.aborted_before else 1}" for i in range(draw.roster.size)}


def _isgls(grade: str) -> str:
    if grade in ("I", "II"):
        return "A"
    return "B" if grade == "IIIa" else "C"
