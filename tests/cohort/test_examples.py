"""The examples against a slow, obvious recomputation from the files: csv rows, dates and loops."""

from __future__ import annotations

import csv
import datetime as dt
import math
from pathlib import Path

import numpy as np
import pytest

from atrisk.cohort.grouping import assign
from atrisk.derive.follow_up import follow_up
from atrisk.derive.variable import variable_values
from atrisk.study.load import load_study
from atrisk.study.text import Text
from tests.cohort.small_study import open_loaded

EXAMPLES = Path(__file__).parents[2] / "examples"
GRADES = ["I", "II", "IIIa", "IIIb", "IVa", "IVb", "V"]
WEIGHTS = {"I": 300, "II": 1750, "IIIa": 2750, "IIIb": 4550, "IVa": 7200, "IVb": 8550}


def read(name, table):
    with (EXAMPLES / name / "data" / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def day(text):
    return dt.date.fromisoformat(text) if text else None


def netlm_patients():
    """Eligible patients in the order of the file, each with the index operation and its course, and the flow."""
    operations = read("netlm", "operation")
    flow = [len(operations)]
    operations = [o for o in operations if dt.date(2000, 1, 1) <= day(o["op_date"]) <= dt.date(2020, 12, 31)]
    flow.append(len(operations))
    operations = [o for o in operations if o["resected"] == "true"]
    flow.append(len(operations))
    everything = read("netlm", "operation")
    patients = []
    for patient in read("netlm", "patient"):
        own = [o for o in operations if o["patient_id"] == patient["patient_id"]]
        if own:
            index = min(own, key=lambda o: day(o["op_date"]))
            zero = day(index["op_date"])
            course = [
                o
                for o in everything
                if o["patient_id"] == patient["patient_id"] and 0 <= (day(o["op_date"]) - zero).days <= 90
            ]
            patients.append({**patient, "index": index, "zero": zero, "course": course})
    flow.append(len(patients))
    patients = [p for p in patients if p["differentiation"] == "well"]
    flow.append(len(patients))
    patients = [p for p in patients if p["primary_site"] in ("UP", "SI", "P")]
    flow.append(len(patients))
    return patients, flow


@pytest.fixture(scope="module")
def netlm():
    with open_loaded(load_study(EXAMPLES / "netlm" / "study.yaml")) as found:
        yield found


@pytest.fixture(scope="module")
def expected():
    patients, flow = netlm_patients()
    return {"patients": patients, "flow": flow, "complications": read("netlm", "complication"), "scans": _scans()}


def _scans():
    by_patient = {}
    for scan in read("netlm", "imaging"):
        by_patient.setdefault(scan["patient_id"], []).append(scan)
    return by_patient


def graded(patient, complications):
    """Grades of the complications of the course, within 90 days of their own operation."""
    starts = {o["op_id"]: day(o["op_date"]) for o in patient["course"]}
    return [
        c["cd_grade"]
        for c in complications
        if c["op_id"] in starts and 0 <= (day(c["cd_date"]) - starts[c["op_id"]]).days <= 90
    ]


def test_netlm_flow_and_groups(netlm, expected):
    assert [step.remaining for step in netlm.cohort.flow] == expected["flow"]
    assert expected["flow"][-1] == 522
    assert netlm.column("patient.patient_id") == [p["patient_id"] for p in expected["patients"]]
    assert netlm.column("operation.op_id") == [p["index"]["op_id"] for p in expected["patients"]]
    groups = assign(netlm.loaded.study.groups, netlm.cohort, netlm.loaded, netlm.session)
    assert groups.codes == ("UP", "SI", "P")
    assert np.bincount(groups.index).tolist() == [32, 285, 205]
    assert groups.contrasts == ("SI vs UP", "P vs UP")
    assert [groups.codes[i] for i in groups.index] == [p["primary_site"] for p in expected["patients"]]


def test_netlm_findings_do_not_block(netlm):
    assert netlm.cohort.findings == ()


def test_netlm_primaries_found_later_move_in_the_alternative_alone(netlm, expected):
    """Four primaries were found more than 90 days after the operation, all in the small bowel."""
    found = [p["primary_found_date"] for p in expected["patients"] if p["primary_found_date"]]
    assert len(found) == 4
    other = netlm.loaded.as_alternative("reclassified")
    groups = assign(other.study.groups, netlm.cohort, other, netlm.session)
    sites = ["SI" if p["primary_found_date"] else p["primary_site"] for p in expected["patients"]]
    assert [groups.codes[i] for i in groups.index] == sites


def test_netlm_later_resections(netlm, expected):
    """Resections more than 90 days after the index operation are no part of its course."""
    operations = {}
    for o in read("netlm", "operation"):
        if o["resected"] == "true":
            operations.setdefault(o["patient_id"], []).append(day(o["op_date"]))
    later = [
        min((d for d in operations[p["patient_id"]] if (d - p["zero"]).days > 90), default=None)
        for p in expected["patients"]
    ]
    assert netlm.column("later_resection") == later
    assert sum(d is not None for d in later) > 5


def test_netlm_age_and_stay(netlm, expected):
    ages = [(p["zero"] - day(p["birth_date"])).days / 365.25 for p in expected["patients"]]
    assert netlm.column("age") == pytest.approx(ages, abs=1e-12)
    stays = []
    for p in expected["patients"]:
        out, death = day(p["index"]["discharge_date"]), day(p["death_date"])
        stays.append(None if out is None or (death is not None and death <= out) else (out - p["zero"]).days)
    assert netlm.column("length_of_stay") == stays


def test_netlm_grade(netlm, expected):
    """The higher of Ki-67 and mitoses among those recorded, as the study declares; "<1" is G1."""

    def grade(p):
        ki67 = 0.5 if p["ki67"] == "<1" else float(p["ki67"]) if p["ki67"] else None
        mitoses = float(p["mitoses_2mm2"]) if p["mitoses_2mm2"] else None
        found = [] if ki67 is None else [1 if ki67 < 3 else 2 if ki67 <= 20 else 3]
        found += [] if mitoses is None else [1 if mitoses < 2 else 2 if mitoses <= 20 else 3]
        return f"G{max(found)}" if found else None

    assert netlm.column("who_grade") == [grade(p) for p in expected["patients"]]


def test_netlm_complications(netlm, expected):
    severe, worst, index = [], [], []
    for p in expected["patients"]:
        grades = graded(p, expected["complications"])
        searched = p["index"]["followup_90_complete"] == "true"
        place = max((GRADES.index(g) + 1 for g in grades), default=0)
        severe.append(True if place >= 3 else False if searched else None)
        worst.append(["none", *GRADES][place] if searched or place == 7 else None)
        weight = math.inf if "V" in grades else sum(WEIGHTS[g] for g in grades)
        index.append(min(100.0, math.sqrt(weight) / 2) if searched or weight == math.inf else None)
    assert netlm.column("severe_morbidity") == severe
    assert netlm.column("worst_complication") == worst
    found = netlm.column("complication_index")
    assert [x is None for x in found] == [x is None for x in index]
    assert [x for x in found if x is not None] == pytest.approx([x for x in index if x is not None], abs=1e-12)
    # The oracle must be able to see the difference that a course makes.
    assert any(len(p["course"]) > 1 for p in expected["patients"])


def test_netlm_bile_leak(netlm, expected):
    leaks = []
    for p in expected["patients"]:
        starts = {o["op_id"]: day(o["op_date"]) for o in p["course"]}
        leak = any(
            c["op_id"] in starts
            and c["cd_event"] == "bile leak"
            and c["isgls_grade"] in ("B", "C")
            and 0 <= (day(c["cd_date"]) - starts[c["op_id"]]).days <= 90
            for c in expected["complications"]
        )
        leaks.append(True if leak else False if p["index"]["followup_90_complete"] == "true" else None)
    assert netlm.column("bile_leak_90") == leaks


def test_netlm_major_hepatectomy(netlm, expected):
    codes = [set(p["index"]["resections"].split(";")) for p in expected["patients"]]
    assert netlm.column("major_hepatectomy") == [bool(c & {"RH", "extended_RH", "trisection"}) for c in codes]


def test_netlm_mortality(netlm, expected):
    dead = []
    for p in expected["patients"]:
        death, seen = day(p["death_date"]), day(p["last_contact_date"])
        if death is not None:
            dead.append((death - p["zero"]).days <= 90)
        else:
            dead.append(False if (seen - p["zero"]).days >= 90 else None)
    assert netlm.column("mortality_90") == dead


def liver(p, scans):
    """First positive scan, last negative scan before it, last scan; all after time zero."""
    after = [s for s in scans.get(p["patient_id"], []) if day(s["scan_date"]) > p["zero"]]
    positive = [day(s["scan_date"]) for s in after if s["hepatic_status"] in ("progression", "new lesion")]
    first = min(positive, default=None)
    negative = [
        day(s["scan_date"])
        for s in after
        if s["hepatic_status"] not in ("progression", "new lesion", "")
        and (first is None or day(s["scan_date"]) < first)
    ]
    return first, max(negative, default=None), max((day(s["scan_date"]) for s in after), default=None)


def test_netlm_progression_dates(netlm, expected):
    found = [liver(p, expected["scans"]) for p in expected["patients"]]
    for position, field in enumerate(("date", "last_negative", "last_scan")):
        assert netlm.column(f"hepatic_progression.{field}") == [dates[position] for dates in found]


def test_netlm_follow_up(netlm, expected):
    study = netlm.loaded.study
    times = {"os": [], "hepatic_pfs": [], "hepatic_progression_cif": []}
    for p in expected["patients"]:
        death, seen = day(p["death_date"]), day(p["last_contact_date"])
        first, _, last = liver(p, expected["scans"])
        times["os"].append((death, 1) if death else (seen, 0))
        both = [d for d in (first, death) if d is not None]
        times["hepatic_pfs"].append((min(both), 1) if both else (last, 0))
        if first is not None and (death is None or first <= death):
            times["hepatic_progression_cif"].append((first, 1))
        else:
            times["hepatic_progression_cif"].append((death, 2) if death else (last, 0))
    for name, ends in times.items():
        found = follow_up(name, study.outcomes[name], netlm.cohort, netlm.loaded, netlm.session)
        days = [
            math.nan if end is None else (end - p["zero"]).days
            for (end, _), p in zip(ends, expected["patients"], strict=True)
        ]
        np.testing.assert_array_equal(found.time, days)
        known = ~np.isnan(found.time)
        np.testing.assert_array_equal(found.cause[known], np.array([cause for _, cause in ends])[known])
        assert found.excluded == int((~known).sum())


def test_netlm_second_comparison_leaves_out_the_stratum_that_cannot_exist(netlm, expected):
    procedure = netlm.loaded.study.comparisons["procedure"]
    found = assign(procedure, netlm.cohort, netlm.loaded, netlm.session)
    assert found.strata == ("SI", "P")
    assert len(found.left_out) == 1
    assert "Unknown primary (32 patients)" in found.left_out[0]
    for p, group, stratum in zip(expected["patients"], found.index, found.stratum, strict=True):
        if p["primary_site"] == "UP":
            assert (group, stratum) == (-1, -1)
        else:
            assert group == int(p["index"]["simultaneous_primary"] != "none")
            assert found.strata[stratum] == p["primary_site"]


def test_netlm_number_of_metastases(netlm, expected):
    values = variable_values("lm_number", netlm.cohort, netlm.loaded, netlm.session)
    written = [p["index"]["lm_number"] for p in expected["patients"]]
    assert values.numbers.tolist() == [float(text.removeprefix(">=")) for text in written]
    assert values.limit.tolist() == [">=" if text.startswith(">=") else "" for text in written]
    bands = [4 if text.startswith(">=") else int(text) for text in written]
    bands = [
        0 if n == 1 else 1 if n < 5 and not w.startswith(">") else 3 if w.startswith(">") else 2
        for n, w in zip(bands, written, strict=True)
    ]
    assert values.bands == ("1", "2-4", "5-9", ">=10")
    assert values.band.tolist() == bands


def test_netlm_words(netlm):
    words = netlm.cohort.words
    assert words["primary_site"].label == words["patient.primary_site"].label == Text("Primary tumour")
    assert words["who_grade"].levels == {code: Text(code) for code in ("G1", "G2", "G3")}
    assert list(words["approach"].levels) == ["open", "lap", "robot", "converted"]
    assert words["lm_size_max"].unit == "mm"
    assert words["patient.patient_id"].levels == {}


def test_colon():
    rows = read("colon", "colon")
    deaths, recurrences = ([r for r in rows if r["etype"] == kind] for kind in ("2", "1"))
    by_id = {r["id"]: r for r in recurrences}
    with open_loaded(load_study(EXAMPLES / "colon" / "study.yaml")) as found:
        assert found.cohort.n == 929
        assert found.flow() == [("start", "patient", 929, 0, 0, 929, 929, 929)]
        assert found.cohort.findings == ()
        ours = {
            name: follow_up(name, o, found.cohort, found.loaded, found.session)
            for name, o in found.loaded.study.outcomes.items()
        }
        assert ours["os"].time.tolist() == [float(r["time"]) for r in deaths]
        assert ours["os"].cause.tolist() == [int(r["status"]) for r in deaths]
        assert ours["recurrence"].time.tolist() == [float(by_id[r["id"]]["time"]) for r in deaths]
        assert ours["recurrence"].cause.tolist() == [int(by_id[r["id"]]["status"]) for r in deaths]
        groups = assign(found.loaded.study.groups, found.cohort, found.loaded, found.session)
        assert [groups.codes[i] for i in groups.index] == [r["rx"] for r in deaths]
        nodes = variable_values("patient.nodes", found.cohort, found.loaded, found.session)
        expected = [float(r["nodes"]) if r["nodes"] not in ("", "NA") else math.nan for r in deaths]
        np.testing.assert_array_equal(nodes.numbers, expected)


def test_pbc():
    """Of 418 patients 312 were randomised; a transplant competes with death."""
    everyone = read("pbc", "pbc")
    randomised = [r for r in everyone if r["trt"]]
    with open_loaded(load_study(EXAMPLES / "pbc" / "study.yaml")) as found:
        assert [step.remaining for step in found.cohort.flow] == [len(everyone), len(randomised)] == [418, 312]
        ours = {
            name: follow_up(name, o, found.cohort, found.loaded, found.session)
            for name, o in found.loaded.study.outcomes.items()
        }
        assert ours["death"].time.tolist() == [float(r["time"]) for r in randomised]
        assert ours["death"].cause.tolist() == [{"0": 0, "2": 1, "1": 2}[r["status"]] for r in randomised]
        assert ours["transplant_free"].cause.tolist() == [int(r["status"] != "0") for r in randomised]
        groups = assign(found.loaded.study.groups, found.cohort, found.loaded, found.session)
        assert [groups.codes[i] for i in groups.index] == [r["trt"] for r in randomised]
        copper = [math.log(float(r["copper"])) if r["copper"] else None for r in randomised]
        assert found.column("log_copper") == [None if x is None else pytest.approx(x, rel=1e-15) for x in copper]
