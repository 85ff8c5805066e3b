"""Names of columns: bare where unique, with the table always, and the nearest one where there is none."""

from __future__ import annotations

import pytest

from atrisk.study.expression import Reference
from atrisk.study.scope import AmbiguousName, Scope, UnknownName

SCOPE = Scope(
    {
        "patient": {
            "id": "p.id",
            "Sex": "p.sex",
            "age": "p.age",
            "alk.phos": "p.alk",
            "STATUS": "p.s1",
            "status": "p.s2",
        },
        "operation": {"op_date": "o.d", "asa": "o.asa", "age": "o.age"},
        "": {"who_grade": "d.who", "progression.date": "d.date", "asa": "d.asa"},
    }
)


@pytest.mark.parametrize(
    ("name", "table", "column", "sql"),
    [
        ("op_date", "operation", "op_date", "o.d"),
        ("operation.op_date", "operation", "op_date", "o.d"),
        ("OPERATION.Op_Date", "operation", "op_date", "o.d"),
        ("sex", "patient", "Sex", "p.sex"),
        ("status", "patient", "status", "p.s2"),
        ("STATUS", "patient", "STATUS", "p.s1"),
        ("patient.age", "patient", "age", "p.age"),
        ("alk.phos", "patient", "alk.phos", "p.alk"),
        ("patient.alk.phos", "patient", "alk.phos", "p.alk"),
        ("who_grade", "", "who_grade", "d.who"),
        ("progression.date", "", "progression.date", "d.date"),
        (Reference("progression", "date"), "", "progression.date", "d.date"),
        (Reference(None, "alk.phos"), "patient", "alk.phos", "p.alk"),
        (Reference("operation", "asa"), "operation", "asa", "o.asa"),
    ],
)
def test_resolves(name: str | Reference, table: str, column: str, sql: str) -> None:
    found = SCOPE.resolve(name)
    assert (found.table, found.column, found.sql) == (table, column, sql)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("age", "'age' could be any of 'patient.age' and 'operation.age'. Write 'patient.age' or 'operation.age'."),
        ("Status", "'Status' could be any of 'patient.STATUS' and 'patient.status'. Write 'patient.STATUS' or"),
        (
            "asa",
            "'asa' is both a derived variable and the column 'operation.asa'. Write 'operation.asa' for the column",
        ),
    ],
)
def test_ambiguous_names_list_their_candidates(name: str, expected: str) -> None:
    with pytest.raises(AmbiguousName) as caught:
        SCOPE.resolve(name)
    assert str(caught.value).startswith(expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("op_dat", "no table has a column 'op_dat'. Did you mean 'op_date'?"),
        ("operation.op_dat", "table 'operation' has no column 'op_dat'. Did you mean 'operation.op_date'?"),
        ("operation.Sex", "table 'operation' has no column 'Sex'. It is a column of patient."),
        (
            "operatoin.op_date",
            "there is no table 'operatoin' with a column 'op_date'. Did you mean 'operation.op_date'?",
        ),
        ("who_grad", "no table has a column 'who_grad'. Did you mean 'who_grade'?"),
        (
            "alk_phos",
            "no table has a column 'alk_phos'. Did you mean 'alk.phos' (in an expression: patient.\"alk.phos\")?",
        ),
        ("zzz", "no table has a column 'zzz'"),
    ],
)
def test_unknown_names_come_with_the_nearest(name: str, expected: str) -> None:
    with pytest.raises(UnknownName) as caught:
        SCOPE.resolve(name)
    assert str(caught.value) == expected


def test_adding_columns_leaves_the_old_scope_alone() -> None:
    wider = SCOPE.with_columns("", {"era": "d.era"})
    assert wider.resolve("era").sql == "d.era"
    assert wider.resolve("who_grade").sql == "d.who"
    with pytest.raises(UnknownName):
        SCOPE.resolve("era")


def test_a_name_that_is_a_column_of_no_table_is_never_guessed() -> None:
    with pytest.raises(UnknownName):
        Scope({}).resolve("age")
