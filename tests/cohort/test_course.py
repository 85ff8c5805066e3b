"""Child rows of a course of treatment, and the windows in which they count, followed by hand."""

from __future__ import annotations

import pytest

from atrisk.errors import StudyError
from tests.cohort.small_study import opened

# A: two stages 30 days apart, a third operation after 200. B: searched, nothing found. C: not searched. D: searched.
PATIENTS = "id,group\nA,x\nB,y\nC,x\nD,y"
OPERATIONS = """
    op,id,date,resected,searched
    a1,A,2010-01-01,true,true
    a2,A,2010-01-31,false,true
    a3,A,2010-07-20,true,true
    b1,B,2010-01-01,true,true
    c1,C,2010-01-01,true,false
    d1,D,2010-01-01,true,true
"""
# a2's row lies 100 days after the first operation but 70 after its own; d1: one too early, one too late, one undated.
COMPLICATIONS = """
    key,op,day,grade,cost
    1,a1,2010-01-05,I,10
    2,a2,2010-04-11,IIIa,20
    3,a3,2010-07-21,V,40
    4,d1,2009-12-31,IVa,80
    5,d1,2010-04-02,IVb,160
    6,d1,,II,320
"""
SCANS = """
    scan,id,seen,status
    1,A,2010-01-01,new lesion
    2,A,2010-03-01,clean
    3,A,2010-06-01,
    4,A,2010-08-01,clean
    5,A,2010-09-01,progression
    6,A,2010-09-01,clean
    7,A,2010-12-01,clean
    8,B,2010-02-01,clean
    9,B,2010-05-01,clean
    10,B,,new lesion
    11,C,2009-02-01,progression
"""
FILES = {"p.csv": PATIENTS, "o.csv": OPERATIONS, "c.csv": COMPLICATIONS, "s.csv": SCANS}
STUDY = {
    "data": {
        "patient": {"file": "p.csv", "key": "id"},
        "operation": {"file": "o.csv", "key": "op", "parent": "patient"},
        "complication": {"file": "c.csv", "key": "key", "parent": "operation"},
        "imaging": {"file": "s.csv", "key": "scan", "parent": "patient"},
    },
    "variables": {"complication.grade": {"type": "category"}},
    "cohort": [
        {"keep": "resected", "otherwise": "No resection"},
        {"index": "first operation by date", "time_zero": "operation.date", "one_course_within": "90 days"},
    ],
    "groups": {"by": "group", "order": ["x", "y"]},
}
RULE = {"grade": "grade", "date": "day", "within": "90 days", "searched": "searched"}


def derived(tmp_path, name, declared, **changed):
    with opened(tmp_path, FILES, {**STUDY, **changed, "derive": {name: declared}}) as found:
        return found.column(name)


def test_the_flow_tells_later_stages_of_a_course_from_later_operations(tmp_path):
    """A's second stage after 30 days belongs to the course, unless it is one without resection, which the criterion
    before has left out; the operation after 200 days never does. Without a course nothing is told apart."""
    everyone = [{"index": "first operation by date", "time_zero": "operation.date", "one_course_within": "90 days"}]
    without = [{"index": "first operation by date", "time_zero": "operation.date"}]
    for cohort, expected in ((everyone, (2, 1)), (STUDY["cohort"], (1, 0)), (without, (2, None))):
        with opened(tmp_path, FILES, {**STUDY, "cohort": cohort}) as found:
            (step,) = [step for step in found.cohort.flow if step.kind == "index"]
            assert (step.excluded, step.same_course) == expected


def test_morbidity_is_summed_over_the_course_and_counted_from_each_operation(tmp_path):
    """A: I and IIIa count, V belongs to a later operation. D: the undated II may count or not, IVb is one day late."""
    worst = derived(tmp_path, "worst", {"definition": "clavien_dindo", **RULE})
    assert worst == ["IIIa", "none", None, None]


def test_without_a_course_only_the_index_operation_counts(tmp_path):
    cohort = [STUDY["cohort"][0], {"index": "first operation by date", "time_zero": "operation.date"}]
    assert derived(tmp_path, "worst", {"definition": "clavien_dindo", **RULE}, cohort=cohort) == [
        "I",
        "none",
        None,
        None,
    ]


def test_whether_a_grade_was_reached(tmp_path):
    reached = derived(tmp_path, "severe", {"definition": "clavien_dindo", "at_least": "IIIa", **RULE})
    assert reached == [True, False, None, False]


