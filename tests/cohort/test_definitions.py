"""Every definition as a study file asks for it: names, units, levels, and rows that cannot be used."""

from __future__ import annotations

import math

import pytest

from tests.cohort.small_study import opened

PATIENTS = """
id,sex,op,found_primary,found_lm,death,discharge,seen,margin,gross,codes,bilirubin,albumin,creatinine,inr,sodium,size,number,burden,before,residual,ki67,mitoses,grade,mi,dm,dmo,incident,leak,severe,again,dead
1,F,2010-03-01,2009-12-01,2010-01-01,,2010-03-10,2014-01-01,R0,false,wedge;seg5,3,25,2,1.5,130,30,4,<10,20,1,1,0,G1,true,false,false,false,false,false,false,false
2,M,2004-12-31,2003-01-01,2004-12-01,2005-01-03,2005-01-05,2005-01-03,R1,true,RH,1,40,1,1,137,20,>=10,30,10,2,10,1,G1,false,true,true,false,true,false,false,false
3,F,2016-01-01,,2015-12-01,,,2016-02-01,RX,,LH,,40,1,1,137,,3,,,,,,,,,,,,,,
"""
COMPLICATIONS = """
op_of,kind,isgls,on
1,bile leak,B,2010-03-05
1,liver failure,C,2010-03-06
2,bile leak,A,2005-01-02
"""
DERIVE = {
    "era": {"definition": "era", "starts": [2000, 2005, 2010], "until": 2015},
    "timing": {
        "definition": "timing_of_metastases",
        "within": "6 months",
        "primary": "found_primary",
        "metastases": "found_lm",
    },
    "burden_band": {"definition": "tumour_burden", "percent": "burden"},
    "score": {"definition": "tumour_burden_score", "size": "size", "size_unit": "mm", "number": "number"},
    "sparing": {"definition": "parenchyma_sparing", "resections": "codes"},
    "removed": {"definition": "cytoreduction", "basis": "volume", "before": "before", "residual": "residual"},
    "removed_90": {
        "definition": "cytoreduction",
        "basis": "volume",
        "before": "before",
        "residual": "residual",
        "at_least": 90,
    },
    "r_status": {"definition": "residual_tumour", "margin": "margin", "gross_residual": "gross"},
    "bile_leak": {
        "definition": "isgls_grade",
        "of": "bile leak",
        "event": "kind",
        "grade": "isgls",
        "date": "on",
    },
    "bile_leak_b": {
        "definition": "isgls_grade",
        "of": "bile leak",
        "event": "kind",
        "grade": "isgls",
        "date": "on",
        "at_least": "B",
    },
    "hospital_death": {
        "definition": "mortality",
        "in_hospital": True,
        "death": "death",
        "last_contact": "seen",
        "discharge": "discharge",
    },
    "textbook": {
        "definition": "textbook_outcome",
        "version": "survey 2021",
        "intraoperative_incident": "incident",
        "bile_leak": "bile_leak_b",
        "severe_morbidity": "severe",
        "readmission": "again",
        "mortality": "hospital_death",
    },
    "albi": {
        "definition": "albi",
        "bilirubin": "bilirubin",
        "bilirubin_unit": "mg/dL",
        "albumin": "albumin",
        "albumin_unit": "g/L",
    },
    "albi_grade": {
        "definition": "albi",
        "gives": "grade",
        "bilirubin": "bilirubin",
        "bilirubin_unit": "mg/dL",
        "albumin": "albumin",
        "albumin_unit": "g/L",
    },
    "meld": {"definition": "meld", "version": 2002, "bilirubin_unit": "mg/dL", "creatinine_unit": "mg/dL"},
    "meld_3": {
        "definition": "meld",
        "version": "3.0",
        "bilirubin_unit": "mg/dL",
        "creatinine_unit": "mg/dL",
        "sodium": "sodium",
        "albumin": "albumin",
        "albumin_unit": "g/L",
        "sex": "sex",
    },
    "comorbidity": {
        "definition": "charlson",
        "conditions": {"myocardial_infarction": "mi", "diabetes": "dm", "diabetes_with_organ_damage": "dmo"},
    },
    "who": {"definition": "who_grade", "ki67": "ki67", "mitoses": "mitoses", "reported": "grade"},
}
STUDY = {
    "data": {
        "patient": {"file": "patient.csv", "key": "id"},
        "complication": {"file": "complication.csv", "parent": "patient", "parent_key": "op_of"},
    },
    "variables": {"patient.burden": {"censored": True}, "patient.number": {"censored": True}},
    "cohort": [{"time_zero": "op"}],
    "groups": {"by": "sex", "order": ["F", "M"], "reference": "F"},
    "derive": DERIVE,
}
FILES = {"patient.csv": PATIENTS, "complication.csv": COMPLICATIONS}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("definitions"), FILES, STUDY) as found:
        yield found


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("era", ["2010-15", "2000-04", None]),
        ("timing", ["synchronous", "metachronous", None]),
        ("burden_band", ["<10", "25-50", None]),
        ("score", [5.0, None, None]),  # 3 cm and 4 lesions; a limit; no size
        ("sparing", [True, False, False]),
        ("removed", [95.0, 80.0, None]),
        ("removed_90", [True, False, None]),
        ("r_status", ["R0", "R2", None]),
        ("bile_leak", ["B", "A", "none"]),
        ("bile_leak_b", [True, False, False]),
        ("hospital_death", [False, True, None]),
        ("textbook", [False, False, None]),
        ("albi_grade", ["3", "2", None]),  # -0.996 and -2.586
        ("meld", [22, 6, None]),
        ("meld_3", [28, 6, None]),
        ("comorbidity", [1, 2, None]),
        ("who", ["G1", "G2", None]),
    ],
)
def test_value_of_each_patient(cohort, name, values):
    assert cohort.column(name) == values


