"""The clean synthetic cohort: at most 2 % of its patients carry a finding that warns or blocks."""

from __future__ import annotations

import csv
from pathlib import Path

from atrisk.result.finding import Severity
from atrisk.run.study import check_study
from atrisk.study.load import load_study

FOLDER = Path(__file__).parents[2] / "examples" / "netlm"


def rows(table: str) -> list[dict[str, str]]:
    with (FOLDER / "data" / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_hardly_any_patient_of_the_clean_cohort_is_warned_of(capsys) -> None:
    findings = check_study(load_study(FOLDER / "study.yaml"), lambda _: None)
    patient_of = {row["patient_id"]: row["patient_id"] for row in rows("patient")}
    n = len(patient_of)
    patient_of |= {row["op_id"]: row["patient_id"] for row in rows("operation")}
    patient_of |= {row["complication_id"]: patient_of[row["op_id"]] for row in rows("complication")}
    for table, key in (("imaging", "scan_id"), ("treatment", "treatment_id")):
        patient_of |= {row[key]: row["patient_id"] for row in rows(table)}
    grave = [finding for finding in findings if finding.severity is not Severity.INFORMS]
    warned = {patient_of[finding.key] for finding in grave if finding.row is not None}
    with capsys.disabled():
        print(f"\nclean cohort: {len(warned)} of {n} patients warned of; rules {sorted({f.rule for f in grave})}")
    assert not [finding for finding in grave if finding.severity is Severity.BLOCKS]
    assert len(warned) <= 0.02 * n