def test_index_over_the_course(tmp_path):
    """sqrt(300 + 2750) / 2 = 27.613...; whether D's grade II counts is unknown."""
    index = derived(tmp_path, "index", {"definition": "comprehensive_complication_index", **RULE})
    assert index == [pytest.approx(27.6134, abs=1e-4), 0.0, None, None]


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ({"take": "any", "if_none": False}, [True, False, None, None]),
        ({"take": "any"}, [True, None, None, None]),
        ({"take": "count", "if_none": 0}, [2, 0, None, None]),
        ({"take": "sum", "of": "cost", "if_none": 0}, [30, 0, None, None]),
        ({"take": "max", "of": "cost"}, [20, None, None, None]),
        ({"take": "first", "of": "grade"}, ["I", None, None, None]),
        ({"take": "last", "of": "grade"}, ["IIIa", None, None, None]),
        ({"take": "count", "if_none": 0, "where": "grade <> 'II'"}, [2, 0, None, 0]),
        ({"take": "any", "if_none": False, "where": "cost >= 20 AND \"group\" = 'x'"}, [True, False, None, False]),
    ],
)
def test_taking_one_value_from_child_rows(tmp_path, declared, expected):
    rows = {"from": "complication", "date": "day", "within": "90 days", "searched": "searched", **declared}
    assert derived(tmp_path, "taken", rows) == expected


def test_rows_of_the_index_table_itself_belong_to_the_patient(tmp_path):
    assert derived(tmp_path, "n", {"from": "operation", "take": "count", "if_none": 0}) == [3, 1, 1, 1]
    assert derived(tmp_path, "n", {"from": "operation", "take": "count", "date": "date", "within": "90 days"}) == [
        2,
        1,
        1,
        1,
    ]


def test_progression_counts_scans_after_time_zero(tmp_path):
    """A's scan on the day itself does not count; of two on one day the positive decides; C was scanned only before."""
    imaging = {"definition": "progression_from_imaging", "of": "imaging.status", "date": "seen"}
    with opened(tmp_path, FILES, {**STUDY, "derive": {"liver": imaging}}) as found:
        assert [str(d) for d in found.column("liver.date")] == ["2010-09-01", "None", "None", "None"]
        assert [str(d) for d in found.column("liver.last_negative")] == ["2010-08-01", "2010-05-01", "None", "None"]
        assert [str(d) for d in found.column("liver.last_scan")] == ["2010-12-01", "2010-05-01", "None", "None"]
        assert found.rules() == [
            ("scan-without-date", "imaging", 11, "seen"),
            ("scan-without-status", "imaging", 4, "status"),
        ]


def test_an_unknown_grade_blocks_and_names_its_row(tmp_path):
    files = {**FILES, "c.csv": COMPLICATIONS.replace("10-01-05,I,", "10-01-05,III,")}
    with opened(tmp_path, files, {**STUDY, "derive": {"worst": {"definition": "clavien_dindo", **RULE}}}) as found:
        assert ("unknown-clavien-dindo-grade", "complication", 2, "grade") in found.rules()
        assert found.column("worst")[0] is None


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({"from": "complications", "take": "any"}, "complication"),
        ({"from": "patient", "take": "any"}, "patient"),
        ({"from": "complication", "take": "sum", "of": "grade"}, "grade"),
        ({"from": "complication", "take": "max", "of": "costs"}, "cost"),
        ({"from": "complication", "take": "any", "where": "grade"}, "true or false"),
        ({"from": "complication", "take": "count", "if_none": "none"}, "'none'"),
        ({"definition": "who_grade", "ki67": "group", "mitoses": "none"}, "'group' is a"),
        ({"definition": "progression_from_imaging", "of": "imaging.statu", "date": "seen"}, "status"),
        ({"sql": "resected + operation.date"}, "go together|do not fit|types"),
    ],
)
def test_what_does_not_fit_the_tables_is_answered_with_its_line(tmp_path, declared, words):
    with pytest.raises(StudyError, match=words) as raised:
        derived(tmp_path, "x", declared)
    assert raised.value.problems[0].line is not None


def test_a_status_that_nobody_has_is_a_warning(tmp_path):
    imaging = {
        "definition": "progression_from_imaging",
        "of": "imaging.status",
        "date": "seen",
        "positive": ["progresion"],
    }
    with opened(tmp_path, FILES, {**STUDY, "derive": {"liver": imaging}}) as found:
        assert ("never-positive", "imaging", None, "status") in found.rules()


def test_an_operation_later_than_the_course_is_an_event(tmp_path):
    """A's second stage, 30 days on, belongs to the course; the operation after 200 days does not."""
    take = {"from": "operation", "take": "first", "of": "date", "date": "date"}
    derive = {
        "later": {**take, "after": "90 days"},
        "at_once": {**take, "after": "0 days"},
        "none": {**take, "after": "1 year"},
    }
    with opened(tmp_path, FILES, {**STUDY, "derive": derive}) as found:
        assert [str(day) for day in found.column("later")] == ["2010-07-20", "None", "None", "None"]
        assert [str(day) for day in found.column("at_once")] == ["2010-01-31", "None", "None", "None"]
        assert found.column("none") == [None] * 4