def test_albi_converts_units(cohort):
    """3 mg/dL are 51.3 umol/L: 0.66 log10(51.3) - 0.085 x 25 = 0.66 x 1.7101174 - 2.125 = -0.9963225."""
    assert cohort.column("albi")[0] == pytest.approx(-0.9963225, abs=1e-7)


def test_a_grade_reported_otherwise_is_a_finding(cohort):
    assert [found for found in cohort.rules() if found[0] == "grade-discordant"] == [
        ("grade-discordant", "patient", 3, "grade")
    ]


@pytest.mark.parametrize(
    ("change", "rule", "column"),
    [
        (("R0,false", "R9,false"), "unknown-margin-code", "margin"),
        ((",20,1,1,0,G1", ",20,21,1,0,G1"), "residual-exceeds-tumour", "residual"),
        (("wedge;seg5,3,25", "wedge;seg5,300,25"), "implausible-unit", "bilirubin"),
        (("wedge;seg5,3,25,2", "wedge;seg5,3,2.5,2"), "implausible-unit", "albumin"),
    ],
)
def test_rows_that_cannot_be_used_are_named(tmp_path, change, rule, column):
    assert change[0] in PATIENTS
    files = FILES | {"patient.csv": PATIENTS.replace(*change)}
    with opened(tmp_path, files, STUDY) as found:
        assert (rule, "patient", 2, column) in found.rules()


def test_a_discharge_before_the_operation_blocks_death_in_hospital(tmp_path):
    """It would else leave that death unknown without a word."""
    files = FILES | {"patient.csv": PATIENTS.replace(",2010-03-10,", ",2010-02-28,")}
    with opened(tmp_path, files, STUDY) as found:
        assert ("negative-stay", "patient", 2, "discharge") in found.rules()
        assert found.column("hospital_death")[0] is None


def test_a_complication_before_its_operation_is_named(tmp_path):
    """Of another kind than the one asked for it says nothing; on the day itself it counts."""
    files = FILES | {"complication.csv": COMPLICATIONS.replace("03-05", "02-28").replace("03-06", "02-28")}
    with opened(tmp_path, files, STUDY) as found:
        before = [found for found in found.rules() if found[0] == "complication-before-operation"]
        assert before == [("complication-before-operation", "complication", 2, "on")]
        assert found.column("bile_leak")[0] == "none"
    files = FILES | {"complication.csv": COMPLICATIONS.replace("03-05", "03-01")}
    with opened(tmp_path, files, STUDY) as found:
        assert "complication-before-operation" not in {rule for rule, *_ in found.rules()}
        assert found.column("bile_leak")[0] == "B"


