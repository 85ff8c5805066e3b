"""Values of variables as arrays, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from atrisk.derive.variable import variable_values
from atrisk.errors import StudyError
from atrisk.study.text import Text
from tests.cohort.small_study import opened

TEXT = """
    id,group,age,ki67,site,code,open,born
    1,x,50,<1,liver,2,true,1950-01-01
    2,y,,3.5,lung,10,false,1960-01-01
    3,y,70,>=20,,1,,1970-01-01
    4,x,61,,bone,2,true,1980-01-01
"""
STUDY = {
    "data": {"patient": {"file": "p.csv", "key": "id"}},
    "variables": {
        "patient.ki67": {"censored": True, "label": "Ki-67", "unit": "%", "bands": ["<3", "3-20", ">20"]},
        "patient.code": {"levels": {"2": "Two", "10": "Ten", "1": "One"}},
    },
    "derive": {
        "old": {"sql": "age > 60", "label": "Old"},
        "decade": {"sql": "age // 10", "levels": {"5": "Fifties", "6": "Sixties", "7": "Seventies"}},
        "site_age": {"sql": "site || age"},
    },
    "groups": {"by": "group", "order": ["x", "y"]},
    "baseline": {"show": ["age", "ki67", "site", "code", "open", "old", "decade", "site_age"]},
}


@pytest.fixture
def values(tmp_path):
    with opened(tmp_path, {"p.csv": TEXT}, STUDY) as found:
        yield lambda name: variable_values(name, found.cohort, found.loaded, found.session)


def test_numbers(values):
    age = values("age")
    assert (age.kind, age.name, str(age.label), age.levels, age.bands) == ("number", "age", "Age", (), None)
    np.testing.assert_array_equal(age.numbers, [50, np.nan, 70, 61])
    assert age.limit.tolist() == ["", "", "", ""]
    assert age.level.tolist() == [-1] * 4
    assert not age.numbers.flags.writeable
    assert not age.limit.flags.writeable
    assert not age.level.flags.writeable


def test_limits_and_bands(values):
    ki67 = values("patient.ki67")
    np.testing.assert_array_equal(ki67.numbers, [1, 3.5, 20, np.nan])
    assert ki67.limit.tolist() == ["<", "", ">=", ""]
    # ">=20" may be 20 itself: neither band holds it.
    assert ki67.band.tolist() == [0, 1, -1, -1]
    assert (str(ki67.label), ki67.unit) == ("Ki-67", "%")


def test_levels_in_declared_order_else_sorted(values):
    assert values("code").levels == ("2", "10", "1")
    assert values("code").level.tolist() == [0, 1, 2, 0]
    assert values("site").levels == ("bone", "liver", "lung")
    assert values("site").level.tolist() == [1, 2, -1, 0]
    assert values("decade").kind == "category"
    assert values("decade").level.tolist() == [0, -1, 2, 1]
    assert values("site_age").levels == ("bone61", "liver50")


def test_true_and_false(values):
    assert values("open").levels == ("false", "true")
    assert values("open").level.tolist() == [1, 0, -1, 1]
    assert values("old").kind == "boolean"
    assert values("old").level.tolist() == [0, -1, 1, 1]


def test_a_date_cannot_be_shown(tmp_path):
    study = {
        **STUDY,
        "variables": {"patient.born": {"type": "date"}},
        "derive": {},
        "baseline": {"show": ["age", "born"]},
    }
    with opened(tmp_path, {"p.csv": TEXT}, study) as found, pytest.raises(StudyError, match="date") as raised:
        variable_values("born", found.cohort, found.loaded, found.session)
    assert "show" in raised.value.problems[0].where
    assert raised.value.problems[0].line is not None


def test_an_undeclared_level_of_a_derived_variable_blocks(tmp_path):
    derive = {"decade": {"sql": "age // 10", "levels": {"5": "Fifties", "6": "Sixties"}}}
    with opened(tmp_path, {"p.csv": TEXT}, {**STUDY, "derive": derive, "baseline": {"show": ["age"]}}) as found:
        assert found.rules() == [("undeclared-level", "patient", 4, "decade")]
        assert found.cohort.words["decade"].levels == {"5": Text("Fifties"), "6": Text("Sixties")}
