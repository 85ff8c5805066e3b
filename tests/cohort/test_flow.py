"""The flow on cohorts small enough to be followed by hand."""

from __future__ import annotations

import pytest

from atrisk.errors import StudyError
from atrisk.result.finding import Severity
from tests.cohort.small_study import opened

PATIENTS = """
    id,group,site,born
    A,x,liver,1950-01-01
    B,y,liver,1950-01-01
    C,x,,1950-01-01
    D,y,lung,1950-01-01
    E,x,liver,1950-01-01
"""
# A: aborted, then resected twice; B: two rows of one day; C: one; D: too early, then one; E: none at all.
OPERATIONS = """
    op,id,date,resected,size
    a1,A,2010-01-01,false,5
    a2,A,2010-02-01,true,6
    a3,A,2010-03-01,true,7
    b1,B,2011-05-05,true,1
    b2,B,2011-05-05,true,2
    c1,C,2012-01-01,true,3
    d1,D,1999-01-01,true,4
    d2,D,2012-06-01,true,9
"""
FILES = {"p.csv": PATIENTS, "o.csv": OPERATIONS}
DATA = {"patient": {"file": "p.csv", "key": "id"}, "operation": {"file": "o.csv", "key": "op", "parent": "patient"}}
GROUPS = {"by": "group", "order": ["x", "y"]}
RESECTED = {"keep": "resected", "otherwise": "No resection"}
WINDOW = {"keep": "date >= DATE '2000-01-01'", "otherwise": "Too early"}
FIRST = {"index": "first operation by date", "time_zero": "date"}


def study(*cohort, **more):
    return {"data": DATA, "cohort": list(cohort), "groups": GROUPS, **more}


def test_the_column_that_orders_index_rows_may_have_any_name(tmp_path):
    """Headers in Chinese or with spaces are names like any other."""
    for column in ("手术日期", "Tag der OP", "date  of op (d/m)"):
        files = {"p.csv": PATIENTS, "o.csv": OPERATIONS.replace("date", column)}
        first = {"index": f"first operation by {column}", "time_zero": column}
        with opened(tmp_path, files, study(RESECTED, first)) as found:
            assert found.column("operation.op") == ["a2", "b1", "c1", "d1"]


def test_every_step_is_counted_in_rows_and_patients(tmp_path):
    site = {"keep": "site = 'liver'", "otherwise": "Elsewhere", "unknown": "exclude"}
    with opened(tmp_path, FILES, study(WINDOW, RESECTED, FIRST, site)) as found:
        assert found.flow() == [
            ("start", "operation", 8, 0, 0, 8, 5, 4),
            ("keep", "operation", 8, 1, 0, 7, 4, 4),
            ("keep", "operation", 7, 1, 0, 6, 4, 4),
            ("index", "operation", 6, 2, 0, 4, 4, 4),
            ("keep", "patient", 4, 1, 1, 2, 4, 2),
        ]
        assert found.cohort.n == 2
        assert found.column("patient.id") == ["A", "B"]
        # The first of two rows of one day is the first in the file.
        assert found.column("operation.op") == ["a2", "b1"]
        # E has no operation: no row to count, but not forgotten.
        assert found.rules() == [("patient-without-rows", "patient", None, "")]


def test_rows_that_where_leaves_out_of_the_patients_stand_at_the_start(tmp_path):
    """B and D are of group y: three of five patients stay, and nobody else is counted as left out."""
    data = {"patient": {**DATA["patient"], "where": "\"group\" = 'x'"}}
    with opened(tmp_path, FILES, {"data": data, "groups": GROUPS}) as found:
        (start,) = found.cohort.flow
        assert (start.entered, start.left_out, start.left_out_of) == (3, 2, 5)
    with opened(tmp_path, FILES, {"data": {"patient": DATA["patient"]}, "groups": GROUPS}) as found:
        assert [(step.left_out) for step in found.cohort.flow] == [0]


