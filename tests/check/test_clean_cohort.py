"""The clean synthetic cohort: at most 2 % of its patients carry a finding that warns or blocks."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

from atrisk.result.finding import Severity
from atrisk.run.study import check_study
from atrisk.study.load import load_study

FOLDER = Path(__file__).parents[2] / "examples" / "netlm"


def rows(table: str) -> list[dict[str, str]]:
    with (FOLDER / "data" / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_sizes_in_centimetres_are_found_and_no_other(tmp_path: Path) -> None:
    """Every hundredth operation whose size is not a multiple of 10 mm gets it in centimetres, as 3.5 for 35.

    The fifth was 217 mm: 21.7 is a common size in millimetres, and nothing in the column shows that it is another unit.
    """
    copy = tmp_path / "netlm"
    shutil.copytree(FOLDER, copy)
    operations = rows("operation")
    planted = []
    for number, row in enumerate(operations):
        if number >= 100 * len(planted) and row["lm_size_max"] and not row["lm_size_max"].endswith("0"):
            row["lm_size_max"] = f"{float(row['lm_size_max']) / 10:g}"
            planted.append(number + 2)
    with (copy / "data" / "operation.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(operations[0]))
        writer.writeheader()
        writer.writerows(operations)
    findings = check_study(load_study(copy / "study.yaml"), lambda _: None)
    assert len(planted) == 7
    assert operations[planted[4] - 2]["lm_size_max"] == "21.7"
    assert [f.row for f in findings if f.rule == "another-unit"] == [*planted[:4], *planted[5:]]


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