@pytest.mark.parametrize(
    ("codes", "named", "scores"),
    [
        # Woman 7.33, man 6.00: what is neither of the two codes has no score, and is not taken for a man.
        (("F", "M", "Female"), {}, [7, 6, None]),
        (("Female", "Male", "female"), {}, [None, None, None]),
        (("w", "m", "m"), {"female": "w", "male": "m"}, [7, 6, 6]),
        (("2", "1", ""), {"female": 2, "male": 1}, [7, 6, None]),
    ],
)
def test_the_sex_of_meld_3_is_one_of_two_codes(tmp_path, codes, named, scores):
    rows = "".join(f"{place},A,{code},2010-01-01,1,1,1,137,35\n" for place, code in enumerate(codes, start=2))
    meld_3 = {**DERIVE["meld_3"], **named}
    study = {
        "data": {"patient": {"file": "p.csv", "key": "id"}},
        "cohort": [{"time_zero": "op"}],
        "groups": {"by": "arm"},
        "derive": {"meld_3": meld_3},
    }
    text = f"id,arm,sex,op,bilirubin,creatinine,inr,sodium,albumin\n{rows}"
    with opened(tmp_path, {"p.csv": text}, study) as found:
        assert found.column("meld_3") == scores
        unknown = [row for rule, _, row, _ in found.rules() if rule == "unknown-sex-code"]
        assert unknown == [
            row for row, (code, score) in enumerate(zip(codes, scores, strict=True), start=2) if code and score is None
        ]


def test_an_unknown_isgls_grade_is_named(tmp_path):
    files = FILES | {"complication.csv": COMPLICATIONS.replace("leak,B", "leak,D")}
    with opened(tmp_path, files, STUDY) as found:
        assert ("unknown-isgls-grade", "complication", 2, "isgls") in found.rules()


LABELLED = {
    "patient.csv": """
        id,arm,op,margin,codes,scan_grade
        1,A,2018-03-01,0,2,1
        2,B,2018-03-01,8,3,2
    """,
    "complication.csv": """
        id,kind,grade,isgls,on
        1,1,3,b,2018-03-05
        1,2,2,c,2018-03-06
        2,1,IIIa,IV,2018-03-06
    """,
    "scan.csv": """
        id,status,on
        1,0,2018-06-01
        1,1,2018-09-01
        2,0,2018-06-01
    """,
}
LABELS = {
    "patient.margin": {"levels": {0: "R0", 1: "R1", 8: "RX"}},
    "patient.codes": {"levels": {2: " LH ", 3: "wedge"}},
    "complication.kind": {"levels": {1: "bile leak", 2: "bleeding"}},
    "complication.grade": {"levels": {2: {"en": "II", "zh": "II 级"}, 3: "IIIb", "IIIa": "I"}},
    "complication.isgls": {"levels": {"b": "B", "c": "C", "IV": "B"}},
    "scan.status": {"levels": {0: "stable", 1: "progression"}},
}


def test_a_code_counts_as_its_label_where_the_definition_does_not_know_it(tmp_path):
    """As registries keep them: numbers with labels. IIIa is a grade, and stays one whatever its label."""
    graded = {"from": "complication", "grade": "grade", "date": "on"}
    study = {
        "data": {
            "patient": {"file": "patient.csv", "key": "id"},
            "complication": {"file": "complication.csv", "parent": "patient"},
            "scan": {"file": "scan.csv", "parent": "patient"},
        },
        "variables": LABELS,
        "cohort": [{"time_zero": "op"}],
        "groups": {"by": "arm"},
        "derive": {
            "worst": {"definition": "clavien_dindo", **graded},
            "index": {"definition": "comprehensive_complication_index", **graded},
            "leak": {**DERIVE["bile_leak"], "event": "kind", "grade": "isgls", "date": "on"},
            "margins": {"definition": "residual_tumour", "margin": "margin"},
            "major": {"definition": "major_hepatectomy", "rule": "HEMI", "resections": "codes"},
            "seen": {"definition": "progression_from_imaging", "of": "scan.status", "date": "on"},
        },
    }
    with opened(tmp_path, LABELLED, study) as found:
        assert found.column("worst") == ["IIIb", "IIIa"]
        assert found.column("index") == pytest.approx([math.sqrt(4550 + 1750) / 2, math.sqrt(2750) / 2])
        assert found.column("leak") == ["B", "B"]
        assert found.column("margins") == ["R0", None]
        assert found.column("major") == [True, False]
        assert [date and date.isoformat() for date in found.column("seen.date")] == ["2018-09-01", None]
        assert not [rule for rule, *_ in found.rules() if rule.startswith("unknown-") or rule == "never-positive"]