def test_the_last_row_and_the_last_of_one_day(tmp_path):
    last = {"index": "last operation by date", "time_zero": "date"}
    with opened(tmp_path, FILES, study(last)) as found:
        assert found.column("operation.op") == ["a3", "b2", "c1", "d2"]


def test_unknown_is_included_where_the_study_says_so(tmp_path):
    site = {"keep": "site = 'liver'", "otherwise": "Elsewhere", "unknown": "include"}
    with opened(tmp_path, FILES, study(FIRST, site)) as found:
        assert found.flow()[-1] == ("keep", "patient", 4, 1, 1, 3, 4, 3)
        assert found.column("patient.id") == ["A", "B", "C"]


def test_unknown_without_a_word_blocks_and_still_counts(tmp_path):
    site = {"keep": "site = 'liver'", "otherwise": "Elsewhere"}
    with opened(tmp_path, FILES, study(FIRST, site)) as found:
        assert found.flow()[-1] == ("keep", "patient", 4, 1, 1, 3, 4, 3)
        blocking = [item for item in found.cohort.findings if item.severity is Severity.BLOCKS]
        assert [(item.rule, item.file, item.row, item.column, item.key) for item in blocking] == [
            ("unknown-criterion", "p.csv", 4, "site", "C")
        ]
        assert '"Elsewhere"' in blocking[0].message
        assert "unknown: include" in blocking[0].remedy


@pytest.mark.parametrize(
    ("cohort", "reason", "words"),
    [
        ([FIRST, {"keep": "site = 'Liver'", "otherwise": "Elsewhere", "unknown": "exclude"}], "Elsewhere",
         "takes away all 4 rows that reach it (3 excluded, 1 unknown)"),
        ([{"keep": "size > 8", "otherwise": "Small"}, RESECTED, {"keep": "size < 2", "otherwise": "Large"}, WINDOW],
         "Large", "takes away the 1 row that reaches it (1 excluded, 0 unknown)"),
    ],
)  # fmt: skip
def test_a_cohort_without_a_patient_names_the_step_that_took_the_last(tmp_path, cohort, reason, words):
    """By hand: of the four patients none has 'Liver', C has no site; of the operations only d2 is larger than 8."""
    steps = cohort if FIRST in cohort else [*cohort, FIRST]
    with opened(tmp_path, FILES, study(*steps)) as found:
        assert found.cohort.n == 0
        (blocking,) = [item for item in found.cohort.findings if item.severity is Severity.BLOCKS]
        assert blocking.rule == "nobody-left"
        assert words in blocking.message
        lines = (tmp_path / "study.yaml").read_text(encoding="utf-8").splitlines()
        line = int(blocking.message.partition("line ")[2].partition(" ")[0])
        step = lines[line - 1 :]
        assert f'"{reason}"' in blocking.message
        assert reason in "".join(step[:3])


def test_a_cohort_that_starts_with_nobody_names_the_file(tmp_path):
    files = {**FILES, "o.csv": "op,id,date,resected,size\n"}
    with opened(tmp_path, files, study(FIRST)) as found:
        blocking = [item for item in found.cohort.findings if item.severity is Severity.BLOCKS]
        assert [(item.rule, item.message) for item in blocking] == [
            ("nobody-left", "No patient can enter the cohort: o.csv has no row that belongs to one.")
        ]


def test_an_unknown_patient_is_found_in_the_patients_file_though_operations_are_judged(tmp_path):
    site = {"keep": "site = 'liver'", "otherwise": "Elsewhere"}
    with opened(tmp_path, FILES, study(site, FIRST)) as found:
        assert ("unknown-criterion", "patient", 4, "site") in found.rules()


