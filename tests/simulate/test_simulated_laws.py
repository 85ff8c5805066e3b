"""The committed cohort is whole: every reference resolves, every date is in order, nothing contradicts."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from tests.simulate.slow_cohort_oracle import SEVERE, Row, days, eligible, read

DATA = Path(__file__).parents[2] / "examples" / "netlm" / "data"
CUT = "2022-06-30"
TABLES = {name: read(DATA, name) for name in ("patient", "operation", "complication", "imaging", "treatment")}
PATIENTS = {row["patient_id"]: row for row in TABLES["patient"]}
OPERATIONS = {row["op_id"]: row for row in TABLES["operation"]}


def operations_of(patient: str) -> list[Row]:
    return [row for row in TABLES["operation"] if row["patient_id"] == patient]


FIRST_OPERATION = {name: min(row["op_date"] for row in operations_of(name)) for name in PATIENTS}


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("patient", "patient_id"),
        ("operation", "op_id"),
        ("complication", "complication_id"),
        ("imaging", "scan_id"),
        ("treatment", "treatment_id"),
    ],
)
def test_keys_are_unique(table: str, key: str) -> None:
    assert len({row[key] for row in TABLES[table]}) == len(TABLES[table])


def test_references_resolve() -> None:
    for table in ("operation", "imaging", "treatment"):
        assert {row["patient_id"] for row in TABLES[table]} <= set(PATIENTS)
    assert {row["op_id"] for row in TABLES["complication"]} <= set(OPERATIONS)
    assert set(FIRST_OPERATION) == set(PATIENTS)


def test_eligible_patients_by_group() -> None:
    """522 in all and 32 UP are published; 285 and 205 are the specification's assumption."""
    counts = Counter(patient["primary_site"] for patient, _ in eligible(DATA).values())
    assert counts == {"UP": 32, "SI": 285, "P": 205}


def test_excluded_patients_by_reason() -> None:
    """Each excluded patient has exactly one reason, as many as the specification asks for."""
    reasons = Counter()
    for name in set(PATIENTS) - set(eligible(DATA)):
        own, patient = operations_of(name), PATIENTS[name]
        found = {
            "aborted": all(row["resected"] == "false" for row in own),
            "before": all(row["op_date"] < "2000-01-01" for row in own),
            "after": all(row["op_date"] > "2020-12-31" for row in own),
            "poor": patient["differentiation"] == "poor",
            "not recorded": patient["differentiation"] == "",
            "other": patient["primary_site"] == "other",
        }
        (reason,) = [reason for reason, holds in found.items() if holds]
        reasons[reason] += 1
    assert reasons == {"aborted": 14, "before": 8, "after": 12, "poor": 17, "not recorded": 4, "other": 31}


def earliest(text: str) -> date:
    year, month, day = (int(part) for part in (text + "-01-01")[:10].split("-"))
    return date(year, month, day)


