"""Traps of clinical data, planted into the clean synthetic cohort one patient each: which rule finds which."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

from atrisk.run.study import check_study
from atrisk.study.load import load_study

FOLDER = Path(__file__).parents[2] / "examples" / "netlm"
Row = dict[str, str]
Tables = dict[str, list[Row]]
# Changes the tables at one eligible patient, and gives the key of the row that a finding must name.
Trap = Callable[[Tables, Row], str]


def _own(tables: Tables, patient: Row, table: str) -> list[Row]:
    return [row for row in tables[table] if row["patient_id"] == patient["patient_id"]]


def _cell(table: str, column: str, text: str) -> Trap:
    def change(tables: Tables, patient: Row) -> str:
        row = patient if table == "patient" else _own(tables, patient, table)[0]
        row[column] = text
        return next(iter(row.values()))

    return change


def _second_centre(tables: Tables, patient: Row) -> str:
    again = {**patient, "patient_id": "X0001", "center": "WN", "ecog": "2"}
    tables["patient"].append(again)
    tables["operation"].append({**_own(tables, patient, "operation")[0], "patient_id": "X0001", "op_id": "X0001-1"})
    return "X0001"


def _entered_twice(tables: Tables, patient: Row) -> str:
    tables["imaging"].append({**_own(tables, patient, "imaging")[0], "scan_id": "X0002"})
    return "X0002"


def _same_key(tables: Tables, patient: Row) -> str:
    tables["patient"].append(dict(patient))
    return patient["patient_id"]


def _no_search(tables: Tables, patient: Row) -> str:
    operation = _own(tables, patient, "operation")[0]
    row = {"complication_id": "X0003", "op_id": operation["op_id"], "cd_grade": "I", "cd_event": "ileus"}
    tables["complication"].append({**row, "cd_date": operation["op_date"], "isgls_grade": ""})
    operation["followup_90_complete"] = "false"
    return "X0003"


def _gap(tables: Tables, patient: Row) -> str:
    scans = sorted(_own(tables, patient, "imaging"), key=lambda row: row["scan_date"])
    for row in scans[1:-1]:
        tables["imaging"].remove(row)
    return scans[-1]["scan_id"]


def _other_grade(tables: Tables, patient: Row) -> str:
    patient.update(grade_reported="G1", ki67="25", mitoses_2mm2="3")
    return patient["patient_id"]


def _unknown_resected(tables: Tables, patient: Row) -> str:
    patient.update(primary_site="UP", primary_resected="before")
    return patient["patient_id"]


# What blocks stops the check before the cohort is built; so it is planted by itself.
BLOCKING: dict[str, tuple[str, Trap]] = {
    "operation before diagnosis": ("dates-in-order", _cell("operation", "op_date", "2004-01-02")),
    "date after the data cut": ("after-data-cut", _cell("patient", "last_contact_date", "2023-01-01")),
    "year of birth of two digits": ("before-birth", _cell("patient", "birth_date", "2021-05-06")),
    "key twice": ("duplicate-key", _same_key),
    "orphan": ("orphan-row", _cell("operation", "patient_id", "NOBODY")),
    "unknown grade of complication": ("unknown-level", _cell("operation", "asa", "9")),
    "range in a number": ("wrong-type", _cell("patient", "ki67", "3-5%")),
    "word in a number": ("wrong-type", _cell("operation", "bmi", "n/a")),
    "unknown primary resected": ("declared-impossible", _unknown_resected),
}
WARNING: dict[str, tuple[str, Trap]] = {
    "person at two centres": ("perhaps-same-person", _second_centre),
    "row entered twice": ("same-row-twice", _entered_twice),
    "code 9999": ("like-a-missing-code", _cell("operation", "op_time", "9999")),
    "code 1900-01-01": ("like-a-missing-code", _cell("patient", "birth_date", "1900-01-01")),
    "code in other case": ("codes-alike", _cell("patient", "syndrome", "NONE")),
    "code with a sign nobody sees": ("codes-alike", _cell("patient", "syndrome", "no\u200bne")),
    "age of 150 years": ("implausible-age", _cell("patient", "birth_date", "1858-02-03")),
    "centimetres": ("another-unit", _cell("operation", "lm_size_max", "3.4")),
    "hours": ("another-unit", _cell("operation", "op_time", "4.5")),
    "fraction for a percentage": ("another-unit", _cell("operation", "cytoreduction_pct", "0.95")),
    "negative number": ("out-of-range", _cell("operation", "ebl", "-20")),
    "reported grade": ("grade-discordant", _other_grade),
    "complication without search": ("found-without-search", _no_search),
    "gap between scans": ("scan-gap", _gap),
}


def planted(folder: Path, traps: dict[str, tuple[str, Trap]]) -> dict[str, bool]:
    """Whether each trap was found by its rule at its row."""
    shutil.copytree(FOLDER, folder)
    tables: Tables = {}
    for path in sorted((folder / "data").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            tables[path.stem] = list(csv.DictReader(stream))
    suitable = [
        row
        for row in tables["patient"]
        if (row["primary_site"], row["differentiation"], row["primary_resected"]) == ("SI", "well", "no")
        and len(_own(tables, row, "operation")) == 1
        and len(_own(tables, row, "imaging")) >= 6
        and "2005" < _own(tables, row, "operation")[0]["op_date"] < "2015"
    ]
    assert len(suitable) >= len(traps)
    keys = {name: trap(tables, row) for (name, (_, trap)), row in zip(traps.items(), suitable, strict=False)}
    for name, rows in tables.items():
        with (folder / "data" / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    findings = check_study(load_study(folder / "study.yaml"), lambda _: None)
    found = {(finding.rule, finding.key) for finding in findings}
    return {name: (rule, keys[name]) in found for name, (rule, _) in traps.items()}


def test_every_trap_is_found_by_its_rule_at_its_row(tmp_path: Path, capsys) -> None:
    found = {**planted(tmp_path / "blocking", BLOCKING), **planted(tmp_path / "warning", WARNING)}
    rules = {**BLOCKING, **WARNING}
    with capsys.disabled():
        print()
        for name, is_found in found.items():
            print(f"  {name:32} {rules[name][0]:24} {'found' if is_found else 'NOT FOUND'}")
    assert [name for name, is_found in found.items() if not is_found] == []