def test_a_date_is_needed_to_say_which_row_is_first(tmp_path):
    files = {**FILES, "o.csv": OPERATIONS.replace("a3,A,2010-03-01", "a3,A,")}
    with opened(tmp_path, files, study(RESECTED, FIRST)) as found:
        assert ("index-date-missing", "operation", 4, "date") in found.rules()
    # Excluded by a criterion, it is in nobody's way.
    dated = {"keep": "date IS NOT NULL", "otherwise": "No date"}
    with opened(tmp_path, files, study(RESECTED, dated, FIRST)) as found:
        assert found.rules() == [("patient-without-rows", "patient", None, "")]


def test_a_missing_time_zero_blocks(tmp_path):
    files = {"p.csv": "id,group,zero\n1,x,2010-01-01\n2,y,\n3,y,2010-01-01"}
    one = {"patient": {"file": "p.csv", "key": "id"}}
    with opened(tmp_path, files, {"data": one, "cohort": [{"time_zero": "zero"}], "groups": GROUPS}) as found:
        assert found.rules() == [("time-zero-missing", "patient", 3, "zero")]


@pytest.mark.parametrize(
    ("keep", "words"),
    [
        ("size", "true or false"),
        ("site", "true or false"),
        ("size = site", "could not|cannot|do not"),
        ("sise > 3", "Did you mean 'size'"),
        ("patient.size > 3", "size"),
        ("date > 3", "."),
    ],
)
def test_what_is_no_criterion_is_answered_with_its_line(tmp_path, keep, words):
    step = {"keep": keep, "otherwise": "Not so"}
    if keep == "size = site":
        # A text compared with a number fails row by row: each is a finding, none a traceback, and no value is shown.
        with opened(tmp_path, FILES, study(step, FIRST)) as found:
            failed = [item for item in found.cohort.findings if item.rule == "criterion-fails"]
            assert failed
            assert all("liver" not in item.message + item.remedy for item in failed)
        return
    with pytest.raises(StudyError, match=words) as raised, opened(tmp_path, FILES, study(step, FIRST)):
        pass
    problem = raised.value.problems[0]
    assert problem.line is not None
    assert "cohort" in problem.where


def test_derived_variables_serve_later_criteria(tmp_path):
    old = {"keep": "big", "otherwise": "Small"}
    derive = {"big": {"sql": "double > 8"}, "double": {"sql": "size * 2"}}
    with opened(tmp_path, FILES, study(FIRST, old, derive=derive)) as found:
        assert found.column("patient.id") == ["A"]
        assert found.column("double") == [10]


def test_a_derived_variable_before_the_index_step_is_answered_with_what_to_do(tmp_path):
    too_early = {"keep": "big", "otherwise": "Small"}
    with (
        pytest.raises(StudyError, match="below it"),
        opened(tmp_path, FILES, study(too_early, FIRST, derive={"big": {"sql": "size > 1"}})),
    ):
        pass


def test_derived_variables_in_a_circle(tmp_path):
    derive = {"a": {"sql": "b + 1"}, "b": {"sql": "a + 1"}}
    with pytest.raises(StudyError, match="circle"), opened(tmp_path, FILES, study(FIRST, derive=derive)):
        pass


def test_one_to_one_children_stand_beside_their_parent(tmp_path):
    files = {**FILES, "l.csv": "id,albumin\nA,40\nC,30"}
    data = {**DATA, "lab": {"file": "l.csv", "parent": "patient", "one_to_one": True}}
    with opened(tmp_path, files, {**study(FIRST), "data": data}) as found:
        assert found.column("lab.albumin") == [40, None, 30, None]


def test_a_cohort_of_nobody_is_a_flow_that_ends_with_nobody(tmp_path):
    nobody = {"keep": "size > 100", "otherwise": "Small"}
    with opened(tmp_path, FILES, study(nobody, FIRST, derive={"age": {"definition": "age", "birth": "born"}})) as found:
        assert found.flow()[-1] == ("index", "operation", 0, 0, 0, 0, 0, 0)
        assert found.cohort.n == 0