def latest(text: str) -> date:
    """The last day that a partial date can mean."""
    if len(text) == 10:
        return date.fromisoformat(text)
    year, month = int(text[:4]), int(text[5:7]) if len(text) == 7 else 12
    following = date(year + month // 12, month % 12 + 1, 1)
    return date.fromordinal(following.toordinal() - 1)


def test_diagnoses_precede_the_operation_whatever_partial_dates_mean() -> None:
    partial = 0
    for name, patient in PATIENTS.items():
        net, liver = patient["date_dx_net"], patient["date_dx_lm"]
        assert date.fromisoformat(patient["birth_date"]) < earliest(net)
        assert latest(net) <= earliest(liver) or net == liver
        assert latest(liver) < date.fromisoformat(FIRST_OPERATION[name])
        partial += len(net) < 10 or len(liver) < 10
    assert partial == 25


def test_everything_happens_between_operation_and_end_of_follow_up() -> None:
    """Operation <= event <= death or last contact <= data cut, in every table."""
    for name, patient in PATIENTS.items():
        last, death = patient["last_contact_date"], patient["death_date"]
        assert FIRST_OPERATION[name] <= last <= (death or CUT) <= CUT
        assert not patient["primary_found_date"] or FIRST_OPERATION[name] < patient["primary_found_date"] <= last
    for row in TABLES["operation"]:
        patient = PATIENTS[row["patient_id"]]
        for column in ("op_date", "discharge_date", "readmission_date"):
            assert row[column] <= patient["last_contact_date"]
        assert not row["discharge_date"] or row["op_date"] < row["discharge_date"]
        assert not row["readmission_date"] or row["discharge_date"] < row["readmission_date"]
    for row in TABLES["complication"]:
        operation = OPERATIONS[row["op_id"]]
        end = PATIENTS[operation["patient_id"]]["last_contact_date"]
        assert operation["op_date"] < row["cd_date"] <= end
    for table, column in (("imaging", "scan_date"), ("treatment", "tx_start")):
        for row in TABLES[table]:
            name = row["patient_id"]
            assert FIRST_OPERATION[name] < row[column] <= PATIENTS[name]["last_contact_date"]


def test_unknown_primary_is_never_resected() -> None:
    unknown = {name for name, row in PATIENTS.items() if row["primary_site"] == "UP"}
    assert {PATIENTS[name]["primary_resected"] for name in unknown} == {""}
    assert {PATIENTS[name]["ki67_specimen"] for name in unknown} <= {"LM", "biopsy", ""}
    simultaneous = {row["patient_id"] for row in TABLES["operation"] if row["simultaneous_primary"] != "none"}
    assert not simultaneous & unknown
    assert simultaneous == {n for n, row in PATIENTS.items() if row["primary_resected"] == "simultaneous"}
    pancreas = [r for r in TABLES["operation"] if r["simultaneous_primary"].startswith(("distal", "pancreato"))]
    assert {PATIENTS[row["patient_id"]]["primary_site"] for row in pancreas} == {"P"}


def test_primary_found_later_leaves_the_group() -> None:
    found = [row for row in TABLES["patient"] if row["primary_found_date"]]
    assert len(found) == 4
    assert {row["primary_site"] for row in found} == {"UP"}


def test_grade_five_is_death_within_90_days() -> None:
    fatal = {row["op_id"]: row["cd_date"] for row in TABLES["complication"] if row["cd_grade"] == "V"}
    died = {}
    for name, patient in PATIENTS.items():
        if patient["death_date"] and days(FIRST_OPERATION[name], patient["death_date"]) <= 90:
            died[operations_of(name)[0]["op_id"]] = patient["death_date"]
            assert patient["death_cause"] == "periop"
    assert fatal == died
    assert died


def test_repeated_operations() -> None:
    """4 second stages within 90 days without a severe complication, 8 later resections, 3 aborted before."""
    stages = later = aborted = 0
    severe = {row["op_id"] for row in TABLES["complication"] if row["cd_grade"] in SEVERE}
    for name in eligible(DATA):
        for first, second in pairwise(sorted(operations_of(name), key=lambda row: row["op_date"])):
            gap = days(first["op_date"], second["op_date"])
            if first["resected"] == "false":
                aborted += 1
            elif gap <= 90:
                stages += 1
                assert second["op_id"] not in severe
                assert not {"RH", "extended_RH", "trisection"} & set(second["resections"].split(";"))
            else:
                later += 1
    assert (stages, later, aborted) == (4, 8, 3)
    assert sum(row["tx_type"] == "re-hepatectomy" for row in TABLES["treatment"]) == 8


def test_first_scan_with_progression_is_not_followed_by_no_evidence() -> None:
    """Within a patient, "no evidence" never comes after hepatic progression was seen."""
    progressed: set[str] = set()
    for row in sorted(TABLES["imaging"], key=lambda row: row["scan_date"]):
        if row["hepatic_status"] in ("progression", "new lesion"):
            progressed.add(row["patient_id"])
        assert not (row["hepatic_status"] == "no evidence" and row["patient_id"] in progressed)


def test_every_survivor_of_90_days_has_a_scan() -> None:
    scanned = {row["patient_id"] for row in TABLES["imaging"]}
    without = set(eligible(DATA)) - scanned
    assert {PATIENTS[name]["death_cause"] for name in without} <= {"periop"}


def test_values_are_those_of_the_dictionary() -> None:
    allowed = {
        ("patient", "sex"): {"F", "M"},
        ("patient", "primary_site"): {"UP", "SI", "P", "other"},
        ("patient", "primary_resected"): {"no", "before", "simultaneous", "after", ""},
        ("patient", "differentiation"): {"well", "poor", ""},
        ("patient", "functional"): {"functional", "non-functional"},
        ("patient", "diabetes"): {"true", "false"},
        ("operation", "resected"): {"true", "false"},
        ("operation", "approach"): {"open", "lap", "robot", "converted"},
        ("operation", "r_status"): {"R0", "R1", "R2", ""},
        ("operation", "followup_90_complete"): {"true", "false"},
        ("complication", "cd_grade"): {"I", "II", "IIIa", "IIIb", "IVa", "IVb", "V"},
        ("complication", "isgls_grade"): {"A", "B", "C", ""},
        ("imaging", "hepatic_status"): {"no evidence", "stable residual", "progression", "new lesion"},
    }
    for (table, column), values in allowed.items():
        assert {row[column] for row in TABLES[table]} <= values
    graded = {row["cd_event"] for row in TABLES["complication"] if row["isgls_grade"]}
    assert graded == {"bile leak", "liver failure"}
    assert any(row["ki67"] == "<1" for row in TABLES["patient"])
    assert {row["lm_number"] for row in TABLES["operation"]} == {str(n) for n in range(1, 10)} | {">=10"}


def test_ki67_is_missing_by_era() -> None:
    """30 % before 2010 and 5 % from then on, within three standard errors."""
    for low, high, share in (("2000", "2010", 0.30), ("2010", "2021", 0.05)):
        texts = [p["ki67"] for p, o in eligible(DATA).values() if low <= o["op_date"] < high]
        error = (share * (1 - share) / len(texts)) ** 0.5
        assert texts.count("") / len(texts) == pytest.approx(share, abs=3 * error)
