"""Cases as the reference format describes them: rows, groups, events, designs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from atrisk.errors import DataError
from atrisk.verify.design import design
from atrisk.verify.folder import read_cases
from atrisk.verify.question import Question
from tests.verify.made import case, folder_with

DATA = """time,event,arm,stage,sex,age
5,2,b,10,1,40
7.5,1,a,9,2,
3,2,B,2,1,60
,2,a,10,2,70
3.000000001,2.0,a,10,2,50
"""
OPTIONS = {"time": "time", "event": "event", "event_value": 2, "group": ["arm"], "strata": "stage"}


def one(tmp_path: Path, **changes) -> Question:
    raw = case(method="km.curve", dataset="some", **{"options": OPTIONS} | changes)
    (only,) = read_cases(folder_with(tmp_path, raw, some=DATA))
    return only.question


def test_rows_without_a_value_in_a_used_column_are_left_out(tmp_path: Path) -> None:
    used = one(tmp_path).complete()
    np.testing.assert_array_equal(used.data_row, [1, 2, 3, 5])
    np.testing.assert_array_equal(used.happened(), [True, False, True, True])
    np.testing.assert_array_equal(used.complete(["age"]).data_row, [1, 3, 5])


def test_texts_sort_by_code_point_and_numbers_as_numbers(tmp_path: Path) -> None:
    used = one(tmp_path).complete()
    codes, levels = used.codes("arm")
    assert levels == (("B",), ("a",), ("b",))
    np.testing.assert_array_equal(codes, [2, 1, 0, 1])
    assert used.codes("stage")[1] == (("2",), ("9",), ("10",))


def test_the_first_of_several_columns_varies_slowest(tmp_path: Path) -> None:
    codes, levels = one(tmp_path).complete().codes(["sex", "arm"])
    assert levels == (("1", "B"), ("1", "b"), ("2", "a"))
    np.testing.assert_array_equal(codes, [1, 2, 0, 2])


def test_times_are_tied_by_rs_rule_unless_told_otherwise(tmp_path: Path) -> None:
    time, entry = one(tmp_path).complete().times()
    assert time[3] == time[2] == 3
    assert entry is None


def test_times_are_exact_without_the_rule(tmp_path: Path) -> None:
    time, _ = one(tmp_path, options=OPTIONS | {"timefix": False}).complete().times()
    assert time[3] == 3.000000001


def test_states_of_competing_risks(tmp_path: Path) -> None:
    options = {"time": "time", "event": "stage", "event_map": {"2": "none", "9": "x", "10": "y"}, "censor": "none"}
    codes, causes = one(tmp_path, options=options).complete().states()
    assert causes == ("x", "y")
    np.testing.assert_array_equal(codes, [2, 1, 0, 2])


def test_a_code_outside_the_map_is_missing(tmp_path: Path) -> None:
    options = {"time": "time", "event": "stage", "event_map": {"2": "none", "9": "x"}, "censor": "none"}
    np.testing.assert_array_equal(one(tmp_path, options=options).complete().data_row, [2, 3])


def test_the_design_has_treatment_contrasts_and_products(tmp_path: Path) -> None:
    covariates = [
        {"name": "age", "type": "numeric"},
        {"name": "arm", "type": "factor", "levels": ["a", "b", "B"], "reference": "a"},
        {"name": "sex", "type": "factor", "levels": [1, 2], "reference": "1"},
    ]
    options = OPTIONS | {"covariates": covariates, "terms": ["age", "arm", "sex", "age:arm", "arm:sex"]}
    used = one(tmp_path, options=options).complete()
    np.testing.assert_array_equal(used.data_row, [1, 3, 5])
    made = design(used)
    assert made.names == (
        "age", "arm[b]", "arm[B]", "sex[2]", "age:arm[b]", "age:arm[B]", "arm[b]:sex[2]", "arm[B]:sex[2]",
    )  # fmt: skip
    assert made.terms[4:] == ("age:arm", "age:arm", "arm:sex", "arm:sex")
    np.testing.assert_array_equal(made.matrix[1], [60, 0, 1, 0, 0, 60, 0, 0])
    new = design(used, subjects={"age": [30, 31], "arm": ["b", "a"], "sex": [2, 1]})
    np.testing.assert_array_equal(new.matrix[:, :4], [[30, 1, 0, 1], [31, 0, 0, 0]])


def test_a_level_outside_the_list_is_missing(tmp_path: Path) -> None:
    covariates = [{"name": "arm", "type": "factor", "levels": ["a", "b"], "reference": "a"}]
    used = one(tmp_path, options=OPTIONS | {"covariates": covariates, "terms": ["arm"]}).complete()
    np.testing.assert_array_equal(used.data_row, [1, 2, 5])


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda c: c.text("height"), "no column 'height'"),
        (lambda c: c.numbers("arm"), "a text where a number is needed"),
        (lambda c: c.complete().codes("height"), "no column 'height'"),
    ],
)
def test_what_the_data_do_not_hold_is_said_without_showing_them(tmp_path: Path, ask, told: str) -> None:
    with pytest.raises(DataError, match=told):
        ask(one(tmp_path))


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "no reference cases here"),
        ({"cases/a.json": "[{]"}, "a.json:1:3: not JSON"),
        ({"cases/a.json": "{}"}, "expected a list"),
        ({"cases/a.json": "[3]"}, "case 1: expected an object"),
        ({"cases/a.json": '[{"id": "x"}]'}, "case 1: 'method' is missing"),
        ({"cases/a.json": "\xff"}, "cannot be read"),
    ],
)
def test_a_folder_that_is_not_one_of_cases_is_refused(tmp_path: Path, files: dict, told: str) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match=told):
        read_cases(tmp_path)


@pytest.mark.parametrize(
    ("changes", "data", "told"),
    [
        ({"dataset": "absent"}, {}, "absent.csv: there is no such data set"),
        ({"dataset": "../secret"}, {}, "plain name"),
        ({"dataset": "some"}, {"some": ""}, "is empty"),
        ({"dataset": "some"}, {"some": "a,b\n1\n"}, "row 2 has 1 fields, the header 2"),
        ({"dataset": "some"}, {"some": "a,a\n1,2\n"}, "two columns have the same name"),
        ({"tolerance_hint": {"rtol": 1e-9}}, {}, "needs the numbers rtol and atol"),
    ],
)
def test_a_case_that_cannot_be_used_is_refused(tmp_path: Path, changes: dict, data: dict, told: str) -> None:
    with pytest.raises(DataError, match=told):
        read_cases(folder_with(tmp_path, case(**changes), **data))


def test_two_cases_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="used twice"):
        read_cases(folder_with(tmp_path, case(), case()))