def test_a_label_that_is_no_grade_does_not_make_its_code_one(tmp_path):
    files = {**LABELLED, "complication.csv": LABELLED["complication.csv"].replace("1,2,2,", "1,2,7,")}
    study = {
        "data": {
            "patient": {"file": "patient.csv", "key": "id"},
            "complication": {"file": "complication.csv", "parent": "patient"},
        },
        "variables": {"complication.grade": {"levels": {3: "IIIb", "IIIa": "IIIa", 7: "Grade II"}}},
        "cohort": [{"time_zero": "op"}],
        "groups": {"by": "arm"},
        "derive": {"worst": {"definition": "clavien_dindo", "grade": "grade", "date": "on"}},
    }
    with opened(tmp_path, files, study) as found:
        assert ("unknown-clavien-dindo-grade", "complication", 3, "grade") in found.rules()


@pytest.mark.parametrize(
    ("percentages", "warned"),
    [
        (["0.95", "0.7", "1"] * 4, True),
        (["0.95", "0.7", "1"] * 3, False),  # too few to say
        (["0.95", "0.7", "1"] * 4 + ["1.5"], False),
        (["0", "1"] * 6, False),
    ],
)
def test_percentages_that_may_be_fractions_are_named(tmp_path, percentages, warned):
    """Nobody would reach 70 %, and no single value is out of place."""
    text = "id,arm,percent\n" + "".join(f"{place},A,{each}\n" for place, each in enumerate(percentages, start=2))
    study = {
        "data": {"patient": {"file": "p.csv", "key": "id"}},
        "groups": {"by": "arm"},
        "derive": {
            "removed": {"definition": "cytoreduction", "basis": "volume", "percent": "percent", "at_least": 70},
            "burden": {"definition": "tumour_burden", "percent": "percent"},
            "grade": {"definition": "who_grade", "edition": 2022, "ki67": "percent", "mitoses": "none"},
        },
    }
    with opened(tmp_path, {"p.csv": text}, study) as found:
        assert found.rules() == ([("like-a-fraction", "patient", None, "percent")] if warned else [])


def test_a_scan_that_is_neither_positive_nor_negative_says_nothing(tmp_path):
    """Without ``negative`` the scan that could not be judged counts as free of progression, and moves the interval."""
    scans = """
        id,status,scan_date
        1,stable,2018-06-01
        1,not evaluable,2018-09-01
        1,progression,2018-12-01
        2,PD,2018-06-01
        2,stable,2018-09-01
    """
    patients = "id,arm,op\n1,A,2018-01-01\n2,A,2018-01-01\n"
    seen = {"definition": "progression_from_imaging", "of": "scan.status"}

    def study(**more):
        return {
            "data": {"patient": {"file": "p.csv", "key": "id"}, "scan": {"file": "s.csv", "parent": "patient"}},
            "cohort": [{"time_zero": "op"}],
            "groups": {"by": "arm"},
            "derive": {"seen": {**seen, **more}},
        }

    with opened(tmp_path, {"p.csv": patients, "s.csv": scans}, study()) as found:
        assert [str(date) for date in found.column("seen.last_negative")] == ["2018-09-01", "2018-09-01"]
        assert found.rules() == []
    with opened(tmp_path, {"p.csv": patients, "s.csv": scans}, study(negative=["stable"])) as found:
        assert [str(date) for date in found.column("seen.last_negative")] == ["2018-06-01", "2018-09-01"]
        assert found.rules() == [("unknown-scan-status", "scan", row, "status") for row in (3, 5)]
